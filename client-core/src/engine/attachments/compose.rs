//! Writing a message of files.

use super::SealedFile;
use crate::{
    Error, ErrorKind,
    engine::{
        content::{Content, Salt},
        turn::Turn,
    },
    store::RoomRow,
};

impl Turn<'_> {
    /// Files with the words that go with them, which may be none.
    pub(in crate::engine) fn with_files(
        &self,
        room: &RoomRow,
        text: &str,
        files: &[SealedFile],
    ) -> Result<Content, Error> {
        let words = match text.trim().is_empty() {
            true => None,
            false => Some(self.text(room, text)?.part),
        };
        let parts: Vec<_> = files.iter().map(|file| file.part(&room.relay)).collect();
        Content::files(Salt(self.random()), words, &parts, self.now)
            .map_err(|error| Error::caused(ErrorKind::BadInput, error))
    }
}
