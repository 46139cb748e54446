//! Presence: whether contacts are there, coarsely, and only where they chose to tell.
//!
//! A client whose person shares presence and is there says so in the one-to-one rooms of its accepted
//! contacts, every few minutes, to those connected then. The relay stores nothing of it. Who hears it
//! keeps the day, and until when the last word of it counts.

use std::collections::BTreeMap;

use restante_crypto::Member;
use restante_wire::{AccountKeyHash, fault::planted};
use serde::{Deserialize, Serialize};

use super::Signal;
use crate::{
    Error,
    engine::{
        Engine,
        io::{ContactPhase, Event, RoomId, Time},
        turn::Turn,
    },
    store::{Person, RoomRow, Value},
};

/// How often a contact is told that this person is there still.
pub const PRESENCE_EVERY_MS: u64 = 5 * 60_000;

/// A contact is never told more often than this, over restarts too.
pub const PRESENCE_AT_MOST_MS: u64 = 60_000;

/// Somebody counts as there for this long after the last word of it: one word may be lost.
const PRESENCE_SHOWN_MS: u64 = 2 * PRESENCE_EVERY_MS + 60_000;

/// Rooms that are not read yet are looked at again after this.
const LOOK_AGAIN_MS: u64 = 15_000;

const DAY_MS: u64 = 86_400_000;

/// How long ago somebody was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Presence {
    /// There now.
    Online,
    /// On this day.
    Today,
    /// Within seven days.
    ThisWeek,
    /// Before that.
    LongAgo,
    /// Nothing was ever told.
    Unknown,
}

impl Presence {
    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Today => "today",
            Self::ThisWeek => "this_week",
            Self::LongAgo => "long_ago",
            Self::Unknown => "unknown",
        }
    }

    /// Of somebody who was there last on a day, and counts as there until a time.
    const fn since(seen: Option<(u64, Time)>, now: Time) -> Self {
        let today = now.0 / DAY_MS;
        match seen {
            None => Self::Unknown,
            Some((_, until)) if until.0 > now.0 => Self::Online,
            Some((day, _)) if day >= today => Self::Today,
            Some((day, _)) if day.saturating_add(7) > today => Self::ThisWeek,
            Some(_) => Self::LongAgo,
        }
    }
}

/// Whether this account tells its contacts that it is there.
#[derive(Serialize, Deserialize)]
struct PresenceShared(bool);

impl Value for PresenceShared {
    const KEY: &'static str = "presence_shared";
}

/// When contacts were told last.
#[derive(Serialize, Deserialize)]
struct PresenceTold(u64);

impl Value for PresenceTold {
    const KEY: &'static str = "presence_told";
}

/// Who is there.
#[derive(Debug, Default)]
pub(in crate::engine) struct Live {
    /// Whether a person is at this client.
    is_here: bool,
    /// When to look which contacts are to be told; none where nobody is.
    look_at: Option<Time>,
    /// Contacts told, by room, and when.
    told: BTreeMap<RoomId, Time>,
    /// Contacts that are there: until when, and under which name.
    heard: BTreeMap<AccountKeyHash, (Time, String)>,
}

impl Live {
    /// When something is to be done next.
    pub(super) fn next(&self) -> Option<Time> {
        let ends = self.heard.values().map(|(until, _)| *until);
        ends.chain(self.look_at).min()
    }

    /// What is true whatever happens to connections.
    pub(super) fn after_reset(&self) -> Self {
        Self {
            is_here: self.is_here,
            look_at: self.look_at,
            ..Self::default()
        }
    }
}

impl Turn<'_> {
    /// The person wants contacts told, or no longer.
    pub(in crate::engine) fn share_presence(&mut self, share: bool) -> Result<(), Error> {
        self.db.set_value(&PresenceShared(share))?;
        self.presence_changed()
    }

    /// The person has come to this client, or goes. Held in memory only.
    pub(in crate::engine) fn set_here(&mut self, here: bool) -> Result<(), Error> {
        self.live.signals.presence.is_here = here;
        self.presence_changed()
    }

    fn presence_changed(&mut self) -> Result<(), Error> {
        if self.shares_presence()? {
            self.live.signals.presence.look_at = Some(self.now);
            return Ok(());
        }
        self.live.signals.presence.look_at = None;
        for id in std::mem::take(&mut self.live.signals.presence.told).into_keys() {
            if let Some(room) = self.db.room(&id)? {
                self.signal(&room, Signal::Here(false))?;
            }
        }
        Ok(())
    }

    fn shares_presence(&self) -> Result<bool, Error> {
        let is_shared = self
            .db
            .value::<PresenceShared>()?
            .is_some_and(|shared| shared.0);
        let is_shared = is_shared || planted("r7_presence_told_unasked");
        Ok(is_shared && self.live.signals.presence.is_here)
    }

    /// Tells the contacts whose time has come.
    pub(super) fn pump_presence(&mut self) -> Result<(), Error> {
        let due = self.live.signals.presence.look_at;
        if due.is_none_or(|due| due > self.now) || self.live.relays.is_empty() {
            return Ok(());
        }
        let is_first = self.live.signals.presence.told.is_empty();
        let told = self.db.value::<PresenceTold>()?.map_or(0, |told| told.0);
        let earliest = Time(told).plus_ms(PRESENCE_AT_MOST_MS);
        // A clock that was set back must not silence this client.
        let is_early = is_first && !planted("r8_presence_told_at_every_start");
        if is_early && earliest > self.now && told <= self.now.0 {
            self.live.signals.presence.look_at = Some(earliest);
            return Ok(());
        }
        let mut next = self.now.plus_ms(PRESENCE_EVERY_MS);
        let mut has_told = false;
        for person in self.db.contacts()? {
            let Some(room) = self.room_to_tell(&person)? else {
                continue;
            };
            let told = self.live.signals.presence.told.get(&room.id);
            let due = told.map_or(self.now, |told| told.plus_ms(PRESENCE_EVERY_MS));
            if due > self.now {
                next = next.min(due);
            } else if self.signal(&room, Signal::Here(true))? {
                self.live.signals.presence.told.insert(room.id, self.now);
                has_told = true;
            } else {
                next = next.min(self.now.plus_ms(LOOK_AGAIN_MS));
            }
        }
        if has_told {
            self.db.set_value(&PresenceTold(self.now.0))?;
        }
        self.live.signals.presence.look_at = Some(next);
        Ok(())
    }

    /// The one-to-one room of an accepted contact.
    fn room_to_tell(&self, person: &Person) -> Result<Option<RoomRow>, Error> {
        let Some(id) = person
            .room
            .filter(|_| person.phase == Some(ContactPhase::Accepted))
        else {
            return Ok(None);
        };
        let room = self.db.room(&id)?;
        Ok(room.filter(|room| room.state.direct && !room.is_deserted()))
    }

    /// A contact is there, or goes. Of others, and in other rooms, it means nothing.
    pub(super) fn presence_heard(
        &mut self,
        room: &RoomRow,
        sender: &Member,
        here: bool,
    ) -> Result<(), Error> {
        let account = sender.account();
        let person = self.db.person(&account)?.filter(|person| {
            person.phase == Some(ContactPhase::Accepted) && person.room == Some(room.id)
        });
        let Some(person) = person else {
            return Ok(());
        };
        let until = match here {
            true => self.now.plus_ms(PRESENCE_SHOWN_MS),
            false => self.now,
        };
        self.db.set_seen(&account, self.now.0 / DAY_MS, until)?;
        let live = &mut self.live.signals.presence;
        let was_there = match here {
            true => live.heard.insert(account, (until, person.username.clone())),
            false => live.heard.remove(&account),
        };
        if here && was_there.is_none() {
            self.tell_presence(person.username, Presence::Online);
            self.answer_presence(room);
        } else if !here && was_there.is_some() {
            self.tell_presence(person.username, Presence::Today);
        }
        Ok(())
    }

    /// Whoever has just come does not know yet who was there before.
    fn answer_presence(&mut self, room: &RoomRow) {
        let live = &mut self.live.signals.presence;
        let (Some(look_at), Some(told)) = (live.look_at, live.told.get_mut(&room.id)) else {
            return;
        };
        let due = told.plus_ms(PRESENCE_AT_MOST_MS).max(self.now);
        if due < told.plus_ms(PRESENCE_EVERY_MS) {
            *told = Time(due.0.saturating_sub(PRESENCE_EVERY_MS));
            live.look_at = Some(look_at.min(due));
        }
    }

    /// Whoever has not been heard for long is not there.
    pub(super) fn end_presence(&mut self) {
        let now = self.now;
        let live = &mut self.live.signals.presence;
        let ended: Vec<AccountKeyHash> = live
            .heard
            .iter()
            .filter(|(_, (until, _))| *until <= now)
            .map(|(account, _)| *account)
            .collect();
        for account in ended {
            if let Some((_, name)) = self.live.signals.presence.heard.remove(&account) {
                self.tell_presence(name, Presence::Today);
            }
        }
    }

    fn tell_presence(&mut self, username: String, presence: Presence) {
        self.events.push(Event::Presence { username, presence });
    }
}

impl Engine {
    /// Whether this account tells its contacts that it is there.
    ///
    /// # Errors
    /// `storage`.
    pub fn shares_presence(&self) -> Result<bool, Error> {
        let shared = self.store.read().value::<PresenceShared>()?;
        Ok(shared.is_some_and(|shared| shared.0))
    }

    /// Accepted contacts by name, with what they told of their presence.
    ///
    /// # Errors
    /// `storage`.
    pub fn presence(&self, now: Time) -> Result<Vec<(String, Presence)>, Error> {
        let db = self.store.read();
        let mut shown = Vec::new();
        for person in db.contacts()? {
            if person.phase != Some(ContactPhase::Accepted) {
                continue;
            }
            let seen = db.seen(&person.account.key_hash)?;
            let presence = Presence::since(seen, now);
            shown.push((person.username, presence));
        }
        Ok(shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presence_is_told_in_days_and_weeks() {
        let now = Time(20_000 * DAY_MS + 1);
        for (day, shown) in [
            (None, Presence::Unknown),
            (Some(20_000), Presence::Today),
            (Some(19_999), Presence::ThisWeek),
            (Some(19_994), Presence::ThisWeek),
            (Some(19_993), Presence::LongAgo),
            (Some(0), Presence::LongAgo),
            // A clock that was set back.
            (Some(20_001), Presence::Today),
        ] {
            let seen = day.map(|day| (day, now));
            assert_eq!(Presence::since(seen, now), shown, "{day:?}");
        }
        let seen = Some((20_000, now.plus_ms(1)));
        assert_eq!(Presence::since(seen, now), Presence::Online);
    }
}
