//! A store in a folder of its own, with a clock that moves when it is told.

use std::{path::PathBuf, sync::Arc};

use restante_server::{
    clock::{DAY_MS, ManualClock, SeededEntropy},
    delivery::{Limits, rate::Rate},
    store::{Change, Environment, Options, Store},
};
use restante_wire::{
    WireError,
    error::{Done, Outcome},
    mailbox::{Answer, Appended},
};
use tempfile::TempDir;

use crate::people::Seat;

pub(crate) struct World {
    dir: TempDir,
    options: Options,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) store: Store,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut Options)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at_ms(20_779 * DAY_MS));
        let mut options = Options::default();
        options.environment = Environment {
            clock: Arc::clone(&clock) as _,
            entropy: Arc::new(SeededEntropy::new(1)),
            limits: Arc::new(unlimited()),
        };
        change(&mut options);
        let store = Store::open(&dir.path().join("relay.sqlite"), &options).unwrap();
        Self {
            dir,
            options,
            clock,
            store,
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("relay.sqlite")
    }

    /// Closes the store and opens it again: nothing is left but what is in the file.
    pub(crate) fn reopen(self) -> Self {
        let path = self.path();
        let Self {
            dir,
            options,
            clock,
            store,
        } = self;
        drop(store);
        let store = Store::open(&path, &options).unwrap();
        Self {
            dir,
            options,
            clock,
            store,
        }
    }

    /// A mailbox with an admin's seat.
    pub(crate) async fn room(&self) -> Seat {
        let admin = Seat::new();
        let created = self.store.change(Change::Create(admin.create())).await;
        assert_eq!(created, Ok(Answer::Done));
        admin
    }

    /// A further seat of the mailbox, whose client has rotated its secret.
    pub(crate) async fn member(&self, admin: &Seat) -> Seat {
        let (mut member, add) = admin.invite();
        self.append(&admin.commit_with(self.last_commit(admin).await, add))
            .await
            .unwrap();
        let rotate = member.rotate();
        let rotated = self.store.change(Change::Rotate(rotate)).await;
        assert_eq!(rotated, Ok(Answer::Done));
        member
    }

    /// The number of the last commit, as a stale append tells it.
    pub(crate) async fn last_commit(&self, seat: &Seat) -> u64 {
        seat.last_commit(|append| async move { self.append(&append).await.unwrap() })
            .await
    }

    pub(crate) async fn append(
        &self,
        append: &restante_wire::mailbox::Append,
    ) -> Result<Appended, WireError> {
        match self.store.change(Change::Append(append.clone())).await? {
            Answer::Appended(appended) => Ok(appended),
            other => panic!("an append is not answered by {other:?}"),
        }
    }

    pub(crate) async fn ack(&self, seat: &Seat, cursor: u64) -> Result<(), WireError> {
        let ack = seat.ack(cursor);
        match self.store.change(Change::Ack(ack)).await? {
            Answer::Acked(outcomes) => match outcomes.as_slice() {
                [Outcome::Done(Done {})] => Ok(()),
                [Outcome::Refused(error)] => Err(*error),
                other => panic!("one position is not answered by {other:?}"),
            },
            other => panic!("an ack is not answered by {other:?}"),
        }
    }

    /// How many rows a table has.
    pub(crate) async fn rows(&self, table: &'static str) -> u64 {
        let count = format!("SELECT count(*) FROM {table}");
        self.store
            .read(move |connection| Ok(connection.query_row(&count, [], |row| row.get(0))?))
            .await
            .unwrap()
    }
}

pub(crate) fn unlimited() -> Limits {
    let much = Rate {
        burst: 1_000_000,
        per_minute: 1_000_000,
    };
    Limits {
        envelopes: much,
        member_commits: much,
        admin_commits: much,
        ..Limits::default()
    }
}
