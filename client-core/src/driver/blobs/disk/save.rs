//! Saving the files of a message into a folder of the person's: only when asked to.

use std::path::{Path, PathBuf};

use super::place::{self, NewFile};
use crate::{
    Error,
    driver::Client,
    engine::{
        attachments::Source,
        io::{MessageId, RoomId},
    },
    platform::blocking,
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
        let mut saved = Vec::new();
        for source in self.files(room, message).await? {
            let file = NewFile::in_folder(folder)?;
            let place = (room, message);
            let opening = self.open_file(place, source.clone(), file, place::unwritable);
            let (file, folder) = (opening.await?, folder.to_owned());
            saved.push(blocking(move || put(file, &source, &folder)).await?);
        }
        Ok(saved)
    }
}

/// Gives an opened file its place.
fn put(file: NewFile, source: &Source, folder: &Path) -> Result<Saved, Error> {
    Ok(Saved {
        path: file.put(folder, &source.name)?,
        size: source.layout.size(),
        media_type: source.media_type.clone(),
    })
}

#[cfg(test)]
mod tests {
    use restante_crypto::{
        Randomness,
        attachment::{AttachmentKey, Chunks, Layout},
    };
    use restante_wire::BlobId;
    use tempfile::TempDir;

    use super::*;
    use crate::{ErrorKind, driver::blobs::open::open_into};

    /// Opens a sealed file into a folder.
    async fn save(sealed: &Path, source: &Source, folder: &Path) -> Result<Saved, Error> {
        let sealed = std::fs::File::open(sealed).unwrap();
        let file = NewFile::in_folder(folder)?;
        let file = open_into(sealed, source.clone(), file, place::unwritable).await?;
        put(file, source, folder)
    }

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

    #[tokio::test]
    async fn a_file_is_saved_for_its_owner_only_and_overwrites_nothing() {
        let (home, into) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let content = vec![7; 100_000];
        let (path, source) = sealed(&home, &content, "application/octet-stream");
        std::fs::write(into.path().join("cat.png"), b"mine").unwrap();
        let saved = save(&path, &source, into.path()).await.unwrap();
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

    #[tokio::test]
    async fn nothing_is_left_of_a_file_that_lies_or_is_damaged() {
        let (home, into) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let (path, source) = sealed(&home, b"\x7FELF program", "image/png");
        let refused = save(&path, &source, into.path()).await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::AttachmentType);

        let content = vec![7; 200_000];
        let (path, source) = sealed(&home, &content, "application/octet-stream");
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[150_000] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let refused = save(&path, &source, into.path()).await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::AttachmentDamaged);
        assert_eq!(names(into.path()), Vec::<String>::new());
    }

    #[tokio::test]
    async fn a_folder_that_is_not_there_takes_nothing() {
        let home = TempDir::new().unwrap();
        let (path, source) = sealed(&home, b"words", "text/plain");
        let refused = save(&path, &source, &home.path().join("missing"))
            .await
            .unwrap_err();
        assert_eq!(refused.kind, ErrorKind::FileUnwritable);
    }
}
