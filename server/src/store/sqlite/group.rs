//! One group of work and its transaction: states of mailboxes, loaded once, written back once.
//!
//! Owns: the cache of mailbox states, which holds nothing that is not committed or about to be; and
//! the order "run all, write back, commit". Never does: answers (they are [`super::core`]'s).

use std::collections::HashSet;

use hashlink::LruCache;
use restante_wire::{MailboxAddress, SeatId};
use rusqlite::Transaction;

use super::{keys, mailboxes};
use crate::{
    clock::Entropy,
    delivery::{Context, Mailbox, cursor::TRIM_STEP, fan_out::Hub, mailbox::NewEnvelope},
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
    pub(super) fn write_back(mut self) -> Result<Outgoing, StoreError> {
        for address in std::mem::take(&mut self.touched) {
            if let Some(changed) = self.mailboxes.write_back(self.transaction, &address)? {
                self.outgoing.changed.push(changed);
            }
        }
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
        transaction: &Transaction<'_>,
        address: &MailboxAddress,
    ) -> Result<Option<Changed>, StoreError> {
        let Some(cached) = self.cache.get_mut(address) else {
            return Ok(None);
        };
        cached.is_touched = false;
        let mailbox = &mut cached.mailbox;
        mailbox.trim(TRIM_STEP);
        let changes = mailbox.take_changes();
        mailboxes::store(transaction, cached.key, mailbox, &changes)?;
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

impl Outgoing {
    /// Hands everything out, after the commit and after the answers.
    pub(super) fn publish(self, hub: &Hub) {
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
