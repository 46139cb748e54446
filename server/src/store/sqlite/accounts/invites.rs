//! Rows of invites: a hash each, gone once used.

use restante_wire::{Day, fault};
use rusqlite::{Connection, Transaction};

use crate::store::StoreError;

/// An unused invite, as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteRow {
    /// Hash of its code.
    pub code_hash: [u8; 32],
    /// Day on which it was made.
    pub made_day: Day,
}

/// Stores an invite.
///
/// # Errors
/// A [`StoreError`] of the database.
pub fn insert(
    connection: &Connection,
    code_hash: &[u8; 32],
    made_day: Day,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO invites (code_hash, made_day) VALUES (?1, ?2)")?
        .execute((code_hash, made_day.0))?;
    Ok(())
}

/// Whether this invite can be used.
///
/// # Errors
/// A [`StoreError`] of the database.
pub fn exists(connection: &Connection, code_hash: &[u8; 32]) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM invites WHERE code_hash = ?1")?
        .exists([code_hash])?)
}

/// Uses an invite; says whether there was one.
///
/// # Errors
/// A [`StoreError`] of the database.
pub fn consume(transaction: &Transaction<'_>, code_hash: &[u8; 32]) -> Result<bool, StoreError> {
    if fault::planted("invite_used_twice") {
        return exists(transaction, code_hash);
    }
    remove(transaction, code_hash)
}

/// Removes an invite; says whether there was one.
///
/// # Errors
/// A [`StoreError`] of the database.
pub fn remove(connection: &Connection, code_hash: &[u8; 32]) -> Result<bool, StoreError> {
    let removed = connection
        .prepare_cached("DELETE FROM invites WHERE code_hash = ?1")?
        .execute([code_hash])?;
    Ok(removed == 1)
}

/// All unused invites, by hash.
///
/// # Errors
/// A [`StoreError`] of the database.
pub fn list(connection: &Connection) -> Result<Vec<InviteRow>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT code_hash, made_day FROM invites ORDER BY code_hash")?;
    let rows = statement.query_map([], |row| {
        Ok(InviteRow {
            code_hash: row.get(0)?,
            made_day: Day(row.get(1)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
