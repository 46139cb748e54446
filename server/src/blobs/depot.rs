//! Where the bytes of blobs lie: one object a part, under the hex of the blob's hashed name.
//!
//! Owns: the folder, its form, flushing, and that its files tell no time finer than a day. Never
//! does: know which blobs there should be (the database does). It is an `object_store`; another kind
//! of store is another constructor here.
//!
//! **Shape**: `KEY/N`, where `N` counts parts from 0. All parts but the last have
//! [`MAX_BLOB_PART`] bytes.

use std::{
    fs::FileTimes,
    io,
    path::{Path, PathBuf},
    time::{Duration, UNIX_EPOCH},
};

use bytes::Bytes;
use object_store::{
    ObjectStore, ObjectStoreExt, PutPayload, local::LocalFileSystem, path::Path as Location,
};
use restante_wire::{BlobKey, Day, ErrorCode, WireError, limits::MAX_BLOB_PART};

use crate::clock::DAY_MS;

/// When to try again if the disk is full or does not answer: somebody may have acted.
const RETRY_MS: u64 = 5_000;

/// The folder of all blobs.
#[derive(Debug, Clone)]
pub struct Depot {
    objects: LocalFileSystem,
    folder: PathBuf,
    keep_free_bytes: u64,
}

impl Depot {
    /// Uses a folder, which must exist. Parts are refused while the file system has fewer than
    /// `keep_free_bytes` bytes free, so that blobs never starve the database.
    ///
    /// # Errors
    /// If it cannot be used.
    pub fn open(folder: &Path, keep_free_bytes: u64) -> Result<Self, io::Error> {
        let objects = LocalFileSystem::new_with_prefix(folder)
            .map_err(|error| kind_of(&error))?
            // An answered part survives a power cut, like an answered append (R1).
            .with_fsync(true);
        Ok(Self {
            objects,
            folder: folder.to_owned(),
            keep_free_bytes,
        })
    }

    /// Stores a part; durable when this returns. One of the same number is replaced.
    ///
    /// # Errors
    /// `storage_full`, `storage_unavailable`.
    pub async fn put(
        &self,
        key: &BlobKey,
        part: u64,
        bytes: Vec<u8>,
        today: Day,
    ) -> Result<(), WireError> {
        self.check_free(bytes.len() as u64)?;
        let location = location(key, part);
        self.objects
            .put(&location, PutPayload::from(Bytes::from(bytes)))
            .await
            .map_err(|error| refusal(&kind_of(&error)))?;
        let (folder, file) = (self.folder_of(key), self.file_of(key, part));
        blocking(move || {
            coarsen(&file, today)?;
            coarsen(&folder, today)
        })
        .await
    }

    /// Reads `len` bytes at `offset` of a blob that has them.
    ///
    /// # Errors
    /// `no_such_blob` if they are not there, `storage_unavailable`.
    pub async fn read(&self, key: &BlobKey, offset: u64, len: u64) -> Result<Vec<u8>, WireError> {
        let mut bytes = Vec::new();
        let (mut at, end) = (offset, offset + len);
        while at < end {
            let (part, within) = (at / PART, at % PART);
            let upto = (within + (end - at)).min(PART);
            let read = self
                .objects
                .get_range(&location(key, part), within..upto)
                .await
                .map_err(|error| refusal(&kind_of(&error)))?;
            if read.len() as u64 != upto - within {
                return Err(ErrorCode::NoSuchBlob.into());
            }
            bytes.extend_from_slice(&read);
            at += upto - within;
        }
        Ok(bytes)
    }

    /// Deletes whatever there is of a blob, half-written parts included.
    ///
    /// # Errors
    /// `storage_unavailable`.
    pub async fn delete(&self, key: &BlobKey) -> Result<(), WireError> {
        let folder = self.folder_of(key);
        blocking(move || match std::fs::remove_dir_all(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        })
        .await
    }

    /// Every blob of which something is there.
    ///
    /// # Errors
    /// `storage_unavailable`.
    pub async fn keys(&self) -> Result<Vec<BlobKey>, WireError> {
        let listed = self
            .objects
            .list_with_delimiter(None)
            .await
            .map_err(|error| refusal(&kind_of(&error)))?;
        let folders = listed.common_prefixes.iter();
        Ok(folders
            .filter_map(|folder| parse_key(folder.as_ref()))
            .collect())
    }

    fn check_free(&self, len: u64) -> Result<(), WireError> {
        let space = rustix::fs::statvfs(&self.folder).map_err(|error| refusal(&error.into()))?;
        let free = space.f_bavail.saturating_mul(space.f_frsize);
        if free < self.keep_free_bytes.saturating_add(len) {
            return Err(WireError::retry(ErrorCode::StorageFull, RETRY_MS));
        }
        Ok(())
    }

    fn folder_of(&self, key: &BlobKey) -> PathBuf {
        self.folder.join(hex(key))
    }

    fn file_of(&self, key: &BlobKey, part: u64) -> PathBuf {
        self.folder_of(key).join(part.to_string())
    }
}

const PART: u64 = MAX_BLOB_PART as u64;

fn location(key: &BlobKey, part: u64) -> Location {
    Location::from(format!("{}/{part}", hex(key)))
}

fn hex(key: &BlobKey) -> String {
    key.0.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn parse_key(hex: &str) -> Option<BlobKey> {
    let mut key = [0; BlobKey::LEN];
    if hex.len() != 2 * key.len() || !hex.is_ascii() {
        return None;
    }
    for (index, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(BlobKey(key))
}

/// R7: sets both times of a file or folder to its day. The time of access is a second later, or the
/// usual `relatime` would replace it at the first reading.
fn coarsen(path: &Path, day: Day) -> io::Result<()> {
    let midnight = UNIX_EPOCH + Duration::from_millis(u64::from(day.0) * DAY_MS);
    let times = FileTimes::new()
        .set_modified(midnight)
        .set_accessed(midnight + Duration::from_secs(1));
    std::fs::File::open(path)?.set_times(times)
}

async fn blocking(work: impl FnOnce() -> io::Result<()> + Send + 'static) -> Result<(), WireError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| refusal(&error)),
        Err(_) => Err(ErrorCode::Internal.into()),
    }
}

/// What the operating system said, from below the layers of an object store.
fn kind_of(error: &object_store::Error) -> io::Error {
    if matches!(error, object_store::Error::NotFound { .. }) {
        return io::ErrorKind::NotFound.into();
    }
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(at) = source {
        if let Some(found) = at.downcast_ref::<io::Error>() {
            return found.kind().into();
        }
        source = at.source();
    }
    io::ErrorKind::Other.into()
}

fn refusal(error: &io::Error) -> WireError {
    match error.kind() {
        io::ErrorKind::NotFound => ErrorCode::NoSuchBlob.into(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            WireError::retry(ErrorCode::StorageFull, RETRY_MS)
        }
        _ => WireError::retry(ErrorCode::StorageUnavailable, RETRY_MS),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    const KEY: BlobKey = BlobKey([0xA7; 32]);
    const TODAY: Day = Day(20_779);

    fn depot() -> (tempfile::TempDir, Depot) {
        let folder = tempfile::tempdir().unwrap();
        let depot = Depot::open(folder.path(), 0).unwrap();
        (folder, depot)
    }

    #[tokio::test]
    async fn ranges_cross_parts_and_end_where_the_blob_ends() {
        let (_folder, depot) = depot();
        depot
            .put(&KEY, 0, vec![1; MAX_BLOB_PART], TODAY)
            .await
            .unwrap();
        depot.put(&KEY, 1, vec![2; 10], TODAY).await.unwrap();
        let across = depot.read(&KEY, PART - 2, 5).await.unwrap();
        assert_eq!(across, [1, 1, 2, 2, 2]);
        let beyond = depot.read(&KEY, PART + 8, 5).await.unwrap_err();
        assert_eq!(beyond.code, ErrorCode::NoSuchBlob);
        let other = depot.read(&BlobKey([0; 32]), 0, 1).await.unwrap_err();
        assert_eq!(other.code, ErrorCode::NoSuchBlob);
    }

    #[tokio::test]
    async fn r7_files_and_folders_of_a_blob_tell_its_day_and_no_time() {
        let (folder, depot) = depot();
        depot.put(&KEY, 0, vec![1; 10], TODAY).await.unwrap();
        let midnight = i64::from(TODAY.0) * 86_400;
        for path in [folder.path().join(hex(&KEY)), depot.file_of(&KEY, 0)] {
            let found = std::fs::metadata(path).unwrap();
            assert_eq!((found.mtime(), found.mtime_nsec()), (midnight, 0));
            assert_eq!((found.atime(), found.atime_nsec()), (midnight + 1, 0));
        }
    }

    #[tokio::test]
    async fn a_deleted_blob_leaves_nothing_on_disk_not_even_a_half_written_part() {
        let (folder, depot) = depot();
        depot.put(&KEY, 0, vec![1; 10], TODAY).await.unwrap();
        std::fs::write(depot.folder_of(&KEY).join("1#1"), b"half").unwrap();
        assert_eq!(depot.keys().await.unwrap(), [KEY]);
        depot.delete(&KEY).await.unwrap();
        depot.delete(&KEY).await.unwrap();
        assert_eq!(depot.keys().await.unwrap(), []);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn r8_a_disk_that_is_nearly_full_takes_no_part() {
        let folder = tempfile::tempdir().unwrap();
        let depot = Depot::open(folder.path(), u64::MAX / 2).unwrap();
        let full = depot.put(&KEY, 0, vec![1; 10], TODAY).await.unwrap_err();
        assert_eq!(full.code, ErrorCode::StorageFull);
        assert!(full.retry_after_ms.is_some());
        assert_eq!(depot.keys().await.unwrap(), []);
    }

    #[test]
    fn what_the_operating_system_says_is_found_below_the_layers() {
        let direct = object_store::Error::Generic {
            store: "test",
            source: Box::new(io::Error::from(io::ErrorKind::StorageFull)),
        };
        assert_eq!(refusal(&kind_of(&direct)).code, ErrorCode::StorageFull);
    }
}
