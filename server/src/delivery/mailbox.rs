//! The state of one mailbox as the rules see it, and what they changed in it.
//!
//! Owns: numbers, seats, known envelope ids, and [`Changes`]. Bodies are not part of the state: the
//! rules never read them. Read next: [`super::append`].

use std::{
    collections::{HashMap, HashSet, VecDeque},
    mem,
};

use bytes::Bytes;
use restante_wire::{
    Day, EnvelopeId, ErrorCode, MailboxAddress, OwnerTag, Role, SeatId, SecretHash, WireError,
    limits::MAX_SEATS, mailbox::SealedHandle, push::SEALED_HANDLE_LEN,
};

use super::{rate::Bucket, wake::Call};

/// Highest number of an envelope: stores pack it into 32 bits beside the mailbox's key.
pub const MAX_NUMBER: u64 = u32::MAX as u64;

/// The right of one client in a mailbox; a dropped one stays for a while as a tombstone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// Hash of the secret that is shown with requests.
    pub secret: SecretHash,
    /// Hash of the secret that replaces it as soon as it is used.
    pub next_secret: Option<SecretHash>,
    /// Whether `secret` was chosen by the seat's own client, and not by who invited it.
    pub rotated: bool,
    /// What it may do.
    pub role: Role,
    /// Whether it appended a commit since it was made or given a fresh secret.
    pub has_committed: bool,
    /// Who shows the owner secret behind this may drop the seat.
    pub owner_tag: Option<OwnerTag>,
    /// Highest number that its client has on disk.
    pub cursor: u64,
    /// Day on which it was last used.
    pub seen: Day,
    /// Number of the append that dropped it: the last it may read.
    pub dropped_at: Option<u64>,
    /// Sealed wake-up handle.
    pub wake_handle: Option<SealedHandle>,
    /// What it has used of its rates; not stored.
    pub used: Used,
}

/// What a seat has used of its rates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Used {
    /// Of messages, rotations and handles.
    pub envelopes: Bucket,
    /// Of commits.
    pub commits: Bucket,
    /// Of ephemeral envelopes.
    pub ephemerals: Bucket,
}

impl Seat {
    /// Whether it may still append and holds back trimming.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        self.dropped_at.is_none()
    }
}

/// What a store knows of a mailbox when it loads one.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Its address.
    pub address: MailboxAddress,
    /// Lowest number still stored, or the next to be given.
    pub first: u64,
    /// Number of the last commit, 0 if none.
    pub last_commit: u64,
    /// All seats, dropped ones that still may read included.
    pub seats: HashMap<SeatId, Seat>,
    /// Known envelope ids, without a gap, and the number of the first of them.
    pub ids: (u64, Vec<EnvelopeId>),
}

/// One mailbox.
#[derive(Debug, Clone)]
pub struct Mailbox {
    pub(super) address: MailboxAddress,
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) last_commit: u64,
    pub(super) seats: HashMap<SeatId, Seat>,
    pub(super) ids: KnownIds,
    pub(super) changes: Changes,
}

impl Mailbox {
    /// A mailbox as it was stored.
    #[must_use]
    pub fn from_stored(stored: Stored) -> Self {
        let (from, ids) = stored.ids;
        let ids = KnownIds::new(from, ids);
        Self {
            address: stored.address,
            first: stored.first,
            last: ids.last(),
            last_commit: stored.last_commit,
            seats: stored.seats,
            ids,
            changes: Changes::default(),
        }
    }

    /// A mailbox that was just made, with its one seat.
    pub(super) fn with_seat(address: MailboxAddress, id: SeatId, seat: Seat) -> Self {
        let mut mailbox = Self {
            address,
            first: 1,
            last: 0,
            last_commit: 0,
            seats: HashMap::new(),
            ids: KnownIds::new(1, Vec::new()),
            changes: Changes::default(),
        };
        mailbox.changes.log = true;
        mailbox.put_seat(id, seat);
        mailbox
    }

    /// Its address.
    #[must_use]
    pub const fn address(&self) -> &MailboxAddress {
        &self.address
    }

    /// Lowest number still stored, or the next to be given.
    #[must_use]
    pub const fn first(&self) -> u64 {
        self.first
    }

    /// Highest number given, 0 if none.
    #[must_use]
    pub const fn last(&self) -> u64 {
        self.last
    }

    /// Number of the last commit, 0 if none.
    #[must_use]
    pub const fn last_commit(&self) -> u64 {
        self.last_commit
    }

    /// A seat, dropped ones that still may read included.
    #[must_use]
    pub fn seat(&self, id: &SeatId) -> Option<&Seat> {
        self.seats.get(id)
    }

    /// Whether nobody can ever use it again.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.seats.is_empty()
    }

    /// The first envelope that was appended and not yet written by the store.
    #[must_use]
    pub fn first_unwritten(&self) -> Option<u64> {
        self.changes
            .appended
            .first()
            .map(|envelope| envelope.number)
    }

    /// About how many bytes of memory it takes, for the cache's budget.
    #[must_use]
    pub fn weight(&self) -> usize {
        const PER_SEAT: usize = size_of::<(SeatId, Seat)>() * 2;
        const PER_ID: usize = size_of::<(EnvelopeId, u64)>() * 3;
        let handles = self
            .seats
            .values()
            .filter(|seat| seat.wake_handle.is_some());
        size_of::<Self>()
            + self.seats.len() * PER_SEAT
            + handles.count() * SEALED_HANDLE_LEN
            + self.ids.len() * PER_ID
    }

    /// Takes what changed since the last call.
    pub fn take_changes(&mut self) -> Changes {
        mem::take(&mut self.changes)
    }

    pub(super) fn put_seat(&mut self, id: SeatId, seat: Seat) {
        self.seats.insert(id, seat);
        self.changes.seats.insert(id);
    }

    /// A live seat about to change.
    pub(super) fn change_seat(&mut self, id: &SeatId) -> Option<&mut Seat> {
        let seat = self.seats.get_mut(id).filter(|seat| seat.is_live())?;
        self.changes.seats.insert(*id);
        Some(seat)
    }

    pub(super) fn has_room_for_seats(&self, more: usize) -> Result<(), WireError> {
        if self.seats.len() + more > MAX_SEATS {
            return Err(ErrorCode::TooMany.into());
        }
        Ok(())
    }
}

/// What the rules changed in a mailbox, for the store to write in one transaction.
#[derive(Debug, Default, Clone)]
pub struct Changes {
    /// Whether `first` or `last_commit` changed, or the mailbox is new.
    pub log: bool,
    /// Envelopes to insert, in order.
    pub appended: Vec<NewEnvelope>,
    /// Seats to write as they are now, or to delete if they are gone.
    pub seats: HashSet<SeatId>,
    /// Delete envelopes below this number.
    pub trim_below: Option<u64>,
    /// Delete ids below this number.
    pub forget_below: Option<u64>,
    /// Seats whose watches must prove their right again, although no append says so.
    pub recheck: HashSet<SeatId>,
    /// Appends that wake.
    pub calls: Vec<Call>,
}

impl Changes {
    /// Whether nothing changed that a store must write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.log
            && self.appended.is_empty()
            && self.seats.is_empty()
            && self.trim_below.is_none()
            && self.forget_below.is_none()
    }
}

/// An envelope that got its number.
#[derive(Debug, Clone)]
pub struct NewEnvelope {
    /// Its number.
    pub number: u64,
    /// The sender's id.
    pub id: EnvelopeId,
    /// The day it carries.
    pub day: Day,
    /// The wire's encoding, byte for byte as stored and as every reader gets it.
    pub encoded: Bytes,
    /// Seats that lost their right to watch by this append.
    pub recheck: Vec<SeatId>,
}

/// The envelope ids that a mailbox must still recognise (R3): those of the numbers from some number
/// up to the last, without a gap.
#[derive(Debug, Clone)]
pub(super) struct KnownIds {
    from: u64,
    in_order: VecDeque<EnvelopeId>,
    numbers: HashMap<EnvelopeId, u64>,
}

impl KnownIds {
    fn new(from: u64, ids: Vec<EnvelopeId>) -> Self {
        Self {
            from,
            numbers: ids.iter().copied().zip(from..).collect(),
            in_order: ids.into(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.in_order.len()
    }

    pub(super) fn number(&self, id: &EnvelopeId) -> Option<u64> {
        self.numbers.get(id).copied()
    }

    pub(super) fn push(&mut self, id: EnvelopeId) {
        let number = self.from + self.in_order.len() as u64;
        self.in_order.push_back(id);
        self.numbers.insert(id, number);
    }

    /// Forgets ids of numbers below this one; says whether there were any.
    pub(super) fn forget_below(&mut self, number: u64) -> bool {
        let before = self.from;
        while self.from < number
            && let Some(id) = self.in_order.pop_front()
        {
            self.numbers.remove(&id);
            self.from += 1;
        }
        self.from != before
    }

    fn last(&self) -> u64 {
        self.from + self.in_order.len() as u64 - 1
    }
}
