//! A group that moves to the hybrid suite: made anew beside itself, named in its log, followed.

use restante_client::{
    ErrorKind,
    engine::{
        io::{Command, Event, RoomId, RoomPhase},
        suites::RoomSuite,
    },
};
use restante_crypto::ciphersuite::{CLASSICAL, SUPPORTED};
use restante_simulation::{Crash, World};
use restante_wire::key_package::Suite;

use crate::{ALICE, BOB, CAROL, DAVE, add, remove};

const NEW: &[Suite] = SUPPORTED;
const OLD: &[Suite] = &[CLASSICAL];

/// A classical group of four, whose clients are all updated since.
fn updated_group(seed: u64) -> (World, RoomId) {
    let people = [("alice", OLD), ("bob", NEW), ("carol", NEW), ("dave", NEW)];
    let mut world = World::offering(seed, &people);
    let room = world.group_of_all("garden");
    world.say(BOB, &room, "before");
    world.rest();
    assert_eq!(world.room(BOB, &room).suite, Some(RoomSuite::Classical));
    world.offer(ALICE, NEW);
    world.crash(ALICE);
    world.rest();
    (world, room)
}

fn upgrade(room: RoomId) -> Command {
    Command::UpgradeRoom { room }
}

/// Everybody is in the hybrid group, sees one room, and is heard.
fn assert_moved(world: &mut World, room: &RoomId, members: &[usize]) {
    for who in members {
        let suite = world.room(*who, room).suite;
        assert_eq!(suite, Some(RoomSuite::Hybrid), "{who}");
        world.say(*who, room, &format!("heard from {who}"));
    }
    world.rest();
    world.assert_agreement(room, members);
    for who in members {
        let texts = world.texts(ALICE, room);
        let heard = texts
            .iter()
            .filter(|text| **text == format!("heard from {who}"));
        assert_eq!(heard.count(), 1, "{texts:?}");
    }
}

#[test]
fn a_group_moves_to_the_hybrid_suite_and_stays_one_room() {
    let (mut world, room) = updated_group(1000);
    assert_eq!(world.carry_out(ALICE, upgrade(room)), Ok(()));
    assert_moved(&mut world, &room, &[ALICE, BOB, CAROL, DAVE]);
    assert_eq!(world.texts(DAVE, &room)[0], "before");
    let again = world.command(ALICE, upgrade(room));
    assert!(matches!(
        again,
        Ok(restante_client::engine::io::Outcome::Done)
    ));
    assert_eq!(
        world.engine(BOB).rooms().unwrap().len(),
        2,
        "the garden and alice"
    );
}

/// Whom somebody was told to lack the suite.
fn told_of(world: &World, who: usize) -> Vec<&str> {
    let events = world.people[who].events.iter();
    let names = events.filter_map(|event| match event {
        Event::SuiteNotSupported { username, .. } => Some(username.as_str()),
        _ => None,
    });
    names.collect()
}

#[test]
fn c4_whatever_breaks_during_a_move_everybody_is_in_one_room_with_all_messages_once() {
    for seed in 0..30 {
        let (mut world, room) = updated_group(1010 + seed);
        world.command(ALICE, upgrade(room)).unwrap();
        for round in 0..4 {
            for who in [ALICE, BOB, CAROL, DAVE] {
                world.say(who, &room, &format!("{who} in round {round}"));
            }
            world.run(250, 40);
        }
        world.rest();
        assert_eq!(world.texts(ALICE, &room).len(), 17, "seed {seed}");
        assert_moved(&mut world, &room, &[ALICE, BOB, CAROL, DAVE]);
    }
}

#[test]
fn c1_a_move_survives_the_end_of_its_makers_process_behind_every_transaction() {
    for crash in [Crash::BeforeSending, Crash::AfterSending] {
        for transaction in 0..30 {
            let (mut world, room) = updated_group(1050);
            world.crash_at(ALICE, transaction, crash);
            world.command(ALICE, upgrade(room)).unwrap();
            world.say(BOB, &room, "while it moves");
            world.rest();
            assert_moved(&mut world, &room, &[ALICE, BOB, CAROL, DAVE]);
        }
    }
}

#[test]
fn a_member_that_is_away_follows_when_it_comes_back() {
    for seed in 0..10 {
        let (mut world, room) = updated_group(1060 + seed);
        world.turn_off(DAVE);
        world.say(CAROL, &room, "in the old group");
        world.rest();
        assert_eq!(world.carry_out(ALICE, upgrade(room)), Ok(()));
        world.say(CAROL, &room, "in the new one");
        world.rest();
        world.pass_ms(5 * 86_400_000);
        world.say(BOB, &room, "later");
        world.rest();
        world.turn_on(DAVE);
        if seed % 2 == 0 {
            world.say(DAVE, &room, "I was away");
            world.run(100, 20);
        }
        world.rest();
        assert_moved(&mut world, &room, &[ALICE, BOB, CAROL, DAVE]);
    }
}

#[test]
fn a_member_whose_invitation_is_lost_asks_and_is_let_in() {
    for seed in 0..6 {
        let (mut world, room) = updated_group(1080 + seed);
        world.relay.lose_letters_to("carol");
        assert_eq!(world.carry_out(ALICE, upgrade(room)), Ok(()));
        world.rest();
        assert_eq!(
            world.room(CAROL, &room).phase,
            RoomPhase::Joined,
            "seed {seed}"
        );
        assert_moved(&mut world, &room, &[ALICE, BOB, CAROL, DAVE]);
    }
}

#[test]
fn of_two_admins_who_move_a_room_at_once_one_does() {
    for seed in 0..20 {
        let (mut world, room) = updated_group(1100 + seed);
        let promote = Command::SetRole {
            room,
            member: "bob".to_owned(),
            admin: true,
        };
        assert_eq!(world.carry_out(ALICE, promote), Ok(()));
        world.rest();
        world.command(ALICE, upgrade(room)).unwrap();
        world.command(BOB, upgrade(room)).unwrap();
        world.say(CAROL, &room, "and I write");
        world.run(500, 60);
        world.rest();
        assert_moved(&mut world, &room, &[ALICE, BOB, CAROL, DAVE]);
        let rename = Command::RenameRoom {
            room,
            title: "orchard".to_owned(),
        };
        assert_eq!(
            world.carry_out(BOB, rename),
            Ok(()),
            "bob is an admin still"
        );
        assert_eq!(world.room(DAVE, &room).title, "orchard");
    }
}

#[test]
fn c7_who_is_removed_during_a_move_is_not_in_the_new_group() {
    for seed in 0..60 {
        let (mut world, room) = updated_group(1130 + seed);
        if seed % 3 == 0 {
            world.command(ALICE, remove(room, "dave")).unwrap();
        }
        world.command(ALICE, upgrade(room)).unwrap();
        world.run(5 * seed as usize, 100);
        if seed % 3 != 0 {
            world.command(ALICE, remove(room, "dave")).unwrap();
        }
        world.rest();
        assert_ne!(
            world.room(DAVE, &room).phase,
            RoomPhase::Joined,
            "seed {seed}"
        );
        let before = world.texts(DAVE, &room);
        assert_moved(&mut world, &room, &[ALICE, BOB, CAROL]);
        assert_eq!(world.room(ALICE, &room).participants.len(), 3);
        assert_eq!(world.texts(DAVE, &room), before);
    }
}

#[test]
fn who_leaves_during_a_move_is_gone() {
    for seed in 0..20 {
        let (mut world, room) = updated_group(1170 + seed);
        world.command(ALICE, upgrade(room)).unwrap();
        world.run(25 * seed as usize, 100);
        world.command(DAVE, Command::Leave { room }).ok();
        world.rest();
        if world.room(DAVE, &room).phase == RoomPhase::Joined {
            assert_eq!(world.carry_out(DAVE, Command::Leave { room }), Ok(()));
        }
        assert_moved(&mut world, &room, &[ALICE, BOB, CAROL]);
        assert_eq!(world.room(BOB, &room).participants.len(), 3, "seed {seed}");
    }
}

#[test]
fn c3_a_successor_that_its_maker_may_no_longer_name_is_nobodys() {
    for seed in 0..20 {
        let (mut world, room) = updated_group(1250 + seed);
        let role = |admin| Command::SetRole {
            room,
            member: "bob".to_owned(),
            admin,
        };
        assert_eq!(world.carry_out(ALICE, role(true)), Ok(()));
        world.rest();
        world.command(BOB, upgrade(room)).unwrap();
        world.run(15 * seed as usize, 1_000);
        // Where her client has just moved it takes no changes before it is in.
        world.command(ALICE, role(false)).ok();
        world.rest();
        let suite = world.room(ALICE, &room).suite;
        for who in [BOB, CAROL, DAVE] {
            assert_eq!(world.room(who, &room).suite, suite, "seed {seed}");
            world.say(who, &room, &format!("here is {who}"));
        }
        world.rest();
        world.assert_agreement(&room, &[ALICE, BOB, CAROL, DAVE]);
        assert_eq!(world.texts(ALICE, &room).len(), 4);
    }
}

#[test]
fn what_an_admin_changes_during_a_move_holds_in_the_new_group() {
    for seed in 0..15 {
        let (mut world, room) = updated_group(1200 + seed);
        world.command(ALICE, upgrade(room)).unwrap();
        world.run(30 * seed as usize, 100);
        let rename = Command::RenameRoom {
            room,
            title: "orchard".to_owned(),
        };
        world.command(ALICE, rename).unwrap();
        world.rest();
        assert_moved(&mut world, &room, &[ALICE, BOB, CAROL, DAVE]);
        assert_eq!(world.room(CAROL, &room).title, "orchard", "seed {seed}");
    }
}

#[test]
fn a_room_with_an_old_client_does_not_move_and_says_whose_it_is() {
    let people = [("alice", NEW), ("bob", NEW), ("carol", OLD), ("dave", OLD)];
    let mut world = World::offering(1220, &people);
    let room = world.group_of_all("garden");
    let refused = world.carry_out(ALICE, upgrade(room));
    assert_eq!(refused, Err(ErrorKind::SuiteNotSupported));
    let mut told = told_of(&world, ALICE);
    told.sort_unstable();
    assert_eq!(told, ["carol", "dave"]);
    world.say(CAROL, &room, "it goes on");
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB, CAROL, DAVE]);
    assert_eq!(world.room(BOB, &room).suite, Some(RoomSuite::Classical));
    for who in [CAROL, DAVE] {
        world.offer(who, NEW);
        world.crash(who);
    }
    world.rest();
    assert_eq!(world.carry_out(ALICE, upgrade(room)), Ok(()));
    assert_moved(&mut world, &room, &[ALICE, BOB, CAROL, DAVE]);
}

#[test]
fn only_an_admin_moves_a_room_and_only_one_of_at_most_a_hundred_clients() {
    let (mut world, room) = updated_group(1230);
    assert_eq!(
        world.command(BOB, upgrade(room)),
        Err(ErrorKind::NotAllowed)
    );
    for number in 0..7 {
        let name = format!("crowd{number}");
        world.register_clients(&name, &[NEW; 14]);
        assert_eq!(world.carry_out(ALICE, add(room, &name)), Ok(()));
    }
    let refused = world.carry_out(ALICE, upgrade(room));
    assert_eq!(refused, Err(ErrorKind::RoomTooLarge));
    world.say(BOB, &room, "it goes on");
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB, CAROL, DAVE]);
}

#[test]
fn a_room_of_two_moves_by_either_side() {
    for seed in 0..10 {
        let mut world = World::offering(1240 + seed, &[("alice", OLD), ("bob", NEW)]);
        let room = world.become_contacts(ALICE, BOB);
        world.say(ALICE, &room, "before");
        world.rest();
        world.offer(ALICE, NEW);
        world.crash(ALICE);
        world.rest();
        let who = [ALICE, BOB][seed as usize % 2];
        world.command(who, upgrade(room)).unwrap();
        world.say(ALICE, &room, "meanwhile");
        world.say(BOB, &room, "both write");
        world.run(200, 40);
        world.rest();
        assert_moved(&mut world, &room, &[ALICE, BOB]);
        assert_eq!(world.texts(BOB, &room).len(), 5, "seed {seed}");
    }
}
