//! The home: one owner, one passphrase, one format, and what a disk that refuses to write costs.

use restante_client::{
    ErrorKind,
    engine::io::{Command, Input},
    store::Store,
};
use restante_simulation::person::PASSPHRASE;

use crate::{ALICE, BOB, secrets::open_database, world};

fn kind_of(result: Result<Store, restante_client::Error>) -> ErrorKind {
    result.map(|_| ()).unwrap_err().kind
}

#[test]
fn a_home_has_one_owner_at_a_time() {
    let mut world = world(130, 1);
    let home = world.people[ALICE].home().to_owned();
    assert_eq!(
        kind_of(Store::open(&home, PASSPHRASE)),
        ErrorKind::HomeInUse
    );
    world.turn_off(ALICE);
    assert!(Store::open(&home, PASSPHRASE).is_ok());
}

#[test]
fn a_home_opens_with_its_passphrase_only_and_stays_as_it_was() {
    let mut world = world(131, 1);
    let home = world.people[ALICE].home().to_owned();
    world.turn_off(ALICE);
    for wrong in ["", "wrong", &PASSPHRASE.replace('1', "2")] {
        let opened = kind_of(Store::open(&home, wrong));
        assert_eq!(opened, ErrorKind::WrongPassphrase, "{wrong:?}");
    }
    assert!(Store::open(&home, PASSPHRASE).is_ok());
}

#[test]
fn a_home_without_an_account_or_of_a_newer_version_is_told_apart() {
    let mut world = world(132, 1);
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(
        kind_of(Store::open(empty.path(), PASSPHRASE)),
        ErrorKind::NoAccount
    );
    let home = world.people[ALICE].home().to_owned();
    world.turn_off(ALICE);
    let database = open_database(&home);
    database.pragma_update(None, "user_version", 99).unwrap();
    drop(database);
    assert_eq!(
        kind_of(Store::open(&home, PASSPHRASE)),
        ErrorKind::NewerVersion
    );
}

#[test]
fn c2_a_disk_that_refuses_a_transaction_loses_nothing_that_was_accepted() {
    let mut world = world(133, 2);
    let room = world.become_contacts(ALICE, BOB);
    world.say(ALICE, &room, "accepted");
    let lock = open_database(world.people[ALICE].home());
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let now = world.now();
    let refused = Command::SendText {
        room,
        text: "refused".into(),
    };
    let engine = world.people[ALICE].engine.as_mut().unwrap();
    let error = engine.command(now, refused).unwrap_err();
    assert!(!error.is_refusal(), "a typed error: {}", error.code());
    assert!(engine.input(now, Input::Tick).is_err());
    lock.execute_batch("ROLLBACK").unwrap();
    drop(lock);
    // The driver ends its connections after such an error, and starts anew.
    world.cut(ALICE);
    world.say(ALICE, &room, "again");
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB]);
    assert_eq!(world.texts(BOB, &room), ["accepted", "again"]);
}

#[test]
fn a_damaged_home_is_told_from_a_wrong_passphrase_and_from_an_empty_one() {
    let mut world = world(134, 1);
    let home = world.people[ALICE].home().to_owned();
    world.turn_off(ALICE);
    let file = home.join("restante.db");
    let whole = std::fs::read(&file).unwrap();
    // Cut off at every kind of place; with its salt, its first page, or a later page garbled.
    let mut damaged: Vec<Vec<u8>> = [0, 1, 100, 4_095, 4_096, 10_000]
        .into_iter()
        .map(|bytes| whole[..bytes].to_vec())
        .collect();
    damaged.extend([3, 2_000].map(|place| {
        let mut bytes = whole.clone();
        bytes[place] ^= 1;
        bytes
    }));
    for bytes in damaged {
        std::fs::write(&file, &bytes).unwrap();
        for log in ["restante.db-wal", "restante.db-shm"] {
            let _ = std::fs::remove_file(home.join(log));
        }
        let opened = kind_of(Store::open(&home, PASSPHRASE));
        assert_eq!(opened, ErrorKind::DamagedHome, "{} bytes", bytes.len());
    }
    let wrong = kind_of(Store::open(&home, "wrong"));
    assert_eq!(wrong, ErrorKind::WrongPassphrase);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(
        kind_of(Store::open(&home, PASSPHRASE)),
        ErrorKind::DamagedHome
    );
    std::fs::write(&file, &whole).unwrap();
    assert!(Store::open(&home, PASSPHRASE).is_ok());
}
