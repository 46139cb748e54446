//! Rooms that stand still on this client, though it is a member: what lies in the log from here on is
//! not for it to judge.
//!
//! Owns: the reasons, and the check that every way into or out of such a room passes. What was received
//! stays and can be read; nothing is read on, nothing is sent, and intents wait in the outbox. Never
//! ends a room: with its reason gone it goes on where it stood, or in a successor. Read next:
//! [`super::restored`], [`super::lost_logs`].

use super::turn::Turn;
use crate::{Error, ErrorKind, store::RoomRow};

/// Why a room stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Halt {
    /// An admin raised the room to a version of the protocol that this program does not speak.
    NeedsUpdate,
    /// The relay was restored from a backup that lacks what this client has seen of the room.
    LogLost,
}

impl Halt {
    /// Its stable name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NeedsUpdate => "needs_update",
            Self::LogLost => "log_lost",
        }
    }
}

impl RoomRow {
    /// Why the room stands still at a client that speaks this version, if it does.
    pub(super) const fn halt(&self, speaks: u16) -> Option<Halt> {
        if self.state.log_lost {
            Some(Halt::LogLost)
        } else if self.state.version > speaks {
            Some(Halt::NeedsUpdate)
        } else {
            None
        }
    }
}

impl Turn<'_> {
    /// Whether a room stands still here.
    pub(super) const fn is_halted(&self, room: &RoomRow) -> bool {
        room.halt(self.me.speaks).is_some()
    }

    /// Fails where what is written now may never be sent: a room whose log is gone goes on in a
    /// successor, and takes messages for that.
    pub(super) fn check_writes(&self, room: &RoomRow) -> Result<(), Error> {
        match room.halt(self.me.speaks) {
            Some(Halt::NeedsUpdate) => Err(ErrorKind::RoomHalted.into()),
            Some(Halt::LogLost) | None => Ok(()),
        }
    }

    /// Fails where a room stands still: nothing is taken for it that could not be sent.
    pub(super) fn check_moves(&self, room: &RoomRow) -> Result<(), Error> {
        match self.is_halted(room) {
            true => Err(ErrorKind::RoomHalted.into()),
            false => Ok(()),
        }
    }
}
