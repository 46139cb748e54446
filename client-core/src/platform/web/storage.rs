//! The home in the origin private file system.
//!
//! SQLite's files lie in a pool of files that are all opened when the pool is, because the browser opens
//! files only while something waits, which SQLite cannot. Whoever has the pool open keeps every other
//! worker of the origin out: the pool is the lease. A path names a file of the pool as it is.

use std::{cell::RefCell, path::Path};

use rsqlite_vfs::{VfsFilesManager, transfer::DbTransfer};
use rusqlite::Connection;
use sqlite_wasm_rs::WasmOsCallback;
use sqlite_wasm_vfs::sahpool::{OpfsSAHError, OpfsSAHPoolCfgBuilder, OpfsSAHPoolUtil, install};

use crate::{Error, ErrorKind};

/// Name of the pool among SQLite's file layers.
const VFS: &str = "restante";

/// Files that a home has at once: three databases, each with a journal or a write-ahead log, and some
/// that SQLite opens for a moment.
const FILES: u32 = 12;

thread_local! {
    static POOL: RefCell<Option<OpfsSAHPoolUtil>> = const { RefCell::new(None) };
}

/// Opens the pool that lies in this folder, makes it if there is none, and lets SQLite use it.
///
/// # Errors
/// `home_in_use` if another worker has it, `no_storage` where the browser gives none, `storage`.
pub async fn open(folder: &str) -> Result<(), Error> {
    let options = OpfsSAHPoolCfgBuilder::new()
        .vfs_name(VFS)
        .directory(folder)
        .initial_capacity(FILES as usize)
        .build();
    let pool = install::<WasmOsCallback>(&options, true).await;
    let pool = pool.map_err(|error| Error::new(kind(&error)))?;
    POOL.set(Some(pool));
    Ok(())
}

/// Removes every file of the pool. No database may be open.
///
/// # Errors
/// `storage`.
pub fn clear() -> Result<(), Error> {
    with(VfsFilesManager::clear)
}

/// The bytes of a database that nobody has open.
///
/// # Errors
/// `not_found`, `home_in_use`, `storage`.
pub fn export(path: &Path) -> Result<Vec<u8>, Error> {
    with(|pool| pool.export_db(name(path)))
}

/// Puts a database there, byte for byte.
///
/// # Errors
/// `file_exists`, `disk_full`, `storage`.
pub fn import(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    with(|pool| pool.import_db_unchecked(name(path), bytes))
}

/// Homes need no folder.
///
/// # Errors
/// None here.
pub const fn create_home(_home: &Path) -> Result<(), Error> {
    Ok(())
}

/// Whether something is there that is no directory: there are none.
#[must_use]
pub const fn is_other(_home: &Path) -> bool {
    false
}

/// All files are private to the origin.
///
/// # Errors
/// None here.
pub const fn ensure_private(_path: &Path) -> Result<(), Error> {
    Ok(())
}

/// The right to open the database of a home: with the pool.
#[derive(Debug)]
pub(crate) struct Lease;

impl Lease {
    /// Takes the lease.
    ///
    /// # Errors
    /// `storage` if the pool is not open.
    pub(crate) fn take(_home: &Path) -> Result<Self, Error> {
        with(|_| Ok(Self))
    }
}

/// What a database needs to be told on this machine before it is read: no other connection shares the
/// index of its write-ahead log, for which there is no shared memory.
///
/// # Errors
/// `storage`.
pub(crate) fn prepare(connection: &Connection) -> Result<(), Error> {
    Ok(connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?)
}

/// Length of a file in bytes; of none, nothing. One that is open or was not closed has some.
pub(crate) fn file_len(path: &Path) -> u64 {
    let found = POOL.with_borrow(|pool| {
        let pool = pool.as_ref()?;
        match pool.begin_export(name(path)) {
            Ok(export) => Some(export.size()),
            Err(OpfsSAHError::RecoveryRequired(_) | OpfsSAHError::FileInUse(_)) => Some(u64::MAX),
            Err(_) => None,
        }
    });
    found.unwrap_or(0)
}

/// Whether there is such a file.
pub(crate) fn exists(path: &Path) -> bool {
    with(|pool| pool.contains(name(path))).unwrap_or(false)
}

/// Removes a file; none is as good.
///
/// # Errors
/// `storage`.
pub(crate) fn remove_file(path: &Path) -> Result<(), Error> {
    with(|pool| pool.remove(name(path))).map(drop)
}

/// Whether a home takes another file: the database itself tells.
///
/// # Errors
/// None here.
pub(crate) const fn can_write(_home: &Path) -> Result<(), Error> {
    Ok(())
}

fn name(path: &Path) -> &str {
    path.to_str().unwrap_or_default()
}

fn with<T>(work: impl FnOnce(&OpfsSAHPoolUtil) -> Result<T, OpfsSAHError>) -> Result<T, Error> {
    POOL.with_borrow(|pool| match pool {
        Some(pool) => work(pool).map_err(|error| Error::new(kind(&error))),
        None => Err(ErrorKind::Storage.into()),
    })
}

/// What the browser's refusals mean. Its own texts may name files, and are not kept.
fn kind(error: &OpfsSAHError) -> ErrorKind {
    match error {
        OpfsSAHError::NotSupported => ErrorKind::NoStorage,
        OpfsSAHError::FileNotFound(_) => ErrorKind::NotFound,
        OpfsSAHError::FileExists(_) => ErrorKind::FileExists,
        OpfsSAHError::FileInUse(_) | OpfsSAHError::DirectoryInUse(_) => ErrorKind::HomeInUse,
        OpfsSAHError::InvalidHeader { .. } | OpfsSAHError::DuplicateFilename(_) => {
            ErrorKind::DamagedHome
        }
        OpfsSAHError::Opfs { value, .. } => super::exception::kind(value),
        _ => ErrorKind::Storage,
    }
}
