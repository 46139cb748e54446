//! MLS state of groups, row by row as the crypto crate hands it over.

use restante_crypto::{Changes, Rows};

use super::Db;
use crate::{Error, engine::io::RoomId};

impl Db<'_> {
    pub(crate) fn group_rows(self, room: &RoomId) -> Result<Rows, Error> {
        let rows = self.all(
            "SELECT key, value FROM group_rows WHERE room = ?1",
            [room.0],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok(rows.into_iter().collect())
    }

    pub(crate) fn write_group(self, room: &RoomId, changes: Changes) -> Result<(), Error> {
        let write = "INSERT INTO group_rows (room, key, value) VALUES (?1, ?2, ?3)
                     ON CONFLICT (room, key) DO UPDATE SET value = excluded.value";
        for (key, value) in changes {
            match value {
                Some(value) => self.run(write, (room.0, key, value))?,
                None => self.run(
                    "DELETE FROM group_rows WHERE room = ?1 AND key = ?2",
                    (room.0, key),
                )?,
            };
        }
        Ok(())
    }

    pub(crate) fn has_group(self, room: &RoomId) -> Result<bool, Error> {
        let sql = "SELECT 1 FROM group_rows WHERE room = ?1 LIMIT 1";
        Ok(self.one(sql, [room.0], |_| Ok(()))?.is_some())
    }

    pub(crate) fn delete_group(self, room: &RoomId) -> Result<(), Error> {
        self.run("DELETE FROM group_rows WHERE room = ?1", [room.0])?;
        Ok(())
    }
}
