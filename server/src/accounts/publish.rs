//! The next record of an account, and what it does to clients, inboxes and key packages.

use restante_wire::{AccountKeyHash, ClientId, ErrorCode, account::AccountRecord};
use rusqlite::Transaction;

use super::record;
use crate::{
    clock::Entropy,
    store::{
        StoreError,
        sqlite::{accounts, inboxes},
    },
};

/// Stores a checked record of this account, in one transaction with what follows from it. Gives the
/// clients that are left. The same record again changes nothing.
///
/// # Errors
/// Those of [`record::follow`]; `unauthorized` for an account that was deleted; `mailbox_exists` where a new client's inbox or id is somebody's.
pub fn publish(
    transaction: &Transaction<'_>,
    entropy: &dyn Entropy,
    account: &AccountKeyHash,
    next: &AccountRecord,
) -> Result<Vec<ClientId>, StoreError> {
    accounts::wraps(transaction, account)?.ok_or(ErrorCode::Unauthorized)?;
    let current = accounts::record(transaction, account)?.ok_or(ErrorCode::Unauthorized)?;
    if current != *next {
        let stored = accounts::clients(transaction, account)?;
        let changes = record::follow(&current, &stored, next)?;
        for client in &changes.removed {
            inboxes::remove_inbox(transaction, &client.inbox)?;
            accounts::remove_client(transaction, account, &client.client)?;
        }
        for client in &changes.added {
            inboxes::create_inbox(transaction, entropy, &client.inbox, &client.client)?;
            accounts::insert_client(transaction, account, client)?;
        }
        accounts::set_record(transaction, next)?;
    }
    let left = &next.body.clients;
    Ok(left.iter().map(|client| client.body.client).collect())
}

/// Stores the last record of an account and forgets everything else of it but the name.
///
/// # Errors
/// Those of [`publish`]; `bad_request` for a record with clients.
pub fn delete(
    transaction: &Transaction<'_>,
    entropy: &dyn Entropy,
    account: &AccountKeyHash,
    last: &AccountRecord,
) -> Result<(), StoreError> {
    if !last.body.clients.is_empty() {
        return Err(ErrorCode::BadRequest.into());
    }
    publish(transaction, entropy, account, last)?;
    accounts::erase(transaction, account)
}
