//! Rooms in which everybody but one has other clients than before: the one that was off knows nobody any
//! more.

use restante_client::engine::io::{Command, RoomId, RoomPhase};
use restante_simulation::World;

use crate::{ALICE, BOB, CAROL, world};

/// While carol is off, the clients of alice and bob that she knows are lost, and others come in their
/// place.
fn all_others_new(seed: u64) -> (World, RoomId, usize, usize) {
    let mut world = world(seed, 3);
    let room = world.group_of_all("garden");
    world.say(CAROL, &room, "off I go");
    world.rest();
    world.turn_off(CAROL);
    let (alice, bob) = (world.log_in(ALICE), world.log_in(BOB));
    world.rest();
    for (new, old) in [(alice, ALICE), (bob, BOB)] {
        assert_eq!(world.room(new, &room).phase, RoomPhase::Joined);
        world.expel(new, old);
        world.rest();
    }
    (world, room, alice, bob)
}

fn remove_carol(world: &mut World, by: usize, room: RoomId) {
    let members = vec!["carol".to_owned()];
    let remove = Command::RemoveMembers { room, members };
    world.carry_out(by, remove).unwrap();
    world.rest();
}

#[test]
fn c4_who_was_removed_meanwhile_learns_it_from_clients_it_never_met() {
    for seed in 3100..3104 {
        let (mut world, room, alice, _) = all_others_new(seed);
        remove_carol(&mut world, alice, room);
        world.turn_on(CAROL);
        world.rest();
        assert_eq!(
            world.room(CAROL, &room).phase,
            RoomPhase::Removed,
            "seed {seed}"
        );
    }
}

#[test]
fn c4_who_was_removed_and_added_meanwhile_by_clients_it_never_met_is_in() {
    for seed in 3110..3114 {
        let (mut world, room, alice, bob) = all_others_new(seed);
        remove_carol(&mut world, alice, room);
        let members = vec!["carol".to_owned()];
        let add = Command::AddMembers { room, members };
        world.carry_out(alice, add).unwrap();
        world.rest();
        world.turn_on(CAROL);
        world.rest();
        assert_eq!(
            world.room(CAROL, &room).phase,
            RoomPhase::Joined,
            "seed {seed}"
        );
        world.say(alice, &room, "welcome back");
        world.say(CAROL, &room, "hello you new ones");
        world.rest();
        let texts = world.texts(bob, &room);
        assert!(
            texts.contains(&"hello you new ones".to_owned()),
            "{texts:?}"
        );
        world.assert_one_order(&room, &[alice, bob, CAROL]);
    }
}
