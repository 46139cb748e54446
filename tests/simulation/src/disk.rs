//! What lies on a client's disk, read beside the engine that has it open: for findings and traces.

use restante_client::{
    engine::{
        intent::{Change, Intent},
        io::Time,
        tasks::Task,
    },
    store::RoomState,
};
use restante_wire::codec;
use rusqlite::Connection;

use crate::{Person, person::PASSPHRASE};

impl Person {
    /// Its database.
    pub(crate) fn database(&self) -> Connection {
        let database = Connection::open(self.home().join("restante.db")).expect("a database");
        let key = database.pragma_update(None, "key", PASSPHRASE);
        key.expect("the key");
        database
    }

    /// The kinds of all timers, as they are stored, and when they are due.
    pub(crate) fn timers(&self) -> Vec<(i64, Time)> {
        let database = self.database();
        let mut statement = database
            .prepare("SELECT kind, due FROM timers ORDER BY kind")
            .expect("the table of timers");
        let rows = statement.query_map([], |row| {
            let due: i64 = row.get(1)?;
            Ok((row.get(0)?, Time(due.unsigned_abs())))
        });
        rows.expect("rows").map(|row| row.expect("a row")).collect()
    }

    /// What waits to be appended, delivered and carried out, in a word each.
    pub(crate) fn pending(&self) -> Vec<String> {
        let database = self.database();
        let mut statement = database
            .prepare(
                "SELECT intent, mailbox, state FROM outbox JOIN rooms USING (room) ORDER BY id",
            )
            .expect("the outbox");
        let rows = statement.query_map([], |row| {
            let mailbox: [u8; 32] = row.get(1)?;
            Ok((
                row.get::<_, Vec<u8>>(0)?,
                mailbox,
                row.get::<_, Vec<u8>>(2)?,
            ))
        });
        let rows: Vec<_> = rows.expect("rows").map(|row| row.expect("a row")).collect();
        let intents = rows.iter().map(|(intent, mailbox, state)| {
            let what = match codec::decode::<Intent>(intent) {
                Ok(Intent::Commit(change)) => name_of(&change).to_owned(),
                Ok(Intent::Content { .. }) => "a message".into(),
                Ok(other) => format!("{other:?}"),
                Err(_) => "an intent that does not decode".into(),
            };
            let state = codec::decode::<RoomState>(state);
            let is_beside = state.is_ok_and(|state| state.beside.is_some());
            format!("{what} to {:02x} (beside: {is_beside})", mailbox[0])
        });
        let tasks = self.column("SELECT task FROM tasks ORDER BY id");
        let tasks = tasks
            .iter()
            .map(|bytes| match codec::decode::<Task>(bytes) {
                Ok(task) => format!("{:?} (handed over: {})", task.goal, task.handed_over),
                Err(_) => "a task that does not decode".into(),
            });
        let letters = self.column("SELECT id FROM letters");
        let letters = letters.iter().map(|_| "a letter".to_owned());
        let mut pending: Vec<String> = intents.chain(tasks).collect();
        pending.extend(letters);
        pending
    }

    fn column(&self, sql: &str) -> Vec<Vec<u8>> {
        let database = self.database();
        let mut statement = database.prepare(sql).expect("a table");
        let rows = statement.query_map([], |row| row.get(0));
        rows.expect("rows").map(|row| row.expect("a row")).collect()
    }
}

const fn name_of(change: &Change) -> &'static str {
    match change {
        Change::Add { .. } => "a commit that adds",
        Change::Remove { .. } => "a commit that removes",
        Change::Repair { .. } => "a repair",
        Change::Update => "a leaf update",
        Change::RemoveClients { .. } => "a commit that removes own clients",
        _ => "another commit",
    }
}
