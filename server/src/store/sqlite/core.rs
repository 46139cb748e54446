//! The synchronous heart of the store: one group of work, one transaction, then the answers.
//!
//! Owns: the writer's connection and the order "decide, store, commit, answer" (invariant R1).
//! Never does: threads, waiting. Driven by `writer.rs`, and directly by the simulator.

use std::{
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use restante_wire::RestoreId;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

use super::{
    Options,
    open::{self, Lock},
};
use crate::{
    clock::{Entropy, SystemEntropy},
    store::{OpenError, StoreError},
};

/// One piece of work of a group.
pub struct Job(Box<dyn Work>);

/// Work that runs inside a group's transaction and is answered after it.
trait Work: Send {
    fn run(&mut self, transaction: &Transaction<'_>) -> Result<(), StoreError>;
    fn answer(self: Box<Self>, outcome: Result<(), StoreError>);
}

/// Work that is a closure in a savepoint of its own; `answer` gets its result after the commit.
pub fn closure<T, W, A>(work: W, answer: A) -> Job
where
    T: Send + 'static,
    W: FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    A: FnOnce(Result<T, StoreError>) + Send + 'static,
{
    Job(Box::new(Closure {
        work: Some(work),
        value: None,
        answer,
    }))
}

/// Runs `work` in one read transaction.
///
/// # Errors
/// What `work` returned, or why no transaction began.
pub fn read<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let transaction = connection.unchecked_transaction()?;
    let value = work(&transaction)?;
    transaction.commit()?;
    Ok(value)
}

/// The writer's connection.
pub struct Core {
    connection: Connection,
    identity: FileIdentity,
    restore_id: RestoreId,
    _lock: Lock,
}

impl Core {
    /// Opens the database file; see [`super::Store::open`].
    ///
    /// # Errors
    /// An [`OpenError`]; the file is as it was.
    pub fn open(path: &Path, options: &Options) -> Result<Self, OpenError> {
        let lock = open::lock(path)?;
        let connection = open::writer(path, options)?;
        let restore_id = restore_id(&connection, &SystemEntropy)?;
        let identity = FileIdentity::of(path)?;
        Ok(Self {
            connection,
            identity,
            restore_id,
            _lock: lock,
        })
    }

    /// Names this life of the database.
    #[must_use]
    pub fn restore_id(&self) -> RestoreId {
        self.restore_id
    }

    /// Runs all jobs of a group in one transaction, commits it and answers them. If the commit
    /// fails, every job is refused and nothing of the group is stored.
    pub fn apply(&mut self, group: &mut Vec<Job>) {
        let mut outcomes = Vec::with_capacity(group.len());
        let committed = self.commit(group, &mut outcomes);
        let mut outcomes = outcomes.into_iter();
        for job in group.drain(..) {
            let own = outcomes.next().unwrap_or(Ok(()));
            job.0.answer(committed.and(own));
        }
    }

    fn commit(
        &mut self,
        group: &mut [Job],
        outcomes: &mut Vec<Result<(), StoreError>>,
    ) -> Result<(), StoreError> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        for job in group {
            let outcome = in_savepoint(&transaction, &mut job.0);
            if let Err(error) = outcome
                && error.ends_transaction()
            {
                return Err(error);
            }
            outcomes.push(outcome);
        }
        transaction.commit()?;
        // A file that was removed or replaced meanwhile would take this commit with it.
        self.identity.check()
    }
}

/// Runs one job so that its failure undoes its own changes only.
fn in_savepoint(transaction: &Transaction<'_>, work: &mut Box<dyn Work>) -> Result<(), StoreError> {
    transaction.prepare_cached("SAVEPOINT job")?.execute([])?;
    let outcome = work.run(transaction);
    if transaction.is_autocommit() {
        // SQLite gave the whole transaction up.
        return Err(outcome.err().unwrap_or(StoreError::Unavailable { code: 0 }));
    }
    if outcome.is_err() {
        transaction.prepare_cached("ROLLBACK TO job")?.execute([])?;
    }
    transaction.prepare_cached("RELEASE job")?.execute([])?;
    outcome
}

struct Closure<T, W, A> {
    work: Option<W>,
    value: Option<T>,
    answer: A,
}

impl<T, W, A> Work for Closure<T, W, A>
where
    T: Send,
    W: FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send,
    A: FnOnce(Result<T, StoreError>) + Send,
{
    fn run(&mut self, transaction: &Transaction<'_>) -> Result<(), StoreError> {
        if let Some(work) = self.work.take() {
            self.value = Some(work(transaction)?);
        }
        Ok(())
    }

    fn answer(self: Box<Self>, outcome: Result<(), StoreError>) {
        let value = self.value.ok_or(StoreError::Internal { code: 0 });
        (self.answer)(outcome.and(value));
    }
}

/// The row that names this life of the database, made at the first opening.
fn restore_id(connection: &Connection, entropy: &dyn Entropy) -> Result<RestoreId, OpenError> {
    let stored = connection
        .query_row("SELECT restore_id FROM relay", [], |row| row.get(0))
        .optional()?;
    if let Some(id) = stored {
        return Ok(RestoreId(id));
    }
    let id = entropy.bytes();
    connection.execute("INSERT INTO relay (restore_id) VALUES (?1)", [id])?;
    Ok(RestoreId(id))
}

/// Which file was opened: SQLite goes on writing into a file that was removed.
struct FileIdentity {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl FileIdentity {
    fn of(path: &Path) -> Result<Self, OpenError> {
        let found = std::fs::metadata(path)?;
        Ok(Self {
            path: path.to_owned(),
            device: found.dev(),
            inode: found.ino(),
        })
    }

    fn check(&self) -> Result<(), StoreError> {
        match std::fs::metadata(&self.path) {
            Ok(found) if found.dev() == self.device && found.ino() == self.inode => Ok(()),
            _ => Err(StoreError::Unavailable { code: 0 }),
        }
    }
}
