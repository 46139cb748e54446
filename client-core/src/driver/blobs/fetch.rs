//! Fetching a blob into the home, from where an earlier attempt stopped.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use restante_crypto::Randomness;
use restante_wire::{ErrorCode, blob::ReadBlob, fault::planted, limits::MAX_BLOB_PART};
use sha2::{Digest, Sha256};
use tokio::time::sleep;

use super::{INCOMING, at_home, folder};
use crate::{
    Error, ErrorKind, Retry,
    driver::{backoff::Backoff, blocking, side::Side},
    engine::{
        attachments::Source,
        io::{Failure, Time},
    },
    platform::open_private,
};

/// Failures in a row after which an attempt ends. What was fetched stays.
const MAX_FAILURES: u32 = 6;

/// How long what was fetched of a blob waits for the rest, from when the last part came.
const KEEP_MS: u64 = 7 * 86_400_000;

/// Deletes what was fetched of blobs of which no more came for long.
pub(in crate::driver) fn sweep_incoming(home: &Path, now: Time) {
    // What cannot be looked at or deleted now is deleted next time.
    let Ok(entries) = std::fs::read_dir(home.join(INCOMING)) else {
        return;
    };
    for entry in entries.flatten() {
        let written = entry.metadata().and_then(|found| found.modified()).ok();
        let age = written.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let age = age.and_then(|since| u64::try_from(since.as_millis()).ok());
        if age.is_some_and(|written| now.0.saturating_sub(written) > KEEP_MS) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// A blob in the home, whole and with the hash that its message names.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) path: PathBuf,
}

impl Fetched {
    /// It was opened and saved: deletes the sealed bytes.
    pub(super) fn done(self) {
        // What stays is overwritten by the next fetch of the same blob.
        let _ = std::fs::remove_file(self.path);
    }
}

/// Fetches all that is missing of a blob, and tells after each part how far it is.
///
/// # Errors
/// `attachment_gone` if the relay has no such blob, `attachment_size` if its length is not that of
/// the declared size, `attachment_damaged` if its bytes do not have the declared hash, `offline`,
/// the relay's refusals, `disk_full`, `storage`.
pub(super) async fn fetch(
    home: &Path,
    side: &Side,
    source: &Source,
    mut tell: impl FnMut(u64),
) -> Result<Fetched, Error> {
    let (home, key) = (home.to_owned(), source.blob.key());
    let total = source.layout.sealed_len();
    let (mut file, path, mut at) = blocking(move || open(&home, &key.0, total)).await?;
    let mut backoff = Backoff::new(Randomness::os());
    tell(at);
    while at < total {
        match part(side, source, at).await {
            Ok(bytes) => {
                at += bytes.len() as u64;
                file = blocking(move || {
                    file.write_all(&bytes).map_err(at_home)?;
                    Ok(file)
                })
                .await?;
                backoff.reset();
                tell(at);
            }
            Err(error) if error.retry == Retry::Never => {
                if error.kind != ErrorKind::Offline {
                    forget(path).await;
                }
                return Err(error);
            }
            Err(error) if backoff.failures() + 1 >= MAX_FAILURES => return Err(error),
            Err(_) => sleep(backoff.next()).await,
        }
    }
    let expected = source.hash;
    let hash = blocking(move || hash(file)).await?;
    if hash != expected && !planted("attachment_hash_not_checked") {
        forget(path).await;
        return Err(ErrorKind::AttachmentDamaged.into());
    }
    Ok(Fetched { path })
}

/// One part, checked against the length that the whole must have.
async fn part(side: &Side, source: &Source, offset: u64) -> Result<Vec<u8>, Error> {
    let read = ReadBlob {
        blob: source.blob,
        offset,
        limit: u32::try_from(MAX_BLOB_PART).unwrap_or(u32::MAX),
    };
    let part = side.call(&source.relay, &read).await.map_err(refused)?;
    source
        .layout
        .check_sealed_len(part.size)
        .map_err(|error| Error::caused(ErrorKind::AttachmentSize, error))?;
    let expected = (part.size - offset).min(MAX_BLOB_PART as u64);
    if part.bytes.is_empty() || part.bytes.len() as u64 > expected {
        return Err(ErrorKind::RelayFault.into());
    }
    Ok(part.bytes)
}

fn refused(failure: Failure) -> Error {
    match failure {
        Failure::Refused(error) if error.code == ErrorCode::NoSuchBlob => {
            ErrorKind::AttachmentGone.into()
        }
        other => other.into(),
    }
}

/// The file of a blob, at its end, and its length. One that is too long is begun anew.
fn open(home: &Path, key: &[u8; 32], total: u64) -> Result<(File, PathBuf, u64), Error> {
    let name: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let path = folder(home, INCOMING)?.join(name);
    let mut file = open_private(&path).map_err(at_home)?;
    let mut len = file.seek(SeekFrom::End(0)).map_err(at_home)?;
    if len > total {
        file = OpenOptions::new()
            .read(true)
            .write(true)
            .truncate(true)
            .open(&path)
            .map_err(at_home)?;
        len = 0;
    }
    Ok((file, path, len))
}

fn hash(mut file: File) -> Result<[u8; 32], Error> {
    file.rewind().map_err(at_home)?;
    let mut hash = Sha256::new();
    let mut block = vec![0; 64 * 1024];
    loop {
        match file.read(&mut block).map_err(at_home)? {
            0 => return Ok(hash.finalize().into()),
            read => hash.update(block.get(..read).unwrap_or_default()),
        }
    }
}

/// What is wrong is fetched anew next time.
async fn forget(path: PathBuf) {
    let _ = tokio::task::spawn_blocking(move || std::fs::remove_file(path)).await;
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_download_that_nobody_finished_is_swept_after_a_week_and_not_before() {
        let home = tempfile::tempdir().unwrap();
        let (mut file, path, _) = open(home.path(), &[7; 32], 1_000).unwrap();
        file.write_all(b"a part").unwrap();
        let written = Time(1_700_000_000_000);
        file.set_modified(UNIX_EPOCH + Duration::from_millis(written.0))
            .unwrap();
        sweep_incoming(home.path(), written.plus_ms(KEEP_MS));
        assert!(path.exists());
        sweep_incoming(home.path(), written.plus_ms(KEEP_MS + 1));
        assert!(!path.exists());
    }
}
