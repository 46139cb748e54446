//! Rows of mailboxes, seats and envelopes: loading a state, writing what the rules changed.

use std::collections::HashMap;

use restante_wire::{
    Day, EnvelopeId, MailboxAddress, OwnerTag, Role, SeatId, SecretHash, mailbox::SealedHandle,
};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::{keys, wake_ups};
use crate::{
    delivery::{
        Mailbox,
        mailbox::{Changes, NewEnvelope, Seat, Stored, Used},
    },
    store::StoreError,
};

/// Columns of a seat, in the order in which [`seat`] reads them.
macro_rules! seat_columns {
    () => {
        "secret_hash, next_secret_hash, rotated, admin, has_committed, owner_tag, cursor, \
         seen_day, dropped_at, wake_handle"
    };
}

/// What stands in a mailbox's own row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) key: i64,
    pub(super) first: u64,
    pub(super) last_commit: u64,
}

/// Finds a mailbox.
pub(super) fn head(
    connection: &Connection,
    address: &MailboxAddress,
) -> Result<Option<Head>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT mailbox_key, first, last_commit FROM mailboxes WHERE address = ?1")?
        .query_row([address.0], |row| {
            Ok(Head {
                key: row.get(0)?,
                first: row.get(1)?,
                last_commit: row.get(2)?,
            })
        })
        .optional()?)
}

/// Whether a mailbox has this key.
pub(super) fn key_is_taken(connection: &Connection, key: i64) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM mailboxes WHERE mailbox_key = ?1")?
        .exists([key])?)
}

/// Loads a mailbox's whole state.
pub(super) fn load(
    connection: &Connection,
    address: &MailboxAddress,
) -> Result<Option<(i64, Mailbox)>, StoreError> {
    let Some(head) = head(connection, address)? else {
        return Ok(None);
    };
    let mailbox = Mailbox::from_stored(Stored {
        address: *address,
        first: head.first,
        last_commit: head.last_commit,
        seats: seats(connection, head.key)?,
        ids: ids(connection, head.key)?,
    });
    Ok(Some((head.key, mailbox)))
}

/// Reads one seat.
pub(super) fn one_seat(
    connection: &Connection,
    key: i64,
    id: &SeatId,
) -> Result<Option<Seat>, StoreError> {
    Ok(connection
        .prepare_cached(concat!(
            "SELECT ",
            seat_columns!(),
            " FROM seats WHERE mailbox_key = ?1 AND seat_id = ?2"
        ))?
        .query_row(params![key, id.0], |row| seat(row, 0))
        .optional()?)
}

/// The highest number a mailbox has given, 0 if none.
pub(super) fn last_number(connection: &Connection, key: i64) -> Result<u64, StoreError> {
    let (from, to) = keys::whole(key);
    let place: Option<i64> = connection
        .prepare_cached("SELECT max(place) FROM envelope_ids WHERE place BETWEEN ?1 AND ?2")?
        .query_row([from, to], |row| row.get(0))?;
    Ok(place.map_or(0, keys::number))
}

/// The lowest number whose envelope is of this day or later.
pub(super) fn first_since(
    connection: &Connection,
    key: i64,
    day: Day,
) -> Result<Option<u64>, StoreError> {
    let (from, to) = keys::whole(key);
    let place: Option<i64> = connection
        .prepare_cached(
            "SELECT place FROM envelopes WHERE place BETWEEN ?1 AND ?2 AND day >= ?3
             ORDER BY place LIMIT 1",
        )?
        .query_row(params![from, to, day.0], |row| row.get(0))
        .optional()?;
    Ok(place.map(keys::number))
}

/// Writes what the rules changed.
pub(super) fn store(
    transaction: &Transaction<'_>,
    key: i64,
    mailbox: &Mailbox,
    changes: &Changes,
) -> Result<(), StoreError> {
    if changes.log {
        store_head(transaction, key, mailbox)?;
    }
    for envelope in &changes.appended {
        insert(transaction, key, envelope)?;
    }
    for id in &changes.seats {
        match mailbox.seat(id) {
            Some(seat) => store_seat(transaction, key, id, seat)?,
            None => delete_seat(transaction, key, id)?,
        }
    }
    if let Some(below) = changes.trim_below {
        transaction
            .prepare_cached("DELETE FROM envelopes WHERE place >= ?1 AND place < ?2")?
            .execute([keys::place(key, 0), keys::place(key, below)])?;
    }
    if let Some(below) = changes.forget_below {
        transaction
            .prepare_cached("DELETE FROM envelope_ids WHERE place >= ?1 AND place < ?2")?
            .execute([keys::place(key, 0), keys::place(key, below)])?;
    }
    Ok(())
}

/// Deletes a mailbox that nobody can ever use again.
pub(super) fn delete(transaction: &Transaction<'_>, key: i64) -> Result<(), StoreError> {
    let (from, to) = keys::whole(key);
    for table in ["envelopes", "envelope_ids"] {
        transaction
            .prepare_cached(&format!(
                "DELETE FROM {table} WHERE place BETWEEN ?1 AND ?2"
            ))?
            .execute([from, to])?;
    }
    wake_ups::delete_of_mailbox(transaction, key)?;
    for table in ["seats", "mailboxes"] {
        transaction
            .prepare_cached(&format!("DELETE FROM {table} WHERE mailbox_key = ?1"))?
            .execute([key])?;
    }
    Ok(())
}

/// Writes a mailbox's own row.
pub(super) fn store_head(
    transaction: &Transaction<'_>,
    key: i64,
    mailbox: &Mailbox,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO mailboxes (mailbox_key, address, first, last_commit)
             VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (mailbox_key) DO UPDATE
             SET first = excluded.first, last_commit = excluded.last_commit",
        )?
        .execute(params![
            key,
            mailbox.address().0,
            mailbox.first(),
            mailbox.last_commit()
        ])?;
    Ok(())
}

fn insert(
    transaction: &Transaction<'_>,
    key: i64,
    envelope: &NewEnvelope,
) -> Result<(), StoreError> {
    let place = keys::place(key, envelope.number);
    transaction
        .prepare_cached("INSERT INTO envelopes (place, day, encoded) VALUES (?1, ?2, ?3)")?
        .execute(params![place, envelope.day.0, &envelope.encoded[..]])?;
    transaction
        .prepare_cached("INSERT INTO envelope_ids (place, envelope_id) VALUES (?1, ?2)")?
        .execute(params![place, envelope.id.0])?;
    Ok(())
}

/// Updates a seat or, if it is new, inserts it. Most changes move a cursor, and an update leaves
/// the row where it is.
fn store_seat(
    transaction: &Transaction<'_>,
    key: i64,
    id: &SeatId,
    seat: &Seat,
) -> Result<(), StoreError> {
    let values = params![
        key,
        id.0,
        seat.secret.0,
        seat.next_secret.map(|hash| hash.0),
        seat.rotated,
        seat.role == Role::Admin,
        seat.has_committed,
        seat.owner_tag.map(|tag| tag.0),
        seat.cursor,
        seat.seen.0,
        seat.dropped_at,
        seat.wake_handle.as_ref().map(|handle| &handle.0[..]),
    ];
    let updated = transaction
        .prepare_cached(
            "UPDATE seats SET secret_hash = ?3, next_secret_hash = ?4, rotated = ?5, admin = ?6,
             has_committed = ?7, owner_tag = ?8, cursor = ?9, seen_day = ?10, dropped_at = ?11,
             wake_handle = ?12 WHERE mailbox_key = ?1 AND seat_id = ?2",
        )?
        .execute(values)?;
    if updated == 0 {
        transaction
            .prepare_cached(concat!(
                "INSERT INTO seats (mailbox_key, seat_id, ",
                seat_columns!(),
                ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
            ))?
            .execute(values)?;
    }
    Ok(())
}

fn delete_seat(transaction: &Transaction<'_>, key: i64, id: &SeatId) -> Result<(), StoreError> {
    transaction
        .prepare_cached("DELETE FROM seats WHERE mailbox_key = ?1 AND seat_id = ?2")?
        .execute(params![key, id.0])?;
    Ok(())
}

fn seats(connection: &Connection, key: i64) -> Result<HashMap<SeatId, Seat>, StoreError> {
    let mut statement = connection.prepare_cached(concat!(
        "SELECT seat_id, ",
        seat_columns!(),
        " FROM seats WHERE mailbox_key = ?1"
    ))?;
    let rows = statement.query_map([key], |row| Ok((SeatId(row.get(0)?), seat(row, 1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn ids(connection: &Connection, key: i64) -> Result<(u64, Vec<EnvelopeId>), StoreError> {
    let (from, to) = keys::whole(key);
    let mut statement = connection.prepare_cached(
        "SELECT place, envelope_id FROM envelope_ids WHERE place BETWEEN ?1 AND ?2 ORDER BY place",
    )?;
    let rows = statement.query_map([from, to], |row| {
        Ok((keys::number(row.get(0)?), EnvelopeId(row.get(1)?)))
    })?;
    let (mut first, mut ids) = (1, Vec::new());
    for row in rows {
        let (number, id) = row?;
        if ids.is_empty() {
            first = number;
        }
        ids.push(id);
    }
    Ok((first, ids))
}

/// A seat from its columns, the first of which is at `at`.
fn seat(row: &Row<'_>, at: usize) -> rusqlite::Result<Seat> {
    let is_admin: bool = row.get(at + 3)?;
    Ok(Seat {
        secret: SecretHash(row.get(at)?),
        next_secret: row.get::<_, Option<_>>(at + 1)?.map(SecretHash),
        rotated: row.get(at + 2)?,
        role: if is_admin { Role::Admin } else { Role::Member },
        has_committed: row.get(at + 4)?,
        owner_tag: row.get::<_, Option<_>>(at + 5)?.map(OwnerTag),
        cursor: row.get(at + 6)?,
        seen: Day(row.get(at + 7)?),
        dropped_at: row.get(at + 8)?,
        wake_handle: row.get::<_, Option<_>>(at + 9)?.map(SealedHandle),
        used: Used::default(),
    })
}
