//! Rows of wake-ups: written by the group that appends, read at the start, settled by `jobs/push`.

use restante_wire::{Day, MailboxAddress, SeatId, WireError, mailbox::SealedHandle, push::Urgency};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::{Store, group::Group};
use crate::{
    delivery::wake::{Sleeper, WakeUp},
    store::StoreError,
};

/// Rows of one page.
pub const PAGE: usize = 1_000;

/// Days after which a wake-up that could not be sent is pointless.
const KEPT_DAYS: u32 = 1;

/// Where a page ended.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    key: i64,
    seat: Option<SeatId>,
}

/// What became of a wake-up.
#[derive(Debug, Clone)]
pub struct Settled {
    /// Whose.
    pub sleeper: Sleeper,
    /// What had been asked when it was sent.
    pub asked: u32,
    /// How.
    pub how: How,
}

/// How a wake-up was settled.
#[derive(Debug, Clone)]
pub enum How {
    /// Sent, or given up: its row goes.
    Done,
    /// The device is gone: its row goes, and its handle.
    Gone(SealedHandle),
    /// To be tried again after so many attempts.
    Again(u32),
}

/// Notes that somebody is to be woken. Returns how often that was asked for by now.
pub(super) fn note(
    transaction: &Transaction<'_>,
    sleeper: &Sleeper,
    urgency: Urgency,
    today: Day,
) -> Result<u32, StoreError> {
    let asked = transaction
        .prepare_cached(
            "INSERT INTO wake_ups (log_key, seat_id, urgent, asked, attempts, day)
             VALUES (?1, ?2, ?3, 1, 0, ?4)
             ON CONFLICT (log_key, seat_id) DO UPDATE
             SET urgent = max(urgent, excluded.urgent), asked = asked + 1, day = excluded.day
             RETURNING asked",
        )?
        .query_row(
            params![
                sleeper.key,
                seat_bytes(sleeper),
                urgency == Urgency::Urgent,
                today.0
            ],
            |row| row.get(0),
        )?;
    Ok(asked)
}

/// The handle of an inbox, if it has one.
pub(super) fn inbox_handle(
    connection: &Connection,
    key: i64,
) -> Result<Option<SealedHandle>, StoreError> {
    let handle: Option<Option<Vec<u8>>> = connection
        .prepare_cached("SELECT wake_handle FROM inboxes WHERE inbox_key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?;
    Ok(handle.flatten().map(SealedHandle))
}

/// Forgets the wake-ups of a mailbox that is deleted.
pub(super) fn delete_of_mailbox(transaction: &Transaction<'_>, key: i64) -> Result<(), StoreError> {
    transaction
        .prepare_cached("DELETE FROM wake_ups WHERE log_key = ?1 AND length(seat_id) = 32")?
        .execute([key])?;
    Ok(())
}

/// Deletes what is pointless by now.
pub(super) fn expire(transaction: &Transaction<'_>, today: Day) -> Result<usize, StoreError> {
    let before = today.0.saturating_sub(KEPT_DAYS);
    Ok(transaction
        .prepare_cached("DELETE FROM wake_ups WHERE day < ?1")?
        .execute([before])?)
}

impl Store {
    /// Wake-ups that wait, behind a place; and where the page ended, if there may be more.
    ///
    /// # Errors
    /// A refusal of the store.
    pub async fn waiting_wake_ups(
        &self,
        after: Option<Place>,
    ) -> Result<(Vec<WakeUp>, Option<Place>), WireError> {
        Ok(self.read(move |connection| page(connection, after)).await?)
    }

    /// Settles wake-ups, all in one transaction.
    ///
    /// # Errors
    /// A refusal of the store; they will be sent again.
    pub async fn settle_wake_ups(&self, settled: Vec<Settled>) -> Result<(), WireError> {
        let settle =
            self.write_group(move |group| settled.iter().try_for_each(|one| settle(group, one)));
        Ok(settle.await?)
    }
}

fn page(
    connection: &Connection,
    after: Option<Place>,
) -> Result<(Vec<WakeUp>, Option<Place>), StoreError> {
    let (key, seat) = after.map_or((-1, None), |place| (place.key, place.seat));
    let mut statement = connection.prepare_cached(
        "SELECT w.log_key, w.seat_id, w.urgent, w.asked, w.attempts,
                coalesce(m.address, i.address),
                CASE length(w.seat_id) WHEN 0 THEN i.wake_handle
                    ELSE CASE WHEN s.dropped_at IS NULL THEN s.wake_handle END END
         FROM wake_ups w
         LEFT JOIN mailboxes m ON length(w.seat_id) = 32 AND m.mailbox_key = w.log_key
         LEFT JOIN seats s ON s.mailbox_key = m.mailbox_key AND s.seat_id = w.seat_id
         LEFT JOIN inboxes i ON length(w.seat_id) = 0 AND i.inbox_key = w.log_key
         WHERE (w.log_key, w.seat_id) > (?1, ?2)
         ORDER BY w.log_key, w.seat_id LIMIT ?3",
    )?;
    let seat = seat.as_ref().map_or(&[][..], |seat| &seat.0[..]);
    let rows = statement.query_map(params![key, seat, PAGE as i64], read)?;
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    let end = rows.last().filter(|_| rows.len() == PAGE);
    let end = end.map(|(place, _)| *place);
    Ok((rows.into_iter().filter_map(|(_, row)| row).collect(), end))
}

/// A row; without a wake-up where its log, its seat or the handle is gone.
fn read(row: &Row<'_>) -> rusqlite::Result<(Place, Option<WakeUp>)> {
    let key = row.get(0)?;
    let seat: Vec<u8> = row.get(1)?;
    let seat = SeatId::from_slice(&seat);
    let is_urgent: bool = row.get(2)?;
    let log: Option<[u8; 32]> = row.get(5)?;
    let handle: Option<Vec<u8>> = row.get(6)?;
    let (asked, attempts) = (row.get(3)?, row.get(4)?);
    let wake_up = log.zip(handle).map(|(log, handle)| WakeUp {
        sleeper: Sleeper {
            key,
            log: MailboxAddress(log),
            seat,
        },
        handle: SealedHandle(handle),
        urgency: if is_urgent {
            Urgency::Urgent
        } else {
            Urgency::Normal
        },
        asked,
        attempts,
        since: None,
    });
    Ok((Place { key, seat }, wake_up))
}

fn settle(group: &mut Group<'_>, settled: &Settled) -> Result<(), StoreError> {
    let Settled {
        sleeper,
        asked,
        how,
    } = settled;
    if let How::Again(attempts) = how {
        group
            .transaction
            .prepare_cached(
                "UPDATE wake_ups SET attempts = ?3 WHERE log_key = ?1 AND seat_id = ?2",
            )?
            .execute(params![sleeper.key, seat_bytes(sleeper), attempts])?;
        return Ok(());
    }
    group
        .transaction
        .prepare_cached("DELETE FROM wake_ups WHERE log_key = ?1 AND seat_id = ?2 AND asked = ?3")?
        .execute(params![sleeper.key, seat_bytes(sleeper), asked])?;
    match (how, sleeper.seat) {
        (How::Gone(handle), Some(seat)) => {
            if let Some(mailbox) = group.mailbox(&sleeper.log)? {
                mailbox.forget_handle(&seat, handle);
            }
        }
        (How::Gone(handle), None) => {
            group
                .transaction
                .prepare_cached(
                    "UPDATE inboxes SET wake_handle = NULL WHERE inbox_key = ?1 AND wake_handle = ?2",
                )?
                .execute(params![sleeper.key, handle.0])?;
        }
        _ => {}
    }
    Ok(())
}

fn seat_bytes(sleeper: &Sleeper) -> &[u8] {
    sleeper.seat.as_ref().map_or(&[][..], |seat| &seat.0[..])
}
