//! Rooms of two: which of several with one person counts, and what becomes of what was said in the
//! others.
//!
//! Both may ask, at once or one after the other, and a request may have been declined before it is asked
//! back; so there can be several rooms. One in which both are is *shared*: the other was heard in it, or
//! has made it. Of the living shared ones both keep to the lowest id; a room in which this account waits
//! alone never counts beside one of them. Nothing said there is lost: now that they are contacts, the
//! other's clients are invited into it anew, and hear again what was said before they came. Never asks
//! anybody: [`super::asking`] and [`super::requests`] do. Read next: [`super::newcomers`].

use restante_crypto::Member;
use restante_wire::{AccountKeyHash, ClientId, fault::planted};

use super::{
    io::{ContactPhase, RoomId, RoomPhase},
    turn::Turn,
};
use crate::{
    Error,
    store::{Person, RoomRow, TimerKind},
};

/// How long the other has to answer a request that crossed this account's acceptance of its own.
const BRING_IN_MS: u64 = 60_000;

impl Turn<'_> {
    /// The other was heard in a one-to-one room.
    pub(super) fn heard_in_pair(
        &mut self,
        room: &mut RoomRow,
        sender: &Member,
    ) -> Result<(), Error> {
        let id = room.shown_as();
        let is_known = room.state.shared;
        if !is_known {
            room.state.shared = true;
            match room.is_beside() {
                true => self.share(&id)?,
                false => self.repeat_for_newcomer(room, &sender.account())?,
            }
        }
        let person = self.meet(&sender.certificate.body)?;
        if is_known && self.is_asked_elsewhere(&person, &id)? {
            return Ok(());
        }
        self.contact_accepted(person, &id)
    }

    /// Whether another client has asked somebody anew, because this account has left the room that they
    /// had: what is read of that one before its end is no answer.
    fn is_asked_elsewhere(&self, person: &Person, room: &RoomId) -> Result<bool, Error> {
        match person.room {
            Some(asked) if person.phase == Some(ContactPhase::Asked) && asked != *room => {
                Ok(self.db.room(&asked)?.is_none_or(|room| room.is_alive()))
            }
            _ => Ok(false),
        }
    }

    /// Both are in a one-to-one room, as another line of it has shown.
    fn share(&mut self, id: &RoomId) -> Result<(), Error> {
        if let Some(mut room) = self.db.room(id)? {
            room.state.shared = true;
            self.write_room(&room)?;
        }
        Ok(())
    }

    /// Says again what was said before the other's clients could read anything.
    fn repeat_for_newcomer(
        &mut self,
        room: &RoomRow,
        account: &AccountKeyHash,
    ) -> Result<(), Error> {
        self.db.clear_timer(TimerKind::BringIn, Some(&room.id))?;
        let clients = self.clients_in(room, account)?;
        let newcomers = clients
            .iter()
            .filter_map(|client| room.state.unconfirmed.get(client));
        let Some(commit) = newcomers.map(|newcomer| newcomer.commit).max() else {
            return Ok(());
        };
        if planted("c4_what_was_said_before_an_answer_is_not_said_again") {
            return Ok(());
        }
        let before = room.places().start..room.place(commit);
        let messages = self.db.own_messages_in(&room.id, &before, u32::MAX)?;
        self.queue_again(&room.id, messages)
    }

    /// Somebody answered in a one-to-one room, or was accepted here: they are a contact, and of several
    /// rooms with them the one is chosen that counts.
    pub(super) fn contact_accepted(
        &mut self,
        mut person: Person,
        room: &RoomId,
    ) -> Result<(), Error> {
        let is_known = person.phase == Some(ContactPhase::Accepted) && person.room == Some(*room);
        if is_known || person.phase == Some(ContactPhase::Blocked) || !self.is_alive(room)? {
            return Ok(());
        }
        let chosen = match person.room.filter(|known| known != room) {
            Some(known) if !self.is_alive(&known)? => *room,
            Some(known) if self.is_shared(&known)? => known.min(*room),
            Some(known) => {
                self.bring_in_soon(&known)?;
                *room
            }
            None => *room,
        };
        if person.phase == Some(ContactPhase::Accepted) && person.room == Some(chosen) {
            return Ok(());
        }
        person.phase = Some(ContactPhase::Accepted);
        person.room = Some(chosen);
        self.db.write_person(&person)?;
        self.invitations_taken(&person.account.key_hash)?;
        self.tell_contact_token(&chosen)?;
        self.contact_changed(&person)
    }

    fn is_shared(&self, room: &RoomId) -> Result<bool, Error> {
        let room = self.db.room(room)?;
        let is_shared = room.is_some_and(|room| room.state.shared);
        Ok(is_shared || planted("c4_a_room_where_nobody_answers_counts"))
    }

    /// The same of a room by its id; false where there is none.
    pub(super) fn is_alive(&self, room: &RoomId) -> Result<bool, Error> {
        Ok(self.db.room(room)?.is_some_and(|room| room.is_alive()))
    }

    /// Somebody who was asked in one room is a contact by another. Requests that crossed are answered
    /// soon; if this one is not, it was declined or forgotten.
    fn bring_in_soon(&mut self, room: &RoomId) -> Result<(), Error> {
        let due = self.now.plus_ms(BRING_IN_MS + self.jitter(BRING_IN_MS / 2));
        self.db.set_timer(TimerKind::BringIn, Some(room), due)
    }

    /// The timer of [`Self::bring_in_soon`].
    pub(super) fn bring_in(&mut self, id: &RoomId) -> Result<(), Error> {
        let Some(room) = self.db.room(id)? else {
            return Ok(());
        };
        let Some(other) = room.other(&self.me.account()) else {
            return Ok(());
        };
        let waits = room.phase == RoomPhase::Joined && !room.state.shared && self.is_alive(id)?;
        if !waits || self.phase_of(&other)? != Some(ContactPhase::Accepted) {
            return Ok(());
        }
        let clients = self.clients_in(&room, &other)?;
        self.invite_anew(room, &clients, "", None)
    }

    /// A one-to-one room has ended here. What was said to somebody who never answered reached nobody; and
    /// another room with them that lives is the one that counts.
    pub(super) fn pair_ended(&mut self, room: &RoomRow) -> Result<(), Error> {
        if self.live.removed || !room.state.direct {
            return Ok(());
        }
        if room.phase == RoomPhase::Left && !room.state.shared {
            for message in self.db.undelivered(&room.id, u32::MAX)? {
                self.db.give_message_up(&room.id, &message.id)?;
                self.message_changed(&room.id, &message.id)?;
            }
        }
        let me = self.me.account();
        let Some(other) = room.other(&me) else {
            return Ok(());
        };
        let Some(mut person) = self.db.person(&other)? else {
            return Ok(());
        };
        if person.room != Some(room.id) {
            return Ok(());
        }
        if person.phase == Some(ContactPhase::Accepted) {
            let mut rooms = self.db.rooms()?;
            rooms.retain(|next| {
                let is_pair = next.other(&me) == Some(other) && next.state.shared;
                is_pair
                    && !next.is_beside()
                    && next.is_alive()
                    && next.phase != RoomPhase::Requested
            });
            if let Some(next) = rooms.iter().map(|next| next.id).min() {
                person.room = Some(next);
                self.db.write_person(&person)?;
            }
        }
        self.contact_changed(&person)
    }

    /// The clients of an account that are in a room's group.
    pub(super) fn clients_in(
        &mut self,
        room: &RoomRow,
        account: &AccountKeyHash,
    ) -> Result<Vec<ClientId>, Error> {
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let theirs = group
            .members()
            .filter(|member| member.account() == *account);
        Ok(theirs.map(Member::client).collect())
    }
}

impl RoomRow {
    /// Whether somebody else hears, or will hear, what is said in this one-to-one room.
    pub(super) fn is_alive(&self) -> bool {
        self.phase < RoomPhase::Left && !self.is_deserted()
    }

    /// The other of a one-to-one room, as far as this client knows who it is.
    pub(super) fn other(&self, me: &AccountKeyHash) -> Option<AccountKeyHash> {
        let mut others = self.state.participants.iter();
        let other = others.find(|(account, ..)| account != me);
        other
            .map(|(account, ..)| *account)
            .filter(|_| self.state.direct)
    }
}
