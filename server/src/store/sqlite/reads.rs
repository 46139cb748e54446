//! Requests that only read: pages of a log, heads, and the right to watch.
//!
//! Each checks its right and reads in one read transaction, so that a seat that was dropped reads
//! nothing beyond the append that dropped it (R5).

use restante_wire::{
    Day, Envelope, ErrorCode, MailboxAddress, SeatId, SecretHash, WireError, codec, fault,
    limits::{MAX_PAGE, MAX_PAGE_BYTES, MAX_POSITIONS},
    mailbox::{Fetch, Fetched, Head, Heads, Position, SeatAccess},
};
use rusqlite::Connection;

use super::{Store, keys, mailboxes};
use crate::{
    delivery::{
        access::{needs_touch, readable, shown},
        mailbox::Seat,
    },
    store::StoreError,
};

/// A page of a log, each entry as the wire encodes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    /// Entries from the cursor on.
    Entries {
        /// The entries, contiguous.
        encoded: Vec<Vec<u8>>,
        /// Number of the last entry of this page, or the cursor if it is empty.
        up_to: u64,
        /// Highest number that may be read now.
        last: u64,
        /// Whether nothing will ever follow `last`: the seat was dropped.
        is_final: bool,
    },
    /// What was asked for is gone.
    Trimmed {
        /// Lowest number still stored, or the next to be given.
        first: u64,
    },
}

/// How much of a log a page may hold.
#[derive(Debug, Clone, Copy)]
pub struct PageLimits {
    /// Entries.
    pub entries: u32,
    /// Bytes, unless the first entry alone is longer.
    pub bytes: usize,
}

/// A seat that showed its right, in a mailbox as it was at one moment.
struct Entered {
    key: i64,
    first: u64,
    last: u64,
    seat: Seat,
    must_touch: bool,
}

impl Store {
    /// Reads a page.
    ///
    /// # Errors
    /// `no_such_seat`, or a refusal of the store.
    pub async fn fetch(&self, request: Fetch) -> Result<Fetched, WireError> {
        let today = self.today();
        let access = request.access.clone();
        let (fetched, must_touch) = self
            .read(move |connection| fetch(connection, &request, today))
            .await?;
        if must_touch {
            self.touch(vec![access]).await?;
        }
        Ok(fetched)
    }

    /// Says which of many mailboxes have something new.
    ///
    /// # Errors
    /// `too_large`, or a refusal of the store.
    pub async fn heads(&self, request: Heads) -> Result<Vec<Head>, WireError> {
        let cursors: Vec<u64> = request.positions.iter().map(|at| at.cursor).collect();
        let readable = self.readable(request.positions).await?;
        let heads = (0..).zip(cursors).zip(readable);
        Ok(heads
            .filter(|((_, cursor), last)| !matches!(last, Ok(last) if last <= cursor))
            .map(|((index, _), last)| Head {
                index,
                last: last.into(),
            })
            .collect())
    }

    /// For each of many positions, how far its seat may read.
    ///
    /// # Errors
    /// `too_large`, or a refusal of the store.
    pub async fn readable(
        &self,
        positions: Vec<Position>,
    ) -> Result<Vec<Result<u64, WireError>>, WireError> {
        if positions.len() > MAX_POSITIONS {
            return Err(ErrorCode::TooLarge.into());
        }
        let today = self.today();
        let (lasts, used) = self
            .read(move |connection| {
                let mut used = Vec::new();
                let mut lasts = Vec::with_capacity(positions.len());
                for position in positions {
                    lasts.push(read_position(connection, position, today, &mut used)?);
                }
                Ok((lasts, used))
            })
            .await?;
        if !used.is_empty() {
            self.touch(used).await?;
        }
        Ok(lasts)
    }

    /// Reads a page for a watch, whose seat showed a secret of this hash.
    ///
    /// # Errors
    /// `no_such_seat`, or a refusal of the store.
    pub async fn page(
        &self,
        mailbox: MailboxAddress,
        seat: SeatId,
        secret: SecretHash,
        cursor: u64,
        limits: PageLimits,
    ) -> Result<Page, WireError> {
        let today = self.today();
        let page = self
            .read(move |connection| {
                let entered = enter(connection, &mailbox, &seat, &secret, today)?;
                page(connection, &entered, cursor, limits)
            })
            .await?;
        Ok(page)
    }

    fn today(&self) -> Day {
        self.environment().clock.day()
    }
}

/// What the sender of a stale append missed.
pub(super) fn missing(
    connection: &Connection,
    access: &SeatAccess,
    after_commit: u64,
) -> Result<Vec<Envelope>, StoreError> {
    let secret = access.secret.hash();
    let entered = enter(connection, &access.mailbox, &access.seat, &secret, Day(0))?;
    // What was trimmed was acknowledged by the sender, too: it cannot miss it.
    let cursor = after_commit.max(entered.first - 1);
    match page(connection, &entered, cursor, whole_page(MAX_PAGE))? {
        Page::Entries { encoded, .. } => decoded(&encoded),
        Page::Trimmed { .. } => Ok(Vec::new()),
    }
}

/// Reads a page; says, too, whether the seat must be noted as used.
pub(super) fn fetch(
    connection: &Connection,
    request: &Fetch,
    today: Day,
) -> Result<(Fetched, bool), StoreError> {
    let access = &request.access;
    let secret = access.secret.hash();
    let entered = enter(connection, &access.mailbox, &access.seat, &secret, today)?;
    let limits = whole_page(request.limit.min(MAX_PAGE));
    let fetched = match page(connection, &entered, request.cursor, limits)? {
        Page::Entries { encoded, last, .. } => Fetched::Page {
            envelopes: decoded(&encoded)?,
            last,
        },
        Page::Trimmed { first } => Fetched::Trimmed { first },
    };
    Ok((fetched, entered.must_touch))
}

pub(super) fn read_position(
    connection: &Connection,
    position: Position,
    today: Day,
    used: &mut Vec<SeatAccess>,
) -> Result<Result<u64, WireError>, StoreError> {
    let access = position.access;
    let secret = access.secret.hash();
    let last =
        enter(connection, &access.mailbox, &access.seat, &secret, today).and_then(|entered| {
            let Entered { first, last, .. } = entered;
            let last = readable(&entered.seat, first, last, position.cursor)?;
            if entered.must_touch {
                used.push(access);
            }
            Ok(last)
        });
    match last {
        Ok(last) => Ok(Ok(last)),
        Err(StoreError::Refused(error)) => Ok(Err(error)),
        Err(error) => Err(error),
    }
}

fn enter(
    connection: &Connection,
    mailbox: &MailboxAddress,
    id: &SeatId,
    secret: &SecretHash,
    today: Day,
) -> Result<Entered, StoreError> {
    let head = mailboxes::head(connection, mailbox)?.ok_or(ErrorCode::NoSuchSeat)?;
    let seat = mailboxes::one_seat(connection, head.key, id)?.ok_or(ErrorCode::NoSuchSeat)?;
    let shown = shown(&seat, secret).ok_or(ErrorCode::NoSuchSeat)?;
    Ok(Entered {
        key: head.key,
        first: head.first,
        last: mailboxes::last_number(connection, head.key)?,
        must_touch: needs_touch(&seat, shown, today),
        seat,
    })
}

fn page(
    connection: &Connection,
    entered: &Entered,
    cursor: u64,
    limits: PageLimits,
) -> Result<Page, StoreError> {
    let &Entered {
        key, first, last, ..
    } = entered;
    let last = if fault::planted("r5_dropped_seat_reads_on") {
        last
    } else {
        readable(&entered.seat, first, last, cursor)?
    };
    if cursor.saturating_add(1) < first {
        return Ok(Page::Trimmed { first });
    }
    let (from, to) = (
        keys::place(key, cursor.saturating_add(1)),
        keys::place(key, last),
    );
    let (encoded, up_to) = entries(connection, "envelopes", (from, to), limits)?;
    Ok(Page::Entries {
        encoded,
        up_to: up_to.unwrap_or(cursor),
        last,
        is_final: !entered.seat.is_live(),
    })
}

/// Reads entries of a table of places, in order, and the number of the last of them.
pub(super) fn entries(
    connection: &Connection,
    table: &'static str,
    (from, to): (i64, i64),
    limits: PageLimits,
) -> Result<(Vec<Vec<u8>>, Option<u64>), StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT encoded, place FROM {table} WHERE place BETWEEN ?1 AND ?2 ORDER BY place LIMIT ?3"
    ))?;
    let mut rows = statement.query((from, to, limits.entries))?;
    let (mut encoded, mut bytes, mut up_to) = (Vec::new(), 0, None);
    while let Some(row) = rows.next()? {
        let entry: Vec<u8> = row.get(0)?;
        bytes += entry.len();
        if bytes > limits.bytes && !encoded.is_empty() {
            break;
        }
        encoded.push(entry);
        up_to = Some(keys::number(row.get(1)?));
    }
    Ok((encoded, up_to))
}

const fn whole_page(entries: u32) -> PageLimits {
    PageLimits {
        entries,
        bytes: MAX_PAGE_BYTES,
    }
}

/// Decodes what this relay has stored itself.
fn decoded(encoded: &[Vec<u8>]) -> Result<Vec<Envelope>, StoreError> {
    encoded
        .iter()
        .map(|entry| codec::decode(entry).map_err(|_| StoreError::Internal { code: 0 }))
        .collect()
}
