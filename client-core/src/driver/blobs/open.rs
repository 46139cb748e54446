//! Opening the files of messages: only when asked to.

use std::io::{BufReader, Read, Write};

use restante_crypto::attachment::{AttachmentError, Chunks};

use super::fetch::{Fetched, fetch};
use crate::{
    Error, ErrorKind,
    driver::{Client, side::Side},
    engine::{
        attachments::{Source, Transfer, Way, media_type},
        io::{Event, MessageId, RoomId},
    },
    platform::{HomeFile, MaybeSend, at_home, blocking},
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
        let opening = move || {
            let mut into = into;
            open_into(file, &source, &mut into, refused)?;
            Ok(into)
        };
        let opened = blocking(opening).await?;
        crate::platform::remove_home_file(path).await;
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
pub(super) fn open_into(
    sealed: HomeFile,
    source: &Source,
    into: &mut impl Write,
    refused: fn(std::io::Error) -> Error,
) -> Result<(), Error> {
    let mut sealed = BufReader::new(sealed);
    let layout = source.layout;
    let chunks = Chunks::new(&source.key, layout);
    for chunk in 0..layout.chunks() {
        let range = layout.sealed(chunk);
        let mut bytes = Vec::new();
        Read::by_ref(&mut sealed)
            .take(range.end - range.start)
            .read_to_end(&mut bytes)
            .map_err(at_home)?;
        let content = chunks.open(chunk, &bytes).map_err(damaged)?;
        if chunk == 0 {
            let head = content.get(..media_type::HEAD).unwrap_or(&content);
            if !media_type::may_be(&source.media_type, head) {
                return Err(ErrorKind::AttachmentType.into());
            }
        }
        into.write_all(&content).map_err(refused)?;
    }
    Ok(())
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
