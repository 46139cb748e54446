//! Why a home does not open: what the database's own error cannot tell.
//!
//! A page that does not authenticate looks the same whether the passphrase is wrong or the file is
//! damaged. So a home has a second, empty database under the same passphrase: where that one opens,
//! the passphrase is right. And where the database says only that it could not write, a file written
//! beside it says why.

use std::path::Path;

use rusqlite::Connection;
use zeroize::Zeroizing;

use crate::{
    Error, ErrorKind,
    platform::{can_write, ensure_private, exists, prepare, remove_file},
};

/// Name of the second database.
const KEY_CHECK: &str = "key-check.db";

/// Format of the second database; any value but that of an empty file.
const FORMAT: i64 = 1;

/// Makes the second database.
pub(super) fn keep_key_check(home: &Path, passphrase: &str) -> Result<(), Error> {
    let path = home.join(KEY_CHECK);
    // One of an earlier attempt may be of another passphrase.
    remove_file(&path)?;
    ensure_private(&path)?;
    open(&path, passphrase)?.pragma_update(None, "user_version", FORMAT)?;
    Ok(())
}

/// Whether a home was made here once.
pub(super) fn is_made(home: &Path) -> bool {
    exists(&home.join(KEY_CHECK))
}

/// The error that says more than `error`, with which the database of this home did not open.
pub(super) fn explain(home: &Path, passphrase: &str, error: Error) -> Error {
    let kind = match error.kind {
        ErrorKind::WrongPassphrase if fits(home, passphrase) => ErrorKind::DamagedHome,
        ErrorKind::Storage => match can_write(home) {
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
    let version = exists(&path).then(|| {
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
    prepare(&connection)?;
    Ok(connection)
}
