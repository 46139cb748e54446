//! Rows of inboxes: one for each client whose certificate names it.
//!
//! The accounts half makes and removes them inside its own [`super::Store::write`].

use restante_wire::{
    ClientId, Day, ErrorCode, MailboxAddress, SecretHash, WireError, account::SetContactToken,
    codec, inbox::Deliver, mailbox::SealedHandle, push::Urgency,
};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{
    Store,
    group::Group,
    keys,
    reads::{self, Page, PageLimits},
};
use crate::{
    clock::Entropy,
    delivery::{inbox::Inbox, wake, wake::Sleeper},
    store::StoreError,
};

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
    transaction
        .prepare_cached("DELETE FROM wake_ups WHERE log_key = ?1 AND length(seat_id) = 0")?
        .execute([key])?;
    let (from, to) = keys::whole(key);
    transaction
        .prepare_cached("DELETE FROM letters WHERE place BETWEEN ?1 AND ?2")?
        .execute([from, to])?;
    transaction
        .prepare_cached("DELETE FROM letter_ids WHERE inbox_key = ?1")?
        .execute([key])?;
    Ok(())
}

/// Sets the contact token of an inbox; see [`Inbox::set_contact_token`].
///
/// # Errors
/// `no_such_inbox`.
pub fn set_contact_token(
    transaction: &Transaction<'_>,
    address: &MailboxAddress,
    request: &SetContactToken,
    today: Day,
) -> Result<(), StoreError> {
    let (key, mut inbox) = opened(transaction, address)?;
    inbox.set_contact_token(request.token_hash, request.keeps_earlier, today);
    let (earlier, until) = inbox.earlier_token.unzip();
    transaction
        .prepare_cached(
            "UPDATE inboxes SET contact_token_hash = ?2, earlier_token_hash = ?3,
             earlier_token_day = ?4 WHERE inbox_key = ?1",
        )?
        .execute(params![
            key,
            inbox.contact_token.map(|hash| hash.0),
            earlier.map(|hash| hash.0),
            until.map(|day| day.0)
        ])?;
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

/// Whether there is an inbox at this address.
pub(super) fn exists(
    connection: &Connection,
    address: &MailboxAddress,
) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM inboxes WHERE address = ?1")?
        .exists([address.0])?)
}

/// Puts a letter into an inbox.
///
/// # Errors
/// Those of [`Inbox::deliver`], `no_such_inbox`.
pub(super) fn deliver(group: &mut Group<'_>, request: Deliver) -> Result<(), StoreError> {
    let (address, id, wake) = (request.inbox, request.id, request.wake);
    let transaction = group.transaction;
    let (key, mut inbox) = load(transaction, &address)?.ok_or(ErrorCode::NoSuchInbox)?;
    let is_known = transaction
        .prepare_cached("SELECT 1 FROM letter_ids WHERE inbox_key = ?1 AND letter_id = ?2")?
        .exists(params![key, id.0])?;
    let Some(letter) = inbox.deliver(request, is_known, &group.context)? else {
        return Ok(());
    };
    transaction
        .prepare_cached("INSERT INTO letters (place, day, encoded) VALUES (?1, ?2, ?3)")?
        .execute(params![
            keys::place(key, letter.number),
            letter.day.0,
            codec::encode(&letter)
        ])?;
    transaction
        .prepare_cached("INSERT INTO letter_ids (inbox_key, letter_id, day) VALUES (?1, ?2, ?3)")?
        .execute(params![key, id.0, letter.day.0])?;
    store(transaction, key, &inbox)?;
    group.announce_letter(address);
    if let Some(urgency) = Urgency::of(wake) {
        let sleeper = Sleeper {
            key,
            log: address,
            seat: None,
        };
        group.wake(sleeper, urgency);
    }
    Ok(())
}

impl Store {
    /// The highest number an inbox has given, 0 if none.
    ///
    /// # Errors
    /// `no_such_inbox`, or a refusal of the store.
    pub async fn last_letter(&self, inbox: MailboxAddress) -> Result<u64, WireError> {
        let last = self.read(move |connection| Ok(opened(connection, &inbox)?.1.last));
        Ok(last.await?)
    }

    /// Reads a page of letters.
    ///
    /// # Errors
    /// `no_such_inbox`, or a refusal of the store.
    pub async fn letters(
        &self,
        inbox: MailboxAddress,
        cursor: u64,
        limits: PageLimits,
    ) -> Result<Page, WireError> {
        let page = self.read(move |connection| {
            let (key, inbox) = opened(connection, &inbox)?;
            // Letters that were acknowledged or too old are gone: nobody else has read them.
            let from = keys::place(key, cursor.saturating_add(1));
            let range = (from, keys::place(key, inbox.last));
            let (encoded, up_to) = reads::entries(connection, "letters", range, limits)?;
            Ok(Page::Entries {
                encoded,
                up_to: up_to.unwrap_or(inbox.last),
                last: inbox.last,
                is_final: false,
            })
        });
        Ok(page.await?)
    }

    /// Notes that letters up to this number are on the client's disk, and deletes them.
    ///
    /// # Errors
    /// `no_such_inbox`, `beyond_log`, or a refusal of the store.
    pub async fn ack_letters(&self, inbox: MailboxAddress, number: u64) -> Result<(), WireError> {
        let ack = self.write(move |transaction| {
            let (key, mut inbox) = opened(transaction, &inbox)?;
            inbox.ack(number)?;
            store(transaction, key, &inbox)?;
            transaction
                .prepare_cached("DELETE FROM letters WHERE place BETWEEN ?1 AND ?2")?
                .execute([keys::place(key, 0), keys::place(key, inbox.cursor)])?;
            Ok(())
        });
        Ok(ack.await?)
    }

    /// Sets or clears the wake-up handle of an inbox.
    ///
    /// # Errors
    /// `no_such_inbox`, `too_large`, `bad_request`, or a refusal of the store.
    pub async fn set_inbox_wake_handle(
        &self,
        inbox: MailboxAddress,
        handle: Option<SealedHandle>,
    ) -> Result<(), WireError> {
        wake::check_length(handle.as_ref())?;
        let set = self.write(move |transaction| {
            let (key, _) = opened(transaction, &inbox)?;
            transaction
                .prepare_cached("UPDATE inboxes SET wake_handle = ?2 WHERE inbox_key = ?1")?
                .execute(params![key, handle.as_ref().map(|handle| &handle.0[..])])?;
            Ok(())
        });
        Ok(set.await?)
    }
}

fn opened(connection: &Connection, address: &MailboxAddress) -> Result<(i64, Inbox), StoreError> {
    load(connection, address)?.ok_or_else(|| ErrorCode::NoSuchInbox.into())
}

fn load(
    connection: &Connection,
    address: &MailboxAddress,
) -> Result<Option<(i64, Inbox)>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT inbox_key, contact_token_hash, last, cursor, day, strangers_today,
             contacts_today, earlier_token_hash, earlier_token_day FROM inboxes WHERE address = ?1",
        )?
        .query_row([address.0], |row| {
            let earlier: Option<_> = row.get::<_, Option<_>>(7)?.map(SecretHash);
            let inbox = Inbox {
                contact_token: row.get::<_, Option<_>>(1)?.map(SecretHash),
                earlier_token: earlier.zip(row.get::<_, Option<_>>(8)?.map(Day)),
                last: row.get(2)?,
                cursor: row.get(3)?,
                day: Day(row.get(4)?),
                strangers_today: row.get(5)?,
                contacts_today: row.get(6)?,
            };
            Ok((row.get(0)?, inbox))
        })
        .optional()?)
}

fn store(transaction: &Transaction<'_>, key: i64, inbox: &Inbox) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "UPDATE inboxes SET last = ?2, cursor = ?3, day = ?4, strangers_today = ?5,
             contacts_today = ?6 WHERE inbox_key = ?1",
        )?
        .execute(params![
            key,
            inbox.last,
            inbox.cursor,
            inbox.day.0,
            inbox.strangers_today,
            inbox.contacts_today
        ])?;
    Ok(())
}
