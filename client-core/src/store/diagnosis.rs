//! Why a home does not open: what the database's own error cannot tell.
//!
//! A page that does not authenticate looks the same whether the passphrase is wrong or the file is
//! damaged. So a home has a second, empty database under the same passphrase: where that one opens,
//! the passphrase is right. And where the database says only that it could not write, a file written
//! beside it says why.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
};

use rusqlite::Connection;
use zeroize::Zeroizing;

use crate::{Error, ErrorKind, platform::ensure_private};

/// Name of the second database.
const KEY_CHECK: &str = "key-check.db";

/// Name of the file by which it is found out whether the home can be written.
const PROBE: &str = "probe";

/// Bytes that are written there: more than a file system keeps beside a name.
const PROBE_BYTES: [u8; 8192] = [0; 8192];

/// Format of the second database; any value but that of an empty file.
const FORMAT: i64 = 1;

/// Makes the second database.
pub(super) fn keep_key_check(home: &Path, passphrase: &str) -> Result<(), Error> {
    let path = home.join(KEY_CHECK);
    // One of an earlier attempt may be of another passphrase.
    match fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    ensure_private(&path)?;
    open(&path, passphrase)?.pragma_update(None, "user_version", FORMAT)?;
    Ok(())
}

/// Whether a home was made here once.
pub(super) fn is_made(home: &Path) -> bool {
    home.join(KEY_CHECK).exists()
}

/// The error that says more than `error`, with which the database of this home did not open.
pub(super) fn explain(home: &Path, passphrase: &str, error: Error) -> Error {
    let kind = match error.kind {
        ErrorKind::WrongPassphrase if fits(home, passphrase) => ErrorKind::DamagedHome,
        ErrorKind::Storage => match probe(home) {
            Ok(()) => ErrorKind::Storage,
            Err(found) => found.kind,
        },
        _ => return error,
    };
    Error::caused(kind, error)
}

/// Whether the passphrase is certainly that of the home.
fn fits(home: &Path, passphrase: &str) -> bool {
    let path = home.join(KEY_CHECK);
    let version = path.exists().then(|| {
        let connection = open(&path, passphrase)?;
        Ok::<i64, Error>(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
    });
    matches!(version, Some(Ok(FORMAT)))
}

fn open(path: &Path, passphrase: &str) -> Result<Connection, Error> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "cipher_log_level", "NONE")?;
    let key = Zeroizing::new(passphrase.to_owned());
    connection.pragma_update(None, "key", key.as_str())?;
    Ok(connection)
}

fn probe(home: &Path) -> Result<(), Error> {
    let path = home.join(PROBE);
    let written = File::create(&path).and_then(|mut file| {
        file.write_all(&PROBE_BYTES)?;
        file.sync_all()
    });
    // Where it could not be made, there is nothing to remove.
    let _ = fs::remove_file(&path);
    Ok(written?)
}
