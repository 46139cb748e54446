//! Which ciphersuite a group has, and clients that do not offer it.
//!
//! A new group is hybrid. As long as nobody but its creator has ever been in it, it may still turn
//! classical: if it is to have more than [`MAX_NEW_HYBRID`] clients, or if a client that it is to have
//! shows, in its own signed leaf, that it does not offer the hybrid suite. The relay's word is never
//! enough: who is given out no hybrid key package is asked for a classical one, whose leaf lists what
//! its client offers, so a relay that withholds key packages can keep a client out, and can lower
//! nothing. From the first commit on the suite stays. Read next: [`super::claims`].

use restante_crypto::{
    Group,
    ciphersuite::{CLASSICAL, HYBRID, MAX_NEW_HYBRID},
};
use restante_wire::{AccountKeyHash, fault::planted, key_package::Suite};

use super::{
    intent::{Change, ClaimedPackage},
    io::{Event, RoomId},
    turn::Turn,
};
use crate::{Error, ErrorKind, store::RoomRow};

/// How a room is encrypted. It stays so for the life of the room's group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoomSuite {
    /// Against quantum computers, too: ML-KEM-768 and X25519 together.
    Hybrid,
    /// X25519 alone.
    Classical,
}

impl Turn<'_> {
    /// The suite with which a group begins.
    pub(super) fn suite_of_new_groups(&self) -> Suite {
        let offered = self.me.client.suites().first();
        offered.copied().unwrap_or(CLASSICAL)
    }

    /// Whether a group is hybrid and may still turn classical.
    pub(super) fn may_turn_classical(&mut self, room: &RoomRow) -> Result<bool, Error> {
        if self.keeps_hybrid(room)? {
            return Ok(false);
        }
        let group = self.groups.of(self.db, &self.me.client, room)?;
        Ok(group.suite() == HYBRID && group.epoch() == 0)
    }

    /// Turns a new group classical if a change would make it too large for the hybrid suite. Returns
    /// the suite that it has then.
    pub(super) fn suite_for(&mut self, room: &RoomRow, change: &Change) -> Result<Suite, Error> {
        if let Change::Add { accounts, .. } = change
            && self.may_turn_classical(room)?
        {
            let mut clients = 1;
            for account in accounts {
                let record = self.db.person(account)?.and_then(|person| person.record);
                let listed = record.map_or(1, |record| record.body.clients.len());
                let is_own = *account == self.me.account();
                clients += listed.saturating_sub(usize::from(is_own));
            }
            if clients > MAX_NEW_HYBRID {
                self.turn_classical(room)?;
            }
        }
        let group = self.groups.of(self.db, &self.me.client, room)?;
        Ok(group.suite())
    }

    /// Whether one of these classical key packages says that its client does not offer the hybrid
    /// suite.
    pub(super) fn lacks_hybrid(packages: &[(ClaimedPackage, Vec<Suite>)]) -> bool {
        planted("suite_lowered_on_the_relays_word")
            || packages.iter().any(|(_, offers)| !offers.contains(&HYBRID))
    }

    /// Makes the group anew in the classical suite, under the same address: nobody else was in it.
    pub(super) fn turn_classical(&mut self, room: &RoomRow) -> Result<(), Error> {
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let shared = group.room_state().clone();
        let group = Group::create(&self.me.client, room.mailbox, &shared, CLASSICAL)
            .map_err(|error| Error::caused(ErrorKind::Internal, error))?;
        self.groups.insert(self.db, room.id, group)?;
        if let Some(mut room) = self.db.room(&room.id)? {
            room.state.suite = Some(CLASSICAL);
            self.write_room(&room)?;
            self.room_changed(&room)?;
        }
        Ok(())
    }

    /// Tells the person that clients of somebody cannot come into a hybrid room.
    pub(super) fn tell_unsupported(
        &mut self,
        room: &RoomId,
        account: &AccountKeyHash,
    ) -> Result<(), Error> {
        let username = match self.db.person(account)? {
            Some(person) => person.username,
            None => self.me.username().to_owned(),
        };
        let room = *room;
        self.events
            .push(Event::SuiteNotSupported { room, username });
        Ok(())
    }
}

impl RoomSuite {
    /// What people are shown of a suite.
    #[must_use]
    pub fn of(suite: Suite) -> Self {
        match suite {
            HYBRID => Self::Hybrid,
            _ => Self::Classical,
        }
    }

    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hybrid => "hybrid",
            Self::Classical => "classical",
        }
    }
}
