//! Which blobs there are, and how far each one is. Their bytes are [`crate::blobs::depot`]'s.

use restante_wire::{BlobKey, Day, ErrorCode, WireError, blob::BlobState};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::store::StoreError;

/// When to come again if all room is taken: somebody's retention may have ended.
const FULL_RETRY_MS: u64 = 60 * 60 * 1000;

/// A blob as the table has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobRow {
    /// Its hashed name.
    pub key: BlobKey,
    /// How far it is.
    pub state: BlobState,
    /// When the last part came.
    pub day: Day,
}

/// Makes room for a blob; one that is there is given back as it is.
///
/// # Errors
/// `conflict` if it is there with another size, `storage_full` if all of them would have more than
/// `total` bytes.
pub fn reserve(
    transaction: &Transaction<'_>,
    key: &BlobKey,
    size: u64,
    today: Day,
    total: u64,
) -> Result<BlobState, StoreError> {
    if let Some(row) = find(transaction, key)? {
        return match row.state {
            state if state.size == size => Ok(state),
            _ => Err(ErrorCode::Conflict.into()),
        };
    }
    if reserved(transaction)?.saturating_add(size) > total {
        return Err(WireError::retry(ErrorCode::StorageFull, FULL_RETRY_MS).into());
    }
    transaction
        .prepare_cached("INSERT INTO blobs (blob_key, size, received, day) VALUES (?1, ?2, 0, ?3)")?
        .execute(params![key.0, size, today.0])?;
    transaction
        .prepare_cached("UPDATE blob_space SET reserved = reserved + ?1")?
        .execute([size])?;
    Ok(BlobState { size, received: 0 })
}

/// The blob of this name.
///
/// # Errors
/// Why it could not be read.
pub fn find(connection: &Connection, key: &BlobKey) -> Result<Option<BlobRow>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT blob_key, size, received, day FROM blobs WHERE blob_key = ?1")?;
    Ok(statement.query_row([key.0], blob_row).optional()?)
}

/// Notes that all bytes up to `to` are on disk; before it, all up to `from` were.
///
/// # Errors
/// `no_such_blob` if it was deleted meanwhile, `conflict` if it has moved.
pub fn advance(
    transaction: &Transaction<'_>,
    key: &BlobKey,
    (from, to): (u64, u64),
    today: Day,
) -> Result<BlobState, StoreError> {
    let moved = transaction
        .prepare_cached(
            "UPDATE blobs SET received = ?3, day = ?4 WHERE blob_key = ?1 AND received = ?2",
        )?
        .execute(params![key.0, from, to, today.0])?;
    match find(transaction, key)? {
        None => Err(ErrorCode::NoSuchBlob.into()),
        Some(_) if moved == 0 => Err(ErrorCode::Conflict.into()),
        Some(row) => Ok(row.state),
    }
}

/// Some blobs that are due: complete ones of days before `complete_before`, others of days before
/// `incomplete_before`.
///
/// # Errors
/// Why they could not be read.
pub fn due(
    connection: &Connection,
    complete_before: Day,
    incomplete_before: Day,
    limit: u32,
) -> Result<Vec<BlobKey>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT blob_key FROM blobs
         WHERE (received = size AND day < ?1) OR (received < size AND day < ?2) LIMIT ?3",
    )?;
    let keys = statement.query_map(
        params![complete_before.0, incomplete_before.0, limit],
        |row| row.get(0).map(BlobKey),
    )?;
    Ok(keys.collect::<Result<_, _>>()?)
}

/// Forgets a blob whose bytes are gone, and gives its room back.
///
/// # Errors
/// Why it could not be deleted.
pub fn forget(transaction: &Transaction<'_>, key: &BlobKey) -> Result<(), StoreError> {
    let size: Option<u64> = transaction
        .prepare_cached("DELETE FROM blobs WHERE blob_key = ?1 RETURNING size")?
        .query_row([key.0], |row| row.get(0))
        .optional()?;
    if let Some(size) = size {
        transaction
            .prepare_cached("UPDATE blob_space SET reserved = reserved - ?1")?
            .execute([size])?;
    }
    Ok(())
}

/// Bytes for which room was made.
///
/// # Errors
/// Why it could not be read.
pub fn reserved(connection: &Connection) -> Result<u64, StoreError> {
    let mut statement = connection.prepare_cached("SELECT reserved FROM blob_space")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

fn blob_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<BlobRow> {
    Ok(BlobRow {
        key: BlobKey(row.get(0)?),
        state: BlobState {
            size: row.get(1)?,
            received: row.get(2)?,
        },
        day: Day(row.get(3)?),
    })
}
