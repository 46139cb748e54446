//! Pictures of rooms.

use super::Db;
use crate::{Error, engine::io::RoomId};

impl Db<'_> {
    /// The JPEG that was kept last.
    pub(crate) fn picture(self, room: &RoomId) -> Result<Option<Vec<u8>>, Error> {
        let sql = "SELECT jpeg FROM pictures WHERE room = ?1";
        self.one(sql, [room.0], |row| row.get(0))
    }

    /// Keeps a JPEG in place of the one before, or none.
    pub(crate) fn set_picture(self, room: &RoomId, jpeg: Option<&[u8]>) -> Result<(), Error> {
        match jpeg {
            Some(jpeg) => {
                let sql = "INSERT INTO pictures (room, jpeg) VALUES (?1, ?2)
                           ON CONFLICT (room) DO UPDATE SET jpeg = excluded.jpeg";
                self.run(sql, (room.0, jpeg))?
            }
            None => self.run("DELETE FROM pictures WHERE room = ?1", [room.0])?,
        };
        Ok(())
    }
}
