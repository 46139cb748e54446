//! The synchronous heart of the store: one group of work, one transaction, then the answers.
//!
//! Owns: the writer's connection and the order "decide, store, commit, answer, hand out"
//! (invariant R1). Never does: threads, waiting. Driven by `writer.rs`, and directly by the
//! simulator, with a clock and randomness of its own. Read next: [`super::group`].

use std::{
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use restante_wire::{Day, RestoreId, fault};
use rusqlite::{Connection, TransactionBehavior};

use super::{
    Environment, Options,
    group::{Group, Mailboxes, Outgoing},
    health::{Examiner, Health, try_new_pages},
    life,
    open::{self, Lock},
};
use crate::{
    delivery::{Context, fan_out::Hub},
    store::{OpenError, StoreError},
};

/// Copies the whole log into the database and cuts it to nothing.
const CHECKPOINT: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

/// How long emptying the log waits for a reader: the pages of one read, and nobody's backup.
const EMPTYING_WAITS: Duration = Duration::from_millis(20);

/// One piece of work of a group, with what is to be done with its result.
pub struct Job(Box<dyn Work>);

/// Work that runs inside a group's transaction and is answered after it.
trait Work: Send {
    /// Decides. An error that ends the transaction ends the group; any other is the answer.
    fn run(&mut self, group: &mut Group<'_>) -> Result<(), StoreError>;
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

impl Job {
    /// Work on a group, whose result `answer` gets after the commit. Changes of work that fails are
    /// not undone: see [`Group::isolated`].
    pub fn new<T, W, A>(work: W, answer: A) -> Self
    where
        T: Send + 'static,
        W: FnOnce(&mut Group<'_>) -> Result<T, StoreError> + Send + 'static,
        A: FnOnce(Result<T, StoreError>) + Send + 'static,
    {
        Self(Box::new(Task {
            work: Some(work),
            result: Err(StoreError::Closed),
            answer,
        }))
    }

    /// Answers without running.
    pub(super) fn refuse(self, error: StoreError) {
        self.0.answer(Err(error));
    }
}

struct Task<T, W, A> {
    work: Option<W>,
    result: Result<T, StoreError>,
    answer: A,
}

impl<T, W, A> Work for Task<T, W, A>
where
    T: Send,
    W: FnOnce(&mut Group<'_>) -> Result<T, StoreError> + Send,
    A: FnOnce(Result<T, StoreError>) + Send,
{
    fn run(&mut self, group: &mut Group<'_>) -> Result<(), StoreError> {
        if let Some(work) = self.work.take() {
            self.result = work(group);
        }
        match &self.result {
            Err(error) if error.ends_transaction() => Err(*error),
            _ => Ok(()),
        }
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let Self { result, answer, .. } = *self;
        answer(committed.and(result));
    }
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

/// The writer's connection and the states it has loaded.
pub struct Core {
    connection: Connection,
    mailboxes: Mailboxes,
    environment: Environment,
    hub: Arc<Hub>,
    identity: FileIdentity,
    restore_id: RestoreId,
    examiner: Examiner,
    /// Since when the write-ahead log holds commits one behind the other, if it does.
    log_tells_order_since: Option<Duration>,
    log_tells_order_for: Duration,
    busy_timeout: Duration,
    _lock: Lock,
}

impl Core {
    /// Opens the database file; see [`super::Store::open`].
    ///
    /// # Errors
    /// An [`OpenError`]; the file is as it was.
    pub fn open(path: &Path, options: &Options, hub: Arc<Hub>) -> Result<Self, OpenError> {
        let environment = options.environment.clone();
        let lock = open::lock(path)?;
        let connection = open::writer(path, options)?;
        let restore_id = life::restore_id(&connection, &*environment.entropy)?;
        let identity = FileIdentity::of(path)?;
        Ok(Self {
            connection,
            mailboxes: Mailboxes::new(),
            environment,
            hub,
            identity,
            restore_id,
            examiner: Examiner::default(),
            log_tells_order_since: None,
            log_tells_order_for: options.log_tells_order_for,
            busy_timeout: options.busy_timeout,
            _lock: lock,
        })
    }

    /// Names this life of the database.
    #[must_use]
    pub fn restore_id(&self) -> RestoreId {
        self.restore_id
    }

    /// Whether requests are stored, for whoever asks from another thread.
    pub(super) fn health(&self) -> Arc<Health> {
        self.examiner.health()
    }

    pub(super) fn today(&self) -> Day {
        self.environment.clock.day()
    }

    /// The connection, for reads of what is committed.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Runs all jobs of a group in one transaction, commits it, answers them and hands out what was
    /// appended. If the commit fails, every job is refused and nothing of the group is stored.
    pub fn apply(&mut self, jobs: &mut Vec<Job>) {
        let committed = self.commit(|group| jobs.iter_mut().try_for_each(|job| job.0.run(group)));
        let outcome = committed.as_ref().map(drop).map_err(|error| *error);
        metrics::counter!("restante_store_jobs_total").increment(jobs.len() as u64);
        metrics::counter!("restante_store_groups_total").increment(1);
        self.note(outcome);
        for job in jobs.drain(..) {
            job.0.answer(outcome);
        }
        if let Ok(outgoing) = committed {
            outgoing.publish(&self.hub);
        }
        self.mailboxes.shrink();
        let since = self.log_tells_order_since;
        let is_due = since.is_some_and(|since| since + self.log_tells_order_for <= self.now());
        if is_due && !fault::planted("r7_log_of_a_busy_relay_is_kept") {
            self.empty_log();
        }
    }

    fn now(&self) -> Duration {
        self.environment.clock.monotonic()
    }

    /// Follows what became of a group, with a trial where the group alone proves nothing.
    fn note(&mut self, outcome: Result<(), StoreError>) {
        let now = self.now();
        if outcome.is_err() {
            metrics::counter!("restante_store_groups_failed_total").increment(1);
            self.examiner.tried(outcome, now);
        } else if self.examiner.wants_trial(now) {
            let mut tried = try_new_pages(&self.connection);
            if tried == Err(StoreError::Full) {
                self.make_room();
                tried = try_new_pages(&self.connection);
            }
            self.examiner.tried(tried, now);
        } else {
            self.examiner.stored();
        }
    }

    /// Whether [`Self::tidy`] has something to do.
    #[must_use]
    pub fn is_untidy(&self) -> bool {
        self.mailboxes.has_leftovers() || self.log_tells_order_since.is_some()
    }

    /// Deletes acknowledged envelopes that were too few to be deleted at once, and empties the
    /// write-ahead log.
    pub fn tidy(&mut self) {
        let tidied = self.commit(trim_leftovers);
        self.empty_log();
        if tidied.is_err() {
            tracing::warn!("acknowledged envelopes could not be deleted, the retention will");
        }
    }

    /// Copies the write-ahead log into the database and empties it: its frames lie in the order of
    /// commits, which the tables do not tell (R7). Waits only briefly for readers that still need
    /// it; then it is as it was, and the next time is not far.
    fn empty_log(&mut self) {
        let is_emptied = self
            .connection
            .busy_timeout(EMPTYING_WAITS)
            .and_then(|()| self.connection.query_row(CHECKPOINT, [], |row| row.get(0)))
            .is_ok_and(|is_busy: bool| !is_busy);
        // It was set to this when the connection was opened.
        drop(self.connection.busy_timeout(self.busy_timeout));
        self.log_tells_order_since = (!is_emptied).then(|| self.now());
    }

    fn commit(
        &mut self,
        run: impl FnOnce(&mut Group<'_>) -> Result<(), StoreError>,
    ) -> Result<Outgoing, StoreError> {
        let committed = self.try_commit(run);
        if let Err(error) = committed {
            self.mailboxes.clear();
            if error == StoreError::Full {
                self.make_room();
            }
            return Err(error);
        }
        committed
    }

    /// Copies the write-ahead log into the database and gives its room back to the disk, so that
    /// the next group may fit. Where it does not, that group is refused like this one.
    fn make_room(&self) {
        drop(self.connection.query_row(CHECKPOINT, [], |_| Ok(())));
    }

    fn try_commit(
        &mut self,
        run: impl FnOnce(&mut Group<'_>) -> Result<(), StoreError>,
    ) -> Result<Outgoing, StoreError> {
        self.identity.check()?;
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let now_ms = self.environment.clock.now_ms();
        let context = Context {
            now_ms,
            day: crate::clock::day_of(now_ms),
            limits: &self.environment.limits,
        };
        let entropy = &*self.environment.entropy;
        let mut group = Group::new(&transaction, context, entropy, &mut self.mailboxes);
        run(&mut group)?;
        let outgoing = group.write_back(&self.hub, self.environment.clock.monotonic())?;
        transaction.commit()?;
        let now = self.environment.clock.monotonic();
        self.log_tells_order_since.get_or_insert(now);
        // Once more: a file that was removed meanwhile took this commit with it.
        self.identity.check()?;
        Ok(outgoing)
    }
}

fn trim_leftovers(group: &mut Group<'_>) -> Result<(), StoreError> {
    group.trim_leftovers()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    const ROW: &str = "INSERT INTO envelopes (place, day, encoded) VALUES (?1, 0, zeroblob(100))";

    fn write(core: &mut Core, place: i64) {
        let work = move |group: &mut Group<'_>| {
            group.isolated(|transaction| Ok(transaction.execute(ROW, [place]).map(drop)?))
        };
        core.apply(&mut vec![Job::new(work, |stored| stored.unwrap())]);
    }

    fn log_len(path: &Path) -> u64 {
        std::fs::metadata(open::beside(path, "-wal")).unwrap().len()
    }

    #[test]
    fn r7_the_log_of_a_relay_that_is_never_idle_is_emptied_in_bounded_time() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("relay.sqlite");
        let clock = Arc::new(ManualClock::at_ms(1));
        let mut options = Options::default();
        options.environment.clock = Arc::clone(&clock) as _;
        let mut core = Core::open(&path, &options, Arc::default()).unwrap();
        let limit_ms = u64::try_from(options.log_tells_order_for.as_millis()).unwrap();
        write(&mut core, 1);
        clock.advance_ms(limit_ms - 1);
        write(&mut core, 2);
        assert!(log_len(&path) > 0);
        clock.advance_ms(1);
        write(&mut core, 3);
        assert_eq!(log_len(&path), 0);

        // A reader that needs the log keeps it, and nothing else waits for that reader.
        let reader = open::reader(&path, &options).unwrap();
        write(&mut core, 4);
        let reading = reader.unchecked_transaction().unwrap();
        let count = "SELECT count(*) FROM envelopes";
        let seen: u64 = reading.query_row(count, [], |row| row.get(0)).unwrap();
        assert_eq!(seen, 4);
        for place in 5..8 {
            clock.advance_ms(limit_ms);
            write(&mut core, place);
            assert!(log_len(&path) > 0);
        }
        drop(reading);
        clock.advance_ms(limit_ms);
        write(&mut core, 8);
        assert_eq!(log_len(&path), 0);
    }
}
