//! Which ciphersuite a room has, clients of an earlier version, and a relay that would lower it.

use restante_client::{
    ErrorKind,
    engine::{
        io::{Command, Event, RoomId},
        suites::RoomSuite,
    },
};
use restante_crypto::ciphersuite::{CLASSICAL, HYBRID, SUPPORTED};
use restante_simulation::World;
use restante_wire::{Kind, key_package::Suite};

use crate::{ALICE, BOB, CAROL, add, world};

const NEW: &[Suite] = SUPPORTED;
const OLD: &[Suite] = &[CLASSICAL];

/// Carol has an earlier version.
fn world_with_an_old_client(seed: u64) -> World {
    World::offering(seed, &[("alice", NEW), ("bob", NEW), ("carol", OLD)])
}

fn create(title: &str, members: &[&str]) -> Command {
    Command::CreateRoom {
        title: title.to_owned(),
        members: members.iter().map(|&name| name.to_owned()).collect(),
    }
}

fn suite(world: &World, who: usize, room: &RoomId) -> Option<RoomSuite> {
    world.room(who, room).suite
}

/// Whom somebody was told not to have a room's suite.
fn told_of(world: &World, who: usize) -> Vec<&str> {
    let names = world.people[who].events.iter();
    let names = names.filter_map(|event| match event {
        Event::SuiteNotSupported { username, .. } => Some(username.as_str()),
        _ => None,
    });
    names.collect()
}

#[test]
fn where_all_offer_it_a_room_is_hybrid() {
    let mut world = World::offering(900, &[("alice", NEW), ("bob", NEW), ("carol", NEW)]);
    let room = world.group_of_all("garden");
    for who in [ALICE, BOB, CAROL] {
        assert_eq!(suite(&world, who, &room), Some(RoomSuite::Hybrid));
        world.say(who, &room, "hello");
    }
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
    assert_eq!(world.texts(CAROL, &room).len(), 3);
    world.crash(BOB);
    world.say(BOB, &room, "after a restart");
    world.rest();
    assert_eq!(world.texts(ALICE, &room).len(), 4);
}

#[test]
fn one_old_client_makes_a_new_room_classical() {
    let mut world = world_with_an_old_client(902);
    let direct = world.become_contacts(ALICE, BOB);
    assert_eq!(suite(&world, BOB, &direct), Some(RoomSuite::Hybrid));
    let direct = world.become_contacts(ALICE, CAROL);
    assert_eq!(suite(&world, CAROL, &direct), Some(RoomSuite::Classical));
    let command = create("garden", &["bob", "carol"]);
    assert_eq!(world.carry_out(ALICE, command), Ok(()));
    let room = world.room_named(ALICE, "garden");
    world.say(ALICE, &room, "hello");
    world.say(CAROL, &direct, "and you");
    world.rest();
    for who in [ALICE, BOB, CAROL] {
        assert_eq!(suite(&world, who, &room), Some(RoomSuite::Classical));
        assert_eq!(world.texts(who, &room), ["hello"]);
    }
    assert_eq!(world.texts(ALICE, &direct), ["and you"]);
    assert_eq!(told_of(&world, ALICE), [""; 0], "nothing was refused");
}

#[test]
fn an_old_client_makes_classical_rooms() {
    let mut world = World::offering(904, &[("alice", OLD), ("bob", NEW)]);
    let room = world.become_contacts(ALICE, BOB);
    assert_eq!(suite(&world, BOB, &room), Some(RoomSuite::Classical));
}

#[test]
fn who_lacks_the_suite_is_not_added_until_updated() {
    let mut world = world_with_an_old_client(906);
    world.become_contacts(ALICE, BOB);
    world.become_contacts(ALICE, CAROL);
    assert_eq!(world.carry_out(ALICE, create("garden", &["bob"])), Ok(()));
    let room = world.room_named(ALICE, "garden");
    let refused = world.carry_out(ALICE, add(room, "carol"));
    assert_eq!(refused, Err(ErrorKind::SuiteNotSupported));
    assert_eq!(told_of(&world, ALICE), ["carol"]);
    world.say(BOB, &room, "it goes on");
    world.rest();
    assert_eq!(world.texts(ALICE, &room), ["it goes on"]);
    assert_eq!(suite(&world, ALICE, &room), Some(RoomSuite::Hybrid));

    world.offer(CAROL, NEW);
    world.crash(CAROL);
    world.rest();
    assert_eq!(world.carry_out(ALICE, add(room, "carol")), Ok(()));
    assert_eq!(suite(&world, CAROL, &room), Some(RoomSuite::Hybrid));
    world.say(CAROL, &room, "with the new version");
    world.rest();
    assert_eq!(world.texts(CAROL, &room), ["with the new version"]);
    world.assert_agreement(&room, &[ALICE, BOB]);
}

#[test]
fn of_a_person_with_an_old_and_a_new_client_the_new_one_comes_in() {
    let mut world = World::offering(908, &[("alice", NEW), ("bob", NEW)]);
    world.become_contacts(ALICE, BOB);
    assert_eq!(world.carry_out(ALICE, create("garden", &["bob"])), Ok(()));
    let room = world.room_named(ALICE, "garden");
    world.register_clients("dora", &[NEW, OLD]);
    assert_eq!(world.carry_out(ALICE, add(room, "dora")), Ok(()));
    assert_eq!(told_of(&world, ALICE), ["dora"]);
    assert_eq!(world.room(BOB, &room).participants.len(), 3);
    world.register_clients("erik", &[NEW, OLD]);
    let command = create("shed", &["bob", "erik"]);
    assert_eq!(world.carry_out(ALICE, command), Ok(()));
    let shed = world.room_named(ALICE, "shed");
    assert_eq!(suite(&world, ALICE, &shed), Some(RoomSuite::Classical));
}

#[test]
fn a_relay_that_withholds_key_packages_lowers_nothing() {
    let mut world = world(910, 3);
    world.become_contacts(ALICE, BOB);
    world.become_contacts(ALICE, CAROL);
    world.relay.withhold("bob", HYBRID);
    let refused = world.carry_out(ALICE, create("garden", &["bob"]));
    assert_eq!(refused, Err(ErrorKind::NoKeyPackage));
    let room = world.room_named(ALICE, "garden");
    assert_eq!(suite(&world, ALICE, &room), Some(RoomSuite::Hybrid));
    assert_eq!(world.carry_out(ALICE, add(room, "carol")), Ok(()));
    assert_eq!(suite(&world, CAROL, &room), Some(RoomSuite::Hybrid));
}

#[test]
fn a_new_room_of_more_than_a_hundred_clients_is_classical_and_a_hybrid_one_may_grow() {
    let mut world = World::offering(912, &[("alice", NEW), ("bob", NEW)]);
    world.become_contacts(ALICE, BOB);
    let names: Vec<String> = (0..7).map(|number| format!("crowd{number}")).collect();
    for name in &names {
        world.register_clients(name, &[NEW; 16]);
    }
    let mut members = vec!["bob"];
    members.extend(names.iter().map(String::as_str));
    assert_eq!(world.carry_out(ALICE, create("square", &members)), Ok(()));
    let room = world.room_named(BOB, "square");
    assert_eq!(suite(&world, BOB, &room), Some(RoomSuite::Classical));

    for name in &names {
        world.register_clients(&format!("new{name}"), &[NEW; 14]);
    }
    let names: Vec<String> = names.iter().map(|name| format!("new{name}")).collect();
    let mut members = vec!["bob"];
    members.extend(names.iter().map(String::as_str));
    assert_eq!(world.carry_out(ALICE, create("lane", &members)), Ok(()));
    let room = world.room_named(BOB, "lane");
    assert_eq!(suite(&world, BOB, &room), Some(RoomSuite::Hybrid));
    let mailbox = world.last_mailbox(ALICE);
    let log = world.relay.log(&mailbox);
    let additions = log
        .iter()
        .filter(|found| found.kind == Kind::Commit && found.welcome.is_some());
    assert_eq!(additions.count(), 1, "all hundred in one commit");

    world.register_clients("late", &[NEW; 4]);
    assert_eq!(world.carry_out(ALICE, add(room, "late")), Ok(()));
    assert_eq!(suite(&world, BOB, &room), Some(RoomSuite::Hybrid));
    world.say(BOB, &room, "the more the merrier");
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB]);
}
