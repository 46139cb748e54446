//! The life of a database: what clients know it by, and how it gets another one.
//!
//! A database that was restored from a backup has forgotten what came after it. Nothing in the file
//! tells so; the operator does, and clients hear it in the next greeting.

use std::path::Path;

use restante_wire::RestoreId;
use rusqlite::{Connection, OptionalExtension};

use super::{Options, open};
use crate::{clock::Entropy, store::OpenError};

/// Gives the database another restore id. No relay may have it open: one that runs goes on greeting
/// with the old one.
///
/// # Errors
/// An [`OpenError`], of which `InUse` here means: by a relay that runs.
pub fn begin(path: &Path) -> Result<(), OpenError> {
    let options = Options::default();
    let _lock = open::lock(path)?;
    let connection = open::writer(path, &options)?;
    let id = options.environment.entropy.bytes();
    let changed = connection.execute("UPDATE relay SET restore_id = ?1", [id])?;
    if changed == 0 {
        connection.execute("INSERT INTO relay (restore_id) VALUES (?1)", [id])?;
    }
    Ok(())
}

/// The row that names this life of the database, made at the first opening.
pub(super) fn restore_id(
    connection: &Connection,
    entropy: &dyn Entropy,
) -> Result<RestoreId, OpenError> {
    let stored = connection
        .query_row("SELECT restore_id FROM relay", [], |row| row.get(0))
        .optional()?;
    if let Some(id) = stored {
        return Ok(RestoreId(id));
    }
    let id = entropy.bytes();
    connection.execute("INSERT INTO relay (restore_id) VALUES (?1)", [id])?;
    Ok(RestoreId(id))
}
