//! Rooms whose mailbox is gone, though its relay announced no restore.
//!
//! A client whose seat is refused cannot tell whether the mailbox is gone or only its seat, perhaps by a
//! removal that it never read of; so it asks members ([`super::questions`]). Where another member that
//! it knows has lost its seat, too, it waits for somebody to say that it was removed, or to add it
//! again. If nobody does, the room goes on as after an announced restore ([`super::lost_logs`]), made by
//! whoever may. Two who were both removed may be wrong together: the others hold what they are invited
//! to, and tell them when they hear the question; then the room ends here.

use restante_crypto::Member;
use restante_wire::{account::ClientCertificate, fault::planted};

use super::{
    io::{RoomId, RoomPhase},
    letters::Loss,
    turn::Turn,
};
use crate::{
    Error,
    store::{RoomRow, TimerKind},
};

/// How long a member may say that this client was removed, or add it again.
const PATIENCE_MS: u64 = 120_000;

/// Most own messages that are looked at for the first that not everybody has.
const LOOKED_AT: u32 = 256;

impl Turn<'_> {
    /// A member asks about its lost seat. Returns whether this client has lost its own: it cannot help,
    /// and both know more than before.
    pub(super) fn has_same_loss(&mut self, room: &mut RoomRow) -> Result<bool, Error> {
        if room.is_beside() || room.state.lost != Some(Loss::Seat) {
            return Ok(false);
        }
        let is_set = self.db.timer(TimerKind::Succeed, Some(&room.id))?.is_some();
        if !is_set && !planted("c4_vanished_mailbox_has_no_successor") {
            room.state.vanished = true;
            self.write_room(room)?;
            self.succeed_after(room, PATIENCE_MS)?;
        }
        Ok(true)
    }

    /// Nobody knew better: the log is gone, as after a restore. Returns whether it is.
    pub(super) fn give_log_up(&mut self, room: &mut RoomRow) -> Result<bool, Error> {
        if std::mem::take(&mut room.state.vanished) {
            // Who may not make a successor goes on asking, until it is invited to one.
            let is_gone = room.state.lost == Some(Loss::Seat)
                && room.phase == RoomPhase::Joined
                && self.rank_to_succeed(room)?.is_some();
            match is_gone {
                true => self.stand_still(room)?,
                false => self.write_room(room)?,
            }
        }
        Ok(room.state.log_lost || room.state.kept.is_some())
    }

    /// A member of a group that this client took for gone says that it is not in it: it was removed, and
    /// what it made of the room since is nobody's. Returns whether that is so.
    pub(super) fn was_not_gone(
        &mut self,
        line: &RoomRow,
        from: &ClientCertificate,
    ) -> Result<bool, Error> {
        let room = line
            .state
            .beside
            .filter(|_| line.state.lost == Some(Loss::Seat));
        let main = room.map(|room| self.db.room(&room)).transpose()?.flatten();
        let follows = |main: &RoomRow| main.state.line == line.state.line.saturating_add(1);
        let main = main.filter(|main| main.phase == RoomPhase::Joined && follows(main));
        let Some(main) = main else {
            return Ok(false);
        };
        if !self.is_member(line, from)? || planted("c7_what_the_removed_made_stays") {
            return Ok(false);
        }
        // Whoever has come into the one that follows says nothing about it by this.
        let unconfirmed = &main.state.unconfirmed;
        let has_come = |member: &Member| {
            member.certificate == *from && !unconfirmed.contains_key(&member.client())
        };
        let group = self.groups.of(self.db, &self.me.client, &main)?;
        if group.members().any(has_come) {
            return Ok(false);
        }
        self.close_room(main, RoomPhase::Removed)?;
        Ok(true)
    }

    /// Up to which number of a log that is gone everybody is known to have this account's messages.
    pub(super) fn known_to_all(&self, room: &RoomId, line: &RoomRow) -> Result<u64, Error> {
        let undelivered = self.db.undelivered(room, LOOKED_AT)?;
        let places = line.places();
        let first = undelivered.into_iter().filter_map(|message| message.number);
        let first = first.filter(|place| places.contains(place)).min();
        Ok(first.map_or(line.state.cursor, |place| {
            place.saturating_sub(line.state.base).saturating_sub(1)
        }))
    }
}
