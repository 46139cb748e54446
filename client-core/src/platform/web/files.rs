//! Files of a home beside its databases: sealed bytes on their way.
//!
//! They lie in the origin private file system under their own names, beside the pool of the databases.
//! The browser opens and lists files only while something waits; an open one is read and written at once.

use std::{
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Component, Path, PathBuf},
};

use js_sys::{AsyncIterator, IteratorNext};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    File, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetDirectoryOptions,
    FileSystemGetFileOptions, FileSystemReadWriteOptions, FileSystemSyncAccessHandle,
    WorkerGlobalScope,
};

use super::exception;
use crate::{Error, ErrorKind, engine::io::Time, platform::FoundFile};

/// An open file. Dropped, it is closed.
#[derive(Debug)]
pub(crate) struct HomeFile {
    handle: FileSystemSyncAccessHandle,
    at: u64,
    appends: bool,
}

/// Makes a file and, where they are not there, its folders; there must be none of its name.
///
/// # Errors
/// `disk_full`, `storage`.
pub(crate) async fn create_home_file(path: PathBuf) -> Result<HomeFile, Error> {
    let file = open(&path, true).await?;
    file.set_len(0).map_err(at_home)?;
    Ok(file)
}

/// Opens a file for reading and appending, or makes it.
///
/// # Errors
/// `disk_full`, `storage`.
pub(crate) async fn open_home_file(path: PathBuf) -> Result<HomeFile, Error> {
    let mut file = open(&path, true).await?;
    file.appends = true;
    Ok(file)
}

/// Opens a file for reading, if it is there.
pub(crate) async fn find_home_file(path: PathBuf) -> Option<HomeFile> {
    open(&path, false).await.ok()
}

/// Makes what is in a file durable.
///
/// # Errors
/// `disk_full`, `storage`.
pub(crate) fn keep_home_file(file: &HomeFile, _path: &Path) -> Result<(), Error> {
    file.handle.flush().map_err(refused).map_err(at_home)
}

/// Deletes a file. One that cannot be deleted now is deleted when its home is opened next, or
/// overwritten.
pub(crate) async fn remove_home_file(path: PathBuf) {
    if let (Ok(folder), Some(name)) = (folder(path.parent(), false).await, file_name(&path)) {
        let _ = JsFuture::from(folder.remove_entry(name)).await;
    }
}

/// The files of a folder; none where there is no folder.
pub(crate) async fn home_files(path: PathBuf) -> Vec<FoundFile> {
    let mut all = Vec::new();
    let Ok(folder) = folder(Some(&path), false).await else {
        return all;
    };
    let values: AsyncIterator = folder.values().unchecked_into();
    while let Ok(promise) = values.next() {
        let Ok(next) = JsFuture::from(promise).await else {
            break;
        };
        let next: IteratorNext = next.unchecked_into();
        if next.done() {
            break;
        }
        if let Ok(handle) = next.value().dyn_into::<FileSystemFileHandle>() {
            all.push(found(&handle).await);
        }
    }
    all
}

async fn found(handle: &FileSystemFileHandle) -> FoundFile {
    let file = JsFuture::from(handle.get_file()).await.ok();
    let file = file.and_then(|file| file.dyn_into::<File>().ok());
    FoundFile {
        name: handle.name(),
        written: file.map(|file| Time(whole(file.last_modified()) as u64)),
    }
}

/// What the browser says about a file of the home.
pub(crate) fn at_home(error: io::Error) -> Error {
    let kind = match error.kind() {
        io::ErrorKind::QuotaExceeded => ErrorKind::DiskFull,
        _ => ErrorKind::Storage,
    };
    Error::caused(kind, error)
}

impl HomeFile {
    /// Cuts or extends it.
    ///
    /// # Errors
    /// What the browser says.
    pub(crate) fn set_len(&self, len: u64) -> io::Result<()> {
        #[expect(
            clippy::cast_precision_loss,
            reason = "files are shorter than 2^53 bytes"
        )]
        self.handle.truncate_with_f64(len as f64).map_err(refused)
    }

    fn len(&self) -> io::Result<u64> {
        let len = self.handle.get_size().map_err(refused)?;
        Ok(whole(len) as u64)
    }

    fn place(&self) -> FileSystemReadWriteOptions {
        let options = FileSystemReadWriteOptions::new();
        #[expect(
            clippy::cast_precision_loss,
            reason = "files are shorter than 2^53 bytes"
        )]
        options.set_at(self.at as f64);
        options
    }
}

impl Read for HomeFile {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self
            .handle
            .read_with_u8_array_and_options(bytes, &self.place());
        let read = whole(read.map_err(refused)?);
        self.at += read as u64;
        Ok(read)
    }
}

impl Write for HomeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.appends {
            self.at = self.len()?;
        }
        let written = self
            .handle
            .write_with_u8_array_and_options(bytes, &self.place());
        let written = whole(written.map_err(refused)?);
        self.at += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for HomeFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::End(away) => self.len()?.checked_add_signed(away),
            SeekFrom::Current(away) => self.at.checked_add_signed(away),
        };
        self.at = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

impl Drop for HomeFile {
    fn drop(&mut self) {
        self.handle.close();
    }
}

async fn open(path: &Path, make: bool) -> Result<HomeFile, Error> {
    let folder = folder(path.parent(), make).await?;
    let name = file_name(path).ok_or(ErrorKind::Storage)?;
    let options = FileSystemGetFileOptions::new();
    options.set_create(make);
    let file = JsFuture::from(folder.get_file_handle_with_options(name, &options)).await;
    let file: FileSystemFileHandle = file.map_err(error)?.unchecked_into();
    let handle = JsFuture::from(file.create_sync_access_handle()).await;
    Ok(HomeFile {
        handle: handle.map_err(error)?.unchecked_into(),
        at: 0,
        appends: false,
    })
}

async fn folder(path: Option<&Path>, make: bool) -> Result<FileSystemDirectoryHandle, Error> {
    let worker: WorkerGlobalScope = js_sys::global().unchecked_into();
    let root = JsFuture::from(worker.navigator().storage().get_directory()).await;
    let mut folder: FileSystemDirectoryHandle = root.map_err(error)?.unchecked_into();
    let options = FileSystemGetDirectoryOptions::new();
    options.set_create(make);
    for part in path.into_iter().flat_map(Path::components) {
        let Component::Normal(name) = part else {
            continue;
        };
        let name = name.to_str().ok_or(ErrorKind::Storage)?;
        let inner = JsFuture::from(folder.get_directory_handle_with_options(name, &options)).await;
        folder = inner.map_err(error)?.unchecked_into();
    }
    Ok(folder)
}

fn file_name(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}

/// A number of bytes that the browser gives as a double.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast takes the nearest integer that there is"
)]
const fn whole(number: f64) -> usize {
    number as usize
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn error(exception: JsValue) -> Error {
    exception::kind(&exception).into()
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn refused(exception: JsValue) -> io::Error {
    match exception::kind(&exception) {
        ErrorKind::DiskFull => io::ErrorKind::QuotaExceeded.into(),
        _ => io::ErrorKind::Other.into(),
    }
}
