//! A mailbox that is gone, though its relay announced no restore: the room goes on in a successor once
//! two members miss it. Whoever was only removed makes none.

use restante_client::engine::io::{RoomId, RoomPhase};
use restante_simulation::World;

use crate::{ALICE, BOB, CAROL, DAVE, remove, world};

/// The mailbox in which everybody wrote last is gone.
fn vanish(world: &mut World) {
    let mailbox = world.last_mailbox(ALICE);
    world.relay.lose_mailbox(&mailbox);
    for who in 0..world.people.len() {
        world.cut(who);
    }
}

fn count_of_rooms(world: &World, who: usize, title: &str) -> usize {
    let rooms = world.engine(who).rooms().unwrap();
    rooms.iter().filter(|room| room.title == title).count()
}

fn everybody_goes_on(world: &mut World, room: &RoomId, members: &[usize], seed: u64) {
    for &who in members {
        let shown = world.room(who, room);
        assert_eq!(shown.phase, RoomPhase::Joined, "seed {seed}: {who}");
        assert_eq!(shown.halted, None, "seed {seed}: {who}");
        world.say(who, room, &format!("it goes on, says {who}"));
    }
    world.rest();
    world.assert_agreement(room, members);
}

#[test]
fn c4_a_group_whose_mailbox_vanished_goes_on_with_what_not_everybody_had() {
    for seed in 0..12 {
        let mut world = world(2_900 + seed, 4);
        let room = world.group_of_all("garden");
        world.say(ALICE, &room, "one");
        world.rest();
        world.turn_off(DAVE);
        world.say(BOB, &room, "two");
        world.rest();
        vanish(&mut world);
        world.say(CAROL, &room, "three");
        if seed % 2 == 0 {
            world.turn_on(DAVE);
        }
        if seed % 3 == 0 {
            world.run(300, 30);
        }
        world.rest();
        world.turn_on(DAVE);
        world.rest();
        everybody_goes_on(&mut world, &room, &[ALICE, BOB, CAROL, DAVE], seed);
        let texts = world.texts(DAVE, &room);
        assert_eq!(texts.len(), 7, "seed {seed}: {texts:?}");
        assert_eq!(count_of_rooms(&world, DAVE, "garden"), 1);
    }
}

#[test]
fn c4_a_chat_whose_mailbox_vanished_goes_on() {
    for seed in 0..12 {
        let mut world = world(2_920 + seed, 2);
        let room = world.become_contacts(ALICE, BOB);
        world.say(ALICE, &room, "one");
        world.rest();
        world.turn_off(BOB);
        world.say(ALICE, &room, "two");
        world.rest();
        vanish(&mut world);
        world.say(ALICE, &room, "three");
        world.rest();
        world.turn_on(BOB);
        world.say(BOB, &room, "four");
        if seed % 2 == 0 {
            world.run(200, 30);
        }
        world.rest();
        everybody_goes_on(&mut world, &room, &[ALICE, BOB], seed);
        assert_eq!(world.texts(BOB, &room).len(), 6, "seed {seed}");
    }
}

#[test]
fn c7_who_was_removed_and_misses_the_room_makes_no_other() {
    for seed in 0..8 {
        let mut world = world(2_940 + seed, 4);
        let room = world.group_of_all("garden");
        for who in [CAROL, DAVE] {
            let admin = restante_client::engine::io::Command::SetRole {
                room,
                member: world.people[who].name.clone(),
                admin: true,
            };
            assert_eq!(world.carry_out(ALICE, admin), Ok(()));
        }
        world.say(BOB, &room, "one");
        world.rest();
        // Two are removed while they are off, and come back when nothing is left that would tell.
        world.turn_off(CAROL);
        world.turn_off(DAVE);
        for name in ["carol", "dave"] {
            assert_eq!(world.carry_out(ALICE, remove(room, name)), Ok(()));
        }
        world.rest();
        world.pass_ms(40 * 86_400_000);
        world.relay.expire();
        if seed % 2 == 0 {
            world.turn_off(ALICE);
            world.turn_off(BOB);
        }
        world.turn_on(CAROL);
        world.turn_on(DAVE);
        world.rest();
        world.turn_on(ALICE);
        world.turn_on(BOB);
        world.rest();
        world.say(BOB, &room, "two");
        world.rest();
        for who in [CAROL, DAVE] {
            assert_eq!(
                world.room(who, &room).phase,
                RoomPhase::Removed,
                "seed {seed}: {who}"
            );
        }
        world.assert_agreement(&room, &[ALICE, BOB]);
        assert_eq!(world.texts(ALICE, &room), ["one", "two"], "seed {seed}");
        assert_eq!(world.room(ALICE, &room).participants.len(), 2);
    }
}
