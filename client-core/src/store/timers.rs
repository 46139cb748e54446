//! Things to do at a time. A timer is known by its kind and room: setting it again moves it.

use super::Db;
use crate::{
    Error,
    engine::io::{RoomId, Time},
};

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimerKind {
    /// Update this client's leaf.
    LeafUpdate,
    /// Remove members that said they leave, and repair those without a seat.
    Tidy,
    /// Ask members about commits that were skipped.
    AskInDoubt,
    /// Try the outbox again.
    RetryOutbox,
    /// Write the vault.
    WriteVault,
    /// Look after the pool of key packages.
    KeyPackages,
    /// Try work of the account again.
    RetryTasks,
    /// Forget a request that nobody answered.
    ExpireRequest,
    /// Until then nobody is asked again to be a contact.
    AskAgain,
    /// Look after newcomers that have not arrived.
    Newcomers,
    /// Change the contact token.
    ContactToken,
    /// Take messages off the disk whose time is over.
    ExpireMessages,
    /// A room was muted until now.
    Unmute,
    /// Ask members to let this client in.
    AskIn,
    /// Add this account's clients that are not in the room.
    AddOwn,
    /// Forget a mailbox beside the one that its room keeps to.
    EndLine,
    /// Look at this account's record again.
    ReadRecord,
    /// Forget a request that was declined or expired.
    ForgetRequest,
    /// Read the vault, which another client of the account wrote.
    ReadVault,
    /// Make a successor of a room whose log is gone, or tell those who may.
    Succeed,
    /// Bring somebody who is a contact by another room into the one in which this account asked.
    BringIn,
    /// Try work again that failed for a fault of this client's own.
    FailedTasks,
}

const KINDS: [TimerKind; 22] = [
    TimerKind::LeafUpdate,
    TimerKind::Tidy,
    TimerKind::AskInDoubt,
    TimerKind::RetryOutbox,
    TimerKind::WriteVault,
    TimerKind::KeyPackages,
    TimerKind::RetryTasks,
    TimerKind::ExpireRequest,
    TimerKind::AskAgain,
    TimerKind::Newcomers,
    TimerKind::ContactToken,
    TimerKind::ExpireMessages,
    TimerKind::Unmute,
    TimerKind::AskIn,
    TimerKind::AddOwn,
    TimerKind::EndLine,
    TimerKind::ReadRecord,
    TimerKind::ForgetRequest,
    TimerKind::ReadVault,
    TimerKind::Succeed,
    TimerKind::BringIn,
    TimerKind::FailedTasks,
];

impl TimerKind {
    fn code(self) -> i64 {
        KINDS
            .iter()
            .position(|kind| *kind == self)
            .map_or(-1, |index| index as i64)
    }
}

impl Db<'_> {
    pub(crate) fn set_timer(
        self,
        kind: TimerKind,
        room: Option<&RoomId>,
        due: Time,
    ) -> Result<(), Error> {
        let sql = "INSERT INTO timers (kind, room, due) VALUES (?1, ?2, ?3)
                   ON CONFLICT (kind, room) DO UPDATE SET due = excluded.due";
        self.run(sql, (kind.code(), key(room), due.0))?;
        Ok(())
    }

    pub(crate) fn timer(
        self,
        kind: TimerKind,
        room: Option<&RoomId>,
    ) -> Result<Option<Time>, Error> {
        let sql = "SELECT due FROM timers WHERE kind = ?1 AND room = ?2";
        self.one(sql, (kind.code(), key(room)), |row| row.get(0).map(Time))
    }

    pub(crate) fn clear_timer(self, kind: TimerKind, room: Option<&RoomId>) -> Result<(), Error> {
        self.run(
            "DELETE FROM timers WHERE kind = ?1 AND room = ?2",
            (kind.code(), key(room)),
        )?;
        Ok(())
    }

    pub(crate) fn clear_timers(self, room: &RoomId) -> Result<(), Error> {
        self.run("DELETE FROM timers WHERE room = ?1", [room.0.as_slice()])?;
        Ok(())
    }

    /// Takes every timer that is due.
    pub(crate) fn take_due_timers(
        self,
        now: Time,
    ) -> Result<Vec<(TimerKind, Option<RoomId>)>, Error> {
        let sql = "DELETE FROM timers WHERE due <= ?1 RETURNING kind, room";
        let rows = self.all(sql, [now.0], |row| {
            Ok((row.get::<_, usize>(0)?, row.get::<_, Vec<u8>>(1)?))
        })?;
        let known = rows
            .into_iter()
            .filter_map(|(kind, room)| Some((*KINDS.get(kind)?, room.try_into().ok().map(RoomId))));
        Ok(known.collect())
    }

    pub(crate) fn next_timer(self) -> Result<Option<Time>, Error> {
        let due = self.one("SELECT min(due) FROM timers", [], |row| {
            row.get::<_, Option<u64>>(0)
        })?;
        Ok(due.flatten().map(Time))
    }
}

fn key(room: Option<&RoomId>) -> &[u8] {
    room.map_or(&[], |room| room.0.as_slice())
}
