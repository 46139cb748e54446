//! The embedded store: SQLite with a write-ahead log, one writer thread, a few readers.
//!
//! Owns: [`Store`], the handle that the rest of the relay holds. Never does: decide anything.
//! Read next: [`core`], which is synchronous and runs in tests and the simulator without threads;
//! `writer.rs` and `readers.rs` are thin shells around it.

pub mod accounts;
pub mod beside;
pub mod core;
pub mod inboxes;
mod keys;
mod open;
mod readers;
mod writer;

use std::{path::Path, sync::Arc, time::Duration};

use restante_wire::RestoreId;
use rusqlite::{Connection, Transaction};
use tokio::sync::oneshot;

use self::{core::Core, readers::Readers, writer::Writer};
use crate::store::{OpenError, StoreError};

/// How a store is opened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// Most pieces of work that wait for the writer; beyond it: `overloaded`.
    pub writer_queue: usize,
    /// Most pieces of work in one transaction.
    pub max_group: usize,
    /// Reader connections, one thread each.
    pub readers: usize,
    /// Most reads that wait for a reader; beyond it: `overloaded`.
    pub reader_queue: usize,
    /// How long SQLite waits for somebody else's lock.
    pub busy_timeout: Duration,
    /// Most pages of 4 KiB the database may have; beyond it: `storage_full`.
    pub max_pages: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            writer_queue: 16 * 1024,
            max_group: 1024,
            readers: 3,
            reader_queue: 16 * 1024,
            busy_timeout: Duration::from_secs(5),
            max_pages: None,
        }
    }
}

/// The relay's database. Cheap to clone; the last clone that goes closes the file.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    // Readers go first: the writer's connection is the last one and cleans up the log.
    readers: Readers,
    writer: Writer,
    restore_id: RestoreId,
}

impl Store {
    /// Opens the database file, or makes it, and brings it to this build's format; an existing file
    /// of an older format is copied first, to a file beside it.
    ///
    /// # Errors
    /// An [`OpenError`]; the file is as it was.
    pub fn open(path: &Path, options: &Options) -> Result<Self, OpenError> {
        let core = Core::open(path, options)?;
        let restore_id = core.restore_id();
        let readers = Readers::start(path, options)?;
        let writer = Writer::start(core, options)?;
        Ok(Self {
            shared: Arc::new(Shared {
                readers,
                writer,
                restore_id,
            }),
        })
    }

    /// Names this life of the database: a restore from a backup makes a new one.
    #[must_use]
    pub fn restore_id(&self) -> RestoreId {
        self.shared.restore_id
    }

    /// Runs `work` in the writer's next transaction, in a savepoint of its own, and returns once
    /// that transaction is durable. If `work` fails, only its own changes are undone.
    ///
    /// # Errors
    /// What `work` returned, or why nothing could be stored.
    pub async fn write<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        self.shared.writer.submit(core::closure(work, |result| {
            // Whoever asked may have gone; the change stands all the same.
            drop(answer.send(result));
        }))?;
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Runs `work` on a reader, in one read transaction: it sees everything that was answered.
    ///
    /// # Errors
    /// What `work` returned, or why nothing could be read.
    pub async fn read<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        self.shared.readers.submit(move |connection| {
            drop(answer.send(core::read(connection, work)));
        })?;
        answered.await.unwrap_or(Err(StoreError::Closed))
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store(..)")
    }
}
