//! The end of this client: it was removed from its account, or the account was deleted, here or on
//! another client. Its secrets go, its messages stay and can be read.
//!
//! What says so is the account's record alone, which only the identity can sign: no relay can make a
//! client forget its keys. Read next: [`super::clients`], which follows the record.

use restante_wire::account::AccountRecord;
use serde::{Deserialize, Serialize};

use super::{
    Engine,
    intent::Intent,
    io::{Event, Input, RoomPhase, Time},
    letters::Letter,
    turn::Turn,
};
use crate::{
    Error, ErrorKind,
    store::{Db, RoomRow, TimerKind, Value},
};

/// Set when the account's record no longer lists this client.
#[derive(Serialize, Deserialize)]
struct Removed {
    /// Whether it lists nobody any more: the account was deleted.
    account_deleted: bool,
}

impl Value for Removed {
    const KEY: &'static str = "removed";
}

impl Engine {
    /// Why this client can do nothing more, if it cannot: `client_removed` or `account_deleted`.
    ///
    /// # Errors
    /// `storage`.
    pub fn ended(&self) -> Result<Option<ErrorKind>, Error> {
        end_of(self.store.read())
    }

    /// Before the account is deleted: leaves every room that lets it, and takes the account's other
    /// clients out of them.
    ///
    /// # Errors
    /// `storage`.
    pub fn begin_deletion(&mut self, now: Time) -> Result<(), Error> {
        self.turn(now, |turn| {
            turn.leave_all()?;
            Ok(())
        })?;
        self.input(now, Input::Tick)
    }

    /// Takes the account's last record: it was deleted, and this client with it.
    ///
    /// # Errors
    /// `storage`.
    pub fn deleted(&mut self, now: Time, record: &AccountRecord) -> Result<(), Error> {
        self.turn(now, |turn| turn.own_record(record))
    }

    /// Tells the account's other clients that this one changed the password.
    ///
    /// # Errors
    /// `storage`.
    pub fn password_changed(&mut self, now: Time) -> Result<(), Error> {
        self.turn(now, |turn| {
            turn.write_to_own_clients(&Letter::PasswordChanged)
        })?;
        self.input(now, Input::Tick)
    }
}

impl Turn<'_> {
    /// The account's record does not list this client.
    pub(super) fn end_here(&mut self, record: &AccountRecord) -> Result<(), Error> {
        let account_deleted = record.body.clients.is_empty();
        self.db.set_value(&Removed { account_deleted })?;
        self.live.removed = true;
        for room in self.db.rooms()? {
            if room.phase < RoomPhase::Left {
                self.close_room(room, RoomPhase::Removed)?;
            }
        }
        let why = kind(account_deleted);
        for (id, _) in self.db.tasks()? {
            self.end_task(Some(id), Some(why))?;
        }
        for letter in self.db.letters()? {
            self.db.delete_letter(&letter.request.id)?;
        }
        self.events.push(Event::Ended(why));
        self.db.delete_key_packages()?;
        self.db.clear_timer(TimerKind::ReadVault, None)?;
        self.db.clear_timer(TimerKind::WriteVault, None)
    }

    /// Why this client can do nothing more, if it cannot.
    pub(super) fn end(&self) -> Result<Option<ErrorKind>, Error> {
        end_of(self.db)
    }

    fn leave_all(&mut self) -> Result<(), Error> {
        for room in self.db.rooms()? {
            if room.phase == RoomPhase::Joined && !room.is_beside() && !self.is_halted(&room) {
                // Another client of the account may stay off for ever: its leaf goes with this one.
                let this = self.me.id();
                self.remove_own(&room, |client| *client != this)?;
                if !self.leaves(&room)? {
                    self.leave(&room.id)?;
                }
            }
        }
        Ok(())
    }

    /// Whether it is leaving already.
    pub(super) fn leaves(&self, room: &RoomRow) -> Result<bool, Error> {
        let queued = self.db.outbox(&room.id, u32::MAX)?;
        Ok(queued.iter().any(|row| row.intent == Intent::Leave))
    }
}

const fn kind(account_deleted: bool) -> ErrorKind {
    match account_deleted {
        true => ErrorKind::AccountDeleted,
        false => ErrorKind::ClientRemoved,
    }
}

/// Why a client whose store this is can do nothing more, if it cannot.
///
/// # Errors
/// `storage`.
pub fn end_of(db: Db<'_>) -> Result<Option<ErrorKind>, Error> {
    let removed = db.value::<Removed>()?;
    Ok(removed.map(|Removed { account_deleted }| kind(account_deleted)))
}
