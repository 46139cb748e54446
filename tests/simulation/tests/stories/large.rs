//! A room of three hundred clients: thirty run, the others were only ever added.

use std::collections::BTreeSet;

use restante_client::engine::io::{Command, RoomId, RoomPhase};
use restante_crypto::{Group, ciphersuite::CLASSICAL};
use restante_simulation::World;
use restante_wire::{ClientId, key_package::Suite};

use crate::{ALICE, BOB, CAROL, DAVE, secrets::open_database};

/// People whose clients run; alice makes the room.
const REAL: usize = 30;

/// Of these people, those who are in from the beginning.
const FIRST: usize = 20;

/// The one of the others who is removed.
const NEWCOMER: usize = 25;

/// People whose clients do not run.
const CROWD: usize = 54;

/// Clients of each of them.
const CLIENTS: usize = 5;

/// All clients.
const ALL: usize = REAL + CROWD * CLIENTS;

/// What everybody offers: a room that is made this large is classical anyway.
const SUITES: &[Suite] = &[CLASSICAL];

/// The group as it lies on somebody's disk.
fn group(world: &World, who: usize, room: &RoomId) -> Group {
    let person = &world.people[who];
    let database = open_database(person.home());
    let mut statement = database
        .prepare("SELECT key, value FROM group_rows WHERE room = ?1")
        .unwrap();
    let rows = statement.query_map([room.0], |row| Ok((row.get(0)?, row.get(1)?)));
    let rows: restante_crypto::Rows = rows.unwrap().collect::<rusqlite::Result<_>>().unwrap();
    let client = &person.account().client;
    let mut mailboxes = person.seats.iter().rev().map(|seat| seat.mailbox);
    mailboxes
        .find_map(|mailbox| Group::load(client, mailbox, rows.clone()).ok())
        .unwrap()
}

/// Checks that these people are in one epoch of one group, and returns its clients.
fn clients(world: &World, room: &RoomId, members: &[usize]) -> BTreeSet<ClientId> {
    let seen = members.iter().map(|&who| {
        let group = group(world, who, room);
        let clients: BTreeSet<_> = group
            .members()
            .map(restante_crypto::Member::client)
            .collect();
        (group.epoch_authenticator(), clients)
    });
    let mut seen: Vec<_> = seen.collect();
    seen.dedup();
    assert_eq!(seen.len(), 1, "C3: they are in one epoch");
    seen.remove(0).1
}

fn everybody_says(world: &mut World, room: &RoomId, members: &[usize], words: &str) {
    for &who in members {
        world.say(who, room, &format!("{words}, says {who}"));
    }
    world.rest();
}

fn name(who: usize) -> String {
    format!("person{who}")
}

fn names(people: impl IntoIterator<Item = usize>, crowd: &[String]) -> Vec<String> {
    people
        .into_iter()
        .map(name)
        .chain(crowd.iter().cloned())
        .collect()
}

#[test]
fn c3_three_hundred_clients_come_talk_leave_and_agree() {
    let real: Vec<String> = (0..REAL).map(name).collect();
    let real: Vec<_> = real.iter().map(|name| (name.as_str(), SUITES)).collect();
    let mut world = World::offering(900, &real);
    for who in 1..REAL {
        world.become_contacts(ALICE, who);
    }
    let crowd: Vec<String> = (0..CROWD).map(|number| format!("crowd{number}")).collect();
    for name in &crowd {
        world.register_crowd(name, CLIENTS);
    }
    let (early, late) = crowd.split_at(CROWD / 2);
    let create = Command::CreateRoom {
        title: "square".into(),
        members: names(1..FIRST, early),
    };
    assert_eq!(world.carry_out(ALICE, create), Ok(()));
    let room = world.room_named(ALICE, "square");
    let first: Vec<usize> = (0..FIRST).collect();
    everybody_says(&mut world, &room, &first, "few");

    // The others come in while the first go on talking.
    let add = Command::AddMembers {
        room,
        members: names(FIRST..REAL, late),
    };
    world.command(ALICE, add).unwrap();
    everybody_says(&mut world, &room, &first, "they come");
    let all: Vec<usize> = (0..REAL).collect();
    everybody_says(&mut world, &room, &all, "all are here");
    assert_eq!(clients(&world, &room, &all).len(), ALL);
    assert_eq!(world.room(BOB, &room).participants.len(), REAL + CROWD);

    // Two leave at once, and others are removed meanwhile.
    for who in [CAROL, DAVE] {
        world.command(who, Command::Leave { room }).unwrap();
    }
    let gone = &crowd[10..20];
    let remove = Command::RemoveMembers {
        room,
        members: names([NEWCOMER], gone),
    };
    world.command(ALICE, remove).unwrap();
    world.rest();
    let staying: Vec<usize> = all
        .into_iter()
        .filter(|who| ![CAROL, DAVE, NEWCOMER].contains(who))
        .collect();
    everybody_says(&mut world, &room, &staying, "fewer again");

    assert_eq!(
        clients(&world, &room, &staying).len(),
        ALL - 3 - gone.len() * CLIENTS
    );
    let (first, later): (Vec<usize>, Vec<usize>) = staying.iter().partition(|who| **who < FIRST);
    world.assert_agreement(&room, &first);
    world.assert_agreement(&room, &later);
    let texts = world.texts(later[0], &room);
    assert!(world.texts(ALICE, &room).ends_with(&texts), "C3: one log");
    assert!(texts.len() >= REAL + staying.len());
    assert_eq!(world.room(NEWCOMER, &room).phase, RoomPhase::Removed);
    for who in [CAROL, DAVE] {
        assert_eq!(world.room(who, &room).phase, RoomPhase::Left);
    }
    for who in [CAROL, DAVE, NEWCOMER] {
        let texts = world.texts(who, &room);
        assert!(!texts.iter().any(|text| text.starts_with("fewer")));
    }
}
