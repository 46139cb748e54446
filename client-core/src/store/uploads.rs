//! Sealed files on their way to a relay. A message waits in the outbox until its rows are gone.

use restante_wire::BlobId;

use super::Db;
use crate::{
    Error,
    engine::io::{MessageId, RoomId, Time},
};

/// One file on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadRow {
    /// Order of sending.
    pub id: i64,
    /// Room of the message.
    pub room: RoomId,
    /// The message that waits for it.
    pub message: MessageId,
    /// Relay that gets it.
    pub relay: String,
    /// Its name there.
    pub blob: BlobId,
    /// Length of the sealed copy.
    pub sealed_len: u64,
    /// Name of the sealed copy in the home's folder of outgoing files.
    pub copy: String,
    /// Name of the file, to show.
    pub name: String,
    /// Not before this time.
    pub due: Time,
    /// Failures since the relay was last reached.
    pub attempts: u32,
}

impl Db<'_> {
    /// Adds a file; its `id` is given by the table.
    pub(crate) fn add_upload(self, upload: &UploadRow) -> Result<(), Error> {
        let sql = "INSERT INTO uploads
                   (room, message_id, relay, blob, sealed_len, copy, name, due, attempts)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        self.run(
            sql,
            (
                upload.room.0,
                upload.message.0,
                &upload.relay,
                upload.blob.0,
                upload.sealed_len,
                &upload.copy,
                &upload.name,
                upload.due.0,
                upload.attempts,
            ),
        )?;
        Ok(())
    }

    /// Every file on its way, in order.
    pub(crate) fn uploads(self) -> Result<Vec<UploadRow>, Error> {
        self.uploads_where("ORDER BY id", [])
    }

    pub(crate) fn upload(self, id: i64) -> Result<Option<UploadRow>, Error> {
        Ok(self.uploads_where("WHERE id = ?1", [id])?.pop())
    }

    /// The files that a message waits for.
    pub(crate) fn uploads_of(
        self,
        room: &RoomId,
        message: &MessageId,
    ) -> Result<Vec<UploadRow>, Error> {
        self.uploads_where(
            "WHERE room = ?1 AND message_id = ?2 ORDER BY id",
            (room.0, message.0),
        )
    }

    pub(crate) fn postpone_upload(self, id: i64, due: Time, attempts: u32) -> Result<(), Error> {
        self.run(
            "UPDATE uploads SET due = ?2, attempts = ?3 WHERE id = ?1",
            (id, due.0, attempts),
        )?;
        Ok(())
    }

    /// A relay is reached again: nothing waits because it was not.
    pub(crate) fn hasten_uploads(self, relay: &str) -> Result<(), Error> {
        self.run(
            "UPDATE uploads SET due = 0, attempts = 0 WHERE relay = ?1",
            [relay],
        )?;
        Ok(())
    }

    pub(crate) fn delete_upload(self, id: i64) -> Result<(), Error> {
        self.run("DELETE FROM uploads WHERE id = ?1", [id])?;
        Ok(())
    }

    fn uploads_where(
        self,
        clause: &str,
        parameters: impl rusqlite::Params,
    ) -> Result<Vec<UploadRow>, Error> {
        let sql = format!(
            "SELECT id, room, message_id, relay, blob, sealed_len, copy, name, due, attempts
             FROM uploads {clause}"
        );
        self.all(&sql, parameters, |row| {
            Ok(UploadRow {
                id: row.get(0)?,
                room: RoomId(row.get(1)?),
                message: MessageId(row.get(2)?),
                relay: row.get(3)?,
                blob: BlobId(row.get(4)?),
                sealed_len: row.get(5)?,
                copy: row.get(6)?,
                name: row.get(7)?,
                due: Time(row.get(8)?),
                attempts: row.get(9)?,
            })
        })
    }
}
