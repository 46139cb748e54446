//! Signals: what passes between clients that are connected now, and is kept nowhere: typing, presence.
//!
//! They travel as ephemeral envelopes: sealed under an exporter key of the epoch, signed, never in the
//! log, so one that is lost is lost. Nothing is ever decided on them. What comes in is counted before
//! it is opened, and dropped where it is too much, unknown, of somebody blocked, or of this account.
//! Read next: [`typing`], [`presence`].

mod presence;
mod typing;

use std::collections::BTreeMap;

use restante_wire::{
    MailboxAddress, codec,
    mailbox::{Ephemeral, Request},
};
use serde::{Deserialize, Serialize};

use super::{
    io::{RoomId, RoomPhase, Time},
    live::Call,
    turn::Turn,
};
use crate::{Error, store::RoomRow};

pub use presence::{PRESENCE_AT_MOST_MS, PRESENCE_EVERY_MS, Presence};
pub use typing::{TYPING_EVERY_MS, TYPING_SHOWN_MS};

/// Signals of one room that are looked at within a second; what is above is dropped unopened, for each
/// costs a signature.
const MAX_SIGNALS_A_SECOND: u32 = 20;

/// Payload of an ephemeral envelope, encoded with [`codec`]. What a build does not know is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Signal {
    /// The sender is writing, or has stopped.
    Typing(bool),
    /// The sender is there, or goes away.
    Here(bool),
}

/// What this client knows of signals while it runs.
#[derive(Debug, Default)]
pub(super) struct Signals {
    typing: typing::Live,
    pub(super) presence: presence::Live,
    /// Last counter used in each room.
    counters: BTreeMap<RoomId, u64>,
    /// Beginning of a second and signals since, by room.
    received: BTreeMap<RoomId, (Time, u32)>,
}

impl Signals {
    /// Whether one more signal of a room may be looked at.
    fn admits(&mut self, room: RoomId, now: Time) -> bool {
        let (since, count) = self.received.entry(room).or_insert((now, 0));
        if now >= since.plus_ms(1_000) || now < *since {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        *count <= MAX_SIGNALS_A_SECOND
    }

    /// A counter above every one used before: the clock, or one more where it stands still.
    fn next_counter(&mut self, room: RoomId, now: Time) -> u64 {
        let last = self.counters.entry(room).or_default();
        *last = now.0.max(last.saturating_add(1));
        *last
    }

    /// What outlives the end of all connections: whether the person is there, and the counters.
    pub(super) fn after_reset(&mut self) -> Self {
        Self {
            counters: std::mem::take(&mut self.counters),
            presence: self.presence.after_reset(),
            ..Self::default()
        }
    }
}

impl Turn<'_> {
    /// Ends what has been shown long enough, and tells contacts again that this person is there.
    pub(super) fn pump_signals(&mut self) -> Result<(), Error> {
        self.end_typing();
        self.pump_presence()?;
        self.end_presence();
        let signals = &self.live.signals;
        let next = signals
            .typing
            .next()
            .into_iter()
            .chain(signals.presence.next());
        if let Some(next) = next.min() {
            self.wake_at(next);
        }
        Ok(())
    }

    /// Sends a signal if this client stands where the others do; otherwise nobody could open it.
    fn signal(&mut self, room: &RoomRow, signal: Signal) -> Result<bool, Error> {
        if !self.can_signal(room) {
            return Ok(false);
        }
        let counter = self.live.signals.next_counter(room.id, self.now);
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let Ok(body) = group.seal_ephemeral(&codec::encode(&signal), counter) else {
            return Ok(false);
        };
        let access = room.access();
        let request = Request::Ephemeral(Ephemeral { access, body });
        self.ask(&room.relay, Call::Signal, request);
        Ok(true)
    }

    fn can_signal(&mut self, room: &RoomRow) -> bool {
        let live = self.live.room(&room.id);
        let is_read = live.watched && live.last <= room.state.cursor;
        let is_sound = !room.state.standing.in_doubt() && room.state.lost.is_none();
        room.phase == RoomPhase::Joined && is_read && is_sound && !self.is_halted(room)
    }

    /// A signal came in.
    pub(super) fn signalled(
        &mut self,
        relay: &str,
        mailbox: &MailboxAddress,
        body: &[u8],
    ) -> Result<(), Error> {
        let Some(room) = self.db.room_by_mailbox(relay, mailbox)? else {
            return Ok(());
        };
        if room.phase != RoomPhase::Joined || !self.live.signals.admits(room.id, self.now) {
            return Ok(());
        }
        let group = self.groups.of(self.db, &self.me.client, &room)?;
        let Ok(opened) = group.open_ephemeral(body) else {
            return Ok(());
        };
        let sender = opened.sender;
        let is_own = sender.account() == self.me.account();
        if is_own || self.is_blocked(&sender.account())? {
            return Ok(());
        }
        match codec::decode(&opened.payload) {
            Ok(Signal::Typing(typing)) => self.typing_heard(&room, &sender, typing),
            Ok(Signal::Here(here)) => self.presence_heard(&room, &sender, here),
            Err(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_signals_is_dropped_and_the_next_second_begins_anew() {
        let mut signals = Signals::default();
        let room = RoomId([1; 32]);
        let passed = |signals: &mut Signals, now: u64| {
            (0..100).filter(|_| signals.admits(room, Time(now))).count()
        };
        assert_eq!(passed(&mut signals, 5_000), MAX_SIGNALS_A_SECOND as usize);
        assert_eq!(passed(&mut signals, 5_999), 0);
        assert_eq!(passed(&mut signals, 6_000), MAX_SIGNALS_A_SECOND as usize);
        let other = RoomId([2; 32]);
        assert!(signals.admits(other, Time(6_000)));
    }

    #[test]
    fn counters_grow_though_the_clock_stands_still_or_goes_back() {
        let mut signals = Signals::default();
        let room = RoomId([1; 32]);
        let counters: Vec<u64> = [7, 7, 3, 9]
            .into_iter()
            .map(|now| signals.next_counter(room, Time(now)))
            .collect();
        assert_eq!(counters, [7, 8, 9, 10]);
    }
}
