//! A place for a saved file: a hidden file beside it, then the free name, never somebody's file.
//!
//! Whoever writes a hidden file holds a lock on it. One that nobody holds is what an earlier process left
//! when it was killed: the next save into the folder deletes it.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use restante_crypto::Randomness;

use crate::{
    Error, ErrorKind,
    engine::attachments::file_name,
    platform::{create_private, flush_dir, open_regular},
};

/// What hidden files begin and end with.
const HIDDEN: (&str, &str) = (".restante-", ".part");

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
        delete_abandoned(folder);
        let random: [u8; 8] = Randomness::os().bytes();
        let random = u64::from_le_bytes(random);
        let (begin, end) = HIDDEN;
        let path = folder.join(format!("{begin}{random:016x}{end}"));
        let file = create_private(&path).map_err(unwritable)?;
        // Where a file system knows no locks, nothing is deleted, either.
        let _ = file.try_lock();
        Ok(Self {
            file,
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

/// Deletes hidden files that nobody writes any more. What cannot be deleted stays: saving goes on.
fn delete_abandoned(folder: &Path) {
    let (begin, end) = HIDDEN;
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let is_hidden = name.to_str().is_some_and(|name| {
            let middle = name
                .strip_prefix(begin)
                .and_then(|name| name.strip_suffix(end));
            middle.is_some_and(|middle| u64::from_str_radix(middle, 16).is_ok())
        });
        if !is_hidden {
            continue;
        }
        let path = entry.path();
        let found = open_regular(&path);
        let is_abandoned = found.is_ok_and(|(file, _)| file.try_lock().is_ok());
        if is_abandoned {
            let _ = std::fs::remove_file(path);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_save_left_goes_with_the_next_and_what_is_written_stays() {
        let folder = tempfile::tempdir().unwrap();
        let left = folder.path().join(".restante-00000000000000ff.part");
        let others = [".restante-notes.part", "letter.part"].map(|name| folder.path().join(name));
        for file in others.iter().chain([&left]) {
            std::fs::write(file, "words").unwrap();
        }
        let first = NewFile::in_folder(folder.path()).unwrap();
        let second = NewFile::in_folder(folder.path()).unwrap();
        assert!(!left.exists());
        assert!(others.iter().all(|file| file.exists()));
        for written in [first, second] {
            let place = written.put(folder.path(), "picture.jpg").unwrap();
            assert!(place.exists());
        }
        let names = std::fs::read_dir(folder.path()).unwrap();
        assert_eq!(names.count(), 4);
    }
}
