//! What happened in the mailbox, noted beside the relay and never shown to it.
//!
//! The log is whole here, whatever the relay has trimmed, and seats are followed by what was asked,
//! not by what the relay keeps of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use bytes::Bytes;
use restante_wire::{Envelope, codec};

use crate::{
    names::{ALICE, Id, Name, Names},
    request::{Body, Item, Request, What},
};

/// Something that must never happen, noted at the step where it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Breach {
    /// R1: an answer names a number under which something else is stored, or nothing.
    Answer,
    /// R2: a number was left out or given twice, or a reader got something else than another.
    Number,
    /// R5: a seat that is dropped, or never was, appended, acknowledged or read on.
    Dropped,
    /// R6: something went that a seat still waits for and its retention still covers.
    Trimmed,
    /// A seat appended or acknowledged by a secret that its client did not choose.
    Unrotated,
    /// A seat that is no admin's stated the list of seats, or has another role than was stated.
    Role,
    /// A change to seats was not made as it was asked for.
    Seats,
    /// C3: an envelope was not of the epoch in force at its place.
    Epoch,
}

/// An entry of the log.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) encoded: Bytes,
    pub(crate) envelope: Arc<Envelope>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Envelope {
            number,
            id,
            after_commit,
            ..
        } = &*self.envelope;
        let (id, what) = (Id::of(id), Body::of(&self.envelope).what);
        write!(f, "{number}: {what:?} {id:?} after {after_commit}")
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.encoded == other.encoded
    }
}

impl Eq for Entry {}

impl Hash for Entry {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.encoded.hash(state);
    }
}

/// Everything that happened.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct History {
    pub(crate) log: Vec<Entry>,
    /// Live seats and what each has acknowledged.
    pub(crate) live: BTreeMap<Name, u64>,
    pub(crate) admins: Names,
    /// Seats that were dropped, and the append that did it.
    dropped: BTreeMap<Name, u64>,
    /// Day on which each live seat was last used.
    used: BTreeMap<Name, u32>,
    pub(crate) breaches: BTreeSet<Breach>,
}

impl History {
    pub(crate) fn new(day: u32) -> Self {
        Self {
            log: Vec::new(),
            live: BTreeMap::from([(ALICE, 0)]),
            admins: Names::of([ALICE]),
            dropped: BTreeMap::new(),
            used: BTreeMap::from([(ALICE, day)]),
            breaches: BTreeSet::new(),
        }
    }

    pub(crate) fn last(&self) -> u64 {
        self.log.len() as u64
    }

    pub(crate) fn note(&mut self, breach: Breach, happened: bool) {
        if happened {
            self.breaches.insert(breach);
        }
    }

    /// The relay let a seat in.
    pub(crate) fn enters(&mut self, request: &Request, day: u32) {
        self.uses(request.seat(), day);
        let acts = !matches!(request, Request::Rotate { .. });
        self.note(Breach::Unrotated, acts && request.secret().is_granted);
        if let Request::Ack { seat, cursor, .. } = request {
            self.note(Breach::Dropped, !self.live.contains_key(seat));
            self.note(Breach::Number, *cursor > self.last());
            let acknowledged = self.live.entry(*seat).or_default();
            *acknowledged = (*acknowledged).max(*cursor);
        }
    }

    pub(crate) fn uses(&mut self, seat: Name, day: u32) {
        if let Some(used) = self.used.get_mut(&seat) {
            *used = day;
        }
    }

    /// The relay answered that an item of this seat has this number.
    pub(crate) fn answered(
        &mut self,
        seat: Name,
        item: &Item,
        number: u64,
        stored: Option<&Bytes>,
    ) {
        if number == self.last() + 1
            && let Some(encoded) = stored
        {
            self.appended(seat, item, encoded);
        }
        let entry = (number as usize)
            .checked_sub(1)
            .and_then(|place| self.log.get(place));
        let is_there = entry.is_some_and(|entry| Id::of(&entry.envelope.id) == item.id);
        self.note(Breach::Answer, !is_there);
    }

    fn appended(&mut self, seat: Name, item: &Item, encoded: &Bytes) {
        let envelope: Envelope = codec::decode(encoded).expect("what the relay encoded");
        let number = self.last() + 1;
        self.note(Breach::Number, envelope.number != number);
        self.note(Breach::Dropped, !self.live.contains_key(&seat));
        for added in envelope.seats.added.iter().map(Name::of) {
            self.note(Breach::Seats, self.live.contains_key(&added));
            self.live.insert(added, number - 1);
            self.used.insert(added, envelope.day.0);
            self.dropped.remove(&added);
        }
        let leaves = |name: &Name| match item.changes.list {
            Some((stay, _)) => !stay.has(*name),
            None => item.body.what == What::Leave && *name == seat,
        };
        if let Some((_, admins)) = item.changes.list {
            self.note(Breach::Role, !self.admins.has(seat));
            self.admins = admins;
        }
        let gone: Vec<Name> = self.live.keys().copied().filter(leaves).collect();
        for name in &gone {
            self.live.remove(name);
            self.used.remove(name);
            self.dropped.insert(*name, number);
            self.admins = self.admins.without(*name);
        }
        let said: BTreeSet<Name> = envelope.seats.dropped.iter().map(Name::of).collect();
        self.note(Breach::Seats, said != gone.into_iter().collect());
        self.log.push(Entry {
            encoded: encoded.clone(),
            envelope: Arc::new(envelope),
        });
    }

    /// A seat got the envelope of this number.
    pub(crate) fn reads(&mut self, seat: Name, number: u64, encoded: &Bytes) {
        let entry = self.log.get(number as usize - 1);
        let is_same = entry.is_some_and(|entry| entry.encoded == *encoded);
        self.note(Breach::Number, !is_same);
        let may = match self.dropped.get(&seat) {
            Some(dropped_at) => number <= *dropped_at,
            None => self.live.contains_key(&seat),
        };
        self.note(Breach::Dropped, !may);
    }

    /// The lowest stored number went from one to another, on a day whose retention begins at
    /// `kept_since`.
    pub(crate) fn trims(&mut self, from: u64, to: u64, kept_since: u32) {
        let acknowledged = self.live.values().min().copied().unwrap_or(0);
        let is_waited_for = |number: u64| {
            let entry = self.log.get(number as usize - 1);
            let is_young = entry.is_none_or(|entry| entry.envelope.day.0 >= kept_since);
            number > acknowledged && is_young
        };
        let too_early = (from..to).any(is_waited_for);
        self.note(Breach::Trimmed, too_early);
    }

    /// Seats go that nobody used since this day.
    pub(crate) fn forgets_seats(&mut self, unseen_since: u32) {
        let used = &self.used;
        self.live
            .retain(|name, _| used.get(name).is_some_and(|day| *day >= unseen_since));
        let live = &self.live;
        self.used.retain(|name, _| live.contains_key(name));
    }

    /// Whether the log removes somebody by a commit that everybody takes.
    pub(crate) fn removes(&self, name: Name) -> bool {
        let bodies = self.log.iter().map(|entry| Body::of(&entry.envelope));
        bodies
            .filter(|body| body.what == What::Remove)
            .any(|body| body.whom == name)
    }
}
