//! Opening the database file: its lock, its settings, its format.

use std::{
    ffi::OsString,
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
};

use restante_wire::fault;
use rusqlite::{Connection, OpenFlags};

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
    let ended_badly = ended_badly(path)?;
    let mut connection = Connection::open(path)?;
    prepare(&connection, options)?;
    recognise(&connection)?;
    if ended_badly {
        check_pages(&connection)?;
    }
    migrate(&mut connection, path, migrations::SQLITE)?;
    connection.pragma_update(None, "wal_autocheckpoint", options.checkpoint_pages)?;
    connection.pragma_update(None, "journal_size_limit", MAX_IDLE_LOG)?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    if let Some(pages) = options.max_pages {
        connection.pragma_update(None, "max_page_count", pages)?;
    }
    Ok(connection)
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
    Ok(())
}

/// Whether the last relay left a log behind, and the database is small enough to be looked through
/// before this one serves. SQLite itself keeps a database whole through any end of the program; a
/// disk or a copy that was taken at the wrong time may not.
fn ended_badly(path: &Path) -> Result<bool, OpenError> {
    let len = |path: &Path| match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
        found => found.map(|found| found.len()),
    };
    Ok(len(&beside(path, "-wal"))? > 0 && len(path)? <= MAX_CHECKED_AT_START)
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

/// Refuses a database of another program, and marks an empty one as ours.
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
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    Ok(())
}

fn migrate(connection: &mut Connection, path: &Path, all: &[Migration]) -> Result<(), OpenError> {
    let current: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let pending = migrations::pending(all, current)?;
    if current > 0 && !pending.is_empty() {
        copy(connection, &beside(path, &format!(".format-{current}")))?;
    }
    for migration in pending {
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

    #[test]
    fn an_older_database_is_copied_before_its_format_changes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("relay.sqlite");
        let mut connection = Connection::open(&path).unwrap();
        migrate(&mut connection, &path, &STEPS[..1]).unwrap();
        assert!(
            !beside(&path, ".format-0").exists(),
            "there was nothing to copy"
        );
        migrate(&mut connection, &path, STEPS).unwrap();
        migrate(&mut connection, &path, STEPS).unwrap();
        assert_eq!(tables(&path), ["new"]);
        assert_eq!(tables(&beside(&path, ".format-1")), ["old"]);
        let newer = migrate(&mut connection, &path, &STEPS[..1]);
        assert!(matches!(newer, Err(OpenError::NewerFormat { .. })));
    }

    #[test]
    fn a_step_that_fails_leaves_the_old_format() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("relay.sqlite");
        let mut connection = Connection::open(&path).unwrap();
        migrate(&mut connection, &path, &STEPS[..1]).unwrap();
        let broken = Migration {
            number: 2,
            sql: "DROP TABLE old; SELECT nothing FROM nowhere",
        };
        migrate(&mut connection, &path, &[STEPS[0], broken]).unwrap_err();
        assert_eq!(tables(&path), ["old"]);
        let format: u32 = connection
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap();
        assert_eq!(format, 1);
    }
}
