//! A place for a saved file: a hidden file beside it, then the free name, never somebody's file.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use restante_crypto::Randomness;

use crate::{
    Error, ErrorKind,
    engine::attachments::file_name,
    platform::{create_private, flush_dir},
};

/// Names that are tried before giving up.
const MAX_NAMES: u32 = 1_000;

/// A file that nobody should look at yet. Dropped, it is deleted.
#[derive(Debug)]
pub(super) struct NewFile {
    pub(super) file: File,
    path: Option<PathBuf>,
}

impl NewFile {
    /// An empty one in the folder.
    pub(super) fn in_folder(folder: &Path) -> Result<Self, Error> {
        let random: [u8; 8] = Randomness::os().bytes();
        let random = u64::from_le_bytes(random);
        let path = folder.join(format!(".restante-{random:016x}.part"));
        Ok(Self {
            file: create_private(&path).map_err(unwritable)?,
            path: Some(path),
        })
    }

    /// Gives it its name, or that name with a number; durable when this returns.
    pub(super) fn put(mut self, folder: &Path, name: &str) -> Result<PathBuf, Error> {
        self.file.sync_all().map_err(unwritable)?;
        for number in 1..=MAX_NAMES {
            let place = match number {
                1 => folder.join(name),
                _ => folder.join(file_name::numbered(name, number)),
            };
            // Taking the name first: a file that is there is never replaced.
            match create_private(&place) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(unwritable(error)),
            }
            if let Some(path) = &self.path
                && let Err(error) = std::fs::rename(path, &place)
            {
                let _ = std::fs::remove_file(place);
                return Err(unwritable(error));
            }
            self.path = None;
            flush_dir(folder).map_err(unwritable)?;
            return Ok(place);
        }
        Err(ErrorKind::FileUnwritable.into())
    }
}

impl io::Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// What the operating system says about the person's folder.
pub(super) fn unwritable(error: io::Error) -> Error {
    let kind = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::DiskFull,
        _ => ErrorKind::FileUnwritable,
    };
    Error::caused(kind, error)
}
