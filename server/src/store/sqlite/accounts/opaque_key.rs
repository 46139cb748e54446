//! Which OPAQUE key the stored password files belong to: with another one nobody could log in, and
//! everybody would be told that the password is wrong.

use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::store::StoreError;

/// The fingerprint noted in this database, if one was.
///
/// # Errors
/// A [`StoreError`] of the database.
pub fn fingerprint(connection: &Connection) -> Result<Option<[u8; 32]>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT fingerprint FROM opaque_key")?
        .query_row([], |row| row.get(0))
        .optional()?)
}

/// Notes the fingerprint in a database that has none.
///
/// # Errors
/// [`StoreError::Constraint`] if it has one.
pub fn note(transaction: &Transaction<'_>, fingerprint: &[u8; 32]) -> Result<(), StoreError> {
    transaction
        .prepare_cached("INSERT INTO opaque_key (only, fingerprint) VALUES (1, ?1)")?
        .execute([fingerprint])?;
    Ok(())
}
