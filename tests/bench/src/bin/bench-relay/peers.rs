//! Sender and receiver of one mailbox.
#![expect(
    clippy::expect_used,
    reason = "a run with a broken connection is not a measurement"
)]

use std::{
    collections::HashMap,
    net::SocketAddr,
    time::{Duration, Instant},
};

use restante_bench::samples::Samples;
use restante_harness::{
    seat::{self, Seat},
    wire::{Connection, connect},
};
use restante_wire::{
    Envelope,
    mailbox::{Answer, Fetched, SeatChanges},
    stream::{Event, ServerFrame},
};
use tokio::sync::watch;

use crate::load::{Load, end_of};

/// Number of the commit that made the receiver's seat: messages come after it.
const FIRST_COMMIT: u64 = 1;

/// For how long the relay may take to trim what everybody acknowledged.
const TRIM_WITHIN: Duration = Duration::from_secs(10);

/// A mailbox with its two ends connected.
pub(crate) struct Pair {
    /// Who appends.
    pub(crate) sender: Sender,
    /// Who watches.
    pub(crate) receiver: Receiver,
}

impl Pair {
    /// Makes a mailbox, seats both ends and connects them.
    pub(crate) async fn join(relay: SocketAddr) -> Self {
        let admin = Seat::in_new_mailbox();
        let mut member = Seat::in_mailbox(admin.mailbox);
        let mut sending = connect(relay).await;
        let changes = SeatChanges {
            add: vec![member.grant()],
            ..SeatChanges::default()
        };
        let commit = admin.append(vec![seat::commit(0, changes)]);
        for request in [admin.create(), commit] {
            sending
                .ask(request)
                .await
                .expect("an answer")
                .expect("no refusal");
        }
        let mut receiving = connect(relay).await;
        for request in [member.rotate(), member.watch(0)] {
            receiving
                .ask(request)
                .await
                .expect("an answer")
                .expect("no refusal");
        }
        Self {
            sender: Sender {
                seat: admin,
                connection: sending,
                acks: Acks::default(),
            },
            receiver: Receiver {
                seat: member,
                connection: receiving,
                acks: Acks::default(),
            },
        }
    }
}

/// Acknowledgements of one seat: one under way at a time, each for all that came meanwhile.
#[derive(Default)]
struct Acks {
    highest: u64,
    asked: u64,
    under_way: Option<u64>,
}

impl Acks {
    async fn send_if_due(&mut self, seat: &Seat, connection: &mut Connection) {
        if self.under_way.is_none() && self.highest > self.asked {
            let request = connection.queue(seat.ack(self.highest)).await;
            self.under_way = Some(request.expect("a queued request"));
            self.asked = self.highest;
            connection.flush().await.expect("a flush");
        }
    }

    fn answered(&mut self, request: u64) {
        if self.under_way == Some(request) {
            self.under_way = None;
        }
    }

    const fn all_answered(&self) -> bool {
        self.under_way.is_none() && self.asked == self.highest
    }
}

/// Keeps its window full until the time is over.
pub(crate) struct Sender {
    seat: Seat,
    connection: Connection,
    acks: Acks,
}

impl Sender {
    /// Time from each append to its answer. Tells `last` the number of the last message.
    pub(crate) async fn send(
        mut self,
        begin: Instant,
        load: Load,
        last: watch::Sender<Option<u64>>,
    ) -> Samples {
        let mut samples = Samples::default();
        let mut under_way = HashMap::new();
        let end = end_of(begin, load);
        loop {
            while under_way.len() < load.window && now() < end {
                let item = seat::message(FIRST_COMMIT, timed_body(begin, load.body));
                let append = self.seat.append(vec![item]);
                let request = self
                    .connection
                    .queue(append)
                    .await
                    .expect("a queued append");
                under_way.insert(request, now());
            }
            self.connection.flush().await.expect("a flush");
            if under_way.is_empty() {
                break;
            }
            let frame = self.connection.frame().await.expect("a frame");
            let ServerFrame::Answer { request, result } = frame else {
                continue;
            };
            self.acks.answered(request);
            if let Some(sent) = under_way.remove(&request) {
                samples.push(sent.elapsed());
                self.acks.highest = number_of(result.into());
            }
            self.acks
                .send_if_due(&self.seat, &mut self.connection)
                .await;
        }
        last.send_replace(Some(self.acks.highest));
        drain_acks(&self.seat, &mut self.connection, &mut self.acks).await;
        samples
    }
}

/// Takes what comes and acknowledges it.
pub(crate) struct Receiver {
    seat: Seat,
    connection: Connection,
    acks: Acks,
}

impl Receiver {
    /// Its seat.
    pub(crate) const fn seat(&self) -> &Seat {
        &self.seat
    }

    /// Time from each append to its receipt, until the sender's last message.
    pub(crate) async fn receive(
        mut self,
        begin: Instant,
        mut last: watch::Receiver<Option<u64>>,
    ) -> Samples {
        let mut samples = Samples::default();
        while last
            .borrow_and_update()
            .is_none_or(|last| self.acks.highest < last)
        {
            tokio::select! {
                frame = self.connection.frame() => match frame.expect("a frame") {
                    ServerFrame::Answer { request, .. } => self.acks.answered(request),
                    ServerFrame::Event(Event::Envelopes { envelopes, .. }) => {
                        for envelope in envelopes {
                            self.take(&envelope, begin, &mut samples);
                        }
                    }
                    _ => {}
                },
                // A sender that has told it and is gone has nothing more to tell.
                Ok(()) = last.changed() => {}
            }
            self.acks
                .send_if_due(&self.seat, &mut self.connection)
                .await;
        }
        drain_acks(&self.seat, &mut self.connection, &mut self.acks).await;
        samples
    }

    fn take(&mut self, envelope: &Envelope, begin: Instant, samples: &mut Samples) {
        assert_eq!(envelope.number, self.acks.highest + 1, "the log has no gap");
        self.acks.highest = envelope.number;
        if envelope.number > FIRST_COMMIT {
            samples.push(begin.elapsed().saturating_sub(sent_at(&envelope.body)));
        }
    }
}

async fn drain_acks(seat: &Seat, connection: &mut Connection, acks: &mut Acks) {
    acks.send_if_due(seat, connection).await;
    while !acks.all_answered() {
        if let ServerFrame::Answer { request, .. } = connection.frame().await.expect("a frame") {
            acks.answered(request);
        }
        acks.send_if_due(seat, connection).await;
    }
}

/// Whether every envelope of these mailboxes is gone, waiting a little for the relay's upkeep.
pub(crate) async fn all_trimmed(relay: SocketAddr, seats: &[Seat]) -> bool {
    let mut connection = connect(relay).await;
    let end = now() + TRIM_WITHIN;
    let mut looks = tokio::time::interval(Duration::from_millis(200));
    let mut left: Vec<&Seat> = seats.iter().collect();
    while now() < end {
        looks.tick().await;
        let mut still_left = Vec::new();
        for seat in left {
            let answer = connection.ask(seat.fetch(0, 1)).await.expect("an answer");
            if !matches!(answer, Ok(Answer::Fetched(Fetched::Trimmed { .. }))) {
                still_left.push(seat);
            }
        }
        if still_left.is_empty() {
            return true;
        }
        left = still_left;
    }
    false
}

/// A body that says when it was sent; the rest looks like ciphertext.
fn timed_body(begin: Instant, len: usize) -> Vec<u8> {
    let nanos = u64::try_from(begin.elapsed().as_nanos()).expect("a run is short");
    let mut body = nanos.to_le_bytes().to_vec();
    let mut state = nanos | 1;
    while body.len() < len {
        // Xorshift: incompressible is all that matters here.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        body.extend_from_slice(&state.to_le_bytes());
    }
    body.truncate(len.max(8));
    body
}

fn sent_at(body: &[u8]) -> Duration {
    let nanos = body.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
    Duration::from_nanos(nanos.expect("every body says when it was sent"))
}

fn number_of(result: Result<Answer, restante_wire::WireError>) -> u64 {
    match result {
        Ok(Answer::Appended(appended)) if appended.refused.is_none() => appended
            .numbers
            .first()
            .copied()
            .expect("one item, one number"),
        other => unexpected(&other),
    }
}

#[expect(clippy::panic, reason = "a refused append makes the run worthless")]
fn unexpected(answer: &Result<Answer, restante_wire::WireError>) -> ! {
    panic!("an append was not accepted: {answer:?}")
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
