//! Whether the database takes what requests bring, and what is said when that changes.
//!
//! A write that fits into pages which are there succeeds on a full disk. So what failed once, and what
//! a health check asks about, is believed only after a trial that needs new pages. Owns: that
//! trial, its pace, and the two lines of the log. Never does: refuse a request.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use restante_wire::{WireError, fault};
use rusqlite::Connection;

use crate::store::StoreError;

/// Bytes that a trial writes and takes back: more than any request but the largest commits.
const TRIAL_LEN: u32 = 1024 * 1024;

/// Least time between two trials: anybody may ask a relay whether it is ready.
const TRIAL_EVERY: Duration = Duration::from_secs(1);

/// Shared by the writer, which knows, and health checks, which ask.
#[derive(Default)]
pub(super) struct Health {
    is_asked: AtomicBool,
    is_failing: AtomicBool,
}

impl Health {
    /// Has the writer make sure with its next group.
    pub(super) fn ask(&self) {
        self.is_asked.store(true, Ordering::Release);
    }

    /// What the writer found last.
    pub(super) fn is_failing(&self) -> bool {
        self.is_failing.load(Ordering::Acquire)
    }
}

/// The writer's side.
#[derive(Default)]
pub(super) struct Examiner {
    health: Arc<Health>,
    /// When something needed new pages last, and what came of it.
    last: Option<(Duration, Result<(), StoreError>)>,
}

impl Examiner {
    pub(super) fn health(&self) -> Arc<Health> {
        Arc::clone(&self.health)
    }

    /// Whether a group that was stored is to be followed by a trial.
    pub(super) fn wants_trial(&self, now: Duration) -> bool {
        if fault::planted("r8_small_writes_end_a_full_disk") {
            return false;
        }
        let is_wanted =
            self.health.is_asked.swap(false, Ordering::AcqRel) || self.health.is_failing();
        is_wanted && self.last.is_none_or(|(at, _)| now >= at + TRIAL_EVERY)
    }

    /// Notes what became of a trial, or of a group that failed.
    pub(super) fn tried(&mut self, outcome: Result<(), StoreError>, now: Duration) {
        self.last = Some((now, outcome));
        self.note(outcome);
    }

    /// Notes a group that was stored without a trial, which proves nothing against the last one.
    pub(super) fn stored(&self) {
        if fault::planted("r8_small_writes_end_a_full_disk") {
            self.note(Ok(()));
        }
    }

    /// Says once that the database fails, and once that it works again.
    fn note(&self, outcome: Result<(), StoreError>) {
        let was_failing = self
            .health
            .is_failing
            .swap(outcome.is_err(), Ordering::AcqRel);
        match outcome {
            Err(error) if !was_failing => {
                let code = WireError::from(error).code.code();
                tracing::error!(
                    code,
                    "the database has no room or fails, requests are refused"
                );
            }
            Ok(()) if was_failing => tracing::info!("the database stores requests again"),
            _ => {}
        }
    }
}

/// Writes zeros to new pages behind what is stored and takes them back: nothing is committed, and no
/// table that has rows is touched.
///
/// # Errors
/// Why they could not be written.
pub(super) fn try_new_pages(connection: &Connection) -> Result<(), StoreError> {
    let transaction = connection.unchecked_transaction()?;
    transaction.execute_batch("CREATE TABLE trial (zeros BLOB)")?;
    transaction.execute("INSERT INTO trial VALUES (zeroblob(?1))", [TRIAL_LEN])?;
    // Without it nothing would reach the disk before a commit.
    transaction.cache_flush()?;
    Ok(transaction.rollback()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::ManualClock,
        store::sqlite::{
            Group, Options,
            core::{Core, Job},
        },
    };

    const FILL: &str = "INSERT INTO envelopes (place, day, encoded) VALUES (?1, 0, zeroblob(4096))";

    fn run(core: &mut Core, sql: &'static str, place: Option<i64>) -> Result<(), StoreError> {
        let (answer, answered) = std::sync::mpsc::channel();
        let work = move |group: &mut Group<'_>| {
            group.isolated(|transaction| {
                Ok(transaction
                    .execute(sql, rusqlite::params_from_iter(place))
                    .map(drop)?)
            })
        };
        core.apply(&mut vec![Job::new(work, move |stored| {
            answer.send(stored).unwrap();
        })]);
        answered.recv().unwrap()
    }

    #[test]
    fn r8_small_writes_on_a_full_disk_neither_make_a_relay_ready_nor_speak_of_recovery() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at_ms(1));
        let mut options = Options::default();
        options.environment.clock = Arc::clone(&clock) as _;
        options.max_pages = Some(1024);
        let mut core =
            Core::open(&dir.path().join("relay.sqlite"), &options, Arc::default()).unwrap();
        let health = core.health();
        let touch = "UPDATE relay SET restore_id = restore_id";
        let is_ready = |core: &mut Core| {
            clock.advance_ms(1_000);
            health.ask();
            run(core, touch, None).is_ok() && !health.is_failing()
        };
        assert!(is_ready(&mut core));
        let refused = (1..).find_map(|place| run(&mut core, FILL, Some(place)).err());
        assert_eq!(refused, Some(StoreError::Full));
        for _ in 0..5 {
            assert!(!is_ready(&mut core));
            // A line is written when this changes, and only then.
            run(&mut core, touch, None).unwrap();
            assert!(health.is_failing());
            run(&mut core, FILL, Some(-1)).unwrap_err();
            assert!(health.is_failing());
        }
        run(&mut core, "DELETE FROM envelopes", None).unwrap();
        assert!(is_ready(&mut core));
        run(&mut core, touch, None).unwrap();
        assert!(is_ready(&mut core));
        let tables = "SELECT count(*) FROM sqlite_schema WHERE name = 'trial'";
        let left: u32 = core
            .connection()
            .query_row(tables, [], |row| row.get(0))
            .unwrap();
        assert_eq!(left, 0);
    }

    #[test]
    fn an_idle_relay_on_a_full_disk_is_not_ready() {
        let dir = tempfile::tempdir().unwrap();
        let options = Options {
            max_pages: Some(128),
            ..Options::default()
        };
        let mut core =
            Core::open(&dir.path().join("relay.sqlite"), &options, Arc::default()).unwrap();
        let health = core.health();
        health.ask();
        run(&mut core, "UPDATE relay SET restore_id = restore_id", None).unwrap();
        assert!(health.is_failing());
    }
}
