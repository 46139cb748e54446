//! R7: what somebody finds who takes the relay's disk: database, write-ahead log, free pages, logs.

use std::{collections::BTreeSet, fs, path::Path};

use restante_client::engine::io::Command;
use restante_harness::{
    canary,
    linkage::{self, How, tables::Tables},
    person::{Person, password},
    relay::{Relay, Settings},
    seat::random,
};
use rusqlite::{Connection, params, types::Value};

/// Words that only clients may know.
const WORDS: [&str; 3] = ["Kanarienvogel", "Papageientaucher", "Wiedehopfnest"];

/// Whose address the relay sees: it listens on another one.
const CLIENT_ADDRESS: &str = "127.0.0.1";

#[tokio::test(flavor = "multi_thread")]
async fn r7_no_word_of_a_whole_story_is_on_the_relays_disk_in_any_form() {
    let settings = Settings {
        log_level: "trace".into(),
        ..Settings::default()
    };
    let mut relay = Relay::start_with(settings).await;
    let alice = Person::register(&relay.url(), "alice.canary").await;
    let bob = Person::register(&relay.url(), "bob.canary").await;
    let ask = Command::AddContact {
        username: bob.name.clone(),
        words: format!("I come from the {}", WORDS[0]),
    };
    alice.does(ask).await;
    let look =
        |engine: &restante_client::engine::Engine| Some(engine.requests().ok()?.first()?.room);
    let room = bob.waits("a request", look).await;
    bob.does(Command::Accept { room }).await;
    let group = alice.creates_room(WORDS[1], &[&bob]).await;
    for room in [room, group] {
        alice
            .says(room, &format!("the {} is empty", WORDS[2]))
            .await;
        bob.sees(room, &format!("the {} is empty", WORDS[2])).await;
    }
    // Killed, so that the write-ahead log is searched as well.
    relay.kill9().await;

    let disk = relay.folder();
    let passwords = [password(&alice.name), password(&bob.name)];
    let secrets = passwords
        .iter()
        .map(String::as_str)
        .chain(WORDS)
        .chain([CLIENT_ADDRESS]);
    for word in secrets {
        assert_eq!(canary::search(disk, word), [], "{word}");
    }
    // The search would have found them: the relay knows usernames, and they are in its database.
    assert!(
        canary::search(&relay.data(), &alice.name)
            .iter()
            .any(|found| found.form == "plain")
    );
    // But in no log, which the same search finds what it tells in: which requests there were.
    let log = fs::read(relay.log()).expect("a log");
    assert!(is_logged(&log, "/v1/register/finish"));
    for name in [&alice.name, &bob.name] {
        assert!(!is_logged(&log, name), "{name} is logged");
    }
}

/// Whether a word is in a log, in any form in which [`canary`] knows it.
fn is_logged(log: &[u8], word: &str) -> bool {
    canary::forms(word)
        .iter()
        .any(|(_, form)| log.windows(form.len()).any(|part| part == form))
}

#[tokio::test(flavor = "multi_thread")]
async fn r7_no_join_and_no_order_of_the_relays_tables_ties_an_account_to_a_seat() {
    let mut relay = Relay::start().await;
    let database = relay.data().join("relay.sqlite");
    let mut people = Vec::new();
    let mut known_seats = BTreeSet::new();
    // One after the other: whatever keeps the order of arrival would show.
    for _ in 0..linkage::MIN_PEOPLE + 4 {
        // A random name, or the alphabet would be an order of arrival by itself.
        let name = format!("u{:016x}", u64::from_le_bytes(random()));
        let person = Person::register(&relay.url(), &name).await;
        person
            .does(Command::CreateRoom {
                title: "Diary".into(),
                members: Vec::new(),
            })
            .await;
        let look = |engine: &restante_client::engine::Engine| engine.find_room("Diary").ok();
        let room = person.waits("a room", look).await;
        person.says(room, "Dear diary").await;
        person.has_sent_all(room).await;

        let tables = Tables::read(&database);
        let all_seats = blobs(&tables, &["mailboxes", "seats"], None);
        let client = person.client().query(|engine| engine.whoami().client).await;
        let client = client.expect("a running client").0.to_vec();
        let mut account = blobs(&tables, &["accounts"], Some(&name));
        account.extend([name.into_bytes(), client]);
        people.push(linkage::Person {
            account: account.into_iter().collect(),
            seats: all_seats.difference(&known_seats).cloned().collect(),
        });
        known_seats = all_seats;
    }
    assert!(
        people.iter().all(|person| !person.seats.is_empty()),
        "every room has a seat"
    );
    assert!(relay.stop().await, "the relay ends without an error");

    let report = linkage::search(&database, &people);
    println!(
        "{} people, {} joins and {} orders of tables searched, links: {:?}",
        people.len(),
        report.joins,
        report.orders,
        report.links
    );
    assert_eq!(report.links, []);
    assert!(
        report.joins > 100 && report.orders > 10,
        "there was something to search"
    );

    plant_a_link(&database, &people);
    let found = linkage::search(&database, &people).links;
    assert!(
        found.iter().any(|link| link.how == How::SameRow),
        "a planted link is found"
    );
}

/// A table in which an account and a seat stand beside each other.
fn plant_a_link(database: &Path, people: &[linkage::Person]) {
    let connection = Connection::open(database).expect("the database opens");
    connection
        .execute_batch("CREATE TABLE planted (account BLOB, seat BLOB)")
        .expect("a table");
    for person in people {
        let row = params![person.account.first(), person.seats.first()];
        connection
            .execute("INSERT INTO planted VALUES (?, ?)", row)
            .expect("a row");
    }
}

/// All values of 32 bytes in some tables, or in their rows that name somebody.
fn blobs(tables: &Tables, names: &[&str], named: Option<&str>) -> BTreeSet<Vec<u8>> {
    let rows = names.iter().flat_map(|name| tables.rows(name));
    let is_wanted = |row: &&Vec<Value>| {
        named.is_none_or(|name| {
            row.iter()
                .any(|value| *value == Value::Text(name.to_owned()))
        })
    };
    rows.filter(is_wanted)
        .flatten()
        .filter_map(|value| match value {
            Value::Blob(bytes) if bytes.len() == 32 => Some(bytes.clone()),
            _ => None,
        })
        .collect()
}
