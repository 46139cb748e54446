//! The socket below a WebSocket: counts what is unfinished, and ends who does not go on (R8).
//!
//! The WebSocket library makes room for a whole frame as soon as its head is there, and a buffer
//! that was once large stays with its connection for ever. So frames are cut here, before the
//! library sees them: a long one is handed on as fragments of [`CHUNK`] bytes, which RFC 6455 lets
//! any intermediary do. The library's buffer then never grows, and a message in parts lies in memory
//! of its own, which goes with the message. What has arrived of a message is covered by a [`Share`];
//! when there is none, or the peer pauses for too long, reading fails and [`Metered::ending`] says
//! why. Read next: [`super::frame`], the heads of frames.
//!
//! **Source**: RFC 6455 section 5.4 (fragmentation).

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use restante_wire::{ErrorCode, WireError};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

use super::{
    super::{
        budget::{Budget, Share},
        pace::Pace,
    },
    frame::{CHUNK, Few, Frame, MAX_HEAD, head_len},
};
use crate::rate_limit::ClientAddress;

/// Bytes read from a socket at once, and the part of a message that needs no share: this much memory
/// every connection has.
pub(super) const READ_BUFFER: usize = 2 * 1024;

/// See the module's head.
pub(super) struct Metered<S> {
    socket: S,
    budget: Budget,
    sender: ClientAddress,
    max_message: usize,
    /// Read and not looked at yet.
    input: Box<Few<READ_BUFFER>>,
    /// The head of the frame that comes, as far as it is there.
    head: Few<MAX_HEAD>,
    /// Made here, or looked at, and not handed on yet.
    output: Few<MAX_HEAD>,
    frame: Option<Frame>,
    /// Payload of the present message that was handed on.
    handed_on: usize,
    /// Whether fragments were handed on and the last one was not.
    is_in_message: bool,
    arrival: Option<Arrival>,
    /// The share of a message that is whole and was not taken yet: the library takes a message
    /// before it reads on, and one read ends at most one message that needs a share.
    whole: Option<Share>,
    ending: Option<Ending>,
    failed: Option<io::ErrorKind>,
}

/// Why no more is read from a peer that is still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// A request is refused before its frame is whole.
    Refused(WireError),
    /// A frame or message is longer than any may be.
    TooLong,
    /// A frame that no client may send.
    NoFrame,
}

/// An unfinished message.
struct Arrival {
    share: Share,
    pace: Pace,
    stalls: Pin<Box<Sleep>>,
}

impl<S> Metered<S> {
    pub(super) fn new(
        socket: S,
        budget: Budget,
        sender: ClientAddress,
        max_message: usize,
    ) -> Self {
        Self {
            socket,
            budget,
            sender,
            max_message,
            input: Box::new(Few::new()),
            head: Few::new(),
            output: Few::new(),
            frame: None,
            handed_on: 0,
            is_in_message: false,
            arrival: None,
            whole: None,
            ending: None,
            failed: None,
        }
    }

    /// The share of the message that was received last, covering this length.
    ///
    /// # Errors
    /// `overloaded` while the budget is spent.
    pub(super) fn share(&mut self, len: usize) -> Result<Share, WireError> {
        let mut share = match self.whole.take() {
            Some(share) => share,
            None => self.budget.share(self.sender),
        };
        share.grow_to(len)?;
        share.arrived();
        Ok(share)
    }

    /// Why reading failed, if it was the relay's decision.
    pub(super) const fn ending(&self) -> Option<Ending> {
        self.ending
    }

    /// Hands on what is there, as far as it fits.
    fn hand_on(&mut self, into: &mut ReadBuf<'_>) -> Result<(), io::ErrorKind> {
        while into.remaining() > 0 {
            if !self.output.is_empty() {
                let len = self.output.len().min(into.remaining());
                into.put_slice(self.output.take(len));
                continue;
            }
            let Some(frame) = &mut self.frame else {
                if self.input.is_empty() {
                    break;
                }
                self.read_head()?;
                continue;
            };
            if frame.chunk() > 0 {
                let len = frame.chunk().min(into.remaining()).min(self.input.len());
                if len == 0 {
                    break;
                }
                into.put_slice(self.input.take(len));
                self.handed(len);
            } else {
                frame.next_fragment(&mut self.output);
            }
        }
        Ok(())
    }

    /// Takes bytes of the head that comes; begins the frame when it is whole.
    fn read_head(&mut self) -> Result<(), io::ErrorKind> {
        let wanted = head_len(self.head.filled());
        let len = (wanted - self.head.len()).min(self.input.len());
        self.head.put(self.input.take(len));
        let head = self.head.filled();
        if head.len() < head_len(head) {
            return Ok(());
        }
        let longest = self.max_message.saturating_sub(self.handed_on);
        let mut frame = Frame::parse(head, longest).map_err(|ending| {
            self.ending = Some(ending);
            io::ErrorKind::InvalidData
        })?;
        self.head.clear();
        frame.next_fragment(&mut self.output);
        self.frame = Some(frame);
        // A frame of nothing ends where it begins.
        self.handed(0);
        Ok(())
    }

    /// Counts payload that was handed on.
    fn handed(&mut self, len: usize) {
        let Some(frame) = &mut self.frame else { return };
        frame.handed(len);
        let (is_control, is_last) = (frame.is_control(), frame.is_last());
        if !is_control {
            self.handed_on += len;
        }
        if !frame.is_whole() {
            return;
        }
        self.frame = None;
        if !is_control {
            self.is_in_message = !is_last;
        }
        if !self.is_in_message {
            self.handed_on = 0;
            self.whole = self.arrival.take().map(|arrival| arrival.share);
        }
    }

    /// Covers what has arrived of a message that is not whole.
    fn count(&mut self, read: usize) -> Result<(), WireError> {
        if self.frame.is_none() && !self.is_in_message && self.head.is_empty() {
            return Ok(());
        }
        let arrival = self.arrival.get_or_insert_with(|| {
            let pace = self.budget.pace();
            Arrival {
                share: self.budget.share(self.sender),
                pace,
                stalls: Box::pin(sleep_until(pace.deadline())),
            }
        });
        arrival.pace.progress(read);
        if self.handed_on > READ_BUFFER {
            arrival.share.grow_to(self.handed_on)?;
        }
        Ok(())
    }

    /// Ready when an unfinished message has paused for too long.
    fn poll_stalled(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(arrival) = &mut self.arrival else {
            return Poll::Pending;
        };
        loop {
            ready!(arrival.stalls.as_mut().poll(context));
            let deadline = arrival.pace.deadline();
            if deadline <= Instant::now() {
                return Poll::Ready(());
            }
            arrival.stalls.as_mut().reset(deadline);
        }
    }
}

impl<S: AsyncRead + Unpin> Metered<S> {
    /// Reads and forgets until the peer ends: a socket that is closed with bytes in it is reset, and
    /// the peer would lose what it was told last.
    pub(super) async fn discard(&mut self) {
        let mut forgotten = [0; READ_BUFFER];
        while let Ok(1..) = self.socket.read(&mut forgotten).await {}
    }

    /// Hands on at least a byte, but at the end.
    fn poll_some(
        &mut self,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<Result<(), io::ErrorKind>> {
        let before = into.filled().len();
        self.hand_on(into)?;
        while into.filled().len() == before {
            let Poll::Ready(read) = self.poll_socket(context, into) else {
                ready!(self.poll_stalled(context));
                metrics::counter!("restante_stalls_total", "on" => "stream").increment(1);
                self.ending = Some(Ending::Refused(ErrorCode::BadRequest.into()));
                return Poll::Ready(Err(io::ErrorKind::TimedOut));
            };
            let read = read.map_err(|error| error.kind())?;
            if read == 0 {
                break;
            }
            self.hand_on(into)?;
            if let Err(error) = self.count(read) {
                self.ending = Some(Ending::Refused(error));
                return Poll::Ready(Err(io::ErrorKind::QuotaExceeded));
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Reads once from the socket: payload straight to where it goes, heads into `input`.
    fn poll_socket(
        &mut self,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<usize>> {
        let straight = self.frame.as_ref().map_or(0, Frame::chunk);
        if straight < CHUNK / 2 {
            return self.input.poll_fill(&mut self.socket, context);
        }
        let len = straight.min(into.remaining());
        let mut part = ReadBuf::new(into.initialize_unfilled_to(len));
        ready!(Pin::new(&mut self.socket).poll_read(context, &mut part))?;
        let len = part.filled().len();
        into.advance(len);
        self.handed(len);
        Poll::Ready(Ok(len))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = into.filled().len();
        if this.failed.is_none() {
            this.failed = ready!(this.poll_some(context, into)).err();
        }
        // What came before a failure is handed on before it.
        match this.failed {
            Some(kind) if into.filled().len() == before => Poll::Ready(Err(kind.into())),
            _ => Poll::Ready(Ok(())),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{SinkExt, StreamExt};
    use proptest::prelude::*;
    use tokio_tungstenite::{
        WebSocketStream,
        tungstenite::{
            Message,
            protocol::{
                Role, WebSocketConfig,
                frame::{
                    Frame,
                    coding::{Data, OpCode},
                },
            },
        },
    };

    use super::*;
    use crate::config::Limits;

    const MAX: usize = 64 * 1024;

    /// What a client writes: a message in frames of these lengths, with a ping between them.
    async fn exchange(messages: Vec<Vec<usize>>, pipe: usize) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
        let (near, far) = tokio::io::duplex(pipe);
        let budget = Budget::new(&Limits::default());
        let sender = ClientAddress::of([192, 0, 2, 1].into());
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .max_message_size(Some(MAX))
            .max_frame_size(Some(CHUNK));
        let metered = Metered::new(near, budget, sender, MAX);
        let server = WebSocketStream::from_raw_socket(metered, Role::Server, Some(config)).await;
        let client = WebSocketStream::from_raw_socket(far, Role::Client, None).await;
        let (mut client, mut pongs) = client.split();
        let mut sent = Vec::new();
        let write = async {
            let mut byte = 0_u8;
            for frames in messages {
                let mut whole = Vec::new();
                for (at, len) in frames.iter().enumerate() {
                    let payload: Vec<u8> = (0..*len)
                        .map(|_| {
                            byte = byte.wrapping_add(31);
                            byte
                        })
                        .collect();
                    whole.extend_from_slice(&payload);
                    let kind = if at == 0 {
                        Data::Binary
                    } else {
                        Data::Continue
                    };
                    let is_last = at + 1 == frames.len();
                    let frame = Frame::message(payload, OpCode::Data(kind), is_last);
                    client.send(Message::Frame(frame)).await.unwrap();
                    client.feed(Message::Ping(vec![7].into())).await.unwrap();
                }
                sent.push(whole);
            }
            client.send(Message::Close(None)).await.unwrap();
        };
        let drain = async { while let Some(Ok(_)) = pongs.next().await {} };
        let mut received = Vec::new();
        let read = async {
            // Dropped at the end, for which the client waits.
            let mut server = server;
            while let Some(Ok(message)) = server.next().await {
                if let Message::Binary(bytes) = message {
                    server.get_mut().share(bytes.len()).unwrap();
                    assert!(server.get_ref().whole.is_none());
                    received.push(bytes.to_vec());
                }
            }
        };
        tokio::join!(write, read, drain);
        (sent, received)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn messages_arrive_as_they_were_sent_however_they_are_cut(
            messages in prop::collection::vec(
                prop::collection::vec(
                    prop_oneof![0_usize..300, 2_040_usize..2_060, 4_090_usize..10_000],
                    1..4,
                ),
                1..8,
            ),
            pipe in 1_usize..5_000,
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let (sent, received) = runtime.unwrap().block_on(exchange(messages, pipe));
            prop_assert_eq!(sent, received);
        }
    }

    #[tokio::test]
    async fn a_message_beyond_the_limit_is_not_taken() {
        for frames in [vec![MAX + 1], vec![MAX / 2, MAX / 2, 1]] {
            let (near, mut far) = tokio::io::duplex(2 * MAX);
            let budget = Budget::new(&Limits::default());
            let sender = ClientAddress::of([192, 0, 2, 1].into());
            let mut metered = Metered::new(near, budget, sender, MAX);
            let write = async {
                for len in frames {
                    let head = [0x02, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
                    let mut head = head;
                    head[2..10].copy_from_slice(&(len as u64).to_be_bytes());
                    tokio::io::AsyncWriteExt::write_all(&mut far, &head).await?;
                    tokio::io::AsyncWriteExt::write_all(&mut far, &vec![0; len]).await?;
                }
                io::Result::Ok(())
            };
            let mut taken = Vec::new();
            let read = metered.read_to_end(&mut taken);
            let (_, read) = tokio::join!(write, read);
            assert_eq!(read.unwrap_err().kind(), io::ErrorKind::InvalidData);
            assert!(taken.len() <= MAX + MAX / CHUNK * MAX_HEAD);
            assert_eq!(metered.ending(), Some(Ending::TooLong));
        }
    }
}
