//! Rows of accounts and their clients.
//!
//! Owns: the SQL of `0002_accounts.sql`. Never does: rules, signatures, passwords (they are
//! [`crate::accounts`]'s). Everything runs inside a closure of [`super::Store::write`] or
//! [`super::Store::read`]. Read next: `key_packages.rs`, `vaults.rs`, `invites.rs` beside this.

pub mod invites;
pub mod key_packages;
pub mod opaque_key;
pub mod vaults;

use restante_wire::{
    AccountKeyHash, ClientId, MailboxAddress, SignatureKey,
    account::{AccountRecord, IdentityWraps},
    codec, fault,
};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::store::StoreError;

/// An account to make.
pub struct NewAccount<'a> {
    /// Normalised.
    pub username: &'a str,
    /// What it looks like.
    pub skeleton: &'a str,
    /// Hash of the request that makes it.
    pub registration: [u8; 32],
    /// OPAQUE password file.
    pub password_file: &'a [u8],
    /// The wrapped identity.
    pub wraps: &'a IdentityWraps,
    /// Its first record.
    pub record: &'a AccountRecord,
}

/// What a login needs of an account.
pub struct LoginRow {
    /// The account.
    pub account: AccountKeyHash,
    /// OPAQUE password file.
    pub password_file: Vec<u8>,
}

/// A client of an account's present record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientRow {
    /// Its id.
    pub client: ClientId,
    /// Its key for MLS and account requests.
    pub signature_key: SignatureKey,
    /// Its inbox.
    pub inbox: MailboxAddress,
}

/// Hash of the request that made this account, if there is one.
///
/// # Errors
/// A [`StoreError`] of the database.
pub fn registration(
    connection: &Connection,
    account: &AccountKeyHash,
) -> Result<Option<[u8; 32]>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT registration FROM accounts WHERE key_hash = ?1")?
        .query_row([account.0], |row| row.get(0))
        .optional()?)
}

/// Whether somebody has this username or one that looks like it.
///
/// # Errors
/// A [`StoreError`] of the database.
pub fn is_taken(
    connection: &Connection,
    username: &str,
    skeleton: &str,
) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM accounts WHERE username = ?1 OR skeleton = ?2")?
        .exists([username, skeleton])?)
}

/// Stores a new account without clients and vault.
///
/// # Errors
/// [`StoreError::Constraint`] if the account, its name or its look is there already.
pub fn insert(transaction: &Transaction<'_>, new: &NewAccount<'_>) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO accounts (key_hash, username, skeleton, registration, password_file,
                 password_wrap, phrase_wrap, sequence, record)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            new.record.body.account.key_hash.0,
            new.username,
            new.skeleton,
            new.registration,
            new.password_file,
            new.wraps.password,
            new.wraps.phrase,
            integer(new.record.body.sequence)?,
            codec::encode(new.record),
        ])?;
    Ok(())
}

/// The record of an account.
///
/// # Errors
/// A [`StoreError`] of the database.
pub fn record(
    connection: &Connection,
    account: &AccountKeyHash,
) -> Result<Option<AccountRecord>, StoreError> {
    connection
        .prepare_cached("SELECT record FROM accounts WHERE key_hash = ?1")?
        .query_row([account.0], |row| row.get(0))
        .optional()?
        .map(|bytes: Vec<u8>| decode(&bytes))
        .transpose()
}

/// The record of the account with exactly this normalised username.
///
/// # Errors
/// A [`StoreError`] of the database.
pub fn record_by_name(
    connection: &Connection,
    username: &str,
) -> Result<Option<AccountRecord>, StoreError> {
    connection
        .prepare_cached("SELECT record FROM accounts WHERE username = ?1")?
        .query_row([username], |row| row.get(0))
        .optional()?
        .map(|bytes: Vec<u8>| decode(&bytes))
        .transpose()
}

/// Replaces the record of an account.
///
/// # Errors
/// A [`StoreError`] of the database.
pub fn set_record(transaction: &Transaction<'_>, record: &AccountRecord) -> Result<(), StoreError> {
    transaction
        .prepare_cached("UPDATE accounts SET sequence = ?2, record = ?3 WHERE key_hash = ?1")?
        .execute(params![
            record.body.account.key_hash.0,
            integer(record.body.sequence)?,
            codec::encode(record),
        ])?;
    Ok(())
}

/// What a login by this normalised username needs.
///
/// # Errors
/// A [`StoreError`] of the database.
pub fn login(connection: &Connection, username: &str) -> Result<Option<LoginRow>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT key_hash, password_file FROM accounts
             WHERE username = ?1 AND length(password_file) > 0",
        )?
        .query_row([username], |row| {
            Ok(LoginRow {
                account: AccountKeyHash(row.get(0)?),
                password_file: row.get(1)?,
            })
        })
        .optional()?)
}

/// The wrapped identity of an account; none of one that was deleted.
///
/// # Errors
/// A [`StoreError`] of the database.
pub fn wraps(
    connection: &Connection,
    account: &AccountKeyHash,
) -> Result<Option<IdentityWraps>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT password_wrap, phrase_wrap FROM accounts
             WHERE key_hash = ?1 AND length(phrase_wrap) > 0",
        )?
        .query_row([account.0], |row| {
            Ok(IdentityWraps {
                password: row.get(0)?,
                phrase: row.get(1)?,
            })
        })
        .optional()?)
}

/// The OPAQUE password file of an account.
///
/// # Errors
/// A [`StoreError`] of the database.
pub fn password_file(
    connection: &Connection,
    account: &AccountKeyHash,
) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT password_file FROM accounts WHERE key_hash = ?1")?
        .query_row([account.0], |row| row.get(0))
        .optional()?)
}

/// Replaces password file and password wrap of an account. `false` if there is none, or it was
/// deleted.
///
/// # Errors
/// A [`StoreError`] of the database.
pub fn set_password(
    transaction: &Transaction<'_>,
    account: &AccountKeyHash,
    password_file: &[u8],
    wrap: &[u8],
) -> Result<bool, StoreError> {
    let changed = transaction
        .prepare_cached(
            "UPDATE accounts SET password_file = ?2, password_wrap = ?3
             WHERE key_hash = ?1 AND length(phrase_wrap) > 0",
        )?
        .execute(params![account.0, password_file, wrap])?;
    Ok(changed == 1)
}

/// Leaves of an account its name, so that nobody else gets it, and its record.
///
/// # Errors
/// A [`StoreError`] of the database.
pub fn erase(transaction: &Transaction<'_>, account: &AccountKeyHash) -> Result<(), StoreError> {
    if fault::planted("deleted_account_keeps_its_wraps") {
        return Ok(());
    }
    transaction
        .prepare_cached(
            "UPDATE accounts SET registration = zeroblob(32), password_file = x'',
                 password_wrap = x'', phrase_wrap = x'' WHERE key_hash = ?1",
        )?
        .execute([account.0])?;
    transaction
        .prepare_cached("DELETE FROM vaults WHERE key_hash = ?1")?
        .execute([account.0])?;
    Ok(())
}

/// The clients of an account, by id.
///
/// # Errors
/// A [`StoreError`] of the database.
pub fn clients(
    connection: &Connection,
    account: &AccountKeyHash,
) -> Result<Vec<ClientRow>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT client_id, signature_key, inbox FROM clients WHERE key_hash = ?1 ORDER BY client_id",
    )?;
    let rows = statement.query_map([account.0], client_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One client of an account.
///
/// # Errors
/// A [`StoreError`] of the database.
pub fn client(
    connection: &Connection,
    account: &AccountKeyHash,
    client: &ClientId,
) -> Result<Option<ClientRow>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT client_id, signature_key, inbox FROM clients
             WHERE key_hash = ?1 AND client_id = ?2",
        )?
        .query_row(params![account.0, client.0], client_row)
        .optional()?)
}

/// Stores a client.
///
/// # Errors
/// [`StoreError::Constraint`] if the client or its inbox is there already.
pub fn insert_client(
    transaction: &Transaction<'_>,
    account: &AccountKeyHash,
    client: &ClientRow,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO clients (key_hash, client_id, signature_key, inbox)
             VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            account.0,
            client.client.0,
            client.signature_key.0,
            client.inbox.0
        ])?;
    Ok(())
}

/// Removes a client and its key packages.
///
/// # Errors
/// A [`StoreError`] of the database.
pub fn remove_client(
    transaction: &Transaction<'_>,
    account: &AccountKeyHash,
    client: &ClientId,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached("DELETE FROM clients WHERE key_hash = ?1 AND client_id = ?2")?
        .execute(params![account.0, client.0])?;
    Ok(())
}

fn client_row(row: &Row<'_>) -> rusqlite::Result<ClientRow> {
    Ok(ClientRow {
        client: ClientId(row.get(0)?),
        signature_key: SignatureKey(row.get(1)?),
        inbox: MailboxAddress(row.get(2)?),
    })
}

/// A stored record that does not decode is a fault of this program.
fn decode(bytes: &[u8]) -> Result<AccountRecord, StoreError> {
    codec::decode(bytes).map_err(|_| StoreError::Internal { code: 0 })
}

/// SQLite's integers are signed.
fn integer(value: u64) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::Internal { code: 0 })
}
