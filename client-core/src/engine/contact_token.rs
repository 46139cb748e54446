//! Contact tokens: what opens the contacts' lane of an inbox.
//!
//! Each client has one for its own inbox. It tells it to accepted contacts only, in their one-to-one
//! rooms, changes it monthly and when somebody is blocked, and then tells the new one to those who are
//! still contacts. A contact that has not heard of the new one yet is not shut out: its letters go by
//! the strangers' lane.

use restante_wire::{ContactToken, account::SetContactToken, fault::planted};
use serde::{Deserialize, Serialize};

use super::{
    intent::Intent,
    io::{ContactPhase, Failure, Reply, RoomId, RoomPhase},
    live::Call,
    turn::Turn,
};
use crate::{
    Error,
    store::{TimerKind, Value},
};

/// How long a token is used, and by how much that varies.
const CHANGE_MS: u64 = 30 * 86_400_000;
const JITTER_MS: u64 = 86_400_000;

/// Wait before the relay is told again.
const RETRY_MS: u64 = 10_000;

/// The token of this client's own inbox.
#[derive(Serialize, Deserialize)]
struct OwnContactToken {
    token: ContactToken,
    /// Whether the relay has its hash.
    is_set: bool,
    /// Whether the one before may be used for a while.
    keeps_earlier: bool,
}

impl Value for OwnContactToken {
    const KEY: &'static str = "contact_token";
}

impl Turn<'_> {
    fn own_contact_token(&self) -> Result<OwnContactToken, Error> {
        let first = || OwnContactToken {
            token: self.me.stored.contact_token.clone(),
            is_set: false,
            keeps_earlier: true,
        };
        Ok(self.db.value()?.unwrap_or_else(first))
    }

    /// What contacts are told.
    pub(super) fn contact_token(&self) -> Result<ContactToken, Error> {
        Ok(self.own_contact_token()?.token)
    }

    /// Tells the relay the hash of a token that it does not have.
    pub(super) fn pump_contact_token(&mut self) -> Result<(), Error> {
        let own = self.own_contact_token()?;
        if !self.live.token_busy && !own.is_set {
            self.live.token_busy = true;
            let token_hash = own.token.hash();
            let set = SetContactToken {
                token_hash,
                keeps_earlier: own.keeps_earlier,
            };
            self.post_home(Call::SetContactToken, &set);
        }
        Ok(())
    }

    /// The relay has the hash: from now on the token opens the lane, and contacts may know it.
    pub(super) fn contact_token_set(
        &mut self,
        result: &Result<Reply, Failure>,
    ) -> Result<(), Error> {
        self.live.token_busy = false;
        if result.is_err() {
            self.live.token_busy = true;
            self.wake_at(self.now.plus_ms(RETRY_MS));
            return Ok(());
        }
        let mut own = self.own_contact_token()?;
        own.is_set = true;
        self.db.set_value(&own)?;
        let due = self.now.plus_ms(CHANGE_MS + self.jitter(JITTER_MS));
        self.db.set_timer(TimerKind::ContactToken, None, due)?;
        for person in self.db.contacts()? {
            if let Some(room) = person.room {
                self.tell_contact_token(&room)?;
            }
        }
        Ok(())
    }

    /// The relay may have forgotten the present token, and is told it again.
    pub(super) fn set_contact_token_again(&mut self) -> Result<(), Error> {
        self.live.token_busy = false;
        let mut own = self.own_contact_token()?;
        own.is_set = false;
        // What the relay has instead may be known to somebody who was blocked since.
        own.keeps_earlier = false;
        self.db.set_value(&own)
    }

    /// Draws another token. Contacts are told when the relay has it; the one before is good for a
    /// while, or ends at once.
    pub(super) fn change_contact_token(&mut self, keeps_earlier: bool) -> Result<(), Error> {
        if planted("r8_contact_token_never_changes") {
            return Ok(());
        }
        self.live.token_busy = false;
        let before = self.own_contact_token()?;
        self.db.set_value(&OwnContactToken {
            token: ContactToken(self.random()),
            is_set: false,
            // The relay has not heard yet that an earlier one is to end.
            keeps_earlier: keeps_earlier && (before.is_set || before.keeps_earlier),
        })
    }

    /// Tells the token in a one-to-one room, if the other is an accepted contact.
    pub(super) fn tell_contact_token(&mut self, id: &RoomId) -> Result<(), Error> {
        let Some(room) = self.db.room(id)? else {
            return Ok(());
        };
        if room.phase != RoomPhase::Joined || !room.state.direct || room.is_deserted() {
            return Ok(());
        }
        let me = self.me.account();
        let participants = &room.state.participants;
        for (other, ..) in participants.iter().filter(|(account, ..)| *account != me) {
            if self.phase_of(other)? != Some(ContactPhase::Accepted) {
                return Ok(());
            }
        }
        let waits = self
            .db
            .outbox(id, u32::MAX)?
            .iter()
            .any(|row| row.intent == Intent::ContactToken && row.item.is_none());
        match waits {
            true => Ok(()),
            false => self.want(id, &Intent::ContactToken, None),
        }
    }
}
