//! Processes that end and connections that break, at random and behind every single transaction.

use restante_client::engine::io::{Command, RoomId};
use restante_simulation::{Crash, World};

use crate::{ALICE, BOB, CAROL, remove, world};

/// Of the transactions of a story every so-many-th is tried as the last one before a crash; all of
/// them with `RESTANTE_EVERY=1`.
const EVERY: u64 = 9;

#[test]
fn c1_a_crash_before_sending_loses_nothing() {
    crash_behind_every_transaction(Crash::BeforeSending);
}

#[test]
fn c2_a_crash_after_sending_doubles_nothing() {
    crash_behind_every_transaction(Crash::AfterSending);
}

fn crash_behind_every_transaction(crash: Crash) {
    let every = std::env::var("RESTANTE_EVERY");
    let every = every.map_or(EVERY, |text| text.parse().expect("a number"));
    for who in [ALICE, BOB, CAROL] {
        let mut transaction = who as u64;
        while crashed(who, transaction, crash) {
            transaction += every;
        }
        assert!(transaction > 10, "the story has more transactions");
    }
}

/// Plays the story of a room with one crash. Returns whether it came to it.
fn crashed(who: usize, transaction: u64, crash: Crash) -> bool {
    let mut world = world(70 + who as u64, 3);
    world.become_contacts(ALICE, BOB);
    world.become_contacts(ALICE, CAROL);
    world.crash_at(who, transaction, crash);
    let create = Command::CreateRoom {
        title: "garden".into(),
        members: vec!["bob".into(), "carol".into()],
    };
    world.command(ALICE, create).unwrap();
    world.rest();
    let room = world.room_named(ALICE, "garden");
    for round in 0..2 {
        for speaker in [ALICE, BOB, CAROL] {
            world.say(speaker, &room, &format!("{speaker} says {round}"));
            world.run(3, usize::MAX);
        }
    }
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
    assert_eq!(world.texts(BOB, &room).len(), 6, "{who} at {transaction}");
    world.command(ALICE, remove(room, "carol")).unwrap();
    world.rest();
    world.say(BOB, &room, "without carol");
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB]);
    assert_eq!(world.texts(ALICE, &room).len(), 7);
    assert_eq!(world.texts(CAROL, &room).len(), 6, "C7");
    world.people[who].crash_at.is_none()
}

#[test]
fn c1_a_client_that_crashes_while_it_arrives_is_whole_in_the_end() {
    for crash in [Crash::BeforeSending, Crash::AfterSending] {
        let mut transaction = 0;
        while arrived(transaction, crash) {
            transaction += 1;
        }
        assert!(transaction > 5, "an arrival has more transactions");
    }
}

/// Somebody signs in on a second client, which crashes once. Returns whether it came to it.
fn arrived(transaction: u64, crash: Crash) -> bool {
    let mut world = world(90, 2);
    let room = world.become_contacts(ALICE, BOB);
    let second = world.log_in(BOB);
    world.crash_at(second, transaction, crash);
    world.rest();
    for who in [BOB, second] {
        let listed = world.engine(who).clients().unwrap();
        assert_eq!(listed.len(), 2, "{crash:?} at {transaction}");
        assert_eq!(world.engine(who).contacts().unwrap().len(), 1);
    }
    world.say(second, &room, "here I am");
    world.rest();
    world.say(ALICE, &room, "welcome");
    world.rest();
    for who in [ALICE, BOB, second] {
        let texts = world.texts(who, &room);
        assert_eq!(
            texts,
            ["here I am", "welcome"],
            "{crash:?} at {transaction}"
        );
    }
    world.assert_agreement(&room, &[ALICE, BOB, second]);
    world.people[second].crash_at.is_none()
}

#[test]
fn c4_every_message_arrives_once_whatever_crashes() {
    for seed in crate::weather::seeds(100, 10) {
        let mut world = world(seed, 3);
        let room = world.group_of_all("garden");
        let sent = chatter(&mut world, &room);
        world.rest();
        world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
        assert_eq!(world.texts(ALICE, &room).len(), sent, "seed {seed}");
    }
}

fn chatter(world: &mut World, room: &RoomId) -> usize {
    let mut sent = 0;
    for _ in 0..12 {
        for who in [ALICE, BOB, CAROL] {
            if world.people[who].engine.is_some() {
                world.say(who, room, &format!("message {sent}"));
                sent += 1;
            }
        }
        world.run(60, 25);
    }
    sent
}
