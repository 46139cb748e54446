//! One encrypted SQLite file per home, owned by one process at a time.
//!
//! Owns: the file, its key, its version and all SQL of the client. Never does: decide anything, or
//! commit on its own: the engine opens one transaction for each input ([`Store::transact`]) and group
//! state, messages, outbox, cursor and log hash stand or fall together (invariant C2).

mod diagnosis;
mod groups;
mod idle;
mod invitations;
mod kept;
mod key_packages;
mod letters;
mod lines;
mod log;
mod messages;
mod meta;
mod notices;
mod outbox;
mod people;
mod pictures;
mod push;
mod rooms;
mod search;
mod tasks;
mod timers;
mod uploads;

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use restante_wire::fault::planted;
use rusqlite::{Connection, OpenFlags, OptionalExtension, config::DbConfig};
use zeroize::Zeroizing;

use crate::{
    Error, ErrorKind,
    engine::account::{Arrival, NewAccount},
    platform::{Lease, create_home, ensure_private, file_len, is_other, prepare},
};

pub use self::{
    invitations::KeptInvitation,
    key_packages::StoredKeyPackage,
    letters::OutgoingLetter,
    messages::{MAYBE_TAKEN, StoredMessage},
    outbox::OutboxRow,
    people::Person,
    rooms::{RoomRow, RoomState},
    timers::TimerKind,
    uploads::UploadRow,
};
pub(crate) use self::{meta::Value, push::HandleMark};

/// Format of the file, in `user_version`. A newer one is refused.
const VERSION: i64 = 1;

/// Name of the database in a home.
const FILE: &str = "restante.db";

/// Bytes of the smallest database: one page.
const SMALLEST: u64 = 4096;

/// Held while a home is opened.
static OPENING: Mutex<()> = Mutex::new(());

/// An open home.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    _lease: Lease,
}

/// The open transaction of one input. All SQL hangs on it.
#[derive(Debug, Clone, Copy)]
pub struct Db<'a>(&'a Connection);

impl Store {
    /// Makes the home of a new account, complete on disk when this returns.
    ///
    /// # Errors
    /// `account_exists` if there is one here, `home_in_use`, `disk_full`, `read_only`, `storage`.
    pub fn create(home: &Path, passphrase: &str, account: &NewAccount) -> Result<Self, Error> {
        Self::create_with(home, passphrase, account, None)
    }

    /// The same for a client of an account that is there already, with what it takes in first.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub fn create_arrived(
        home: &Path,
        passphrase: &str,
        account: &NewAccount,
        arrival: &Arrival,
    ) -> Result<Self, Error> {
        Self::create_with(home, passphrase, account, Some(arrival))
    }

    fn create_with(
        home: &Path,
        passphrase: &str,
        account: &NewAccount,
        arrival: Option<&Arrival>,
    ) -> Result<Self, Error> {
        create_home(home)?;
        let lease = Lease::take(home)?;
        let store = Self::open_file(home, passphrase, lease)?;
        if store.has_account()? {
            return Err(ErrorKind::AccountExists.into());
        }
        let store = store.with_account(account, arrival)?;
        diagnosis::keep_key_check(home, passphrase)?;
        Ok(store)
    }

    /// Opens a home.
    ///
    /// # Errors
    /// `not_a_directory`, `no_account`, `wrong_passphrase`, `home_in_use`, `newer_version`, `damaged_home`,
    /// `disk_full`, `read_only`, `storage`.
    pub fn open(home: &Path, passphrase: &str) -> Result<Self, Error> {
        Self::check_there(home)?;
        let lease = Lease::take(home)?;
        let store = Self::open_file(home, passphrase, lease)?;
        match store.has_account()? {
            true => Ok(store),
            false => Err(ErrorKind::NoAccount.into()),
        }
    }

    /// Whether a home was made here.
    #[must_use]
    pub fn is_made(home: &Path) -> bool {
        file_len(&home.join(FILE)) >= SMALLEST
    }

    /// Reads from a home that another process may own, and owns it not.
    ///
    /// # Errors
    /// As [`Self::open`] but `home_in_use`, and that of `look`.
    pub fn look<T>(
        home: &Path,
        passphrase: &str,
        look: impl FnOnce(Db<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        Self::check_there(home)?;
        let connection = Self::open_alone(home, passphrase)?;
        look(Db(&connection))
    }

    /// Runs `work` in one transaction: all of it is on disk when this returns `Ok`, and nothing of it
    /// when it returns `Err`.
    ///
    /// # Errors
    /// That of `work`, or the failure to commit.
    pub fn transact<T>(
        &mut self,
        work: impl FnOnce(Db<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let transaction = self
            .connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let value = work(Db(&transaction))?;
        transaction.commit()?;
        Ok(value)
    }

    /// For reading what is committed.
    #[must_use]
    pub fn read(&self) -> Db<'_> {
        Db(&self.connection)
    }

    /// The home that this is the store of.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        let file = self.connection.path().map(Path::new);
        file.and_then(Path::parent)
            .map(Path::to_owned)
            .unwrap_or_default()
    }

    /// Bytes written to the write-ahead log since it was last reset; for benchmarks.
    #[must_use]
    pub fn wal_bytes(&self) -> u64 {
        let path = self
            .connection
            .path()
            .map(|path| PathBuf::from(format!("{path}-wal")));
        path.map_or(0, |path| file_len(&path))
    }

    fn open_file(home: &Path, passphrase: &str, lease: Lease) -> Result<Self, Error> {
        Ok(Self {
            connection: Self::open_alone(home, passphrase)?,
            _lease: lease,
        })
    }

    fn check_there(home: &Path) -> Result<(), Error> {
        if is_other(home) {
            return Err(ErrorKind::NotADirectory.into());
        }
        if Self::is_made(home) {
            return Ok(());
        }
        // SQLite would take it for a new database.
        Err(match diagnosis::is_made(home) {
            true => ErrorKind::DamagedHome.into(),
            false => ErrorKind::NoAccount.into(),
        })
    }

    fn open_alone(home: &Path, passphrase: &str) -> Result<Connection, Error> {
        // SQLCipher sets itself up with the first key of a process, and fails others meanwhile.
        let _alone = OPENING.lock().unwrap_or_else(PoisonError::into_inner);
        let opened = Self::open_database(&home.join(FILE), passphrase);
        opened.map_err(|error| diagnosis::explain(home, passphrase, error))
    }

    fn open_database(path: &Path, passphrase: &str) -> Result<Connection, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if passphrase.is_empty() {
            return Err(ErrorKind::WrongPassphrase.into());
        }
        // SQLite gives its other files the rights of this one.
        ensure_private(path)?;
        let connection = Connection::open_with_flags(path, flags)?;
        // A wrong passphrase is an error with a code, not three lines on the terminal.
        connection.pragma_update(None, "cipher_log_level", "NONE")?;
        let key = Zeroizing::new(passphrase.to_owned());
        connection.pragma_update(None, "key", key.as_str())?;
        prepare(&connection)?;
        // The first read tells whether the key fits.
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        // C5: what is deleted is overwritten, in the pages and in memory.
        let overwrite = !planted("c5_deleted_rows_not_overwritten");
        connection.pragma_update(None, "secure_delete", overwrite)?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        // Else a statement with a limit is prepared anew for every limit that it is given.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.set_prepared_statement_cache_capacity(128);
        match version {
            0 => Self::initialise(&connection)?,
            VERSION => {}
            _ => return Err(ErrorKind::NewerVersion.into()),
        }
        Ok(connection)
    }

    fn initialise(connection: &Connection) -> Result<(), Error> {
        let schema = include_str!("schema.sql");
        connection.execute_batch(&format!(
            "BEGIN; {schema} PRAGMA user_version = {VERSION}; COMMIT;"
        ))?;
        Ok(())
    }

    fn has_account(&self) -> Result<bool, Error> {
        let found = self
            .connection
            .query_row("SELECT 1 FROM meta WHERE key = 'account'", [], |_| Ok(()))
            .optional()?;
        Ok(found.is_some())
    }

    fn with_account(
        mut self,
        account: &NewAccount,
        arrival: Option<&Arrival>,
    ) -> Result<Self, Error> {
        self.transact(|db| {
            db.set_account(account)?;
            arrival.map_or(Ok(()), |arrival| db.set_value(arrival))
        })?;
        Ok(self)
    }
}

impl Db<'_> {
    /// Runs a part of the transaction that is undone alone where it fails.
    pub(crate) fn part<T>(self, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        self.0.execute_batch("SAVEPOINT part")?;
        let result = work();
        self.0.execute_batch(match result {
            Ok(_) => "RELEASE part",
            Err(_) => "ROLLBACK TO part; RELEASE part",
        })?;
        result
    }

    /// Runs one cached statement and counts the rows it changed.
    fn run(self, sql: &str, parameters: impl rusqlite::Params) -> Result<usize, Error> {
        Ok(self.0.prepare_cached(sql)?.execute(parameters)?)
    }

    /// At most one row.
    fn one<T>(
        self,
        sql: &str,
        parameters: impl rusqlite::Params,
        map: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, Error> {
        Ok(self
            .0
            .prepare_cached(sql)?
            .query_row(parameters, map)
            .optional()?)
    }

    /// All rows.
    fn all<T>(
        self,
        sql: &str,
        parameters: impl rusqlite::Params,
        map: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Error> {
        let mut statement = self.0.prepare_cached(sql)?;
        let rows = statement.query_map(parameters, map)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
