//! One group of work and its transaction: states of mailboxes, loaded once, written back once.
//!
//! Owns: the cache of mailbox states, which holds nothing that is not committed or about to be; and
//! the order "run all, write back, commit". Never does: answers (they are [`super::core`]'s).

use std::{collections::HashSet, time::Duration};

use hashlink::LruCache;
use restante_wire::{MailboxAddress, SeatId, fault::planted, mailbox::SealedHandle, push::Urgency};
use rusqlite::Transaction;

use super::{keys, mailboxes, wake_ups};
use crate::{
    clock::Entropy,
    delivery::{
        Context, Mailbox,
        cursor::TRIM_STEP,
        fan_out::{Hub, Reader},
        mailbox::NewEnvelope,
        wake::{Call, Sleeper, WakeUp},
    },
    store::StoreError,
};

/// Memory for states of mailboxes, in bytes.
const CACHE_BYTES: usize = 128 * 1024 * 1024;

/// Most mailboxes that wait for their leftovers to be trimmed; those of others go with the retention.
const MAX_UNTRIMMED: usize = 16 * 1024;

/// States of mailboxes as they are in the database.
pub(super) struct Mailboxes {
    cache: LruCache<MailboxAddress, Cached>,
    bytes: usize,
    /// Those of which something could be trimmed when there is time.
    untrimmed: HashSet<MailboxAddress>,
}

struct Cached {
    key: i64,
    mailbox: Mailbox,
    weight: usize,
    is_touched: bool,
}

/// What to hand out after the commit.
#[derive(Default)]
pub(super) struct Outgoing {
    changed: Vec<Changed>,
    ephemerals: Vec<(MailboxAddress, SeatId, Vec<u8>)>,
    letters: Vec<MailboxAddress>,
    wake_ups: Vec<WakeUp>,
}

/// What watches of one mailbox must learn.
struct Changed {
    mailbox: MailboxAddress,
    appended: Vec<NewEnvelope>,
    recheck: HashSet<SeatId>,
}

/// A running group: what its work sees.
pub struct Group<'a> {
    /// The transaction.
    pub transaction: &'a Transaction<'a>,
    /// Time, day and limits.
    pub context: Context<'a>,
    /// Randomness for keys.
    pub entropy: &'a dyn Entropy,
    mailboxes: &'a mut Mailboxes,
    touched: Vec<MailboxAddress>,
    inboxes_to_wake: Vec<(Sleeper, Urgency)>,
    outgoing: Outgoing,
}

impl<'a> Group<'a> {
    pub(super) fn new(
        transaction: &'a Transaction<'a>,
        context: Context<'a>,
        entropy: &'a dyn Entropy,
        mailboxes: &'a mut Mailboxes,
    ) -> Self {
        Self {
            transaction,
            context,
            entropy,
            mailboxes,
            touched: Vec::new(),
            inboxes_to_wake: Vec::new(),
            outgoing: Outgoing::default(),
        }
    }

    /// The state of a mailbox, if there is one. What the rules change in it is written back at the
    /// end of the group.
    ///
    /// # Errors
    /// A [`StoreError`] of the database.
    pub fn mailbox(
        &mut self,
        address: &MailboxAddress,
    ) -> Result<Option<&mut Mailbox>, StoreError> {
        if !self.mailboxes.cache.contains_key(address) {
            let Some((key, mailbox)) = mailboxes::load(self.transaction, address)? else {
                return Ok(None);
            };
            self.mailboxes.insert(key, mailbox);
        }
        let Some(cached) = self.mailboxes.cache.get_mut(address) else {
            return Ok(None);
        };
        if !cached.is_touched {
            cached.is_touched = true;
            self.touched.push(*address);
        }
        Ok(Some(&mut cached.mailbox))
    }

    /// Adds a new mailbox, whose address is free.
    ///
    /// # Errors
    /// A [`StoreError`] of the database.
    pub fn add_mailbox(&mut self, mailbox: Mailbox) -> Result<(), StoreError> {
        let key = keys::draw(self.entropy, |key| {
            mailboxes::key_is_taken(self.transaction, key)
        })?;
        // At once, so that the key is taken for the rest of the group.
        mailboxes::store_head(self.transaction, key, &mailbox)?;
        let address = *mailbox.address();
        self.mailboxes.insert(key, mailbox);
        self.mailbox(&address)?;
        Ok(())
    }

    /// Hands an ephemeral envelope out after the commit.
    pub fn send_ephemeral(&mut self, mailbox: MailboxAddress, author: SeatId, body: Vec<u8>) {
        self.outgoing.ephemerals.push((mailbox, author, body));
    }

    /// Tells the reader of an inbox after the commit that it has a letter.
    pub fn announce_letter(&mut self, inbox: MailboxAddress) {
        self.outgoing.letters.push(inbox);
    }

    /// Has the client of an inbox woken, unless it is connected.
    pub(super) fn wake(&mut self, inbox: Sleeper, urgency: Urgency) {
        self.inboxes_to_wake.push((inbox, urgency));
    }

    /// Runs work in a savepoint of its own, so that its failure undoes its own changes only.
    ///
    /// # Errors
    /// What `work` returned, or why SQLite gave the transaction up.
    pub fn isolated<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let transaction = self.transaction;
        transaction.prepare_cached("SAVEPOINT work")?.execute([])?;
        let outcome = work(transaction);
        if transaction.is_autocommit() {
            return Err(outcome.err().unwrap_or(StoreError::Unavailable { code: 0 }));
        }
        if outcome.is_err() {
            transaction
                .prepare_cached("ROLLBACK TO work")?
                .execute([])?;
        }
        transaction.prepare_cached("RELEASE work")?.execute([])?;
        outcome
    }

    /// Writes back what the rules changed. Returns what to hand out once it is durable.
    /// Who is connected, as `hub` knows it, is not woken.
    pub(super) fn write_back(mut self, hub: &Hub, now: Duration) -> Result<Outgoing, StoreError> {
        let mut wakes = Wakes {
            transaction: self.transaction,
            context: self.context,
            hub,
            now,
            written: Vec::new(),
        };
        for address in std::mem::take(&mut self.touched) {
            if let Some(changed) = self.mailboxes.write_back(&mut wakes, &address)? {
                self.outgoing.changed.push(changed);
            }
        }
        for (inbox, urgency) in self.inboxes_to_wake {
            wakes.inbox(inbox, urgency)?;
        }
        self.outgoing.wake_ups = wakes.written;
        Ok(self.outgoing)
    }

    /// Trims what was left over for when there is time.
    pub(super) fn trim_leftovers(&mut self) -> Result<(), StoreError> {
        for address in std::mem::take(&mut self.mailboxes.untrimmed) {
            if let Some(mailbox) = self.mailbox(&address)? {
                mailbox.trim(1);
            }
        }
        Ok(())
    }
}

impl Mailboxes {
    pub(super) fn new() -> Self {
        Self {
            cache: LruCache::new_unbounded(),
            bytes: 0,
            untrimmed: HashSet::new(),
        }
    }

    /// Forgets everything: what it holds may not have been committed.
    pub(super) fn clear(&mut self) {
        self.cache.clear();
        self.bytes = 0;
        self.untrimmed.clear();
    }

    /// Whether something waits to be trimmed.
    pub(super) fn has_leftovers(&self) -> bool {
        !self.untrimmed.is_empty()
    }

    /// Forgets what was least recently used, down to the budget.
    pub(super) fn shrink(&mut self) {
        while self.bytes > CACHE_BYTES
            && let Some((_, forgotten)) = self.cache.remove_lru()
        {
            self.bytes = self.bytes.saturating_sub(forgotten.weight);
        }
    }

    fn insert(&mut self, key: i64, mailbox: Mailbox) {
        let weight = mailbox.weight();
        self.bytes += weight;
        let address = *mailbox.address();
        let cached = Cached {
            key,
            mailbox,
            weight,
            is_touched: false,
        };
        self.cache.insert(address, cached);
    }

    fn write_back(
        &mut self,
        wakes: &mut Wakes<'_>,
        address: &MailboxAddress,
    ) -> Result<Option<Changed>, StoreError> {
        let transaction = wakes.transaction;
        let Some(cached) = self.cache.get_mut(address) else {
            return Ok(None);
        };
        cached.is_touched = false;
        let mailbox = &mut cached.mailbox;
        mailbox.trim(TRIM_STEP);
        let changes = mailbox.take_changes();
        mailboxes::store(transaction, cached.key, mailbox, &changes)?;
        wakes.mailbox(cached.key, mailbox, &changes.calls)?;
        if mailbox.trimmable() > 0 && self.untrimmed.len() < MAX_UNTRIMMED {
            self.untrimmed.insert(*address);
        }
        let weight = mailbox.weight();
        self.bytes = (self.bytes + weight).saturating_sub(cached.weight);
        cached.weight = weight;
        if mailbox.is_abandoned() {
            mailboxes::delete(transaction, cached.key)?;
            self.bytes = self.bytes.saturating_sub(weight);
            self.cache.remove(address);
        }
        let is_silent = changes.appended.is_empty() && changes.recheck.is_empty();
        Ok((!is_silent).then_some(Changed {
            mailbox: *address,
            appended: changes.appended,
            recheck: changes.recheck,
        }))
    }
}

/// Writes the rows of those to be woken, in the transaction that wakes them.
struct Wakes<'a> {
    transaction: &'a Transaction<'a>,
    context: Context<'a>,
    hub: &'a Hub,
    now: Duration,
    written: Vec<WakeUp>,
}

impl Wakes<'_> {
    fn mailbox(&mut self, key: i64, mailbox: &Mailbox, calls: &[Call]) -> Result<(), StoreError> {
        let mut to_wake = mailbox.to_wake(calls).peekable();
        if to_wake.peek().is_none() {
            return Ok(());
        }
        let readers: HashSet<SeatId> = self
            .hub
            .readers(mailbox.address())
            .into_iter()
            .filter_map(|reader| match reader {
                Reader::Seat { id, .. } => Some(id),
                Reader::Owner => None,
            })
            .collect();
        let is_asleep = |id: &SeatId| !readers.contains(id) || planted("wake_everybody");
        for (id, urgency, handle) in to_wake.filter(|(id, ..)| is_asleep(id)) {
            let sleeper = Sleeper {
                key,
                log: *mailbox.address(),
                seat: Some(*id),
            };
            self.note(sleeper, urgency, handle.clone())?;
        }
        Ok(())
    }

    fn inbox(&mut self, sleeper: Sleeper, urgency: Urgency) -> Result<(), StoreError> {
        if !self.hub.readers(&sleeper.log).is_empty() {
            return Ok(());
        }
        match wake_ups::inbox_handle(self.transaction, sleeper.key)? {
            Some(handle) => self.note(sleeper, urgency, handle),
            None => Ok(()),
        }
    }

    fn note(
        &mut self,
        sleeper: Sleeper,
        urgency: Urgency,
        handle: SealedHandle,
    ) -> Result<(), StoreError> {
        let asked = wake_ups::note(self.transaction, &sleeper, urgency, self.context.day)?;
        self.written.push(WakeUp {
            sleeper,
            handle,
            urgency,
            asked,
            attempts: 0,
            since: Some(self.now),
        });
        Ok(())
    }
}

impl Outgoing {
    /// Hands everything out, after the commit and after the answers.
    pub(super) fn publish(self, hub: &Hub) {
        hub.ring(self.wake_ups);
        for changed in self.changed {
            hub.publish(&changed.mailbox, &changed.appended, &changed.recheck);
        }
        for (mailbox, author, body) in self.ephemerals {
            hub.publish_ephemeral(&mailbox, &author, body);
        }
        for inbox in self.letters {
            hub.notify(&inbox);
        }
    }
}
