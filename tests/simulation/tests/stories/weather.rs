//! Everything at once: people who write, read, come and go, an insider who throws garbage, processes
//! that end and connections that break, in an order that one seed decides.

use restante_client::engine::io::{Command, Message, MessageState, RoomId, RoomPhase};
use restante_simulation::World;
use restante_wire::{Kind, mailbox::SeatChanges};

use crate::{ALICE, BOB, CAROL, DAVE, add, remove, world};

/// Seeds to run: `count` from `first` on, or as `RESTANTE_SEEDS=first-last` says.
pub(crate) fn seeds(first: u64, count: u64) -> std::ops::Range<u64> {
    match std::env::var("RESTANTE_SEEDS") {
        Ok(text) => {
            let (first, last) = text.split_once('-').expect("first-last");
            first.parse().expect("a number")..last.parse::<u64>().expect("a number") + 1
        }
        Err(_) => first..first + count,
    }
}

#[test]
fn c3_members_agree_after_any_weather() {
    for seed in seeds(1_000, 8) {
        let mut world = world(seed, 4);
        let room = world.group_of_all("garden");
        let mut sent = 0;
        for _ in 0..15 {
            something(&mut world, &room, &mut sent);
            world.run(30, 20);
        }
        world.rest();
        world.say(ALICE, &room, "fair again");
        world.rest();
        world.assert_agreement(&room, &[ALICE, CAROL]);
        if world.room(BOB, &room).phase == RoomPhase::Joined {
            assert_came_and_went(&world, &room, seed);
        }
        let texts = world.texts(ALICE, &room);
        let kept = texts.iter().filter(|text| text.starts_with("kept"));
        assert_eq!(kept.count(), sent, "seed {seed}");
    }
}

/// Bob, who was out at times, has what he has in the order of the others, and is one of them again.
/// What he wrote and could not send before he was out is shown as failed, and has no place.
fn assert_came_and_went(world: &World, room: &RoomId, seed: u64) {
    assert!(!world.room(BOB, room).in_doubt, "seed {seed}");
    let (placed, failed): (Vec<Message>, Vec<Message>) = world
        .history(BOB, room)
        .into_iter()
        .partition(|message| message.number.is_some());
    for message in failed {
        let is_told = message.own && message.state == MessageState::Failed;
        assert!(is_told, "seed {seed}: {} waits", message.text);
    }
    assert_eq!(placed.last().unwrap().text, "fair again", "seed {seed}");
    let mut others = world.history(ALICE, room).into_iter();
    for message in placed {
        assert!(
            others.any(|other| other.id == message.id),
            "seed {seed}: {} is not in place",
            message.text
        );
    }
}

/// One thing that happens; counts the messages of those who stay all the time.
fn something(world: &mut World, room: &RoomId, sent: &mut usize) {
    let who = [ALICE, BOB, CAROL][world.random.usize(..3)];
    if world.people[who].engine.is_none() {
        return;
    }
    let is_in = world.room(who, room).phase == RoomPhase::Joined;
    match world.random.u8(..10) {
        0..=4 if is_in && who != BOB => {
            world.say(who, room, &format!("kept {sent}"));
            *sent += 1;
        }
        5 if is_in => world.say(who, room, "perhaps"),
        6 if is_in => {
            let number = world.room(who, room).number;
            let command = Command::MarkRead {
                room: *room,
                number,
            };
            world.command(who, command).unwrap();
        }
        7 if who == ALICE => {
            // Refused where bob is out already.
            let _ = world.command(ALICE, remove(*room, "bob"));
        }
        8 if who == ALICE => {
            // Refused where he is in.
            let _ = world.command(ALICE, add(*room, "bob"));
        }
        9 => {
            let mailbox = world.people[DAVE].seats.last().unwrap().mailbox;
            let kind = [Kind::Commit, Kind::Message][world.random.usize(..2)];
            world.append_raw(DAVE, mailbox, kind, SeatChanges::default());
        }
        _ => {}
    }
}
