//! A connection of a command, beside a relay that may be running.
//!
//! SQLite orders its writes with the relay's; a database that no relay has open is brought to this
//! build's format first, as a relay would.

use std::path::Path;

use rusqlite::Connection;

use super::{Options, Store, open};
use crate::store::{OpenError, migrations};

/// Opens the database for a few small reads and writes.
///
/// # Errors
/// An [`OpenError`], of which `InUse` here means: by a relay of another format.
pub fn open(path: &Path) -> Result<Connection, OpenError> {
    let options = Options::default();
    let known = migrations::newest(migrations::SQLITE);
    if format(path)? != Some(known) {
        // Takes the relay's lock, changes the format, and lets go again.
        drop(Store::open(path, &options)?);
    }
    let connection = Connection::open(path)?;
    open::prepare(&connection, &options)?;
    Ok(connection)
}

/// The format of a database, without changing anything; none if there is no database.
///
/// # Errors
/// An [`OpenError`] if it is no relay's database.
pub fn format(path: &Path) -> Result<Option<u32>, OpenError> {
    if !path.exists() {
        return Ok(None);
    }
    let connection = open::look(path, &Options::default())?;
    let id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if id != open::APPLICATION_ID {
        return Err(OpenError::ForeignFormat);
    }
    open::format(&connection).map(Some)
}

/// Reads all pages and finds those that are not what they should be. Takes as long as reading the
/// file does, and keeps nobody from writing.
///
/// # Errors
/// `NotADatabase` if one is damaged.
pub fn check_pages(path: &Path) -> Result<(), OpenError> {
    open::check_pages(&open::look(path, &Options::default())?)
}
