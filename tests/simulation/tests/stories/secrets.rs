//! What can be found on a client's disk, with the key in hand: no secret of a past epoch, no spent key
//! package, nothing of a room that is gone (C5, C7). Pages are read raw, free ones and the slack in
//! others included.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use aes::Aes256;
use cbc::cipher::{BlockDecryptMut, KeyIvInit, block_padding::NoPadding};
use restante_client::engine::io::RoomId;
use restante_simulation::{World, person::PASSPHRASE};
use rusqlite::Connection;

use crate::{ALICE, BOB, CAROL, add, remove, world};

/// SQLCipher 4: bytes of a page, of its salt, and of what follows the ciphertext (IV and MAC).
const PAGE: usize = 4096;
const SALT: usize = 16;
const RESERVE: usize = 80;

/// Bytes of a piece to look for, and how far apart pieces are taken.
const PIECE: usize = 24;

/// Opens the database of a home beside its owner.
pub(crate) fn open_database(home: &Path) -> Connection {
    let connection = Connection::open(home.join("restante.db")).unwrap();
    connection.pragma_update(None, "key", PASSPHRASE).unwrap();
    connection
}

/// How many rows of keys and log a person has of a room.
pub(crate) fn rows_of(world: &World, who: usize, room: &RoomId) -> i64 {
    let database = open_database(world.people[who].home());
    let tables = ["group_rows", "outbox", "log_hashes", "verdicts", "timers"];
    let counts = tables.map(|table| {
        let sql = format!("SELECT count(*) FROM {table} WHERE room = ?1");
        database
            .query_row(&sql, [room.0], |row| row.get::<_, i64>(0))
            .unwrap()
    });
    counts.into_iter().sum()
}

/// References of the key packages that a person has.
pub(crate) fn key_packages(world: &World, who: usize) -> BTreeSet<Vec<u8>> {
    let private = private_halves(world, who);
    private.into_keys().collect()
}

fn private_halves(world: &World, who: usize) -> BTreeMap<Vec<u8>, Vec<u8>> {
    read(world, who, "SELECT reference, rows FROM key_packages")
}

fn group_rows(world: &World, who: usize) -> BTreeMap<Vec<u8>, Vec<u8>> {
    read(
        world,
        who,
        "SELECT CAST(room || key AS BLOB), value FROM group_rows",
    )
}

fn read(world: &World, who: usize, sql: &str) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let database = open_database(world.people[who].home());
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    rows.unwrap().collect::<rusqlite::Result<_>>().unwrap()
}

/// The plaintext of all pages of a home that nobody owns.
pub(crate) fn pages(home: &Path) -> Vec<u8> {
    assert!(!home.join("restante.db-wal").exists(), "checkpointed");
    let file = std::fs::read(home.join("restante.db")).unwrap();
    assert_eq!(file.len() % PAGE, 0);
    let mut plain = Vec::with_capacity(file.len());
    for (index, page) in file.chunks(PAGE).enumerate() {
        let start = if index == 0 { SALT } else { 0 };
        let (sealed, reserve) = page.split_at(PAGE - RESERVE);
        let iv: [u8; 16] = reserve[..16].try_into().unwrap();
        let cipher = cbc::Decryptor::<Aes256>::new(&[1; 32].into(), &iv.into());
        let opened = cipher.decrypt_padded_vec_mut::<NoPadding>(&sealed[start..]);
        plain.extend(opened.unwrap());
    }
    plain
}

fn pieces(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.windows(PIECE).step_by(PIECE)
}

fn contains(pages: &BTreeSet<&[u8]>, piece: &[u8]) -> bool {
    pages.contains(piece)
}

fn all_windows(pages: &[u8]) -> BTreeSet<&[u8]> {
    pages.windows(PIECE).collect()
}

/// Of the old values, the pieces that no present value has.
fn gone<'a>(old: &'a BTreeMap<Vec<u8>, Vec<u8>>, present: &[u8]) -> Vec<&'a [u8]> {
    let present = all_windows(present);
    old.values()
        .flat_map(|value| pieces(value))
        .filter(|piece| !contains(&present, piece))
        .collect()
}

#[test]
fn c5_secrets_of_past_epochs_are_not_on_the_disk() {
    let mut world = world(140, 3);
    let room = world.group_of_all("garden");
    world.say(ALICE, &room, "an epoch");
    world.rest();
    let old = group_rows(&world, BOB);
    assert_eq!(world.carry_out(ALICE, remove(room, "carol")), Ok(()));
    assert_eq!(world.carry_out(ALICE, add(room, "carol")), Ok(()));
    world.say(CAROL, &room, "another");
    world.rest();
    let present = group_rows(&world, BOB);
    world.turn_off(BOB);
    let home = world.people[BOB].home().to_owned();
    let pages = pages(&home);
    let found = all_windows(&pages);
    let present: Vec<u8> = present.into_values().flatten().collect();
    let is_found = |piece: &&[u8]| contains(&found, piece);
    assert!(
        pieces(&present).filter(is_found).count() > 20,
        "the control: what is there is found"
    );
    let gone = gone(&old, &present);
    assert!(gone.len() > 20, "the epoch has changed");
    assert_eq!(gone.into_iter().filter(is_found).count(), 0);
}

#[test]
fn c5_a_spent_key_package_is_not_on_the_disk() {
    let mut world = world(141, 2);
    let old = private_halves(&world, BOB);
    world.become_contacts(ALICE, BOB);
    let present = private_halves(&world, BOB);
    let spent: BTreeMap<_, _> = old
        .into_iter()
        .filter(|(reference, _)| !present.contains_key(reference))
        .collect();
    assert_eq!(spent.len(), 1, "one was used");
    world.turn_off(BOB);
    let pages = pages(world.people[BOB].home());
    let found = all_windows(&pages);
    let present: Vec<u8> = present.into_values().flatten().collect();
    let is_found = |piece: &&[u8]| contains(&found, piece);
    assert!(pieces(&present).filter(is_found).count() > 20);
    let gone = gone(&spent, &present);
    assert!(!gone.is_empty());
    assert_eq!(gone.into_iter().filter(is_found).count(), 0);
}

#[test]
fn c7_nothing_of_a_room_that_was_left_can_open_it_again() {
    let mut world = world(142, 3);
    let room = world.group_of_all("garden");
    let old = group_rows(&world, CAROL);
    assert!(rows_of(&world, CAROL, &room) > 5, "the control");
    let leave = restante_client::engine::io::Command::Leave { room };
    assert_eq!(world.carry_out(CAROL, leave), Ok(()));
    world.rest();
    assert_eq!(rows_of(&world, CAROL, &room), 0);
    let present: Vec<u8> = group_rows(&world, CAROL).into_values().flatten().collect();
    world.turn_off(CAROL);
    let pages = pages(world.people[CAROL].home());
    let found = all_windows(&pages);
    let room_rows: BTreeMap<_, _> = old
        .into_iter()
        .filter(|(key, _)| key.starts_with(&room.0))
        .collect();
    let left = gone(&room_rows, &present);
    assert!(left.len() > 20);
    let on_disk = left.into_iter().filter(|piece| contains(&found, piece));
    // Certificates of people one still knows are no secrets; keys of the room would be many more.
    assert!(on_disk.count() < 20);
}
