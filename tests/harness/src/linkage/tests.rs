//! Databases with a planted link of each kind, and one without any.

use rusqlite::{Connection, params};
use tempfile::TempDir;

use super::*;
use crate::seat::random;

const PEOPLE: usize = 24;

struct World {
    folder: TempDir,
    people: Vec<Person>,
}

/// Accounts and seats whose keys are random, and that came in the same order.
fn world(account_table: &str, seat_table: &str) -> World {
    let folder = tempfile::tempdir().unwrap();
    let connection = Connection::open(folder.path().join("db")).unwrap();
    connection.execute_batch(account_table).unwrap();
    connection.execute_batch(seat_table).unwrap();
    let mut people = Vec::new();
    for _ in 0..PEOPLE {
        let (account, seat) = (random::<32>(), random::<32>());
        let accounts = "INSERT INTO accounts (key_hash, day) VALUES (?, 20779)";
        connection.execute(accounts, params![account]).unwrap();
        let seats = "INSERT INTO seats (seat_id, day) VALUES (?, 20779)";
        connection.execute(seats, params![seat]).unwrap();
        people.push(Person {
            account: vec![account.to_vec()],
            seats: vec![seat.to_vec()],
        });
    }
    World { folder, people }
}

fn sound_world() -> World {
    world(
        "CREATE TABLE accounts (key_hash BLOB PRIMARY KEY, day INTEGER) WITHOUT ROWID",
        "CREATE TABLE seats (seat_id BLOB PRIMARY KEY, day INTEGER) WITHOUT ROWID",
    )
}

impl World {
    fn plant(&self, sql: &str) {
        Connection::open(self.folder.path().join("db"))
            .unwrap()
            .execute_batch(sql)
            .unwrap();
    }

    fn links(&self) -> Vec<How> {
        let report = search(&self.folder.path().join("db"), &self.people);
        report.links.into_iter().map(|link| link.how).collect()
    }
}

#[test]
fn random_keys_and_a_shared_day_are_no_link() {
    assert_eq!(sound_world().links(), []);
}

#[test]
fn a_table_with_both_ids_is_found() {
    let world = sound_world();
    world.plant("CREATE TABLE both (key_hash BLOB, seat_id BLOB)");
    let connection = Connection::open(world.folder.path().join("db")).unwrap();
    for person in &world.people {
        let row = params![person.account[0], person.seats[0]];
        connection
            .execute("INSERT INTO both VALUES (?, ?)", row)
            .unwrap();
    }
    drop(connection);
    assert!(world.links().contains(&How::SameRow));
}

#[test]
fn a_number_that_two_tables_share_is_found() {
    let world = sound_world();
    world.plant("ALTER TABLE accounts ADD COLUMN session; ALTER TABLE seats ADD COLUMN session");
    let connection = Connection::open(world.folder.path().join("db")).unwrap();
    for (session, person) in world.people.iter().enumerate() {
        let session = i64::try_from(session * 7 % 24).unwrap();
        let accounts = "UPDATE accounts SET session = ? WHERE key_hash = ?";
        connection
            .execute(accounts, params![session, person.account[0]])
            .unwrap();
        let seats = "UPDATE seats SET session = ? WHERE seat_id = ?";
        connection
            .execute(seats, params![session, person.seats[0]])
            .unwrap();
    }
    drop(connection);
    assert!(world.links().contains(&How::Join));
}

#[test]
fn rows_that_keep_the_order_of_arrival_on_both_sides_are_found() {
    let world = world(
        "CREATE TABLE accounts (key_hash BLOB, day INTEGER)",
        "CREATE TABLE seats (seat_id BLOB, day INTEGER)",
    );
    assert!(world.links().contains(&How::Order));
}
