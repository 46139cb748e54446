//! Opening the files of messages: only when asked to.

use std::io::{Read, Write};

use restante_crypto::attachment::{AttachmentError, Chunks};

use super::{
    fetch::{Fetched, fetch},
    steps::{CHUNKS, in_steps},
};
use crate::{
    Error, ErrorKind,
    driver::{Client, side::Side},
    engine::{
        attachments::{Source, Transfer, Way, media_type},
        io::{Event, MessageId, RoomId},
    },
    platform::{HomeFile, MaybeSend, at_home, remove_home_file},
};

impl Client {
    /// The files of a message, as they are to be fetched.
    ///
    /// # Errors
    /// `not_found`, `attachment_foreign`, `attachment_unsupported`, `attachment_size`, `storage`.
    pub async fn files(&self, room: RoomId, message: MessageId) -> Result<Vec<Source>, Error> {
        self.query(move |engine| engine.sources(&room, &message))
            .await?
    }

    /// Fetches a file of a message, checks it, and writes it in the clear; goes on where an earlier
    /// attempt stopped. What was written counts only if this is `Ok`, which has the written thing.
    ///
    /// # Errors
    /// `attachment_size`, `attachment_gone`, `attachment_damaged` and `attachment_type` for what is
    /// wrong with it; those of writing; `offline`, `disk_full`, `storage`.
    pub async fn open_file<W: Write + MaybeSend + 'static>(
        &self,
        (room, message): (RoomId, MessageId),
        source: Source,
        into: W,
        refused: fn(std::io::Error) -> Error,
    ) -> Result<W, Error> {
        // A side of its own: nothing ties what is read to rooms or account.
        let fetched = self.fetch((room, message), &Side::new()?, &source).await?;
        let Fetched { file, path } = fetched;
        let opened = open_into(file, source, into, refused).await?;
        remove_home_file(path).await;
        Ok(opened)
    }

    async fn fetch(
        &self,
        (room, message): (RoomId, MessageId),
        side: &Side,
        source: &Source,
    ) -> Result<Fetched, Error> {
        let total = source.layout.sealed_len();
        let tell = |done| {
            self.tell(Event::Transfer(Transfer {
                room,
                message,
                name: source.name.clone(),
                way: Way::Down,
                done,
                total,
            }));
        };
        fetch(self.home(), side, source, tell).await
    }
}

/// Opens a sealed file, chunk by chunk.
pub(super) async fn open_into<W: Write + MaybeSend + 'static>(
    sealed: HomeFile,
    source: Source,
    into: W,
    refused: fn(std::io::Error) -> Error,
) -> Result<W, Error> {
    let opening = Opening {
        sealed,
        chunks: Chunks::new(&source.key, source.layout),
        source,
        next: 0,
        into,
        refused,
    };
    Ok(in_steps(opening, Opening::step).await?.into)
}

/// A sealed file that is being opened.
struct Opening<W> {
    sealed: HomeFile,
    source: Source,
    chunks: Chunks,
    /// The chunk that comes next.
    next: u32,
    into: W,
    refused: fn(std::io::Error) -> Error,
}

impl<W: Write> Opening<W> {
    /// Opens what belongs into a step; whether that was all.
    fn step(&mut self) -> Result<bool, Error> {
        let layout = self.source.layout;
        let end = (self.next + CHUNKS).min(layout.chunks());
        for chunk in self.next..end {
            let range = layout.sealed(chunk);
            let mut bytes = Vec::new();
            Read::by_ref(&mut self.sealed)
                .take(range.end - range.start)
                .read_to_end(&mut bytes)
                .map_err(at_home)?;
            let content = self.chunks.open(chunk, &bytes).map_err(damaged)?;
            if chunk == 0 {
                let head = content.get(..media_type::HEAD).unwrap_or(&content);
                if !media_type::may_be(&self.source.media_type, head) {
                    return Err(ErrorKind::AttachmentType.into());
                }
            }
            self.into.write_all(&content).map_err(self.refused)?;
        }
        self.next = end;
        Ok(end == layout.chunks())
    }
}

/// What a chunk that does not open says about the file.
fn damaged(error: AttachmentError) -> Error {
    let kind = match error {
        AttachmentError::Padding { .. } | AttachmentError::Length { .. } => {
            ErrorKind::AttachmentSize
        }
        _ => ErrorKind::AttachmentDamaged,
    };
    Error::caused(kind, error)
}
