//! Ticks: what is delivered and read, coalesced, and never lost.

use restante_client::engine::io::{Command, MessageState, RoomId};
use restante_simulation::World;
use restante_wire::{Kind, mailbox::SeatChanges};

use crate::{ALICE, BOB, CAROL, world};

fn read_all(world: &mut World, who: usize, room: &RoomId) {
    let number = world.room(who, room).number;
    let room = *room;
    world
        .command(who, Command::MarkRead { room, number })
        .unwrap();
}

fn states(world: &World, who: usize, room: &RoomId) -> Vec<MessageState> {
    let own = world.history(who, room).into_iter();
    own.filter(|message| message.own)
        .map(|message| message.state)
        .collect()
}

#[test]
fn a_tick_means_every_other_participant() {
    let mut world = world(80, 3);
    let room = world.group_of_all("garden");
    world.turn_off(CAROL);
    world.say(ALICE, &room, "hello");
    world.rest();
    assert_eq!(states(&world, ALICE, &room), [MessageState::Sent]);
    world.turn_on(CAROL);
    world.rest();
    assert_eq!(states(&world, ALICE, &room), [MessageState::Delivered]);
    read_all(&mut world, BOB, &room);
    world.rest();
    assert_eq!(states(&world, ALICE, &room), [MessageState::Delivered]);
    read_all(&mut world, CAROL, &room);
    world.rest();
    assert_eq!(states(&world, ALICE, &room), [MessageState::Read]);
}

#[test]
fn receipts_of_many_messages_are_one_envelope() {
    let mut world = world(81, 2);
    let room = world.become_contacts(ALICE, BOB);
    world.turn_off(BOB);
    for round in 0..30 {
        world.say(ALICE, &room, &format!("message {round}"));
    }
    world.rest();
    let mailbox = world.last_mailbox(ALICE);
    let before = world.relay.log(&mailbox).len();
    world.turn_on(BOB);
    world.rest();
    assert_eq!(world.relay.log(&mailbox).len(), before + 1);
    assert_eq!(states(&world, ALICE, &room), [MessageState::Delivered; 30]);
}

#[test]
fn c4_a_receipt_that_lost_a_race_with_a_commit_is_sent_again() {
    for steps in 0..12 {
        let mut world = world(82, 3);
        let room = world.group_of_all("garden");
        let mailbox = world.last_mailbox(CAROL);
        world.say(ALICE, &room, "hello");
        world.run(steps, usize::MAX);
        world.append_raw(CAROL, mailbox, Kind::Commit, SeatChanges::default());
        world.rest();
        assert_eq!(
            states(&world, ALICE, &room),
            [MessageState::Delivered],
            "after {steps} steps"
        );
    }
}
