//! Files of a home beside its databases: sealed bytes on their way.

pub(crate) use std::fs::File as HomeFile;
use std::{
    fs::DirEntry,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use super::{create_private, flush_dir, open_private, private_dir, task::blocking};
use crate::{Error, ErrorKind, engine::io::Time, platform::FoundFile};

/// Makes a file and, where they are not there, its folder; there must be none of its name.
///
/// # Errors
/// `disk_full`, `storage`.
pub(crate) async fn create_home_file(path: PathBuf) -> Result<HomeFile, Error> {
    blocking(move || {
        make_folder(&path)?;
        create_private(&path).map_err(at_home)
    })
    .await
}

/// Opens a file for reading and appending, or makes it.
///
/// # Errors
/// `disk_full`, `storage`.
pub(crate) async fn open_home_file(path: PathBuf) -> Result<HomeFile, Error> {
    blocking(move || {
        make_folder(&path)?;
        open_private(&path).map_err(at_home)
    })
    .await
}

/// Opens a file for reading, if it is there.
pub(crate) async fn find_home_file(path: PathBuf) -> Option<HomeFile> {
    let opened = blocking(move || HomeFile::open(path).map_err(at_home));
    opened.await.ok()
}

/// Makes what is in a file durable, and its name.
///
/// # Errors
/// `disk_full`, `storage`.
pub(crate) fn keep_home_file(file: &HomeFile, path: &Path) -> Result<(), Error> {
    file.sync_all().map_err(at_home)?;
    match path.parent() {
        Some(folder) => flush_dir(folder).map_err(at_home),
        None => Ok(()),
    }
}

/// Deletes a file. One that cannot be deleted now is deleted when its home is opened next, or
/// overwritten.
pub(crate) async fn remove_home_file(path: PathBuf) {
    let _ = blocking(move || super::remove_file(&path)).await;
}

/// The files of a folder; none where there is no folder.
pub(crate) async fn home_files(folder: PathBuf) -> Vec<FoundFile> {
    let listing = blocking(move || {
        let entries = std::fs::read_dir(folder).map_err(at_home)?;
        Ok(entries
            .flatten()
            .filter_map(|entry| found(&entry))
            .collect())
    });
    listing.await.unwrap_or_default()
}

fn found(entry: &DirEntry) -> Option<FoundFile> {
    let written = entry.metadata().and_then(|found| found.modified()).ok();
    let since = written.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let ms = since.and_then(|since| u64::try_from(since.as_millis()).ok());
    Some(FoundFile {
        name: entry.file_name().into_string().ok()?,
        written: ms.map(Time),
    })
}

/// What the operating system says about a file of the home.
pub(crate) fn at_home(error: std::io::Error) -> Error {
    let kind = match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => ErrorKind::DiskFull,
        _ => ErrorKind::Storage,
    };
    Error::caused(kind, error)
}

fn make_folder(path: &Path) -> Result<(), Error> {
    path.parent().map_or(Ok(()), private_dir)
}
