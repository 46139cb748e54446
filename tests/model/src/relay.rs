//! The relay: rows on a disk, and the real rules run on what is loaded from them.
//!
//! Nothing is kept in memory between groups: each group starts from the rows, as after a restart. So
//! whatever the rules decide and do not name in their [`Changes`] is lost at once.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    hash::{Hash, Hasher},
};

use bytes::Bytes;
use restante_server::delivery::{
    Context, Limits, Mailbox,
    access::{needs_touch, readable, shown},
    append::{Decision, Refused},
    mailbox::{Changes, Seat, Stored, Used},
    rate::Rate,
};
use restante_wire::{
    Day, EnvelopeId, ErrorCode, WireError,
    mailbox::{Create, Stamp},
};

use crate::{
    names::{ALICE, Name, Secret},
    request::{self, ADDRESS, Request},
};

/// Days for which an envelope waits for seats that have not acknowledged it.
pub(crate) const ENVELOPE_DAYS: u32 = 1;

/// What lies on the disk of one mailbox: the rows that `store/sqlite/mailboxes.rs` writes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Disk {
    first: u64,
    last_commit: u64,
    seats: BTreeMap<Name, Row>,
    ids: BTreeMap<u64, EnvelopeId>,
    envelopes: BTreeMap<u64, (Day, Bytes)>,
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last_commit, ids) = (self.first, self.last_commit, self.ids.keys());
        write!(
            f,
            "first {first}, last commit {last_commit}, ids of {ids:?}, {:?}",
            self.seats
        )
    }
}

/// A seat's row.
#[derive(Clone, PartialEq, Eq)]
struct Row(Seat);

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Seat {
            rotated,
            has_committed,
            cursor,
            dropped_at,
            ..
        } = &self.0;
        write!(
            f,
            "rotated {rotated}, committed {has_committed}, cursor {cursor}, dropped {dropped_at:?}"
        )
    }
}

impl Hash for Row {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let seat = &self.0;
        seat.secret.hash(state);
        seat.next_secret.hash(state);
        (seat.rotated, seat.role, seat.has_committed).hash(state);
        (seat.cursor, seat.seen, seat.dropped_at).hash(state);
    }
}

/// What a request came to.
#[derive(Debug)]
pub(crate) enum Answer {
    Appended(Decision),
    Done,
    Refused(WireError),
}

/// What a seat gets to read.
pub(crate) enum Page {
    Next(u64, Bytes),
    Nothing,
    Trimmed,
    Refused,
}

/// Limits that no explored history reaches, but for days.
pub(crate) fn limits(seat_days: u32) -> Limits {
    let plenty = Rate {
        burst: 1_000_000,
        per_minute: 60,
    };
    Limits {
        envelopes: plenty,
        member_commits: plenty,
        admin_commits: plenty,
        envelope_days: ENVELOPE_DAYS,
        seat_days,
        ..Limits::default()
    }
}

pub(crate) const fn context(day: u32, limits: &Limits) -> Context<'_> {
    Context {
        now_ms: 0,
        day: Day(day),
        limits,
    }
}

/// Runs the rules for one request.
pub(crate) fn serve(mailbox: &mut Mailbox, request: &Request, ctx: &Context<'_>) -> Answer {
    let access = request.access();
    let done = match request {
        Request::Append { items, .. } => {
            return match mailbox.append(request::append(access, items), ctx) {
                Ok(decision) => Answer::Appended(decision),
                Err(error) => Answer::Refused(error),
            };
        }
        Request::Rotate { next, .. } => mailbox.rotate(&request::rotate(access, *next), ctx),
        Request::Ack { cursor, .. } => mailbox.ack(&request::ack(access, *cursor), ctx),
    };
    match done {
        Ok(()) => Answer::Done,
        Err(error) => Answer::Refused(error),
    }
}

impl Answer {
    /// Numbers given or confirmed by it.
    pub(crate) fn numbers(&self) -> &[u64] {
        match self {
            Self::Appended(decision) => &decision.numbers,
            _ => &[],
        }
    }

    pub(crate) fn is_stale(&self) -> bool {
        matches!(
            self,
            Self::Appended(Decision {
                refused: Some(Refused::Stale { .. }),
                ..
            })
        )
    }

    /// Whether the relay let the seat in that showed this secret.
    pub(crate) fn let_in(&self) -> bool {
        !matches!(self, Self::Refused(_))
    }

    pub(crate) fn is_code(&self, code: ErrorCode) -> bool {
        matches!(self, Self::Refused(error) if error.code == code)
    }
}

impl Disk {
    /// A mailbox that alice has just made.
    pub(crate) fn new(secret: Secret, ctx: &Context<'_>) -> Self {
        let rotate = request::rotate(request::access(ALICE, secret), secret);
        let create = Create {
            stamp: Stamp::default(),
            mailbox: ADDRESS,
            seat: ALICE.seat(),
            secret_hash: secret.bytes().hash(),
            owner_tag: rotate.owner_tag,
        };
        let mut disk = Self {
            first: 1,
            last_commit: 0,
            seats: BTreeMap::new(),
            ids: BTreeMap::new(),
            envelopes: BTreeMap::new(),
        };
        disk.write(&mut Mailbox::create(&create, ctx));
        disk
    }

    /// The mailbox as the relay has it after a restart.
    pub(crate) fn load(&self) -> Mailbox {
        let from = self.ids.keys().next().copied().unwrap_or(1);
        let seats: HashMap<_, _> = self
            .seats
            .iter()
            .map(|(name, row)| (name.seat(), row.0.clone()))
            .collect();
        Mailbox::from_stored(Stored {
            address: ADDRESS,
            first: self.first,
            last_commit: self.last_commit,
            seats,
            ids: (from, self.ids.values().copied().collect()),
        })
    }

    /// One transaction: writes what the rules say has changed, and nothing else.
    pub(crate) fn write(&mut self, mailbox: &mut Mailbox) -> Changes {
        let changes = mailbox.take_changes();
        if changes.log {
            self.first = mailbox.first();
            self.last_commit = mailbox.last_commit();
        }
        for new in &changes.appended {
            let envelope = (new.day, new.encoded.clone());
            self.envelopes.insert(new.number, envelope);
            self.ids.insert(new.number, new.id);
        }
        for id in &changes.seats {
            match mailbox.seat(id) {
                Some(seat) => {
                    let mut seat = seat.clone();
                    // Rates are not stored.
                    seat.used = Used::default();
                    self.seats.insert(Name::of(id), Row(seat));
                }
                None => {
                    self.seats.remove(&Name::of(id));
                }
            }
        }
        if let Some(below) = changes.trim_below {
            self.envelopes.retain(|number, _| *number >= below);
        }
        if let Some(below) = changes.forget_below {
            self.ids.retain(|number, _| *number >= below);
        }
        changes
    }

    /// What a seat reads next behind its cursor, and whether that is noted as its use.
    pub(crate) fn read(&self, name: Name, secret: Secret, cursor: u64, today: Day) -> (Page, bool) {
        let hash = secret.bytes().hash();
        let Some(Row(seat)) = self.seats.get(&name) else {
            return (Page::Refused, false);
        };
        let Some(shown) = shown(seat, &hash) else {
            return (Page::Refused, false);
        };
        let touch = needs_touch(seat, shown, today);
        let page = match readable(seat, self.first, self.last(), cursor) {
            Err(_) => Page::Refused,
            Ok(_) if cursor + 1 < self.first => Page::Trimmed,
            Ok(last) if cursor < last => match self.envelopes.get(&(cursor + 1)) {
                Some((_, encoded)) => Page::Next(cursor + 1, encoded.clone()),
                None => Page::Nothing,
            },
            Ok(_) => Page::Nothing,
        };
        (page, touch)
    }

    /// The lowest number whose envelope is of this day or later.
    pub(crate) fn first_since(&self, day: u32) -> Option<u64> {
        let mut since = self.envelopes.iter().filter(|(_, (of, _))| of.0 >= day);
        since.next().map(|(number, _)| *number)
    }

    pub(crate) const fn first(&self) -> u64 {
        self.first
    }

    /// Highest number given. The id of the last envelope is always known.
    pub(crate) fn last(&self) -> u64 {
        self.ids.keys().next_back().copied().unwrap_or(0)
    }

    pub(crate) fn envelope(&self, number: u64) -> Option<&Bytes> {
        self.envelopes.get(&number).map(|(_, encoded)| encoded)
    }

    pub(crate) fn envelopes(&self) -> impl Iterator<Item = (u64, &Bytes)> {
        self.envelopes
            .iter()
            .map(|(number, (_, encoded))| (*number, encoded))
    }

    pub(crate) fn live_seats(&self) -> impl Iterator<Item = (Name, &Seat)> {
        let seats = self.seats.iter().map(|(name, row)| (*name, &row.0));
        seats.filter(|(_, seat)| seat.is_live())
    }
}
