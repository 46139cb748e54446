//! A connection that speaks the mailbox stream with no client behind it: what a stranger, an attacker
//! or a benchmark would write.

use std::{collections::VecDeque, net::SocketAddr};

use futures_util::{SinkExt, StreamExt};
use restante_wire::{
    Envelope, WireError, codec,
    limits::MAX_PAGE,
    mailbox::{Answer, AppendItem, Appended, Fetched, Request},
    stream::{ClientFrame, Event, Greeting, ServerFrame},
};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{self, Message, protocol::WebSocketConfig},
};

use crate::{deadline::within, seat::Seat};

/// Why a raw connection gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// The socket.
    #[error("socket: {0}")]
    Socket(#[from] std::io::Error),
    /// The WebSocket.
    #[error("WebSocket: {0}")]
    WebSocket(#[from] Box<tungstenite::Error>),
    /// A frame that is not one.
    #[error("frame: {0}")]
    Frame(#[from] codec::CodecError),
    /// The relay ended the connection.
    #[error("closed")]
    Closed,
}

impl From<tungstenite::Error> for Broken {
    fn from(error: tungstenite::Error) -> Self {
        Self::WebSocket(Box::new(error))
    }
}

/// One mailbox stream.
#[derive(Debug)]
pub struct Connection {
    socket: WebSocketStream<TcpStream>,
    greeting: Greeting,
    next_request: u64,
    events: VecDeque<Event>,
}

impl Connection {
    /// Connects and waits for the greeting.
    ///
    /// # Errors
    /// [`Broken`] if there is no relay.
    pub async fn open(address: SocketAddr) -> Result<Self, Broken> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        let url = format!("ws://{address}{}", restante_wire::api::STREAM);
        let config = WebSocketConfig::default().read_buffer_size(16 * 1024);
        let (mut socket, _) =
            tokio_tungstenite::client_async_with_config(url, socket, Some(config)).await?;
        let greeting = match receive(&mut socket).await? {
            ServerFrame::Greeting(greeting) => greeting,
            _ => return Err(Broken::Closed),
        };
        Ok(Self {
            socket,
            greeting,
            next_request: 0,
            events: VecDeque::new(),
        })
    }

    /// What the relay said first.
    #[must_use]
    pub const fn greeting(&self) -> &Greeting {
        &self.greeting
    }

    /// Queues a request without sending it yet, and hands back its number.
    ///
    /// # Errors
    /// [`Broken`] if the connection is gone.
    pub async fn queue(&mut self, body: Request) -> Result<u64, Broken> {
        self.next_request += 1;
        let frame = codec::encode(&ClientFrame {
            request: self.next_request,
            body,
        });
        self.socket.feed(Message::Binary(frame.into())).await?;
        Ok(self.next_request)
    }

    /// Sends what was queued.
    ///
    /// # Errors
    /// [`Broken`] if the connection is gone.
    pub async fn flush(&mut self) -> Result<(), Broken> {
        Ok(self.socket.flush().await?)
    }

    /// The next frame, whatever it is.
    ///
    /// # Errors
    /// [`Broken`] if the connection is gone.
    pub async fn frame(&mut self) -> Result<ServerFrame<Answer>, Broken> {
        receive(&mut self.socket).await
    }

    /// Sends a request and waits for its answer; events that come first are kept.
    ///
    /// # Errors
    /// [`Broken`] if the connection is gone.
    pub async fn ask(&mut self, body: Request) -> Result<Result<Answer, WireError>, Broken> {
        let number = self.queue(body).await?;
        self.flush().await?;
        loop {
            match self.frame().await? {
                ServerFrame::Answer { request, result } if request == number => {
                    return Ok(result.into());
                }
                ServerFrame::Event(event) => self.events.push_back(event),
                _ => {}
            }
        }
    }

    /// Sends a request that must be granted.
    ///
    /// # Panics
    /// If it is refused, or the connection is gone.
    pub async fn does(&mut self, body: Request) -> Answer {
        within("an answer", self.ask(body))
            .await
            .expect("a connection")
            .expect("no refusal")
    }

    /// Appends one item that must be accepted, and hands back its number.
    ///
    /// # Panics
    /// If it is refused, or the connection is gone.
    pub async fn appends(&mut self, seat: &Seat, item: AppendItem) -> u64 {
        match self.does(seat.append(vec![item])).await {
            Answer::Appended(Appended {
                numbers,
                refused: None,
            }) => *numbers.first().expect("one item, one number"),
            refused => panic!("an append was refused: {refused:?}"),
        }
    }

    /// Reads the whole log above a cursor.
    ///
    /// # Panics
    /// If the seat may not, if it was trimmed, or the connection is gone.
    pub async fn reads(&mut self, seat: &Seat, mut cursor: u64) -> Vec<Envelope> {
        let mut log = Vec::new();
        loop {
            match self.does(seat.fetch(cursor, MAX_PAGE)).await {
                Answer::Fetched(Fetched::Page { envelopes, last }) => {
                    log.extend(envelopes);
                    cursor = log
                        .last()
                        .map_or(cursor, |envelope: &Envelope| envelope.number);
                    if cursor >= last {
                        return log;
                    }
                }
                other => panic!("no page: {other:?}"),
            }
        }
    }

    /// Waits until the relay has trimmed everything below a number; it does so when it has time.
    ///
    /// # Panics
    /// If it does not, or trims more.
    pub async fn trimmed_to(&mut self, seat: &Seat, first: u64) {
        within("trimming", async {
            loop {
                match self.does(seat.fetch(0, 1)).await {
                    Answer::Fetched(Fetched::Trimmed { first: found }) if found < first => {}
                    Answer::Fetched(Fetched::Trimmed { first: found }) => {
                        return assert_eq!(found, first, "more was trimmed than acknowledged");
                    }
                    _ => {}
                }
            }
        })
        .await;
    }

    /// The next event, kept or new; answers that come first are dropped.
    ///
    /// # Errors
    /// [`Broken`] if the connection is gone.
    pub async fn event(&mut self) -> Result<Event, Broken> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(event);
            }
            if let ServerFrame::Event(event) = self.frame().await? {
                return Ok(event);
            }
        }
    }

    /// Sends bytes as they are, in one binary message.
    ///
    /// # Errors
    /// [`Broken`] if the connection is gone.
    pub async fn send_raw(&mut self, bytes: Vec<u8>) -> Result<(), Broken> {
        Ok(self.socket.send(Message::Binary(bytes.into())).await?)
    }
}

/// Connects to a relay that must be there.
///
/// # Panics
/// If it is not.
pub async fn connect(relay: SocketAddr) -> Connection {
    within("a connection", Connection::open(relay))
        .await
        .expect("a relay that listens")
}

async fn receive(socket: &mut WebSocketStream<TcpStream>) -> Result<ServerFrame<Answer>, Broken> {
    loop {
        match socket.next().await.ok_or(Broken::Closed)?? {
            Message::Binary(bytes) => return Ok(codec::decode(&bytes)?),
            Message::Close(_) => return Err(Broken::Closed),
            _ => {}
        }
    }
}
