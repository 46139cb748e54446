//! Rows of vaults: one blob an account, replaced by version.

use restante_wire::{AccountKeyHash, Day, account::Vault, fault};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::store::StoreError;

/// The vault of an account.
///
/// # Errors
/// A [`StoreError`] of the database.
pub fn read(
    connection: &Connection,
    account: &AccountKeyHash,
) -> Result<Option<Vault>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT version, day, sealed FROM vaults WHERE key_hash = ?1")?
        .query_row([account.0], |row| {
            Ok(Vault {
                version: row.get::<_, i64>(0)?.unsigned_abs(),
                day: Day(row.get(1)?),
                sealed: row.get(2)?,
            })
        })
        .optional()?)
}

/// Stores version 1.
///
/// # Errors
/// [`StoreError::Constraint`] if the account has a vault.
pub fn insert(
    transaction: &Transaction<'_>,
    account: &AccountKeyHash,
    day: Day,
    sealed: &[u8],
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO vaults (key_hash, version, day, sealed) VALUES (?1, 1, ?2, ?3)",
        )?
        .execute(params![account.0, day.0, sealed])?;
    Ok(())
}

/// Replaces the vault if it still has the expected version. Says whether it now holds what was
/// given, which a retry of the same write finds already true.
///
/// # Errors
/// A [`StoreError`] of the database.
pub fn replace(
    transaction: &Transaction<'_>,
    account: &AccountKeyHash,
    expected: u64,
    day: Day,
    sealed: &[u8],
) -> Result<bool, StoreError> {
    let Some(stored) = read(transaction, account)? else {
        return Ok(false);
    };
    let is_expected = stored.version == expected || fault::planted("vault_version_ignored");
    if !is_expected {
        return Ok(Some(stored.version) == expected.checked_add(1) && stored.sealed == sealed);
    }
    transaction
        .prepare_cached(
            "UPDATE vaults SET version = version + 1, day = ?2, sealed = ?3 WHERE key_hash = ?1",
        )?
        .execute(params![account.0, day.0, sealed])?;
    Ok(true)
}
