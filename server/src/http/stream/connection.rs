//! One connection: what waits for it is written, what it says is handed on, until one side is gone.
//!
//! One task a connection, and no others: answers and events arrive in its [`Outbox`]. While the
//! peer takes nothing, or has too many requests open, nothing is read from it (R8).

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use restante_wire::{ErrorCode, WireError, codec, stream::Greeting};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_tungstenite::tungstenite::{
    self, Message,
    error::ProtocolError,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use super::{super::budget::Share, metered::Ending, upgrade::Socket};
use crate::{
    delivery::fan_out::{Outbox, Watch},
    services::Services,
};

/// Most requests of one connection that wait for their answers.
const MAX_OPEN_REQUESTS: usize = 64;

/// How often the relay asks whether the peer is still there.
const PING_EVERY: Duration = Duration::from_secs(45);

/// A peer that said nothing for so long, and answered no ping, is gone.
const SILENT_AFTER: Duration = Duration::from_secs(120);

/// A peer that took nothing for so long is gone.
const STALLED_AFTER: Duration = Duration::from_secs(60);

/// How long the last answers of a connection may take that the relay ends.
const REST_WITHIN: Duration = Duration::from_secs(5);

/// What a stream does with the frames of its peer.
pub(super) trait Protocol: Send {
    /// The relay's services.
    fn services(&self) -> &Arc<Services>;

    /// Where answers and events are put.
    fn outbox(&self) -> &Arc<Outbox>;

    /// The first frame.
    fn greeting(&self, greeting: Greeting) -> Vec<u8>;

    /// Takes one frame of the peer, with its share of the memory for such frames until it is
    /// answered, or why it has none; its answer goes to the outbox, now or later.
    fn request(
        &mut self,
        frame: Bytes,
        share: Result<Share, WireError>,
    ) -> impl Future<Output = ()> + Send;

    /// Waits until the peer has lost the right to this connection.
    fn ended(&self) -> impl Future<Output = ()> + Send + 'static;

    /// Reads on for a watch that is behind: the frames to write.
    ///
    /// # Errors
    /// Why the store cannot be read: the connection ends, and the peer comes back later.
    fn read_on(
        &mut self,
        watch: Arc<Watch>,
    ) -> impl Future<Output = Result<Vec<Bytes>, WireError>> + Send;

    /// The connection ended: leaves whatever it watched.
    fn leave(&mut self);
}

/// Why a connection ends.
enum End {
    /// The peer is gone.
    Gone,
    /// The relay ends it, with this close code.
    Closed(CloseCode),
    /// The peer broke the protocol of WebSockets; the relay says with this close code how.
    Broken(CloseCode),
    /// The relay ends it in the middle of a frame, for this reason.
    Refused(WireError),
}

impl End {
    const fn name(&self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Closed(_) => "closed",
            Self::Broken(_) => "broken",
            Self::Refused(_) => "refused",
        }
    }
}

/// Serves a connection until it ends.
pub(super) async fn run(mut socket: Socket, mut protocol: impl Protocol) {
    let _running = protocol.services().shutdown.running();
    tracing::debug!("a stream was opened");
    let Err(end) = serve(&mut socket, &mut protocol).await;
    protocol.leave();
    tracing::debug!(reason = end.name(), "a stream was closed");
    let is_mid_frame = matches!(end, End::Broken(_) | End::Refused(_));
    let closing = match end {
        End::Gone => None,
        End::Closed(code) | End::Broken(code) => Some(code),
        End::Refused(error) => Some(refuse(protocol.outbox(), error)),
    };
    if let Some(code) = closing {
        let rest = answer_rest(&mut socket, protocol.outbox());
        drop(tokio::time::timeout(REST_WITHIN, rest).await);
        let close = CloseFrame {
            code,
            reason: "".into(),
        };
        // A peer that does not take it is gone anyway.
        let closing = socket.send(Message::Close(Some(close)));
        drop(tokio::time::timeout(STALLED_AFTER, closing).await);
        if is_mid_frame {
            let rest = socket.get_mut().discard();
            drop(tokio::time::timeout(REST_WITHIN, rest).await);
        }
    }
    protocol.outbox().close();
}

/// Writes the answers to requests that were taken before the connection was to end.
async fn answer_rest(socket: &mut Socket, outbox: &Outbox) -> Result<(), End> {
    loop {
        let are_all_there = outbox.open_requests() == 0;
        write(socket, outbox.take().frames).await?;
        if are_all_there {
            return Ok(());
        }
        outbox.ready().await;
    }
}

async fn serve(
    socket: &mut Socket,
    protocol: &mut impl Protocol,
) -> Result<std::convert::Infallible, End> {
    let services = Arc::clone(protocol.services());
    let outbox = Arc::clone(protocol.outbox());
    let greeting = protocol.greeting(Greeting {
        restore_id: services.store.restore_id(),
        day: services.clock.day(),
    });
    write(socket, [Bytes::from(greeting)]).await?;
    let mut pings = tokio::time::interval_at(Instant::now() + PING_EVERY, PING_EVERY);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = Instant::now();
    loop {
        let queued = outbox.take();
        write(socket, queued.frames).await?;
        if let Some(watch) = queued.behind {
            let frames = protocol.read_on(watch).await;
            let frames = frames.map_err(|_| End::Closed(CloseCode::Again))?;
            write(socket, frames).await?;
        }
        let may_ask = outbox.open_requests() < MAX_OPEN_REQUESTS;
        tokio::select! {
            () = outbox.ready() => {}
            message = socket.next(), if may_ask => {
                heard = Instant::now();
                match message {
                    Some(Ok(Message::Binary(frame))) => {
                        let share = socket.get_mut().share(frame.len());
                        protocol.request(frame, share).await;
                    }
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(Message::Text(_))) => return Err(End::Closed(CloseCode::Unsupported)),
                    Some(Err(error)) => return Err(match socket.get_ref().ending() {
                        Some(Ending::Refused(error)) => End::Refused(error),
                        Some(Ending::TooLong) => End::Broken(CloseCode::Size),
                        Some(Ending::NoFrame) => End::Broken(CloseCode::Protocol),
                        None => ending_of(&error),
                    }),
                    Some(Ok(Message::Close(_) | Message::Frame(_))) | None => return Err(End::Gone),
                }
            }
            now = pings.tick() => {
                if may_ask && now.duration_since(heard) > SILENT_AFTER {
                    return Err(End::Gone);
                }
                sent(socket.send(Message::Ping(Bytes::new()))).await?;
            }
            () = protocol.ended() => return Err(End::Closed(CloseCode::Policy)),
            () = services.shutdown.begun() => return Err(End::Closed(CloseCode::Restart)),
        }
    }
}

/// How a connection ends in which the library found a fault: reserved bits, opcodes, an order of
/// frames that none may have.
const fn ending_of(error: &tungstenite::Error) -> End {
    match error {
        tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => End::Gone,
        tungstenite::Error::Protocol(_) => End::Broken(CloseCode::Protocol),
        tungstenite::Error::Capacity(_) => End::Broken(CloseCode::Size),
        tungstenite::Error::Utf8(_) => End::Broken(CloseCode::Invalid),
        _ => End::Gone,
    }
}

/// Answers the request whose frame is not whole, by the number that stands for any; gives the close
/// code that says the same.
fn refuse(outbox: &Outbox, error: WireError) -> CloseCode {
    outbox.open_request();
    outbox.push_answer(answer::<()>(0, Err(error)));
    match error.code {
        ErrorCode::Overloaded => CloseCode::Again,
        _ => CloseCode::Policy,
    }
}

/// Writes frames and flushes once.
async fn write(socket: &mut Socket, frames: impl IntoIterator<Item = Bytes>) -> Result<(), End> {
    let mut frames = frames.into_iter().peekable();
    if frames.peek().is_none() {
        return Ok(());
    }
    for frame in frames {
        sent(socket.feed(Message::Binary(frame))).await?;
    }
    sent(socket.flush()).await
}

/// Waits for a write, but not for ever.
async fn sent(write: impl Future<Output = Result<(), tungstenite::Error>>) -> Result<(), End> {
    match tokio::time::timeout(STALLED_AFTER, write).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(End::Gone),
    }
}

/// The frame of an answer.
pub(super) fn answer<A: serde::Serialize>(request: u64, result: Result<A, WireError>) -> Bytes {
    codec::encode(&restante_wire::stream::ServerFrame::Answer {
        request,
        result: result.into(),
    })
    .into()
}
