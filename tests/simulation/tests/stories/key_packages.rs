//! Key packages that are missing, have expired, are wanted by two at once, or are the last there is.

use std::collections::BTreeSet;

use restante_client::{
    ErrorKind,
    engine::io::{Command, Outgoing, RoomId, RoomPhase},
};
use restante_simulation::World;
use restante_wire::{api::Endpoint, key_package::UploadKeyPackages};

use crate::{ALICE, BOB, CAROL, add, secrets::open_database, world};

/// A room of alice and bob; carol is a contact of both.
fn without_carol(seed: u64) -> (World, RoomId) {
    let mut world = world(seed, 3);
    world.become_contacts(ALICE, BOB);
    world.become_contacts(ALICE, CAROL);
    world.become_contacts(BOB, CAROL);
    assert_eq!(world.carry_out(ALICE, create("garden", "bob")), Ok(()));
    let room = world.room_named(ALICE, "garden");
    (world, room)
}

/// References of the last resorts that somebody has.
fn last_resorts(world: &World, who: usize) -> BTreeSet<Vec<u8>> {
    let database = open_database(world.people[who].home());
    let sql = "SELECT reference FROM key_packages WHERE last_resort";
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<rusqlite::Result<_>>().unwrap()
}

fn create(title: &str, member: &str) -> Command {
    Command::CreateRoom {
        title: title.to_owned(),
        members: vec![member.to_owned()],
    }
}

#[test]
fn who_has_no_key_package_or_expired_ones_is_added_once_there_are_new_ones() {
    for is_expired in [false, true] {
        let (mut world, room) = without_carol(340);
        world.turn_off(CAROL);
        match is_expired {
            true => world.relay.expire_key_packages_of("carol"),
            false => world.relay.take_key_packages_of("carol", true),
        }
        let refused = world.carry_out(ALICE, add(room, "carol"));
        assert_eq!(refused, Err(ErrorKind::NoKeyPackage));
        world.say(BOB, &room, "then without her");
        world.rest();
        world.assert_agreement(&room, &[ALICE, BOB]);
        // What has expired the relay deletes.
        world.relay.take_key_packages_of("carol", true);
        world.turn_on(CAROL);
        world.rest();
        assert_eq!(world.carry_out(ALICE, add(room, "carol")), Ok(()));
        world.say(CAROL, &room, "here I am");
        world.rest();
        assert_eq!(world.texts(CAROL, &room), ["here I am"]);
        assert_eq!(world.texts(BOB, &room).len(), 2);
    }
}

/// Alice and bob add carol at once, each to a room of their own, and all three talk in both.
fn added_to_two_rooms_at_once(world: &mut World) {
    for (who, title) in [(ALICE, "orchard"), (BOB, "meadow")] {
        assert!(world.command(who, create(title, "carol")).is_ok());
    }
    world.run(60, usize::MAX);
    world.rest();
    for (who, title) in [(ALICE, "orchard"), (BOB, "meadow")] {
        let room = world.room_named(who, title);
        assert_eq!(world.room(CAROL, &room).phase, RoomPhase::Joined);
        world.say(CAROL, &room, "in both");
        world.rest();
        world.say(who, &room, "welcome");
        world.rest();
        world.assert_agreement(&room, &[who, CAROL]);
        assert_eq!(world.texts(CAROL, &room).len(), 2);
    }
}

#[test]
fn two_who_race_for_key_packages_both_get_one() {
    for seed in 342..348 {
        let (mut world, _) = without_carol(seed);
        added_to_two_rooms_at_once(&mut world);
    }
}

#[test]
fn a_last_resort_leads_into_two_rooms_and_is_replaced() {
    for seed in 350..354 {
        let (mut world, _) = without_carol(seed);
        let stocked = world.relay.key_packages_of("carol");
        let used = last_resorts(&world, CAROL);
        world.relay.take_key_packages_of("carol", false);
        let left = world.relay.key_packages_of("carol");
        assert_eq!(left, used.len(), "one of each suite");
        added_to_two_rooms_at_once(&mut world);
        // A connection that is made anew looks at the pool.
        world.pass_ms(2 * 86_400_000);
        world.cut(CAROL);
        world.tick_all();
        world.rest();
        let restocked = world.relay.key_packages_of("carol");
        assert!(restocked >= stocked, "full again");
        let fresh = last_resorts(&world, CAROL);
        let fresh = fresh.difference(&used).count();
        assert_eq!(fresh, 1, "seed {seed}: of the suite that was used");
    }
}

#[test]
fn c4_a_key_package_whose_upload_was_answered_to_nobody_is_offered_once() {
    for seed in [1, 3, 5, 7] {
        let (mut world, _) = without_carol(seed);
        world.relay.take_key_packages_of("carol", true);
        world.cut(CAROL);
        while !world.people[CAROL].to_relay.iter().any(is_upload) {
            world.run(1, usize::MAX);
        }
        // They arrive, and carol ends before she hears of it.
        world.lose_answers(CAROL);
        world.turn_off(CAROL);
        assert_eq!(world.carry_out(ALICE, create("orchard", "carol")), Ok(()));
        // Others take the rest.
        world.relay.take_key_packages_of("carol", false);
        world.turn_on(CAROL);
        world.rest();
        assert_eq!(world.carry_out(BOB, create("meadow", "carol")), Ok(()));
        for (who, title) in [(ALICE, "orchard"), (BOB, "meadow")] {
            let room = world.room_named(who, title);
            assert_eq!(world.room(CAROL, &room).phase, RoomPhase::Joined, "{seed}");
        }
    }
}

fn is_upload(outgoing: &Outgoing) -> bool {
    matches!(outgoing, Outgoing::Http { path, .. } if *path == UploadKeyPackages::PATH)
}
