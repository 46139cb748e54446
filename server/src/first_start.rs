//! Whether a directory without a database may get one.
//!
//! A relay that finds no database makes one, and would do so where a disk is not mounted: everybody
//! would be gone without a word. So the first start leaves a mark beside the OPAQUE key, which may lie
//! elsewhere, and a missing database where a relay has been is refused.

use std::{
    ffi::OsString,
    fs::OpenOptions,
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use crate::config::Config;

/// What the mark says to whoever finds it.
const MARK: &str =
    "A relay was started with this key. Without its database it does not start again.\n";

/// A file system of its own has this one from the beginning.
const NOT_OURS: &str = "lost+found";

/// The database is missing, or empty, where a relay has been.
#[derive(Debug, thiserror::Error)]
#[error(
    "the database {} is missing or empty, but {} is there, so a relay has run here; mount its disk or put a backup there, or begin anew, without accounts and messages, with `restante-server serve --new-database`",
    database.display(),
    sign.display()
)]
pub struct DatabaseGone {
    database: PathBuf,
    sign: PathBuf,
}

/// Whether the database is there, or nothing tells of an earlier one.
///
/// # Errors
/// [`DatabaseGone`]; the operator must act.
pub fn check(config: &Config) -> Result<(), DatabaseGone> {
    let database = config.database();
    if has_bytes(&database) || database.exists() && has_bytes(&beside(&database, "-wal")) {
        return Ok(());
    }
    let signs = [mark(config), beside(&database, ".lock")];
    let blobs = config.blobs_dir();
    let sign = signs
        .into_iter()
        .find(|sign| sign.exists())
        .or_else(|| has_entries(&blobs).then_some(blobs));
    match sign {
        Some(sign) => Err(DatabaseGone { database, sign }),
        None => Ok(()),
    }
}

/// Leaves the mark. A key that lies where this user may not write has none: the lock file beside the
/// database remains as a sign.
pub(crate) fn note(config: &Config) {
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(mark(config))
        .and_then(|mut file| file.write_all(MARK.as_bytes()));
    match made {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            tracing::debug!("the mark of the first start could not be left beside the key");
        }
        _ => {}
    }
}

fn mark(config: &Config) -> PathBuf {
    beside(&config.opaque_key_file(), ".used")
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

fn has_bytes(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|found| found.len() > 0)
}

fn has_entries(dir: &Path) -> bool {
    std::fs::read_dir(dir)
        .is_ok_and(|entries| entries.flatten().any(|entry| entry.file_name() != NOT_OURS))
}
