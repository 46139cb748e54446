//! A relay that was restored from an older backup, and says so.

use restante_client::{
    ErrorKind,
    engine::io::{Command, Halt},
};
use restante_simulation::World;

use crate::{ALICE, BOB, CAROL, add, secrets::key_packages, world};

/// Everybody hears of what happened to the relay.
fn reconnect(world: &mut World) {
    for who in 0..world.people.len() {
        world.cut(who);
    }
    world.rest();
}

#[test]
fn c3_a_room_of_which_a_restored_relay_lacks_nothing_goes_on() {
    let mut world = world(230, 3);
    let room = world.group_of_all("garden");
    world.say(ALICE, &room, "one");
    world.rest();
    let backup = world.relay.backup();
    world.relay.restore_announced(backup);
    reconnect(&mut world);
    for who in [ALICE, BOB, CAROL] {
        assert_eq!(world.room(who, &room).halted, None);
        world.say(who, &room, "still here");
        world.rest();
    }
    world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
    assert_eq!(world.texts(BOB, &room).len(), 4);
}

#[test]
fn c3_a_room_that_lies_beyond_a_restored_log_stands_still_and_says_so() {
    let mut world = world(231, 3);
    let room = world.group_of_all("garden");
    world.say(ALICE, &room, "one");
    world.rest();
    let backup = world.relay.backup();
    world.say(ALICE, &room, "two");
    world.say(BOB, &room, "three");
    world.rest();
    let seen = world.room(BOB, &room).number;
    world.relay.restore_announced(backup);
    reconnect(&mut world);
    for who in [ALICE, BOB, CAROL] {
        let shown = world.room(who, &room);
        assert_eq!(shown.halted, Some(Halt::LogLost));
        assert!(!shown.log_mismatch, "it was announced");
        assert_eq!(shown.number, seen, "clients never go back");
        assert_eq!(world.texts(who, &room).len(), 3);
    }
    let text = "does it go on".to_owned();
    let refused = world.command(BOB, Command::SendText { room, text });
    assert_eq!(refused, Err(ErrorKind::RoomHalted));
}

#[test]
fn c3_a_restored_log_that_has_grown_again_is_not_taken_for_the_old_one() {
    let mut world = world(232, 3);
    let room = world.group_of_all("garden");
    world.say(ALICE, &room, "one");
    world.rest();
    world.turn_off(CAROL);
    let backup = world.relay.backup();
    world.say(ALICE, &room, "two");
    world.quiet();
    world.turn_off(BOB);
    world.relay.restore_announced(backup);
    let seen = world.room(ALICE, &room).number;
    world.cut(ALICE);
    world.quiet();
    // Carol never saw what is lost, and writes on.
    world.turn_on(CAROL);
    for number in 0..5 {
        world.say(CAROL, &room, &format!("other {number}"));
    }
    world.rest();
    assert!(world.room(CAROL, &room).number > seen);
    world.turn_on(BOB);
    world.rest();
    for who in [ALICE, BOB] {
        assert_eq!(world.room(who, &room).halted, Some(Halt::LogLost), "{who}");
        assert_eq!(world.texts(who, &room), ["one", "two"]);
    }
}

#[test]
fn c4_key_packages_are_replaced_after_a_restore() {
    let mut world = world(233, 3);
    let room = world.group_of_all("garden");
    let before = key_packages(&world, BOB);
    let stocked = world.relay.key_packages_of("bob");
    let backup = world.relay.backup();
    world.relay.restore_announced(backup);
    reconnect(&mut world);
    let fresh = key_packages(&world, BOB).difference(&before).count();
    assert!(fresh >= stocked, "{fresh} fresh ones");
    assert_eq!(world.relay.key_packages_of("bob"), fresh, "only fresh ones");
    world.say(ALICE, &room, "and they can be used");
    let create = Command::CreateRoom {
        title: "orchard".to_owned(),
        members: vec!["bob".to_owned()],
    };
    assert_eq!(world.carry_out(ALICE, create), Ok(()));
    let orchard = world.room_named(BOB, "orchard");
    assert_eq!(world.carry_out(ALICE, add(orchard, "carol")), Ok(()));
    world.assert_agreement(&orchard, &[ALICE, BOB, CAROL]);
}
