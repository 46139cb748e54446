//! What the store says when its file is taken, foreign, newer, full, locked or gone.

#![cfg(test)]

use std::{path::Path, time::Duration};

use restante_server::store::{OpenError, Options, Store, StoreError};
use restante_wire::{ErrorCode, WireError};
use rusqlite::Connection;

const INSERT: &str = "INSERT INTO envelopes (place, day, encoded) VALUES (?1, 0, zeroblob(4096))";

fn options() -> Options {
    let mut options = Options::default();
    options.busy_timeout = Duration::from_millis(20);
    options
}

async fn insert(store: &Store, place: i64) -> Result<(), StoreError> {
    let insert = move |tx: &rusqlite::Transaction<'_>| Ok(tx.execute(INSERT, [place]).map(drop)?);
    store.write(insert).await
}

async fn count(store: &Store) -> i64 {
    store
        .read(|connection| {
            let count = "SELECT count(*) FROM envelopes";
            Ok(connection.query_row(count, [], |row| row.get(0))?)
        })
        .await
        .unwrap()
}

fn open_error(path: &Path) -> OpenError {
    Store::open(path, &options()).unwrap_err()
}

#[tokio::test]
async fn what_was_written_is_read_and_survives_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("relay.db");
    let store = Store::open(&path, &options()).unwrap();
    let restore_id = store.restore_id();
    insert(&store, 7).await.unwrap();
    assert_eq!(count(&store).await, 1);
    drop(store);
    let store = Store::open(&path, &options()).unwrap();
    assert_eq!(count(&store).await, 1);
    assert_eq!(store.restore_id(), restore_id);
}

#[tokio::test]
async fn work_that_fails_undoes_only_its_own_changes() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("relay.db"), &options()).unwrap();
    let failing = store.write(|tx| {
        tx.execute(INSERT, [1])?;
        Err::<(), _>(ErrorCode::Conflict.into())
    });
    let (refused, stored) = tokio::join!(failing, insert(&store, 2));
    assert_eq!(
        refused,
        Err(StoreError::Refused(ErrorCode::Conflict.into()))
    );
    assert_eq!(stored, Ok(()));
    assert_eq!(count(&store).await, 1);
    assert_eq!(insert(&store, 2).await, Err(StoreError::Constraint));
}

#[tokio::test]
async fn one_database_has_one_relay() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("relay.db");
    let store = Store::open(&path, &options()).unwrap();
    assert!(matches!(open_error(&path), OpenError::InUse));
    drop(store);
    Store::open(&path, &options()).unwrap();
}

/// The files at and beside a database that hold anything.
fn files(path: &Path) -> Vec<Vec<u8>> {
    ["", "-wal", "-journal"]
        .iter()
        .map(|end| {
            let name = format!("{}{end}", path.display());
            std::fs::read(name).unwrap_or_default()
        })
        .collect()
}

fn refuses_unchanged(path: &Path) -> OpenError {
    let before = files(path);
    let refused = open_error(path);
    assert!(files(path) == before, "{refused}: the file was written");
    refused
}

#[test]
fn a_newer_a_foreign_and_a_garbled_file_are_refused_byte_for_byte_as_they_were() {
    let dir = tempfile::tempdir().unwrap();
    let newer = dir.path().join("newer.db");
    drop(Store::open(&newer, &options()).unwrap());
    let connection = Connection::open(&newer).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    // As a crash leaves it: what was written last is in the log.
    let crashed = dir.path().join("crashed.db");
    std::fs::copy(&newer, &crashed).unwrap();
    let log = |of: &Path| format!("{}-wal", of.display());
    std::fs::copy(log(&newer), log(&crashed)).unwrap();
    drop(connection);
    for path in [&newer, &crashed] {
        let refused = refuses_unchanged(path);
        assert!(matches!(refused, OpenError::NewerFormat { found: 99, .. }));
    }

    for (name, settings) in [
        ("rollback.db", ""),
        ("logging.db", "PRAGMA journal_mode = WAL;"),
        ("marked.db", "PRAGMA application_id = 7;"),
    ] {
        let foreign = dir.path().join(name);
        let connection = Connection::open(&foreign).unwrap();
        let tables = format!("{settings} CREATE TABLE t (a)");
        connection.execute_batch(&tables).unwrap();
        drop(connection);
        let refused = refuses_unchanged(&foreign);
        assert!(matches!(refused, OpenError::ForeignFormat), "{name}");
    }

    let garbled = dir.path().join("garbled.db");
    std::fs::write(&garbled, b"not a database".repeat(1000)).unwrap();
    assert!(matches!(
        refuses_unchanged(&garbled),
        OpenError::NotADatabase
    ));
}

#[tokio::test]
async fn r8_a_full_disk_is_a_typed_refusal_and_nothing_accepted_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("relay.db");
    let mut small = options();
    small.max_pages = Some(64);
    let store = Store::open(&path, &small).unwrap();
    let mut accepted = 0;
    let refused = loop {
        match insert(&store, accepted + 1).await {
            Ok(()) => accepted += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(refused, StoreError::Full);
    assert_eq!(WireError::from(refused).code, ErrorCode::StorageFull);
    assert!(WireError::from(refused).retry_after_ms.is_some());
    assert!(accepted > 0);
    assert_eq!(count(&store).await, accepted);
    drop(store);
    let store = Store::open(&path, &options()).unwrap();
    assert_eq!(count(&store).await, accepted);
    insert(&store, accepted + 1).await.unwrap();
}

#[tokio::test]
async fn a_locked_database_is_a_typed_refusal_until_it_is_free() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("relay.db");
    let store = Store::open(&path, &options()).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = insert(&store, 1).await.unwrap_err();
    let code = WireError::from(refused).code;
    assert_eq!(code, ErrorCode::StorageUnavailable);
    other.execute_batch("ROLLBACK").unwrap();
    insert(&store, 1).await.unwrap();
}

#[tokio::test]
async fn nothing_is_written_while_another_file_is_in_the_place_of_the_database() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("relay.db");
    let aside = dir.path().join("aside.db");
    let store = Store::open(&path, &options()).unwrap();
    insert(&store, 1).await.unwrap();
    std::fs::rename(&path, &aside).unwrap();
    std::fs::write(&path, b"a backup that somebody put here too early").unwrap();
    for place in [2, 3] {
        let refused = insert(&store, place).await.unwrap_err();
        let error = WireError::from(refused);
        assert_eq!(error.code, ErrorCode::StorageUnavailable);
        assert!(error.retry_after_ms.is_some());
    }
    std::fs::rename(&aside, &path).unwrap();
    assert_eq!(count(&store).await, 1);
    insert(&store, 2).await.unwrap();
}

#[tokio::test]
async fn an_unclean_end_is_no_reason_to_refuse_but_a_damaged_page_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("relay.db");
    let store = Store::open(&path, &options()).unwrap();
    for place in 1..200 {
        insert(&store, place).await.unwrap();
    }
    // As a crash leaves them: the database with its log, which is part of it.
    let crashed = dir.path().join("crashed.db");
    let copy = |from: &str, to: &str| {
        std::fs::copy(dir.path().join(from), dir.path().join(to)).unwrap();
    };
    copy("relay.db", "crashed.db");
    copy("relay.db-wal", "crashed.db-wal");
    let found = Store::open(&crashed, &options()).unwrap();
    assert_eq!(count(&found).await, 199);
    drop(found);

    let mut bytes = std::fs::read(&crashed).unwrap();
    let middle = bytes.len() / 2;
    bytes.iter_mut().skip(middle).for_each(|byte| *byte = 0x55);
    std::fs::write(&crashed, bytes).unwrap();
    std::fs::write(dir.path().join("crashed.db-wal"), [0; 32]).unwrap();
    assert!(matches!(open_error(&crashed), OpenError::NotADatabase));
}

#[tokio::test]
async fn nothing_is_acknowledged_into_a_removed_database() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("relay.db");
    let store = Store::open(&path, &options()).unwrap();
    insert(&store, 1).await.unwrap();
    std::fs::remove_file(&path).unwrap();
    let refused = insert(&store, 2).await.unwrap_err();
    let code = WireError::from(refused).code;
    assert_eq!(code, ErrorCode::StorageUnavailable);
}
