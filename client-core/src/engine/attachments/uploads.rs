//! Uploads as rows: what is to be brought to a relay, and what waits for it.
//!
//! The rows are written with the message and its intent, in one transaction, so a crash at any point
//! leaves either nothing or everything. An upload that the relay or the network interrupts is asked
//! for again later; one that can never succeed fails its message.

use std::collections::HashSet;

use restante_wire::{ErrorCode, WireError, fault::planted};

use super::SealedFile;
use crate::{
    Error, ErrorKind,
    engine::{
        Engine,
        content::attachment::FilePart,
        intent::Intent,
        io::{Event, Failure, MessageId, MessageState, Outgoing, Reply, RoomId, Time},
        live::Call,
        turn::Turn,
    },
    store::{RoomRow, UploadRow},
};

/// Most uploads under way at once.
const AT_ONCE: usize = 2;

/// Wait after the first failure; it doubles with each.
const FIRST_WAIT_MS: u64 = 500;

/// Longest wait that this client chooses by itself.
const MAX_WAIT_MS: u64 = 60_000;

/// Failures in a row after which a client that wants to end does not wait any more.
const RESTING: u32 = 5;

impl Turn<'_> {
    /// Notes the sealed files of a message that is being written.
    pub(in crate::engine) fn add_uploads(
        &mut self,
        room: &RoomRow,
        message: &MessageId,
        files: &[SealedFile],
    ) -> Result<(), Error> {
        for file in files {
            self.db.add_upload(&UploadRow {
                id: 0,
                room: room.id,
                message: *message,
                relay: room.relay.clone(),
                blob: file.blob,
                sealed_len: file.sealed_len,
                copy: file.copy.clone(),
                name: file.name.clone(),
                due: Time(0),
                attempts: 0,
            })?;
        }
        Ok(())
    }

    /// Starts what can be uploaded now.
    pub(in crate::engine) fn pump_uploads(&mut self) -> Result<(), Error> {
        if self.live.relays.is_empty() {
            return Ok(());
        }
        for upload in self.db.uploads()? {
            if self.live.uploads.contains(&upload.id) {
                continue;
            }
            let message = self.db.message(&upload.room, &upload.message)?;
            if message.is_none_or(|message| message.state != MessageState::Queued) {
                // Given up, or deleted by the person.
                self.db.delete_upload(upload.id)?;
                continue;
            }
            if upload.due > self.now {
                self.wake_at(upload.due);
                continue;
            }
            if self.live.uploads.len() >= AT_ONCE || !self.live.relays.contains(&upload.relay) {
                continue;
            }
            self.live.uploads.insert(upload.id);
            let call = self.live.open(Call::Upload(upload.id));
            self.outgoing.push(Outgoing::Upload { call, upload });
        }
        Ok(())
    }

    /// An upload ended.
    pub(in crate::engine) fn uploaded(
        &mut self,
        id: i64,
        result: &Result<Reply, Failure>,
    ) -> Result<(), Error> {
        self.live.uploads.remove(&id);
        let Some(upload) = self.db.upload(id)? else {
            return Ok(());
        };
        match result {
            Ok(Reply::Uploaded) => {
                self.db.delete_upload(id)?;
                // The outbox goes on where it waited for this.
                self.touched.insert(upload.room);
                Ok(())
            }
            Ok(Reply::CopyLost) => self.give_upload_up(&upload, ErrorKind::FileLost),
            Ok(_) => Ok(()),
            Err(Failure::Refused(error)) if is_final(error) => {
                self.give_upload_up(&upload, ErrorKind::Relay(error.code))
            }
            Err(failure) => {
                let told = match failure {
                    Failure::Refused(error) => error.retry_after_ms,
                    Failure::Lost | Failure::Untrusted => None,
                };
                let doubled = FIRST_WAIT_MS.saturating_mul(1 << upload.attempts.min(16));
                let wait = told.unwrap_or(0).max(doubled.min(MAX_WAIT_MS));
                let due = self.now.plus_ms(wait + self.jitter(FIRST_WAIT_MS));
                // What the relay puts off for long is as good as several failures.
                let more = if wait > MAX_WAIT_MS { RESTING } else { 1 };
                self.db
                    .postpone_upload(id, due, upload.attempts.saturating_add(more))
            }
        }
    }

    /// Fails a message one of whose files will never be at the relay: its sender is told.
    fn give_upload_up(&mut self, upload: &UploadRow, error: ErrorKind) -> Result<(), Error> {
        let (room, message) = (upload.room, upload.message);
        for upload in self.db.uploads_of(&room, &message)? {
            self.db.delete_upload(upload.id)?;
        }
        for row in self.db.outbox(&room, u32::MAX)? {
            if matches!(&row.intent, Intent::Content { id, .. } if *id == message) {
                self.give_message_up(&room, &row.intent)?;
                self.drop_row(&row, error)?;
            }
        }
        self.events
            .push(Event::TransferFailed(super::TransferFailed {
                room,
                message,
                error,
            }));
        Ok(())
    }

    /// Whether an intent must wait for files of its message.
    pub(in crate::engine) fn waits_for_files(
        &self,
        room: &RoomId,
        intent: &Intent,
    ) -> Result<bool, Error> {
        match intent {
            Intent::Content { .. } if planted("c1_message_leaves_before_its_files") => Ok(false),
            Intent::Content { id, .. } => Ok(!self.db.uploads_of(room, id)?.is_empty()),
            _ => Ok(false),
        }
    }
}

impl Engine {
    /// Names of the sealed copies that messages wait for.
    ///
    /// # Errors
    /// `storage`.
    pub fn copies_on_their_way(&self) -> Result<HashSet<String>, Error> {
        let uploads = self.store.read().uploads()?;
        Ok(uploads.into_iter().map(|upload| upload.copy).collect())
    }
}

impl UploadRow {
    /// Whether nothing can be done about it now.
    pub(in crate::engine) const fn rests(&self) -> bool {
        self.attempts >= RESTING
    }
}

impl SealedFile {
    /// What the message tells of it, with the relay that will have it.
    #[must_use]
    pub fn part(&self, relay: &str) -> FilePart {
        FilePart {
            name: self.name.clone(),
            media_type: self.media_type.clone(),
            size: self.size,
            relay: relay.to_owned(),
            blob: self.blob,
            key: self.key.clone(),
            hash: self.hash,
            thumbnail: self.thumbnail.clone(),
            waveform: self.waveform.clone(),
        }
    }
}

/// Whether the same upload will never be taken.
fn is_final(error: &WireError) -> bool {
    matches!(
        error.code,
        ErrorCode::TooLarge
            | ErrorCode::BadRequest
            | ErrorCode::Conflict
            | ErrorCode::NotFound
            | ErrorCode::UnsupportedVersion
    )
}
