//! The embedded store: SQLite with a write-ahead log, one writer thread, a few readers.
//!
//! Owns: [`Store`], the handle that the rest of the relay holds. Never does: decide anything.
//! Read next: [`core`], which is synchronous and runs in tests and the simulator without threads;
//! `writer.rs` and `readers.rs` are thin shells around it.

pub mod accounts;
pub mod beside;
pub mod blobs;
pub mod core;
mod expiry;
mod group;
mod health;
pub mod inboxes;
mod keys;
pub mod life;
mod mailboxes;
mod open;
mod readers;
mod reads;
mod requests;
pub mod wake_ups;
mod writer;

use std::{path::Path, sync::Arc, time::Duration};

use restante_wire::RestoreId;
use rusqlite::{Connection, Transaction};
use tokio::sync::oneshot;

use self::{
    core::{Core, Job},
    health::Health,
    readers::Readers,
    writer::Writer,
};
pub use self::{
    group::Group,
    reads::{Page, PageLimits},
    requests::Change,
};
use crate::{
    clock::{Clock, Entropy, SystemClock, SystemEntropy},
    delivery::{Limits, fan_out::Hub},
    store::{OpenError, StoreError},
};

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
    /// Pages of the write-ahead log after which it is copied into the database file: many, so that
    /// a page that many transactions wrote is copied once.
    pub checkpoint_pages: u32,
    /// For how long the write-ahead log may tell the order of commits on a relay that is never idle.
    pub log_tells_order_for: Duration,
    /// What the rules go by.
    pub environment: Environment,
}

/// Time, randomness and limits that the delivery rules are run with.
#[derive(Clone)]
pub struct Environment {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// What the operator allows.
    pub limits: Arc<Limits>,
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
            checkpoint_pages: 8 * 1024,
            log_tells_order_for: Duration::from_secs(10),
            environment: Environment::default(),
        }
    }
}

impl Default for Environment {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            limits: Arc::new(Limits::default()),
        }
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Environment")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
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
    hub: Arc<Hub>,
    health: Arc<Health>,
    environment: Environment,
}

impl Store {
    /// Opens the database file, or makes it, and brings it to this build's format; an existing file
    /// of an older format is copied first, to a file beside it.
    ///
    /// # Errors
    /// An [`OpenError`]; the file is as it was.
    pub fn open(path: &Path, options: &Options) -> Result<Self, OpenError> {
        let hub = Arc::new(Hub::default());
        let core = Core::open(path, options, Arc::clone(&hub))?;
        let restore_id = core.restore_id();
        let health = core.health();
        let readers = Readers::start(path, options)?;
        let writer = Writer::start(core, options)?;
        Ok(Self {
            shared: Arc::new(Shared {
                readers,
                writer,
                restore_id,
                hub,
                health,
                environment: options.environment.clone(),
            }),
        })
    }

    /// Names this life of the database: a restore from a backup makes a new one.
    #[must_use]
    pub fn restore_id(&self) -> RestoreId {
        self.shared.restore_id
    }

    /// Where watches learn what was committed.
    #[must_use]
    pub fn hub(&self) -> &Hub {
        &self.shared.hub
    }

    /// Time, randomness and limits.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.shared.environment
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
        self.write_group(|group| group.isolated(work)).await
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
        // Whoever asked may have gone.
        let answer = |result| drop(answer.send(result));
        self.shared.readers.submit(work, answer);
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Makes sure that requests are written and read: at most once a second with a trial that needs
    /// new pages, otherwise by what is known.
    ///
    /// # Errors
    /// Why they are not; `Full` also where small ones still would be.
    pub async fn ready(&self) -> Result<(), StoreError> {
        self.shared.health.ask();
        let touch = "UPDATE relay SET restore_id = restore_id";
        self.write(move |transaction| Ok(transaction.execute(touch, []).map(drop)?))
            .await?;
        if self.shared.health.is_failing() {
            return Err(StoreError::Full);
        }
        self.read(|connection| Ok(connection.query_row("SELECT 1", [], |_| Ok(()))?))
            .await
    }

    /// Runs `work` on the writer's next group and waits until it is durable.
    async fn write_group<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&mut Group<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        // Whoever asked may have gone; the change stands all the same.
        let job = Job::new(work, |result| drop(answer.send(result)));
        self.shared.writer.submit(job);
        answered.await.unwrap_or(Err(StoreError::Closed))
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store(..)")
    }
}
