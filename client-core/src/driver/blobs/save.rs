//! Saving the files of a message into a folder of the person's: only when asked to.

use std::{
    fs::File,
    io::{BufReader, Read, Write},
    path::{Path, PathBuf},
};

use restante_crypto::attachment::{AttachmentError, Chunks};

use super::{
    at_home,
    fetch::fetch,
    place::{self, NewFile},
};
use crate::{
    Error, ErrorKind,
    driver::{Client, blocking, side::Side},
    engine::{
        attachments::{Source, Transfer, Way, media_type},
        io::{Event, MessageId, RoomId},
    },
};

/// A file on the person's disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// Where it is.
    pub path: PathBuf,
    /// Its length in bytes.
    pub size: u64,
    /// Its type, which its first bytes do not contradict.
    pub media_type: String,
}

impl Client {
    /// Fetches the files of a message, checks them, and saves them in a folder that exists; goes on
    /// where an earlier attempt stopped. Nothing is overwritten, and nothing is left of a file that
    /// does not hold.
    ///
    /// # Errors
    /// `not_found`; `attachment_foreign`, `attachment_unsupported`, `attachment_size`,
    /// `attachment_gone`, `attachment_damaged` and `attachment_type` for what is wrong with a file;
    /// `file_unwritable` if the folder takes none; `offline`, `disk_full`, `storage`.
    pub async fn save_files(
        &self,
        room: RoomId,
        message: MessageId,
        folder: &Path,
    ) -> Result<Vec<Saved>, Error> {
        let sources = self
            .query(move |engine| engine.sources(&room, &message))
            .await??;
        // A side of its own: nothing ties what is read to rooms or account.
        let side = Side::new()?;
        let mut saved = Vec::new();
        for source in sources {
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
            let fetched = fetch(self.home(), &side, &source, tell).await?;
            let folder = folder.to_owned();
            let opened = blocking(move || {
                let saved = open_into(&fetched.path, &source, &folder)?;
                fetched.done();
                Ok(saved)
            });
            saved.push(opened.await?);
        }
        Ok(saved)
    }
}

/// Opens a sealed file into a hidden file beside its place, and puts it there once all of it holds.
fn open_into(sealed: &Path, source: &Source, folder: &Path) -> Result<Saved, Error> {
    let mut sealed = BufReader::new(File::open(sealed).map_err(at_home)?);
    let layout = source.layout;
    let chunks = Chunks::new(&source.key, layout);
    let mut file = NewFile::in_folder(folder)?;
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
        file.file.write_all(&content).map_err(place::unwritable)?;
    }
    Ok(Saved {
        path: file.put(folder, &source.name)?,
        size: layout.size(),
        media_type: source.media_type.clone(),
    })
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

#[cfg(test)]
mod tests {
    use restante_crypto::{
        Randomness,
        attachment::{AttachmentKey, Layout},
    };
    use restante_wire::BlobId;
    use tempfile::TempDir;

    use super::*;

    fn sealed(folder: &TempDir, content: &[u8], media_type: &str) -> (PathBuf, Source) {
        let key = AttachmentKey::generate(&Randomness::os());
        let layout = Layout::new(content.len() as u64).unwrap();
        let chunks = Chunks::new(&key, layout);
        let sealed: Vec<u8> = (0..layout.chunks())
            .flat_map(|chunk| {
                let range = layout.content(chunk);
                let content = &content[range.start as usize..range.end as usize];
                chunks.seal(chunk, content).unwrap()
            })
            .collect();
        let path = folder.path().join("sealed");
        std::fs::write(&path, sealed).unwrap();
        let source = Source {
            relay: "https://relay.example".into(),
            blob: BlobId([1; 32]),
            key,
            layout,
            hash: [0; 32],
            name: "cat.png".into(),
            media_type: media_type.into(),
        };
        (path, source)
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_saved_for_its_owner_only_and_overwrites_nothing() {
        let (home, into) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let content = vec![7; 100_000];
        let (path, source) = sealed(&home, &content, "application/octet-stream");
        std::fs::write(into.path().join("cat.png"), b"mine").unwrap();
        let saved = open_into(&path, &source, into.path()).unwrap();
        assert_eq!(std::fs::read(&saved.path).unwrap(), content);
        assert_eq!(names(into.path()), ["cat (2).png", "cat.png"]);
        assert_eq!(std::fs::read(into.path().join("cat.png")).unwrap(), b"mine");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&saved.path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn nothing_is_left_of_a_file_that_lies_or_is_damaged() {
        let (home, into) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let (path, source) = sealed(&home, b"\x7FELF program", "image/png");
        let refused = open_into(&path, &source, into.path()).unwrap_err();
        assert_eq!(refused.kind, ErrorKind::AttachmentType);

        let content = vec![7; 200_000];
        let (path, source) = sealed(&home, &content, "application/octet-stream");
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[150_000] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let refused = open_into(&path, &source, into.path()).unwrap_err();
        assert_eq!(refused.kind, ErrorKind::AttachmentDamaged);
        assert_eq!(names(into.path()), Vec::<String>::new());
    }

    #[test]
    fn a_folder_that_is_not_there_takes_nothing() {
        let home = TempDir::new().unwrap();
        let (path, source) = sealed(&home, b"words", "text/plain");
        let refused = open_into(&path, &source, &home.path().join("missing")).unwrap_err();
        assert_eq!(refused.kind, ErrorKind::FileUnwritable);
    }
}
