//! A relay that was restored from an older backup, and says so.

use restante_client::engine::io::{Command, Halt};
use restante_simulation::World;

use crate::{ALICE, BOB, CAROL, DAVE, add, remove, secrets::key_packages, world};

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
fn c4_a_room_that_lies_beyond_a_restored_log_goes_on_with_all_that_was_said() {
    for seed in 0..12 {
        let mut world = world(2_310 + seed, 4);
        let room = world.group_of_all("garden");
        world.say(ALICE, &room, "one");
        world.rest();
        let backup = world.relay.backup();
        world.say(ALICE, &room, "two");
        world.say(BOB, &room, "three");
        world.rest();
        world.relay.restore_announced(backup);
        for who in [ALICE, BOB, CAROL, DAVE] {
            world.cut(who);
        }
        world.quiet();
        let shown = world.room(BOB, &room);
        assert_eq!(shown.halted, Some(Halt::LogLost));
        assert!(!shown.log_mismatch, "it was announced");
        world.say(CAROL, &room, "does it go on");
        if seed % 2 == 0 {
            world.run(300, 30);
        }
        world.rest();
        for who in [ALICE, BOB, CAROL, DAVE] {
            assert_eq!(world.room(who, &room).halted, None, "seed {seed}");
            world.say(who, &room, &format!("it does, says {who}"));
        }
        world.rest();
        world.assert_agreement(&room, &[ALICE, BOB, CAROL, DAVE]);
        let mut texts = world.texts(DAVE, &room);
        assert_eq!(
            texts.remove(0),
            "one",
            "what the log holds is not sent again"
        );
        texts.truncate(3);
        texts.sort_unstable();
        assert_eq!(texts, ["does it go on", "three", "two"], "seed {seed}");
        assert_eq!(world.texts(DAVE, &room).len(), 8);
    }
}

#[test]
fn c4_who_was_off_and_wrote_on_in_the_restored_log_is_in_the_same_room_in_the_end() {
    for seed in 0..16 {
        let mut world = world(2_330 + seed, 4);
        let room = world.group_of_all("garden");
        world.say(ALICE, &room, "one");
        world.rest();
        world.turn_off(CAROL);
        world.turn_off(DAVE);
        let backup = world.relay.backup();
        world.say(ALICE, &room, "two");
        world.say(BOB, &room, "three");
        world.rest();
        world.turn_off(ALICE);
        world.turn_off(BOB);
        world.relay.restore_announced(backup);
        // These never saw what is lost, and write on.
        world.turn_on(CAROL);
        world.turn_on(DAVE);
        for number in 0..4 {
            world.say(CAROL, &room, &format!("carol {number}"));
            world.say(DAVE, &room, &format!("dave {number}"));
        }
        world.rest();
        world.turn_on(BOB);
        world.rest();
        world.turn_on(ALICE);
        world.run(300, 40);
        world.rest();
        for who in [ALICE, BOB, CAROL, DAVE] {
            assert_eq!(world.room(who, &room).halted, None, "seed {seed}");
            world.say(who, &room, &format!("here is {who}"));
        }
        world.rest();
        world.assert_agreement(&room, &[ALICE, BOB, CAROL, DAVE]);
        assert_eq!(world.texts(BOB, &room).len(), 15, "seed {seed}");
    }
}

#[test]
fn who_misses_something_tells_an_admin_who_misses_nothing() {
    for seed in 0..8 {
        let mut world = world(2_350 + seed, 3);
        let room = world.group_of_all("garden");
        world.rest();
        world.turn_off(ALICE);
        let backup = world.relay.backup();
        world.say(BOB, &room, "while alice was off");
        world.say(CAROL, &room, "me too");
        world.rest();
        world.relay.restore_announced(backup);
        reconnect(&mut world);
        assert_eq!(
            world.room(BOB, &room).halted,
            Some(Halt::LogLost),
            "no admin"
        );
        world.turn_on(ALICE);
        world.say(ALICE, &room, "I am back");
        world.pass_ms(3 * 3_600_000);
        world.rest();
        for who in [ALICE, BOB, CAROL] {
            world.say(who, &room, &format!("here is {who}"));
        }
        world.rest();
        world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
        assert_eq!(world.texts(ALICE, &room).len(), 6, "seed {seed}");
    }
}

#[test]
fn c7_who_was_removed_since_the_backup_stays_removed_and_who_came_stays() {
    for seed in 0..8 {
        let mut world = world(2_360 + seed, 4);
        let room = world.group_of_all("garden");
        assert_eq!(world.carry_out(ALICE, remove(room, "dave")), Ok(()));
        world.rest();
        let backup = world.relay.backup();
        assert_eq!(world.carry_out(ALICE, remove(room, "carol")), Ok(()));
        assert_eq!(world.carry_out(ALICE, add(room, "dave")), Ok(()));
        world.rest();
        world.relay.restore_announced(backup);
        reconnect(&mut world);
        for who in [ALICE, BOB, DAVE] {
            world.say(who, &room, &format!("here is {who}"));
        }
        world.rest();
        world.assert_agreement(&room, &[ALICE, BOB, DAVE]);
        assert_eq!(world.room(BOB, &room).participants.len(), 3, "seed {seed}");
        assert!(world.texts(CAROL, &room).is_empty());
    }
}

#[test]
fn successors_of_two_admins_at_once_become_one() {
    for seed in 0..20 {
        let mut world = world(2_370 + seed, 4);
        let room = world.group_of_all("garden");
        let promote = Command::SetRole {
            room,
            member: "bob".to_owned(),
            admin: true,
        };
        assert_eq!(world.carry_out(ALICE, promote), Ok(()));
        world.rest();
        let backup = world.relay.backup();
        for who in [ALICE, BOB, CAROL] {
            world.say(who, &room, &format!("lost {who}"));
        }
        world.rest();
        world.relay.restore_announced(backup);
        // Both admins begin before they hear of each other.
        world.turn_off(BOB);
        world.turn_off(CAROL);
        world.turn_off(DAVE);
        world.cut(ALICE);
        world.quiet();
        world.pass_ms(20_000);
        world.tick_all();
        world.run(seed as usize * 3, 1_000);
        world.turn_on(BOB);
        world.run(400, 60);
        world.turn_on(CAROL);
        world.turn_on(DAVE);
        for who in [ALICE, BOB, CAROL, DAVE] {
            world.say(who, &room, &format!("here is {who}"));
        }
        world.run(200, 60);
        world.rest();
        world.assert_agreement(&room, &[ALICE, BOB, CAROL, DAVE]);
        assert_eq!(world.texts(DAVE, &room).len(), 7, "seed {seed}");
    }
}

#[test]
fn a_room_of_two_goes_on_after_a_restore() {
    for seed in 0..12 {
        let mut world = world(2_400 + seed, 2);
        let room = world.become_contacts(ALICE, BOB);
        world.say(ALICE, &room, "one");
        world.rest();
        let backup = world.relay.backup();
        world.say(BOB, &room, "two");
        if seed % 3 == 0 {
            world.turn_off(BOB);
        }
        world.say(ALICE, &room, "three");
        world.rest();
        world.relay.restore_announced(backup);
        reconnect(&mut world);
        world.turn_on(BOB);
        world.say(BOB, &room, "four");
        world.run(100, 30);
        world.rest();
        world.say(ALICE, &room, "five");
        world.rest();
        world.assert_agreement(&room, &[ALICE, BOB]);
        assert_eq!(world.texts(ALICE, &room).len(), 5, "seed {seed}");
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
