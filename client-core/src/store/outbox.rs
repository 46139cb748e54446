//! What is to be appended: intents, and once encrypted the exact bytes.

use restante_wire::{EnvelopeId, codec, fault::planted, mailbox::AppendItem};
use sha2::{Digest, Sha256};

use super::Db;
use crate::{
    Error,
    engine::{
        intent::Intent,
        io::{RoomId, TaskId},
        outbox::Aftermath,
    },
};

/// One thing to append.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxRow {
    /// Order of sending.
    pub id: i64,
    /// What the person or the engine wants.
    pub intent: Intent,
    /// The task that waits for it.
    pub task: Option<TaskId>,
    /// The bytes to send, and to send again, once there are any.
    pub item: Option<AppendItem>,
    /// What must happen when the item is seen in the log.
    pub aftermath: Aftermath,
}

impl Db<'_> {
    pub(crate) fn add_intent(
        self,
        room: &RoomId,
        intent: &Intent,
        task: Option<TaskId>,
    ) -> Result<i64, Error> {
        let sql = "INSERT INTO outbox (room, intent, task) VALUES (?1, ?2, ?3)";
        self.run(
            sql,
            (room.0, codec::encode(intent), task.map(|task| task.0)),
        )?;
        Ok(self.0.last_insert_rowid())
    }

    pub(crate) fn replace_intent(self, id: i64, intent: &Intent) -> Result<(), Error> {
        self.run(
            "UPDATE outbox SET intent = ?2 WHERE id = ?1",
            (id, codec::encode(intent)),
        )?;
        Ok(())
    }

    /// Lets a row wait behind all others.
    pub(crate) fn move_to_end(self, id: i64) -> Result<(), Error> {
        let sql = "UPDATE outbox SET id = (SELECT max(id) + 1 FROM outbox) WHERE id = ?1";
        self.run(sql, [id])?;
        Ok(())
    }

    /// Rooms that have something to send.
    pub(crate) fn rooms_with_outbox(self) -> Result<Vec<RoomId>, Error> {
        self.all("SELECT DISTINCT room FROM outbox", [], |row| {
            row.get(0).map(RoomId)
        })
    }

    /// The first `limit` rows of a room in order of sending.
    pub(crate) fn outbox(self, room: &RoomId, limit: u32) -> Result<Vec<OutboxRow>, Error> {
        self.outbox_where("WHERE room = ?1 ORDER BY id LIMIT ?2", (room.0, limit))
    }

    pub(crate) fn outbox_by_envelope(
        self,
        room: &RoomId,
        id: &EnvelopeId,
    ) -> Result<Option<(OutboxRow, [u8; 32])>, Error> {
        let hash: Option<[u8; 32]> = self.one(
            "SELECT body_hash FROM outbox WHERE room = ?1 AND envelope_id = ?2",
            (room.0, id.0),
            |row| row.get(0),
        )?;
        let Some(hash) = hash else { return Ok(None) };
        let row = self
            .outbox_where("WHERE room = ?1 AND envelope_id = ?2", (room.0, id.0))?
            .pop();
        Ok(row.map(|row| (row, hash)))
    }

    pub(crate) fn outbox_row(self, id: i64) -> Result<Option<OutboxRow>, Error> {
        Ok(self.outbox_where("WHERE id = ?1", [id])?.pop())
    }

    /// Whether something is still to be appended for a task.
    pub(crate) fn has_part_of(self, task: TaskId) -> Result<bool, Error> {
        let sql = "SELECT 1 FROM outbox WHERE task = ?1 LIMIT 1";
        Ok(self.one(sql, [task.0], |_| Ok(()))?.is_some())
    }

    /// Keeps the exact bytes, before they are sent (C1).
    pub(crate) fn set_item(
        self,
        id: i64,
        item: &AppendItem,
        aftermath: &Aftermath,
    ) -> Result<(), Error> {
        let sql = "UPDATE outbox SET envelope_id = ?2, body_hash = ?3, item = ?4, aftermath = ?5
                   WHERE id = ?1";
        if planted("c1_ciphertext_not_kept") {
            return Ok(());
        }
        let hash: [u8; 32] = Sha256::digest(&item.body).into();
        self.run(
            sql,
            (
                id,
                item.id.0,
                hash,
                codec::encode(item),
                codec::encode(aftermath),
            ),
        )?;
        Ok(())
    }

    /// Forgets bytes that can no longer be accepted; the intents stay.
    pub(crate) fn clear_items(self, room: &RoomId) -> Result<usize, Error> {
        let sql = "UPDATE outbox SET envelope_id = NULL, body_hash = NULL, item = NULL,
                   aftermath = NULL WHERE room = ?1 AND item IS NOT NULL";
        self.run(sql, [room.0])
    }

    /// The same of one row.
    pub(crate) fn clear_item(self, id: i64) -> Result<(), Error> {
        let sql = "UPDATE outbox SET envelope_id = NULL, body_hash = NULL, item = NULL,
                   aftermath = NULL WHERE id = ?1";
        self.run(sql, [id])?;
        Ok(())
    }

    pub(crate) fn delete_outbox_row(self, id: i64) -> Result<(), Error> {
        self.run("DELETE FROM outbox WHERE id = ?1", [id])?;
        Ok(())
    }

    pub(crate) fn delete_outbox(self, room: &RoomId) -> Result<(), Error> {
        self.run("DELETE FROM outbox WHERE room = ?1", [room.0])?;
        Ok(())
    }

    fn outbox_where(
        self,
        clause: &str,
        parameters: impl rusqlite::Params,
    ) -> Result<Vec<OutboxRow>, Error> {
        let sql = format!("SELECT id, intent, task, item, aftermath FROM outbox {clause}");
        let rows = self.all(&sql, parameters, |row| {
            let blobs: (Vec<u8>, Option<Vec<u8>>, Option<Vec<u8>>) =
                (row.get(1)?, row.get(3)?, row.get(4)?);
            Ok((row.get(0)?, row.get::<_, Option<i64>>(2)?, blobs))
        })?;
        rows.into_iter()
            .map(|(id, task, (intent, item, aftermath))| {
                let aftermath = aftermath.map(|bytes| codec::decode(&bytes)).transpose()?;
                Ok(OutboxRow {
                    id,
                    intent: codec::decode(&intent)?,
                    task: task.map(TaskId),
                    item: item.map(|item| codec::decode(&item)).transpose()?,
                    aftermath: aftermath.unwrap_or_default(),
                })
            })
            .collect()
    }
}
