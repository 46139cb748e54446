//! Which wake-up is sent next: pure, over a time that is handed in.
//!
//! One wake-up a sleeper is under way at most. What is asked for meanwhile, or soon after one was
//! sent, waits for the interval and then goes once, however often it was asked for. Urgent ones go
//! before all others; those whose gateway failed or was busy go behind all others, and where there is
//! no room they are let go, to be read from their rows later: a gateway that takes nothing delays
//! nobody else's.

mod queues;
#[cfg(test)]
mod tests;
mod waits;

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use restante_wire::{mailbox::SealedHandle, push::Urgency};

use self::{
    queues::{Queues, Rank},
    waits::{backoff, busy_wait, jittered},
};
use crate::delivery::wake::{Sleeper, WakeUp};

/// Wake-ups held in memory; the others wait as rows.
pub const MAX_HELD: usize = 50_000;

/// Interval between two urgent wake-ups of one sleeper.
const URGENT_INTERVAL: Duration = Duration::from_secs(1);

/// Attempts after which a wake-up is given up: with the waits between them, most of a day.
pub const MAX_ATTEMPTS: u32 = 48;

/// A wake-up to send now.
#[derive(Debug, Clone)]
pub struct Due {
    /// Whose.
    pub sleeper: Sleeper,
    /// By which handle.
    pub handle: SealedHandle,
    /// How soon.
    pub urgency: Urgency,
    /// What has been asked for by now.
    pub asked: u32,
    /// When the first of that was asked for, if it was since the start.
    pub since: Option<Duration>,
}

/// What became of one that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The gateway has it, or nobody can have it: done with.
    Settled,
    /// To be tried again, not before this wait.
    Failed(Duration),
    /// Nothing was tried.
    Busy,
}

/// What is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// The row goes, as far as this was asked.
    Done(u32),
    /// The row stays, with so many attempts.
    Again(u32),
    /// Nothing.
    Nothing,
}

struct Entry {
    wake_up: WakeUp,
    held_since: Duration,
    /// Where it waits, and until when; nowhere while it is under way.
    place: Option<(Rank, Duration)>,
    /// What had been asked for when it was sent.
    sent: u32,
    /// When it was sent last, if it was in vain, or how long its gateway wants to be left alone.
    not_before: Duration,
    /// How often in a row its gateway was busy.
    busy: u32,
}

/// All wake-ups that are held.
#[derive(Default)]
pub struct Schedule {
    interval: Duration,
    entries: HashMap<Sleeper, Entry>,
    queues: Queues,
    /// When sleepers were last woken, and the same in the order of time.
    woken: HashMap<Sleeper, Duration>,
    in_order: VecDeque<(Duration, Sleeper)>,
}

impl Schedule {
    /// An empty one that leaves this time between two wake-ups of one sleeper.
    #[must_use]
    pub fn new(interval: Duration) -> Self {
        Self {
            interval,
            ..Self::default()
        }
    }

    /// How many are held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Since when the oldest has been held.
    #[must_use]
    pub fn oldest(&self) -> Option<Duration> {
        self.entries.values().map(|entry| entry.held_since).min()
    }

    /// Takes a wake-up, or one more of a sleeper that waits already. False if it, or in its place
    /// another that failed before, had no room: then there are rows to be read later. `spread` delays
    /// one that failed before the start, so that not all go at once.
    pub fn add(&mut self, now: Duration, wake_up: WakeUp, spread: u64) -> bool {
        if self.entries.contains_key(&wake_up.sleeper) {
            self.ask_again(now, wake_up);
            return true;
        }
        let has_room = self.entries.len() < MAX_HELD;
        if !has_room {
            if wake_up.attempts > 0 {
                return false;
            }
            let Some(last) = self.queues.take_last_behind() else {
                return false;
            };
            self.entries.remove(&last);
        }
        let sleeper = wake_up.sleeper;
        let attempts = wake_up.attempts;
        let entry = Entry {
            held_since: wake_up.since.unwrap_or(now),
            wake_up,
            place: None,
            sent: 0,
            not_before: Duration::ZERO,
            busy: 0,
        };
        self.entries.insert(sleeper, entry);
        match attempts.checked_sub(1) {
            None => self.queue(now, sleeper),
            Some(failures) => {
                let due = now + jittered(backoff(failures), spread);
                self.place(sleeper, Rank::Behind, due);
            }
        }
        has_room
    }

    /// Takes the next wake-up that is due out of the queue: it is under way until [`Self::finish`].
    pub fn next(&mut self, now: Duration) -> Option<Due> {
        let sleeper = self.queues.take_due(now)?;
        let entry = self.entries.get_mut(&sleeper)?;
        entry.place = None;
        entry.sent = entry.wake_up.asked;
        let WakeUp {
            handle,
            urgency,
            asked,
            since,
            ..
        } = entry.wake_up.clone();
        Some(Due {
            sleeper,
            handle,
            urgency,
            asked,
            since,
        })
    }

    /// When the next is due.
    #[must_use]
    pub fn next_due(&self) -> Option<Duration> {
        self.queues.next_due()
    }

    /// Ends what was under way. `spread` is any random number.
    pub fn finish(
        &mut self,
        now: Duration,
        sleeper: &Sleeper,
        verdict: Verdict,
        spread: u64,
    ) -> Note {
        let Some(entry) = self.entries.get_mut(sleeper) else {
            return Note::Nothing;
        };
        let sent = entry.sent;
        let busy = std::mem::take(&mut entry.busy);
        match verdict {
            Verdict::Busy => {
                entry.busy = busy + 1;
                let due = now + jittered(busy_wait(busy), spread);
                self.place(*sleeper, Rank::Behind, due);
                Note::Nothing
            }
            Verdict::Failed(wait) if entry.wake_up.attempts + 1 < MAX_ATTEMPTS => {
                entry.wake_up.attempts += 1;
                entry.not_before = now + wait.max(URGENT_INTERVAL);
                let attempts = entry.wake_up.attempts;
                let wait = wait.max(backoff(attempts - 1));
                self.place(*sleeper, Rank::Behind, now + jittered(wait, spread));
                Note::Again(attempts)
            }
            Verdict::Settled | Verdict::Failed(_) => {
                self.settle(now, *sleeper, sent);
                Note::Done(sent)
            }
        }
    }

    /// Asks once more for a sleeper that is held. What is urgent and failed before does not wait for
    /// its turn, but as long as its gateway wants.
    fn ask_again(&mut self, now: Duration, wake_up: WakeUp) {
        let sleeper = wake_up.sleeper;
        let Some(entry) = self.entries.get_mut(&sleeper) else {
            return;
        };
        let held = &mut entry.wake_up;
        held.asked = held.asked.max(wake_up.asked);
        held.handle = wake_up.handle;
        held.urgency = held.urgency.max(wake_up.urgency);
        let (place, not_before) = (entry.place, entry.not_before);
        let Some((rank, due)) = place.filter(|_| wake_up.urgency == Urgency::Urgent) else {
            return;
        };
        let earliest = self.earliest(now, &sleeper, Urgency::Urgent);
        let rank = match rank {
            Rank::Normal => Rank::Urgent,
            other => other,
        };
        self.place(sleeper, rank, due.min(earliest.max(not_before)));
    }

    /// Was sent: forgotten, unless it was asked for once more meanwhile.
    fn settle(&mut self, now: Duration, sleeper: Sleeper, sent: u32) {
        self.remember(now, sleeper);
        let Some(entry) = self.entries.get_mut(&sleeper) else {
            return;
        };
        if entry.wake_up.asked == sent {
            self.entries.remove(&sleeper);
            return;
        }
        entry.wake_up.attempts = 0;
        entry.wake_up.since = Some(now);
        entry.held_since = now;
        self.queue(now, sleeper);
    }

    fn remember(&mut self, now: Duration, sleeper: Sleeper) {
        self.woken.insert(sleeper, now);
        self.in_order.push_back((now, sleeper));
        let longest = self.interval.max(URGENT_INTERVAL);
        while let Some((at, sleeper)) = self.in_order.front().copied()
            && at + longest <= now
        {
            self.in_order.pop_front();
            if self.woken.get(&sleeper) == Some(&at) {
                self.woken.remove(&sleeper);
            }
        }
    }

    /// The first moment at which the interval allows another.
    fn earliest(&self, now: Duration, sleeper: &Sleeper, urgency: Urgency) -> Duration {
        let interval = match urgency {
            Urgency::Normal => self.interval,
            Urgency::Urgent => self.interval.min(URGENT_INTERVAL),
        };
        let woken = self.woken.get(sleeper);
        woken.map_or(now, |woken| now.max(*woken + interval))
    }

    /// Lets a sleeper wait for the first moment that the interval allows.
    fn queue(&mut self, now: Duration, sleeper: Sleeper) {
        let Some(entry) = self.entries.get(&sleeper) else {
            return;
        };
        let urgency = entry.wake_up.urgency;
        let rank = match urgency {
            Urgency::Normal => Rank::Normal,
            Urgency::Urgent => Rank::Urgent,
        };
        self.place(sleeper, rank, self.earliest(now, &sleeper, urgency));
    }

    fn place(&mut self, sleeper: Sleeper, rank: Rank, due: Duration) {
        if let Some(entry) = self.entries.get_mut(&sleeper) {
            if let Some((before, at)) = entry.place.replace((rank, due)) {
                self.queues.remove(before, at, sleeper);
            }
            self.queues.insert(rank, due, sleeper);
        }
    }
}
