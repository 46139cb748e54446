//! Rows of inboxes: one for each client whose certificate names it.
//!
//! The accounts half makes and removes them inside its own [`super::Store::write`].

use restante_wire::{ClientId, ErrorCode, MailboxAddress, SecretHash};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::keys;
use crate::{clock::Entropy, store::StoreError};

/// Makes the inbox of a client.
///
/// # Errors
/// `mailbox_exists` if the address or the client already has one.
pub fn create_inbox(
    transaction: &Transaction<'_>,
    entropy: &dyn Entropy,
    address: &MailboxAddress,
    client: &ClientId,
) -> Result<(), StoreError> {
    let taken = transaction
        .prepare_cached(
            "SELECT 1 FROM mailboxes WHERE address = ?1
             UNION ALL SELECT 1 FROM inboxes WHERE address = ?1 OR client_id = ?2",
        )?
        .exists(params![address.0, client.0])?;
    if taken {
        return Err(ErrorCode::MailboxExists.into());
    }
    let key = keys::draw(entropy, |key| {
        Ok(transaction
            .prepare_cached("SELECT 1 FROM inboxes WHERE inbox_key = ?1")?
            .exists([key])?)
    })?;
    transaction
        .prepare_cached("INSERT INTO inboxes (inbox_key, address, client_id) VALUES (?1, ?2, ?3)")?
        .execute(params![key, address.0, client.0])?;
    Ok(())
}

/// Removes an inbox and its letters. Does nothing if there is none.
///
/// # Errors
/// A [`StoreError`] of the database.
pub fn remove_inbox(
    transaction: &Transaction<'_>,
    address: &MailboxAddress,
) -> Result<(), StoreError> {
    let removed: Option<i64> = transaction
        .prepare_cached("DELETE FROM inboxes WHERE address = ?1 RETURNING inbox_key")?
        .query_row([address.0], |row| row.get(0))
        .optional()?;
    let Some(key) = removed else {
        return Ok(());
    };
    let (from, to) = keys::whole(key);
    transaction
        .prepare_cached("DELETE FROM letters WHERE place BETWEEN ?1 AND ?2")?
        .execute([from, to])?;
    transaction
        .prepare_cached("DELETE FROM letter_ids WHERE inbox_key = ?1")?
        .execute([key])?;
    Ok(())
}

/// Sets the contact token of an inbox. Earlier tokens end.
///
/// # Errors
/// `no_such_inbox`.
pub fn set_contact_token(
    transaction: &Transaction<'_>,
    address: &MailboxAddress,
    token: &SecretHash,
) -> Result<(), StoreError> {
    let changed = transaction
        .prepare_cached("UPDATE inboxes SET contact_token_hash = ?2 WHERE address = ?1")?
        .execute(params![address.0, token.0])?;
    if changed == 0 {
        return Err(ErrorCode::NoSuchInbox.into());
    }
    Ok(())
}

/// The inbox of a client, if it has one.
///
/// # Errors
/// A [`StoreError`] of the database.
pub fn inbox_of(
    connection: &Connection,
    client: &ClientId,
) -> Result<Option<MailboxAddress>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT address FROM inboxes WHERE client_id = ?1")?
        .query_row([client.0], |row| row.get(0).map(MailboxAddress))
        .optional()?)
}
