//! One stream to one relay, kept up until it is told to end.
//!
//! A link connects, waits for the greeting (and opens the session, on the account stream), carries
//! requests and answers, and when the connection dies fails every open call as [`Failure::Lost`],
//! says so, and connects again after a wait. Calls that come while it is down stay in its queue until
//! the next attempt, and are failed with it.

use std::{collections::HashMap, pin::pin, sync::Arc, time::Duration};

use restante_crypto::Randomness;
use restante_wire::{
    ErrorCode, codec,
    error::Outcome,
    fault::planted,
    stream::{ClientFrame, Greeting, ServerFrame},
};
use tokio::sync::{mpsc, watch};

use super::{
    backoff::{Backoff, LONGEST},
    protocol::Protocol,
    report::{LinkKey, LinkNews, Report},
    session::{Session, is_unauthorized},
    side::Side,
    socket::{Socket, connect},
};
use crate::{
    engine::io::{CallId, Failure, Input},
    platform::{Incoming, Instant, WebSocket, sleep, timeout},
};

/// How often a quiet connection is tried. Two silent rounds end it.
const KEEP_ALIVE: Duration = Duration::from_secs(25);

/// How long a connection has to answer when the network may have changed under it.
const PROMPT: Duration = Duration::from_secs(5);

/// How long the relay may refuse to take a frame.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);

/// A connection that held for this long was a good one: the next wait starts small again.
const GOOD: Duration = Duration::from_secs(5);

/// Number of the requests that only ask for a sign of life; those of the engine count from 1.
const PROBE: u64 = u64::MAX;

/// Most requests written before a flush.
const BATCH: usize = 64;

/// A link's task.
pub(super) struct Link<P: Protocol> {
    pub(super) epoch: u64,
    pub(super) relay: String,
    pub(super) side: Side,
    /// On the account stream, the session to open.
    pub(super) session: Option<Arc<Session>>,
    pub(super) calls: mpsc::Receiver<(CallId, P::Request)>,
    pub(super) reports: mpsc::Sender<Report>,
    /// Changed when the network may be back.
    pub(super) hurry: watch::Receiver<()>,
    pub(super) randomness: Randomness,
}

/// Why a connection ended.
enum End {
    /// The worker wants it to.
    Told,
    /// It died, or the relay said something that a relay must not say.
    Died,
}

impl<P: Protocol> Link<P> {
    /// Runs until told to end (by dropping the sender of calls), or until nobody listens.
    pub(super) async fn run(mut self) {
        let mut backoff = Backoff::new(self.randomness.clone());
        loop {
            let mut refused_for = Duration::ZERO;
            match self.open().await {
                Ok((socket, greeting)) => {
                    let since = Instant::now();
                    let end = self.live(socket, greeting).await;
                    if matches!(end, End::Told) {
                        break;
                    }
                    if since.elapsed() >= GOOD {
                        backoff.reset();
                    }
                }
                Err(failure) => {
                    let wait_ms = failure.wait_ms().unwrap_or_default();
                    refused_for = Duration::from_millis(wait_ms).min(LONGEST);
                    let failures = backoff.failures() + 1;
                    self.report(LinkNews::Failed { failures, failure }).await;
                    if self.fail_queued().await {
                        break;
                    }
                }
            }
            let wait = backoff.next().max(refused_for);
            tokio::select! {
                () = sleep(wait) => {}
                // A relay that names a time is not asked before it.
                Ok(()) = self.hurry.changed(), if refused_for.is_zero() => backoff.reset(),
            }
            if self.reports.is_closed() {
                return;
            }
        }
        self.report(LinkNews::Ended).await;
    }

    /// Connects, hears the greeting and, on the account stream, shows the session.
    async fn open(&self) -> Result<(Socket, Greeting), Failure> {
        let mut socket = connect(&self.relay, P::PATH, self.side.http()).await?;
        let greeting = match socket.next_frame::<P::Answer>().await? {
            ServerFrame::Greeting(greeting) => greeting,
            _ => return Err(Failure::Refused(ErrorCode::Internal.into())),
        };
        if let Some(session) = &self.session {
            let token = session.token().await?;
            let opened = socket.open_session(token.clone()).await;
            if let Err(failure) = opened {
                // A relay that restarted forgot the session: the next attempt opens another, and only
                // if that is refused, too, the relay does not know this client.
                session.forget(&token).await;
                return Err(match is_unauthorized(&Err::<(), _>(failure)) {
                    true => Failure::Lost,
                    false => failure,
                });
            }
        }
        Ok((socket, greeting))
    }

    /// Tells that it is up, carries frames, fails what is open when it dies, and tells that, too.
    async fn live(&mut self, mut socket: Socket, greeting: Greeting) -> End {
        let (relay, stream) = self.key();
        self.report(LinkNews::Input(Input::Connected {
            relay: relay.clone(),
            stream,
            greeting,
        }))
        .await;
        let mut open = HashMap::new();
        let end = self.serve(&mut socket, &mut open).await;
        if matches!(end, End::Told) {
            socket.0.close().await;
        }
        let mut lost: Vec<CallId> = open.into_values().collect();
        lost.sort_unstable();
        if planted("c4_lost_calls_are_forgotten") {
            lost.clear();
        }
        for call in lost {
            self.report(lost_call(call)).await;
        }
        self.report(LinkNews::Input(Input::Disconnected { relay, stream }))
            .await;
        end
    }

    async fn serve(&mut self, socket: &mut Socket, open: &mut HashMap<u64, CallId>) -> End {
        let mut last_number = 0;
        let mut keep_alive = pin!(sleep(KEEP_ALIVE));
        let mut heard = true;
        loop {
            tokio::select! {
                call = self.calls.recv() => {
                    let Some(first) = call else { return End::Told };
                    let sent = self.send(socket, first, open, &mut last_number);
                    if !matches!(timeout(SEND_TIMEOUT, sent).await, Ok(Ok(()))) {
                        return End::Died;
                    }
                }
                incoming = socket.0.next() => {
                    heard = true;
                    match incoming {
                        None => return End::Died,
                        Some(Incoming::SignOfLife) => {}
                        Some(Incoming::Frame(bytes)) => if !self.receive(&bytes, open).await {
                            return End::Died;
                        },
                    }
                }
                () = &mut keep_alive => {
                    let asked = self.ask_for_life(socket);
                    if !heard || !matches!(timeout(SEND_TIMEOUT, asked).await, Ok(Ok(()))) {
                        return End::Died;
                    }
                    heard = false;
                    keep_alive.set(sleep(KEEP_ALIVE));
                }
                Ok(()) = self.hurry.changed() => {
                    let asked = self.ask_for_life(socket);
                    if !matches!(timeout(PROMPT, asked).await, Ok(Ok(()))) {
                        return End::Died;
                    }
                    heard = false;
                    keep_alive.set(sleep(PROMPT));
                }
            }
        }
    }

    /// Writes one request and those that wait behind it, then flushes once.
    async fn send(
        &mut self,
        socket: &mut Socket,
        first: (CallId, P::Request),
        open: &mut HashMap<u64, CallId>,
        last_number: &mut u64,
    ) -> Result<(), Failure> {
        let mut next = Some(first);
        let mut written = 0;
        while let Some((call, body)) = next {
            *last_number += 1;
            open.insert(*last_number, call);
            let frame = codec::encode(&ClientFrame {
                request: *last_number,
                body,
            });
            socket.0.feed(frame).await?;
            written += 1;
            next = if written < BATCH {
                self.calls.try_recv().ok()
            } else {
                None
            };
        }
        socket.0.flush().await
    }

    /// Makes a living peer say something.
    async fn ask_for_life(&self, socket: &mut Socket) -> Result<(), Failure> {
        if WebSocket::PINGS {
            return socket.0.ping().await;
        }
        let frame = ClientFrame {
            request: PROBE,
            body: P::probe(),
        };
        socket.0.feed(codec::encode(&frame)).await?;
        socket.0.flush().await
    }

    /// Handles a frame; false if the connection must end.
    async fn receive(&self, bytes: &[u8], open: &mut HashMap<u64, CallId>) -> bool {
        let Ok(frame) = codec::decode::<ServerFrame<P::Answer>>(bytes) else {
            return false;
        };
        let input = match frame {
            ServerFrame::Greeting(_) => return false,
            ServerFrame::Event(event) => Input::Event {
                relay: self.relay.clone(),
                event,
            },
            // Whatever it says, it says something.
            ServerFrame::Answer { request: PROBE, .. } if !WebSocket::PINGS => return true,
            ServerFrame::Answer { request, result } => {
                let Some(call) = open.remove(&request) else {
                    return false;
                };
                let result = match result {
                    Outcome::Done(answer) => Ok(P::reply(answer)),
                    Outcome::Refused(error) => Err(Failure::Refused(error)),
                };
                Input::Answered { call, result }
            }
        };
        self.report(LinkNews::Input(input)).await
    }

    /// Fails the calls that waited for a connection; true if the link is to end.
    async fn fail_queued(&mut self) -> bool {
        loop {
            match self.calls.try_recv() {
                Ok((call, _)) => {
                    self.report(lost_call(call)).await;
                }
                Err(mpsc::error::TryRecvError::Empty) => return false,
                Err(mpsc::error::TryRecvError::Disconnected) => return true,
            }
        }
    }

    fn key(&self) -> LinkKey {
        (self.relay.clone(), P::STREAM)
    }

    /// False if nobody listens any more.
    async fn report(&self, news: LinkNews) -> bool {
        let report = Report::Link {
            epoch: self.epoch,
            key: self.key(),
            news,
        };
        self.reports.send(report).await.is_ok()
    }
}

fn lost_call(call: CallId) -> LinkNews {
    LinkNews::Input(Input::Answered {
        call,
        result: Err(Failure::Lost),
    })
}
