//! What time deletes: envelopes and letters past their retention, seats that nobody uses.

use std::sync::mpsc;

use restante_wire::{Day, MailboxAddress, WireError};
use rusqlite::params;

use super::{
    Group, Store,
    core::{Core, Job},
    mailboxes, wake_ups,
};
use crate::store::StoreError;

/// Mailboxes that one transaction looks at, so that others need not wait long.
const MAILBOXES_AT_ONCE: u32 = 64;

/// Letters that one transaction deletes.
const LETTERS_AT_ONCE: u32 = 1_000;

/// Free pages that one transaction gives back to the file system.
const PAGES_AT_ONCE: u32 = 1_000;

impl Store {
    /// Deletes what is past its retention, in many small transactions. Deleting twice is harmless,
    /// and so is stopping in the middle.
    ///
    /// # Errors
    /// Why the store could not go on; the rest waits for the next time.
    pub async fn expire(&self) -> Result<(), WireError> {
        let mut after = 0;
        while let Some(next) = self
            .write_group(move |group| expire_some(group, after))
            .await?
        {
            after = next;
        }
        while self.write_group(expire_letters).await? > 0 {}
        self.write_group(|group| wake_ups::expire(group.transaction, group.context.day))
            .await?;
        while self
            .write(|transaction| Ok(give_back(transaction)?))
            .await?
            > 0
        {}
        Ok(())
    }
}

impl Core {
    /// The same on this thread, for simulators; the file keeps its free pages.
    ///
    /// # Errors
    /// Why the store could not go on.
    pub fn expire(&mut self) -> Result<(), StoreError> {
        let mut after = 0;
        while let Some(next) = self.run(move |group| expire_some(group, after))? {
            after = next;
        }
        while self.run(expire_letters)? > 0 {}
        self.run(|group| wake_ups::expire(group.transaction, group.context.day))?;
        Ok(())
    }

    /// One piece of work in a transaction of its own.
    fn run<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Group<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (done, all_done) = mpsc::channel();
        // The other end outlives the group.
        let job = Job::new(work, move |result| drop(done.send(result)));
        self.apply(&mut vec![job]);
        all_done.recv().unwrap_or(Err(StoreError::Closed))
    }
}

/// Expires some mailboxes with keys above this one. Returns the last key, or none at the end.
fn expire_some(group: &mut Group<'_>, after: i64) -> Result<Option<i64>, StoreError> {
    let some: Vec<(i64, MailboxAddress)> = {
        let mut statement = group.transaction.prepare_cached(
            "SELECT mailbox_key, address FROM mailboxes WHERE mailbox_key > ?1
             ORDER BY mailbox_key LIMIT ?2",
        )?;
        let rows = statement.query_map(params![after, MAILBOXES_AT_ONCE], |row| {
            Ok((row.get(0)?, MailboxAddress(row.get(1)?)))
        })?;
        rows.collect::<Result<_, _>>()?
    };
    let context = group.context;
    let kept_since = kept_since(context.day, context.limits.envelope_days);
    for (key, address) in &some {
        let kept_from = mailboxes::first_since(group.transaction, *key, kept_since)?;
        if let Some(mailbox) = group.mailbox(address)? {
            // Envelopes of this very group are not in the table yet, and are of today.
            let kept_from = kept_from.or_else(|| mailbox.first_unwritten());
            mailbox.expire(kept_from, &context);
        }
    }
    Ok(some.last().map(|(key, _)| *key))
}

fn expire_letters(group: &mut Group<'_>) -> Result<usize, StoreError> {
    let before = kept_since(group.context.day, group.context.limits.letter_days).0;
    let letters = group
        .transaction
        .prepare_cached(
            "DELETE FROM letters WHERE place IN
             (SELECT place FROM letters WHERE day < ?1 LIMIT ?2)",
        )?
        .execute(params![before, LETTERS_AT_ONCE])?;
    let ids = group
        .transaction
        .prepare_cached(
            "DELETE FROM letter_ids WHERE (inbox_key, letter_id) IN
             (SELECT inbox_key, letter_id FROM letter_ids WHERE day < ?1 LIMIT ?2)",
        )?
        .execute(params![before, LETTERS_AT_ONCE])?;
    Ok(letters + ids)
}

/// Gives free pages back to the file system. Returns how many there still are.
fn give_back(connection: &rusqlite::Connection) -> rusqlite::Result<u32> {
    let mut statement =
        connection.prepare(&format!("PRAGMA incremental_vacuum({PAGES_AT_ONCE})"))?;
    let mut steps = statement.query([])?;
    while steps.next()?.is_some() {}
    connection.pragma_query_value(None, "freelist_count", |row| row.get(0))
}

/// The first day that a retention of so many days still covers.
fn kept_since(today: Day, days: u32) -> Day {
    Day(today.0.saturating_sub(days))
}
