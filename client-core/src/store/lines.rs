//! The mailboxes of one room: the one it keeps to, under the room's id, and others beside it, under
//! keys of their own.

use std::ops::Range;

use super::{Db, RoomRow, StoredMessage};
use crate::{
    Error,
    engine::io::{MessageId, MessageState, RoomId},
};

impl Db<'_> {
    /// The mailboxes beside a room's own.
    pub(crate) fn lines_beside(self, room: &RoomId) -> Result<Vec<RoomRow>, Error> {
        let mut rooms = self.rooms()?;
        rooms.retain(|line| line.state.beside == Some(*room));
        Ok(rooms)
    }

    /// Puts the state of a group under another key.
    pub(crate) fn rekey_line(self, from: &RoomId, to: &RoomId) -> Result<(), Error> {
        for table in ["group_rows", "log_hashes", "verdicts"] {
            let sql = format!("UPDATE {table} SET room = ?2 WHERE room = ?1");
            self.run(&sql, (from.0, to.0))?;
        }
        Ok(())
    }

    /// Puts what waits for a line, to be sent or to arrive, under another key, in place of what the one
    /// before waited for there.
    pub(crate) fn rekey_waiting(self, from: &RoomId, to: &RoomId) -> Result<(), Error> {
        for table in ["invitations", "last_heard"] {
            self.run(&format!("DELETE FROM {table} WHERE room = ?1"), [to.0])?;
        }
        for table in ["outbox", "invitations", "last_heard"] {
            let sql = format!("UPDATE {table} SET room = ?2 WHERE room = ?1");
            self.run(&sql, (from.0, to.0))?;
        }
        Ok(())
    }

    /// Forgets a row of rooms; what hangs on it is forgotten by `forget_room`.
    pub(crate) fn delete_room(self, room: &RoomId) -> Result<(), Error> {
        self.run("DELETE FROM rooms WHERE room = ?1", [room.0])?;
        Ok(())
    }

    /// Moves messages of these places, and takes back what was told of them.
    pub(crate) fn move_messages_down(
        self,
        room: &RoomId,
        places: &Range<u64>,
        by: u64,
    ) -> Result<(), Error> {
        let sql = "UPDATE messages SET number = number - ?4
                   WHERE room = ?1 AND number >= ?2 AND number < ?3";
        self.run(sql, (room.0, places.start, places.end, by))?;
        let sql = "UPDATE messages SET taken = taken - ?4
                   WHERE room = ?1 AND taken >= ?2 AND taken < ?3";
        self.run(sql, (room.0, places.start, places.end, by))?;
        let first = places.start.saturating_sub(by);
        let sql = "UPDATE marks SET delivered = min(delivered, ?2), read = min(read, ?2)
                   WHERE room = ?1";
        self.run(sql, (room.0, first))?;
        Ok(())
    }

    /// Own messages in these places that were sent once more, oldest first.
    pub(crate) fn sent_anew_in(
        self,
        room: &RoomId,
        places: &Range<u64>,
    ) -> Result<Vec<StoredMessage>, Error> {
        self.messages(
            "WHERE room = ?1 AND own = 1 AND anew = 1 AND number >= ?2 AND number < ?3
             ORDER BY number",
            (room.0, places.start, places.end),
        )
    }

    /// Gives a message that stands elsewhere its place in this mailbox.
    pub(crate) fn take_place(
        self,
        room: &RoomId,
        id: &MessageId,
        place: Option<u64>,
        places: &Range<u64>,
    ) -> Result<(), Error> {
        let sql = "UPDATE messages SET number = ?3 WHERE room = ?1 AND message_id = ?2
                   AND number IS NOT NULL AND (number < ?4 OR number >= ?5)";
        self.run(sql, (room.0, id.0, place, places.start, places.end))?;
        Ok(())
    }

    /// The last own messages in these places, oldest first.
    pub(crate) fn own_messages_in(
        self,
        room: &RoomId,
        places: &Range<u64>,
        limit: u32,
    ) -> Result<Vec<StoredMessage>, Error> {
        let mut found = self.messages(
            "WHERE room = ?1 AND own = 1 AND number >= ?2 AND number < ?3
             ORDER BY number DESC LIMIT ?4",
            (room.0, places.start, places.end, limit),
        )?;
        found.reverse();
        Ok(found)
    }

    /// The last own messages that some participant may not have, oldest first.
    pub(crate) fn undelivered(
        self,
        room: &RoomId,
        limit: u32,
    ) -> Result<Vec<StoredMessage>, Error> {
        let mut found = self.messages(
            "WHERE room = ?1 AND own = 1 AND state = ?2 AND number IS NOT NULL
             ORDER BY number DESC LIMIT ?3",
            (room.0, super::messages::code(MessageState::Sent), limit),
        )?;
        found.reverse();
        Ok(found)
    }
}
