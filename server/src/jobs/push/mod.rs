//! Sends wake-ups: from rows that appends wrote to the push module, until each is settled.
//!
//! Owns: what is under way, and the order of "sent, then written". A crash between the two sends a
//! wake-up twice, which is harmless; none is lost. Never does: open a handle, choose a gateway, or
//! wait for one that hangs (`restante-push`). Read next: [`schedule`], `store/sqlite/wake_ups.rs`.

pub mod schedule;

use std::{sync::Arc, time::Duration};

use restante_push::{Outcome, Rejection, Ringer};
use restante_wire::fault::planted;
use tokio::{task::JoinSet, time::sleep};

use self::schedule::{Due, Note, Schedule, Verdict};
use crate::{
    clock::{Clock, Entropy},
    delivery::{
        fan_out::{Hub, Reader},
        wake::{Sleeper, WakeUp},
    },
    services::Services,
    shutdown::Shutdown,
    store::{
        Store,
        sqlite::wake_ups::{How, Place, Settled},
    },
};

/// Wake-ups that are under way at once, to all gateways.
pub(crate) const MAX_UNDER_WAY: u32 = 1_024;

/// Settled wake-ups that one transaction writes at most.
const MAX_SETTLED: usize = 2_000;

/// How often what was settled is written, and the queue measured.
const BEAT: Duration = Duration::from_millis(200);

/// Wait before the store is read again after it refused.
const STORE_WAIT: Duration = Duration::from_secs(5);

/// Wait where a gateway does not say how long.
const NO_WAIT: Duration = Duration::ZERO;

/// Runs until the relay goes down.
pub async fn run(services: Arc<Services>, ringer: Arc<Ringer>, shutdown: Shutdown) {
    let _running = shutdown.running();
    let bell_of = services.store.clone();
    bell_of.hub().bell().listen();
    let mut worker = Worker {
        store: services.store.clone(),
        clock: Arc::clone(&services.clock),
        entropy: Arc::clone(&services.entropy),
        ringer,
        schedule: Schedule::new(services.push.interval()),
        under_way: JoinSet::new(),
        settled: Vec::new(),
        unread: Unread::From(None),
        read_at: Duration::ZERO,
    };
    let mut beats = tokio::time::interval(BEAT);
    loop {
        worker.read_more().await;
        worker.send_due();
        let wait = worker.until_due();
        tokio::select! {
            () = bell_of.hub().bell().rung() => worker.take_rung(),
            Some(sent) = worker.under_way.join_next() => if let Ok(sent) = sent {
                worker.finish(sent);
            },
            () = sleep(wait) => {}
            _ = beats.tick() => worker.beat().await,
            () = shutdown.begun() => break,
        }
    }
    worker.under_way.shutdown().await;
    worker.beat().await;
}

/// Rows that are not held, because they are of before the start or did not fit.
#[derive(Clone, Copy)]
enum Unread {
    /// There may be some behind this place.
    From(Option<Place>),
    /// There are none.
    Nothing,
}

struct Worker {
    store: Store,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    ringer: Arc<Ringer>,
    schedule: Schedule,
    under_way: JoinSet<Sent>,
    settled: Vec<Settled>,
    unread: Unread,
    /// When the store may be read next.
    read_at: Duration,
}

/// A wake-up whose outcome is known.
struct Sent {
    due: Due,
    outcome: Outcome,
}

impl Worker {
    fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    fn spread(&self) -> u64 {
        let [a, b, c, d, ..] = self.entropy.bytes();
        u64::from(u32::from_le_bytes([a, b, c, d]))
    }

    /// Reads rows into a schedule with room.
    async fn read_more(&mut self) {
        while let Unread::From(place) = self.unread
            && self.schedule.len() <= schedule::MAX_HELD / 2
            && self.read_at <= self.now()
        {
            match self.store.waiting_wake_ups(place).await {
                Ok((wake_ups, end)) => {
                    self.unread = end.map_or(Unread::Nothing, |end| Unread::From(Some(end)));
                    self.hold(wake_ups);
                }
                Err(_) => self.read_at = self.now() + STORE_WAIT,
            }
        }
    }

    fn take_rung(&mut self) {
        let rung = self.store.hub().bell().take();
        if rung.has_missed {
            self.unread = Unread::From(None);
        }
        self.hold(rung.wake_ups);
    }

    fn hold(&mut self, wake_ups: Vec<WakeUp>) {
        let now = self.now();
        for wake_up in wake_ups {
            let spread = self.spread();
            if !self.schedule.add(now, wake_up, spread) {
                self.unread = Unread::From(None);
                return;
            }
        }
    }

    fn send_due(&mut self) {
        let now = self.now();
        while self.has_hands()
            && let Some(due) = self.schedule.next(now)
        {
            if is_awake(self.store.hub(), &due.sleeper) {
                self.settle(&due, "awake", Verdict::Settled, How::Done);
                continue;
            }
            let ringer = Arc::clone(&self.ringer);
            self.under_way.spawn(async move {
                let outcome = ringer.wake(&due.handle, due.urgency).await;
                Sent { due, outcome }
            });
        }
    }

    fn has_hands(&self) -> bool {
        self.under_way.len() < MAX_UNDER_WAY as usize
    }

    fn until_due(&self) -> Duration {
        let due = self.schedule.next_due().filter(|_| self.has_hands());
        due.map_or(STORE_WAIT, |due| due.saturating_sub(self.now()))
    }

    fn finish(&mut self, Sent { due, outcome }: Sent) {
        let mut how = How::Done;
        let verdict = match outcome {
            Outcome::Delivered => {
                if let Some(since) = due.since {
                    let seconds = self.now().saturating_sub(since).as_secs_f64();
                    metrics::histogram!("restante_push_hand_over_seconds").record(seconds);
                }
                Verdict::Settled
            }
            Outcome::Gone => {
                if !planted("gone_handle_kept") {
                    how = How::Gone(due.handle.clone());
                }
                Verdict::Settled
            }
            Outcome::Rejected(why) => {
                complain(why);
                Verdict::Settled
            }
            Outcome::RetryAfter(wait) => Verdict::Failed(wait),
            Outcome::GatewayDown(wait) => Verdict::Failed(wait.unwrap_or(NO_WAIT)),
            Outcome::Busy => Verdict::Busy,
            _ => Verdict::Failed(NO_WAIT),
        };
        self.settle(&due, outcome.name(), verdict, how);
    }

    fn settle(&mut self, due: &Due, name: &'static str, verdict: Verdict, how: How) {
        metrics::counter!("restante_push_wake_ups_total", "outcome" => name).increment(1);
        let (now, spread) = (self.now(), self.spread());
        let note = self.schedule.finish(now, &due.sleeper, verdict, spread);
        let how = match note {
            Note::Done(_) => how,
            Note::Again(attempts) => How::Again(attempts),
            Note::Nothing => return,
        };
        self.settled.push(Settled {
            sleeper: due.sleeper,
            asked: due.asked,
            how,
        });
    }

    /// Writes what was settled, and measures.
    async fn beat(&mut self) {
        let now = self.now();
        metrics::gauge!("restante_push_queue").set(self.schedule.len() as f64);
        let age = self
            .schedule
            .oldest()
            .map(|since| now.saturating_sub(since));
        let age = age.unwrap_or_default().as_secs_f64();
        metrics::gauge!("restante_push_queue_oldest_seconds").set(age);
        while !self.settled.is_empty() {
            let some = self.settled.len().min(MAX_SETTLED);
            let some: Vec<Settled> = self.settled.drain(..some).collect();
            if self.store.settle_wake_ups(some).await.is_err() {
                // The rows stay: these are sent once more after the next start, or expire.
                tracing::warn!("wake-ups that were sent could not be noted");
                return;
            }
        }
    }
}

/// Whether a sleeper came by itself meanwhile.
fn is_awake(hub: &Hub, sleeper: &Sleeper) -> bool {
    if planted("wake_everybody") {
        return false;
    }
    let readers = hub.readers(&sleeper.log);
    readers.iter().any(|reader| match (reader, &sleeper.seat) {
        (Reader::Owner, None) => true,
        (Reader::Seat { id, .. }, Some(seat)) => id == seat,
        _ => false,
    })
}

/// Names what the operator should mend. What strangers can cause is counted only.
fn complain(why: Rejection) {
    metrics::counter!("restante_push_rejected_total", "why" => why.name()).increment(1);
    if matches!(why, Rejection::Credentials | Rejection::Foreign) {
        tracing::error!(
            why = why.name(),
            "a push gateway refuses this relay; see `restante-server doctor push`"
        );
    }
}
