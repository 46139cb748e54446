//! Idle clients: members that were not heard of for long. Each of their leaves holds old keys for as
//! long as it stays, so an admin is offered to remove them. It is never done unasked.
//!
//! A member that runs renews its leaf about weekly, so whoever is silent for ninety days does not run.

use std::collections::BTreeSet;

use restante_crypto::{CommitSummary, Member};
use restante_wire::{ClientId, account::ClientCertificate};

use super::{
    Engine,
    intent::Change,
    io::{Event, Outcome, RoomId},
    letters::account_of,
    turn::Turn,
};
use crate::{Error, ErrorKind, store::RoomRow};

/// Days of silence after which a client is idle.
pub const IDLE_DAYS: u32 = 90;

/// A member that was not heard of for long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdleClient {
    /// Whose client it is.
    pub username: String,
    /// Days since it was last heard of.
    pub days: u32,
}

impl Turn<'_> {
    /// Removes the clients of a room that are idle when the commit is made.
    pub(super) fn remove_idle(&mut self, id: RoomId) -> Result<Outcome, Error> {
        let room = self.group_room(&id)?;
        self.check_admin(&room)?;
        self.want_setting(id, Change::RemoveIdle)
    }

    /// The idle clients of a room; never this one.
    pub(super) fn idle_clients(&self, room: &RoomId) -> Result<BTreeSet<ClientId>, Error> {
        let Some(since) = self.live.relay_day.checked_sub(IDLE_DAYS) else {
            return Ok(BTreeSet::new());
        };
        let silent = self.db.not_heard_since(room, since)?.into_iter();
        let clients = silent.map(|(client, ..)| client);
        Ok(clients.filter(|client| *client != self.me.id()).collect())
    }

    /// Tells an admin of a group that some of its clients are idle.
    pub(super) fn offer_removal(&mut self, room: &RoomRow) -> Result<(), Error> {
        let is_admin = !room.state.direct && room.is_admin(&self.me.account());
        if is_admin && !self.idle_clients(&room.id)?.is_empty() {
            self.events.push(Event::IdleClients { room: room.id });
        }
        Ok(())
    }

    /// Follows who is a member; newcomers count as heard of.
    pub(super) fn note_members(
        &self,
        room: &RoomRow,
        day: u32,
        summary: &CommitSummary,
    ) -> Result<(), Error> {
        for certificate in summary.added.iter().chain(&summary.repaired) {
            self.heard_of(room, certificate, day)?;
        }
        for removed in &summary.removed {
            self.db.unheard(&room.id, &removed.body.client)?;
        }
        Ok(())
    }

    /// A newcomer cannot know who was silent before it came.
    pub(super) fn note_all_members(&mut self, room: &RoomRow, day: u32) -> Result<(), Error> {
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let members: Vec<Member> = group.members().cloned().collect();
        for member in members {
            self.heard_of(room, &member.certificate, day)?;
        }
        Ok(())
    }

    /// A member was heard of.
    pub(super) fn heard_of(
        &self,
        room: &RoomRow,
        certificate: &ClientCertificate,
        day: u32,
    ) -> Result<(), Error> {
        let client = certificate.body.client;
        self.db
            .heard(&room.id, &client, &account_of(certificate), day)
    }
}

impl Engine {
    /// Clients of a room that were not heard of for ninety days by the relay's clock; none before the
    /// relay told the day.
    ///
    /// # Errors
    /// `not_found`, `storage`.
    pub fn idle_clients(&self, room: &RoomId) -> Result<Vec<IdleClient>, Error> {
        let db = self.store.read();
        db.room(room)?.ok_or(ErrorKind::NotFound)?;
        let today = self.live.relay_day;
        let Some(since) = today.checked_sub(IDLE_DAYS) else {
            return Ok(Vec::new());
        };
        let mut idle = Vec::new();
        for (client, account, day) in db.not_heard_since(room, since)? {
            if client != self.me.id() {
                let person = db.person(&account)?;
                idle.push(IdleClient {
                    username: person.map(|person| person.username).unwrap_or_default(),
                    days: today.saturating_sub(day),
                });
            }
        }
        Ok(idle)
    }
}
