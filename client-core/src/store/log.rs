//! What this client remembers of a room's log besides messages: hashes, and verdicts on commits.

use restante_wire::LogHash;

use super::Db;
use crate::{Error, engine::io::RoomId};

/// How many verdicts on commits are kept: members in doubt ask soon.
const VERDICTS: u64 = 256;

impl Db<'_> {
    pub(crate) fn add_log_hash(
        self,
        room: &RoomId,
        number: u64,
        hash: &LogHash,
    ) -> Result<(), Error> {
        let sql = "INSERT OR REPLACE INTO log_hashes (room, number, hash) VALUES (?1, ?2, ?3)";
        self.run(sql, (room.0, number, hash.0))?;
        Ok(())
    }

    pub(crate) fn log_hash(self, room: &RoomId, number: u64) -> Result<Option<LogHash>, Error> {
        let sql = "SELECT hash FROM log_hashes WHERE room = ?1 AND number = ?2";
        self.one(sql, (room.0, number), |row| row.get(0).map(LogHash))
    }

    /// The lowest number of which the hash is kept.
    pub(crate) fn first_log_hash(self, room: &RoomId) -> Result<Option<u64>, Error> {
        let sql = "SELECT min(number) FROM log_hashes WHERE room = ?1";
        let first = self.one(sql, [room.0], |row| row.get::<_, Option<u64>>(0))?;
        Ok(first.flatten())
    }

    /// No honest message names a number below the commit that it follows.
    pub(crate) fn trim_log_hashes(self, room: &RoomId, below: u64) -> Result<(), Error> {
        self.run(
            "DELETE FROM log_hashes WHERE room = ?1 AND number < ?2",
            (room.0, below),
        )?;
        Ok(())
    }

    pub(crate) fn add_verdict(
        self,
        room: &RoomId,
        number: u64,
        valid: bool,
        authenticator: &[u8; 32],
    ) -> Result<(), Error> {
        let sql = "INSERT OR REPLACE INTO verdicts (room, number, valid, authenticator)
                   VALUES (?1, ?2, ?3, ?4)";
        self.run(sql, (room.0, number, valid, authenticator))?;
        let trim = "DELETE FROM verdicts WHERE room = ?1 AND number < ?2";
        self.run(trim, (room.0, number.saturating_sub(VERDICTS)))?;
        Ok(())
    }

    /// Whether the commit was valid, and the authenticator behind it.
    pub(crate) fn verdict(
        self,
        room: &RoomId,
        number: u64,
    ) -> Result<Option<(bool, [u8; 32])>, Error> {
        let sql = "SELECT valid, authenticator FROM verdicts WHERE room = ?1 AND number = ?2";
        self.one(sql, (room.0, number), |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// Forgets everything of a room but its messages and its name.
    pub(crate) fn forget_room(self, room: &RoomId) -> Result<(), Error> {
        self.delete_group(room)?;
        self.delete_outbox(room)?;
        self.clear_timers(room)?;
        self.forget_invitations(room)?;
        self.run("DELETE FROM log_hashes WHERE room = ?1", [room.0])?;
        self.run("DELETE FROM verdicts WHERE room = ?1", [room.0])?;
        self.run("DELETE FROM last_heard WHERE room = ?1", [room.0])?;
        Ok(())
    }
}
