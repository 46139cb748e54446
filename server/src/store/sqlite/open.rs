//! Opening the database file: its lock, its settings, its format.

use std::{
    ffi::OsString,
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
};

use restante_wire::fault;
use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::Options;
use crate::store::{
    OpenError,
    migrations::{self, Migration},
};

/// Marks the file as a relay's ("Rest" in ASCII).
pub(super) const APPLICATION_ID: i32 = 0x5265_7374;

/// Prepared statements that a connection keeps.
const STATEMENT_CACHE: usize = 128;

/// Bytes to which the write-ahead log shrinks once it was copied: one that grew beyond this, because
/// a reader held the copying up, gives the room back.
const MAX_IDLE_LOG: u32 = 64 * 1024 * 1024;

/// Largest database whose pages are all read after an unclean end: a second or two.
const MAX_CHECKED_AT_START: u64 = 512 * 1024 * 1024;

/// Page cache of the writer in KiB.
const WRITER_CACHE_KIB: i32 = 64 * 1024;

/// Page cache of one reader in KiB.
const READER_CACHE_KIB: i32 = 8 * 1024;

/// Keeps a second relay from the same database as long as it lives.
pub(super) struct Lock {
    _file: File,
}

/// Takes the lock file beside the database.
pub(super) fn lock(path: &Path) -> Result<Lock, OpenError> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(beside(path, ".lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock { _file: file }),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Opens the writer's connection, in this build's format.
pub(super) fn writer(path: &Path, options: &Options) -> Result<Connection, OpenError> {
    examine(path, options, migrations::SQLITE)?;
    let mut connection = Connection::open(path)?;
    prepare(&connection, options)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    migrate(&mut connection, migrations::SQLITE)?;
    connection.pragma_update(None, "wal_autocheckpoint", options.checkpoint_pages)?;
    connection.pragma_update(None, "journal_size_limit", MAX_IDLE_LOG)?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    if let Some(pages) = options.max_pages {
        connection.pragma_update(None, "max_page_count", pages)?;
    }
    Ok(connection)
}

/// Refuses a file that is not to be written, and copies one whose format will change. Nothing has
/// been written to it by then: it may be somebody else's.
fn examine(path: &Path, options: &Options, all: &[Migration]) -> Result<(), OpenError> {
    if len(path)? == 0 && len(&beside(path, "-wal"))? == 0 {
        return Ok(());
    }
    let connection = look(path, options)?;
    recognise(&connection)?;
    let current = format(&connection)?;
    let pending = migrations::pending(all, current)?;
    if ended_badly(path)? {
        check_pages(&connection)?;
    }
    if current > 0 && !pending.is_empty() {
        copy(&connection, &beside(path, &format!(".format-{current}")))?;
    }
    Ok(())
}

/// A connection that changes nothing, not even when it is the last one that closes.
pub(super) fn look(path: &Path, options: &Options) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(options.busy_timeout)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(connection)
}

/// The number of its format.
pub(super) fn format(connection: &Connection) -> Result<u32, OpenError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Opens a reader's connection to a database that a writer has open.
pub(super) fn reader(path: &Path, options: &Options) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(options.busy_timeout)?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    Ok(connection)
}

/// The path of a file that belongs to the database and lies beside it.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

pub(super) fn prepare(connection: &Connection, options: &Options) -> Result<(), OpenError> {
    connection.busy_timeout(options.busy_timeout)?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    // Takes effect on an empty file only, and must come before the first table: trimmed pages can
    // be given back to the file system without rewriting the whole file.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let flush = if fault::planted("r1_answer_before_commit") {
        "OFF"
    } else {
        "FULL"
    };
    connection.pragma_update(None, "synchronous", flush)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Overwrites what was deleted wherever that costs no further page.
    connection.pragma_update(None, "secure_delete", "FAST")?;
    // Else a statement with a limit is prepared anew for every limit that it is given.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Whether the last relay left a log behind, and the database is small enough to be looked through
/// before this one serves. SQLite itself keeps a database whole through any end of the program; a
/// disk or a copy that was taken at the wrong time may not.
fn ended_badly(path: &Path) -> Result<bool, OpenError> {
    Ok(len(&beside(path, "-wal"))? > 0 && len(path)? <= MAX_CHECKED_AT_START)
}

/// Length of a file; nothing for none.
fn len(path: &Path) -> Result<u64, OpenError> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
        found => Ok(found?.len()),
    }
}

/// Reads all pages and finds those that are not what they should be.
pub(super) fn check_pages(connection: &Connection) -> Result<(), OpenError> {
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" {
        Ok(())
    } else {
        Err(OpenError::NotADatabase)
    }
}

/// Refuses a database of another program; an empty one is nobody's.
fn recognise(connection: &Connection) -> Result<(), OpenError> {
    let id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if id == APPLICATION_ID {
        return Ok(());
    }
    let tables: u32 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if id != 0 || tables != 0 {
        return Err(OpenError::ForeignFormat);
    }
    Ok(())
}

fn migrate(connection: &mut Connection, all: &[Migration]) -> Result<(), OpenError> {
    for migration in migrations::pending(all, format(connection)?)? {
        let transaction = connection.transaction()?;
        transaction.execute_batch(migration.sql)?;
        transaction.pragma_update(None, "user_version", migration.number)?;
        transaction.commit()?;
    }
    Ok(())
}

/// Copies a database, whole and consistent; a copy that an interrupted start left is replaced.
fn copy(connection: &Connection, to: &Path) -> Result<(), OpenError> {
    match std::fs::remove_file(to) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let name = to
        .to_str()
        .ok_or_else(|| OpenError::File(std::io::ErrorKind::InvalidFilename.into()))?;
    connection.execute("VACUUM INTO ?1", [name])?;
    File::open(to)?.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: &[Migration] = &[
        Migration {
            number: 1,
            sql: "CREATE TABLE old (a)",
        },
        Migration {
            number: 2,
            sql: "DROP TABLE old; CREATE TABLE new (a)",
        },
    ];

    fn tables(path: &Path) -> Vec<String> {
        let connection = Connection::open(path).unwrap();
        let mut statement = connection
            .prepare("SELECT name FROM sqlite_schema ORDER BY name")
            .unwrap();
        let names = statement.query_map([], |row| row.get(0)).unwrap();
        names.collect::<Result<_, _>>().unwrap()
    }

    fn open(path: &Path, all: &[Migration]) -> Result<(), OpenError> {
        let options = Options::default();
        examine(path, &options, all)?;
        let mut connection = Connection::open(path)?;
        prepare(&connection, &options)?;
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        migrate(&mut connection, all)
    }

    #[test]
    fn an_older_database_is_copied_before_its_format_changes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("relay.sqlite");
        open(&path, &STEPS[..1]).unwrap();
        assert!(
            !beside(&path, ".format-0").exists(),
            "there was nothing to copy"
        );
        open(&path, STEPS).unwrap();
        open(&path, STEPS).unwrap();
        assert_eq!(tables(&path), ["new"]);
        assert_eq!(tables(&beside(&path, ".format-1")), ["old"]);
        let newer = open(&path, &STEPS[..1]);
        assert!(matches!(newer, Err(OpenError::NewerFormat { .. })));
    }

    #[test]
    fn an_older_database_that_cannot_be_copied_is_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("relay.sqlite");
        open(&path, &STEPS[..1]).unwrap();
        let before = std::fs::read(&path).unwrap();
        std::fs::create_dir(beside(&path, ".format-1")).unwrap();
        open(&path, STEPS).unwrap_err();
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[test]
    fn a_step_that_fails_leaves_the_old_format() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("relay.sqlite");
        let mut connection = Connection::open(&path).unwrap();
        migrate(&mut connection, &STEPS[..1]).unwrap();
        let broken = Migration {
            number: 2,
            sql: "DROP TABLE old; SELECT nothing FROM nowhere",
        };
        migrate(&mut connection, &[STEPS[0], broken]).unwrap_err();
        assert_eq!(tables(&path), ["old"]);
        let format: u32 = connection
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap();
        assert_eq!(format, 1);
    }
}
