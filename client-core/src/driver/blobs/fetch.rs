//! Fetching a blob into the home, from where an earlier attempt stopped.

use std::{
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use restante_crypto::{Randomness, attachment::SEALED_CHUNK};
use restante_wire::{ErrorCode, blob::ReadBlob, fault::planted, limits::MAX_BLOB_PART};
use sha2::{Digest, Sha256};

use super::{
    INCOMING,
    steps::{CHUNKS, in_steps},
};
use crate::{
    Error, ErrorKind, Retry,
    driver::{backoff::Backoff, side::Side},
    engine::{
        attachments::Source,
        io::{Failure, Time},
    },
    platform::{HomeFile, at_home, blocking, home_files, open_home_file, remove_home_file, sleep},
};

/// Failures in a row after which an attempt ends. What was fetched stays.
const MAX_FAILURES: u32 = 6;

/// How long what was fetched of a blob waits for the rest, from when the last part came.
const KEEP_MS: u64 = 7 * 86_400_000;

/// Deletes what was fetched of blobs of which no more came for long.
pub(in crate::driver) async fn sweep_incoming(home: &Path, now: Time) {
    let folder = home.join(INCOMING);
    for found in home_files(folder.clone()).await {
        let age_ms = found.written.map(|written| now.0.saturating_sub(written.0));
        if age_ms.is_some_and(|age_ms| age_ms > KEEP_MS) {
            remove_home_file(folder.join(found.name)).await;
        }
    }
}

/// A blob in the home, whole and with the hash that its message names.
#[derive(Debug)]
pub(super) struct Fetched {
    /// At its beginning.
    pub(super) file: HomeFile,
    /// To be deleted when it was opened and saved.
    pub(super) path: PathBuf,
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
    let total = source.layout.sealed_len();
    let path = place(home, &source.blob.key().0);
    let (mut file, mut at) = open(&path, total).await?;
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
                    drop(file);
                    remove_home_file(path).await;
                }
                return Err(error);
            }
            Err(error) if backoff.failures() + 1 >= MAX_FAILURES => return Err(error),
            Err(_) => sleep(backoff.next()).await,
        }
    }
    let expected = source.hash;
    let (file, hash) = hash(file).await?;
    if hash != expected && !planted("attachment_hash_not_checked") {
        // What is wrong is fetched anew next time.
        drop(file);
        remove_home_file(path).await;
        return Err(ErrorKind::AttachmentDamaged.into());
    }
    Ok(Fetched { file, path })
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

/// Where a blob lies in the home.
fn place(home: &Path, key: &[u8; 32]) -> PathBuf {
    let name: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    home.join(INCOMING).join(name)
}

/// The file of a blob, at its end, and its length. One that is too long is begun anew.
async fn open(path: &Path, total: u64) -> Result<(HomeFile, u64), Error> {
    let mut file = open_home_file(path.to_owned()).await?;
    let opening = move || {
        let mut len = file.seek(SeekFrom::End(0)).map_err(at_home)?;
        if len > total {
            file.set_len(0).map_err(at_home)?;
            file.rewind().map_err(at_home)?;
            len = 0;
        }
        Ok((file, len))
    };
    blocking(opening).await
}

/// The hash of a file, and the file at its beginning.
async fn hash(mut file: HomeFile) -> Result<(HomeFile, [u8; 32]), Error> {
    file.rewind().map_err(at_home)?;
    let (mut file, hash) = in_steps((file, Sha256::new()), hash_more).await?;
    file.rewind().map_err(at_home)?;
    Ok((file, hash.finalize().into()))
}

/// Hashes what belongs into a step; whether that was all.
fn hash_more((file, hash): &mut (HomeFile, Sha256)) -> Result<bool, Error> {
    let mut block = vec![0; SEALED_CHUNK];
    for _ in 0..CHUNKS {
        match file.read(&mut block).map_err(at_home)? {
            0 => return Ok(true),
            read => hash.update(block.get(..read).unwrap_or_default()),
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[tokio::test]
    async fn a_download_that_nobody_finished_is_swept_after_a_week_and_not_before() {
        let home = tempfile::tempdir().unwrap();
        let path = place(home.path(), &[7; 32]);
        let (mut file, _) = open(&path, 1_000).await.unwrap();
        file.write_all(b"a part").unwrap();
        let written = Time(1_700_000_000_000);
        file.set_modified(UNIX_EPOCH + Duration::from_millis(written.0))
            .unwrap();
        sweep_incoming(home.path(), written.plus_ms(KEEP_MS)).await;
        assert!(path.exists());
        sweep_incoming(home.path(), written.plus_ms(KEEP_MS + 1)).await;
        assert!(!path.exists());
    }
}
