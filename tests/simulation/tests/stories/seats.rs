//! Secrets of seats that change hands late, or never arrive.

use restante_client::engine::io::{Command, RoomPhase};
use restante_simulation::World;

use crate::{ALICE, BOB, CAROL};

#[test]
fn a_seat_that_was_given_a_fresh_secret_is_not_lost() {
    let mut world = World::with_people(7, &["alice", "bob", "carol"]);
    for who in [BOB, CAROL] {
        world.become_contacts(ALICE, who);
    }
    let members = vec!["bob".to_owned(), "carol".to_owned()];
    let create = Command::CreateRoom {
        title: "garden".into(),
        members,
    };
    assert!(world.command(ALICE, create).is_ok());
    world.quiet();
    let room = world.room_named(ALICE, "garden");
    assert_eq!(world.room(BOB, &room).phase, RoomPhase::Joined);
    // Bob is in, and has not updated his leaf: the removal gives his seat another secret.
    let remove = Command::RemoveMembers {
        room,
        members: vec!["carol".into()],
    };
    assert!(world.command(ALICE, remove).is_ok());
    world.quiet();
    world.say(ALICE, &room, "do you hear me");
    world.quiet();
    assert_eq!(world.texts(BOB, &room), ["do you hear me"]);
    world.say(BOB, &room, "yes");
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB]);
}

#[test]
fn a_seat_whose_fresh_secret_never_arrived_is_repaired() {
    let mut world = World::with_people(8, &["alice", "bob", "carol"]);
    for who in [BOB, CAROL] {
        world.become_contacts(ALICE, who);
    }
    let members = vec!["bob".to_owned(), "carol".to_owned()];
    let create = Command::CreateRoom {
        title: "garden".into(),
        members,
    };
    assert!(world.command(ALICE, create).is_ok());
    world.quiet();
    let room = world.room_named(ALICE, "garden");
    let remove = Command::RemoveMembers {
        room,
        members: vec!["carol".into()],
    };
    assert!(world.command(ALICE, remove).is_ok());
    world.relay.lose_letters_to("bob");
    world.quiet();
    world.say(ALICE, &room, "do you hear me");
    world.rest();
    world.say(BOB, &room, "again");
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB]);
}
