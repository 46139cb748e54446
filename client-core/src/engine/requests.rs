//! What becomes of a request or an invitation that waits for the person: taken, declined, forgotten.
//!
//! Owns: that a name is the directory's word, not the letter's. A certificate says which key speaks and
//! under which name, but whoever has no account at all can sign one; so before this client shows itself
//! to a room, it looks up the name of an inviter whom it knows by letters only. Never waits for the
//! person: [`super::inbox`] keeps what came. Read next: [`super::join`].

use restante_wire::{AccountKeyHash, fault::planted};

use super::{
    io::{Outcome, RoomId, RoomPhase},
    tasks::{Goal, Task},
    turn::Turn,
};
use crate::{
    Error, ErrorKind,
    store::{RoomRow, TimerKind},
};

/// A request that was declined or expired is remembered so long, that no copy of its letter brings it
/// back: relays keep letters for thirty days.
const REMEMBER_MS: u64 = 31 * 86_400_000;

impl Turn<'_> {
    /// The person wants to take a request or an invitation.
    pub(super) fn take_request(&mut self, id: RoomId) -> Result<Outcome, Error> {
        let room = self.requested_room(&id)?;
        let inviter = room.state.participants.first();
        let (_, username, _) = inviter.ok_or(ErrorKind::Internal)?;
        let task = Task {
            goal: Goal::Accept { room: id },
            people: vec![(username.clone(), None)],
            handed_over: false,
        };
        Ok(Outcome::Task(self.db.add_task(&task)?))
    }

    /// The directory said whose the inviter's name is.
    pub(super) fn begin_accepting(
        &mut self,
        id: &RoomId,
        found: &[AccountKeyHash],
    ) -> Result<(), Error> {
        let room = self.requested_room(id)?;
        let inviter = room.state.participants.first();
        let inviter = inviter.map(|(account, ..)| *account);
        let is_theirs = inviter.is_some() && inviter.as_ref() == found.first();
        let record = match inviter {
            Some(account) if is_theirs => self.db.person(&account)?,
            _ => None,
        };
        let record = record.and_then(|person| person.record);
        let is_listed = record.is_some_and(|record| {
            let mut clients = record.body.clients.iter();
            clients.any(|client| Some(client.body.client) == room.state.inviter)
        });
        if !is_listed && !planted("c6_name_of_an_inviter_not_looked_up") {
            return Err(ErrorKind::NotTrusted.into());
        }
        self.accept(id)
    }

    /// The person does not take it. The other side is told nothing.
    pub(super) fn decline(&mut self, id: &RoomId) -> Result<(), Error> {
        match self.db.room(id)? {
            Some(room) if room.phase == RoomPhase::Requested => self.end_request(room),
            _ => Err(ErrorKind::NotFound.into()),
        }
    }

    /// Nobody answered in time.
    pub(super) fn expire_request(&mut self, id: &RoomId) -> Result<(), Error> {
        match self.db.room(id)? {
            Some(room) if room.phase == RoomPhase::Requested => self.end_request(room),
            _ => Ok(()),
        }
    }

    /// Ends a request, or an invitation, that waits; its copies lead nowhere, either.
    pub(super) fn end_request(&mut self, room: RoomRow) -> Result<(), Error> {
        let id = room.id;
        self.close_room(room, RoomPhase::Left)?;
        let due = self.now.plus_ms(REMEMBER_MS);
        self.db.set_timer(TimerKind::ForgetRequest, Some(&id), due)
    }

    /// Forgets a request that led to nothing, and whoever made it, unless this client knows them from
    /// elsewhere.
    pub(super) fn forget_request(&mut self, id: &RoomId) -> Result<(), Error> {
        let Some(room) = self.db.room(id)? else {
            return Ok(());
        };
        // One that was never in a group and is not asked again.
        if !room.was_never_joined() {
            return Ok(());
        }
        self.db.forget_room(id)?;
        self.db.delete_room(id)?;
        let rooms = self.db.rooms()?;
        for (account, ..) in &room.state.participants {
            let is_in = |room: &RoomRow| {
                let mut people = room.state.participants.iter();
                people.any(|(other, ..)| other == account)
            };
            if !rooms.iter().any(is_in) {
                self.db.forget_stranger(account)?;
            }
        }
        Ok(())
    }

    fn requested_room(&self, id: &RoomId) -> Result<RoomRow, Error> {
        let room = self.db.room(id)?.ok_or(ErrorKind::NotFound)?;
        match room.phase {
            RoomPhase::Requested => Ok(room),
            _ => Err(ErrorKind::AlreadyThere.into()),
        }
    }
}

impl RoomRow {
    /// Whether this is a request, or an invitation, that was declined or has expired.
    pub(super) fn was_never_joined(&self) -> bool {
        self.phase == RoomPhase::Left && self.state.suite.is_none()
    }
}
