//! A relay in this process and raw WebSockets to it.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use futures_util::{SinkExt, StreamExt};
use restante_server::{
    app::{App, RunningApp},
    clock::{DAY_MS, ManualClock},
    config::Config,
};
use restante_wire::{
    Envelope, ErrorCode, WireError, codec,
    inbox::{InboxAnswer, InboxRequest},
    mailbox::{Answer, Append, Appended, Create, Heads, Request, Watch},
    stream::{ClientFrame, Ended, Event, Greeting, ServerFrame},
};
use serde::{Serialize, de::DeserializeOwned};
use tempfile::TempDir;
use tokio::{io::AsyncWriteExt, net::TcpStream};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite::Message};

use crate::people::Seat;

/// Longest that anything may take on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) type SeatStream = Stream<Request, Answer>;
pub(crate) type AccountStream = Stream<InboxRequest, InboxAnswer>;

pub(crate) struct Relay {
    pub(crate) app: RunningApp,
    pub(crate) clock: Arc<ManualClock>,
    _dir: TempDir,
}

impl Relay {
    pub(crate) async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config::in_dir(dir.path());
        config.listen = ([127, 0, 0, 1], 0).into();
        let limits = &mut config.limits;
        for rate in [
            &mut limits.envelopes,
            &mut limits.member_commits,
            &mut limits.admin_commits,
            &mut limits.stamps,
        ] {
            rate.burst = std::num::NonZeroU32::MAX;
            rate.per_minute = std::num::NonZeroU32::MAX;
        }
        let clock = Arc::new(ManualClock::at_ms(20_779 * DAY_MS));
        let app = App::start(config, Arc::clone(&clock) as _).await.unwrap();
        Self {
            app,
            clock,
            _dir: dir,
        }
    }

    pub(crate) async fn seats(&self) -> SeatStream {
        Stream::open(self, "/v1/stream").await
    }

    pub(crate) async fn account(&self) -> AccountStream {
        Stream::open(self, "/v1/account/stream").await
    }
}

pub(crate) struct Stream<R, A> {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub(crate) greeting: Greeting,
    next_request: u64,
    answers: Vec<(u64, Result<A, WireError>)>,
    events: VecDeque<Event>,
    request: std::marker::PhantomData<R>,
}

impl<R: Serialize, A: DeserializeOwned> Stream<R, A> {
    async fn open(relay: &Relay, path: &str) -> Self {
        let url = format!("ws://{}{path}", relay.app.local_addr());
        let (socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        let mut stream = Self {
            socket,
            greeting: Greeting {
                restore_id: restante_wire::RestoreId([0; 16]),
                day: restante_wire::Day(0),
            },
            next_request: 1,
            answers: Vec::new(),
            events: VecDeque::new(),
            request: std::marker::PhantomData,
        };
        match stream.frame().await {
            ServerFrame::Greeting(greeting) => stream.greeting = greeting,
            _ => panic!("a stream starts with its greeting"),
        }
        stream
    }

    /// Sends a request without waiting for its answer.
    pub(crate) async fn send(&mut self, body: R) -> u64 {
        let request = self.next_request;
        self.next_request += 1;
        self.send_raw(codec::encode(&ClientFrame { request, body }))
            .await;
        request
    }

    pub(crate) async fn send_raw(&mut self, bytes: Vec<u8>) {
        let message = Message::Binary(bytes.into());
        self.socket.send(message).await.unwrap();
    }

    /// Writes below the WebSocket.
    pub(crate) async fn write_raw(&mut self, bytes: &[u8]) {
        self.socket.get_mut().write_all(bytes).await.unwrap();
    }

    pub(crate) async fn ask(&mut self, body: R) -> Result<A, WireError> {
        let request = self.send(body).await;
        self.answer_to(request).await
    }

    pub(crate) async fn answer_to(&mut self, request: u64) -> Result<A, WireError> {
        loop {
            let place = self.answers.iter().position(|(of, _)| *of == request);
            if let Some(place) = place {
                return self.answers.swap_remove(place).1;
            }
            self.take_frame().await;
        }
    }

    pub(crate) async fn event(&mut self) -> Event {
        loop {
            if let Some(event) = self.events.pop_front() {
                return event;
            }
            self.take_frame().await;
        }
    }

    /// Whether no event waits to be taken, as far as frames were received.
    pub(crate) fn has_no_event(&self) -> bool {
        self.events.is_empty()
    }

    /// Takes what is left until the relay closes the stream: all answers, in order.
    pub(crate) async fn drain(mut self) -> Vec<(u64, Result<A, WireError>)> {
        let mut answers = std::mem::take(&mut self.answers);
        loop {
            let next = tokio::time::timeout(DEADLINE, self.socket.next()).await;
            match next.unwrap() {
                Some(Ok(Message::Binary(bytes))) => match codec::decode(&bytes).unwrap() {
                    ServerFrame::Answer { request, result } => {
                        answers.push((request, result.into()));
                    }
                    _ => panic!("nothing is watched"),
                },
                Some(Ok(Message::Close(_))) => return answers,
                Some(Ok(_)) => {}
                other => panic!("the relay closes before it goes: {other:?}"),
            }
        }
    }

    /// The code with which the relay closes the stream.
    pub(crate) async fn close_code(mut self) -> Option<u16> {
        loop {
            let next = tokio::time::timeout(DEADLINE, self.socket.next()).await;
            match next.unwrap() {
                Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code.into()),
                Some(Ok(_)) => {}
                _ => return None,
            }
        }
    }

    async fn take_frame(&mut self) {
        match self.frame().await {
            ServerFrame::Answer { request, result } => {
                self.answers.push((request, result.into()));
            }
            ServerFrame::Event(event) => self.events.push_back(event),
            ServerFrame::Greeting(_) => panic!("a stream is greeted once"),
        }
    }

    async fn frame(&mut self) -> ServerFrame<A> {
        tokio::time::timeout(DEADLINE, self.next_frame())
            .await
            .unwrap()
    }

    async fn next_frame(&mut self) -> ServerFrame<A> {
        loop {
            match self.socket.next().await.unwrap().unwrap() {
                Message::Binary(bytes) => return codec::decode(&bytes).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("the relay sent {other:?}"),
            }
        }
    }
}

impl SeatStream {
    pub(crate) async fn create(&mut self, seat: &Seat) {
        let create: Create = seat.create();
        assert_eq!(self.ask(Request::Create(create)).await, Ok(Answer::Done));
    }

    /// A further seat of the mailbox, whose client has rotated its secret.
    pub(crate) async fn member(&mut self, admin: &Seat) -> Seat {
        let (mut member, add) = admin.invite();
        let after = self.last_commit(admin).await;
        self.append(admin.commit_with(after, add)).await;
        let rotate = Request::Rotate(member.rotate());
        assert_eq!(self.ask(rotate).await, Ok(Answer::Done));
        member
    }

    pub(crate) async fn last_commit(&mut self, seat: &Seat) -> u64 {
        seat.last_commit(|append| self.append(append)).await
    }

    pub(crate) async fn append(&mut self, append: Append) -> Appended {
        match self.ask(Request::Append(append)).await {
            Ok(Answer::Appended(appended)) => appended,
            other => panic!("an append is not answered by {other:?}"),
        }
    }

    pub(crate) async fn watch(&mut self, seat: &Seat, cursor: u64) -> Result<u64, ErrorCode> {
        let positions = vec![seat.at(cursor)];
        match self.ask(Request::Watch(Watch { positions })).await {
            Ok(Answer::Watching(mut lasts)) => {
                Result::from(lasts.remove(0)).map_err(|error: WireError| error.code)
            }
            other => panic!("a watch is not answered by {other:?}"),
        }
    }

    /// The highest number that a seat may read, 0 if none.
    pub(crate) async fn head(&mut self, seat: &Seat) -> u64 {
        let positions = vec![seat.at(0)];
        match self.ask(Request::Heads(Heads { positions })).await {
            Ok(Answer::Heads(heads)) => heads.first().map_or(0, |head| {
                Result::from(head.last.clone()).unwrap_or_else(|error: WireError| panic!("{error}"))
            }),
            other => panic!("heads are not answered by {other:?}"),
        }
    }

    /// The next envelopes that are streamed, or why the watch ended.
    pub(crate) async fn envelopes(&mut self) -> Result<Vec<Envelope>, Ended> {
        loop {
            match self.event().await {
                Event::Envelopes { envelopes, .. } => return Ok(envelopes),
                Event::Ended { reason, .. } => return Err(reason),
                Event::Ephemeral { .. } => {}
                Event::Letters(_) => panic!("letters on a stream of seats"),
            }
        }
    }
}
