//! What an insider can throw into a room, and that it stops nobody.

use restante_client::engine::io::{Command, MessageState, RoomPhase};
use restante_simulation::World;
use restante_wire::{Kind, Role, mailbox::SeatChanges};

use crate::{ALICE, BOB, CAROL, DAVE, world};

#[test]
fn c3_garbage_commits_of_a_member_stop_nobody() {
    let mut world = World::with_people(4, &["alice", "bob", "carol", "mallory"]);
    let room = world.group_of_all("garden");
    for round in 0..5 {
        world.append_garbage(3, Kind::Commit);
        world.append_garbage(3, Kind::Message);
        world.say(ALICE, &room, &format!("alice {round}"));
        world.say(BOB, &room, &format!("bob {round}"));
        world.say(CAROL, &room, &format!("carol {round}"));
        world.rest();
    }
    world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
    assert_eq!(world.texts(ALICE, &room).len(), 15);
}

#[test]
fn c3_garbage_at_any_place_of_a_conversation_is_skipped_by_all() {
    for place in 0..12 {
        let mut world = world(400 + place, 4);
        let room = world.group_of_all("garden");
        let mailbox = world.last_mailbox(DAVE);
        let kind = [Kind::Commit, Kind::Message][place as usize % 2];
        for round in 0..6 {
            world.say(ALICE, &room, &format!("alice {round}"));
            world.say(BOB, &room, &format!("bob {round}"));
            if round == place / 2 {
                for _ in 0..=(place % 3) {
                    world.run(place as usize, usize::MAX);
                    world.append_raw(DAVE, mailbox, kind, SeatChanges::default());
                }
            }
            world.run(4, usize::MAX);
        }
        world.rest();
        world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
        assert_eq!(world.texts(ALICE, &room).len(), 12, "place {place}");
    }
}

#[test]
fn c3_a_member_whose_seat_a_garbage_commit_dropped_is_repaired() {
    let mut world = world(40, 4);
    let room = world.group_of_all("garden");
    let mailbox = world.last_mailbox(ALICE);
    let kept = [ALICE, CAROL, DAVE].map(|who| {
        let mut seats = world.people[who].seats.iter().rev();
        let seat = seats.find(|seat| seat.mailbox == mailbox).unwrap().seat;
        let role = if who == ALICE {
            Role::Admin
        } else {
            Role::Member
        };
        (seat, role)
    });
    let changes = SeatChanges {
        list: Some(kept.into()),
        ..SeatChanges::default()
    };
    world.say(BOB, &room, "before");
    world.rest();
    world.append_raw(ALICE, mailbox, Kind::Commit, changes);
    world.say(BOB, &room, "without a seat");
    world.rest();
    world.say(CAROL, &room, "and now?");
    world.say(BOB, &room, "here again");
    world.rest();
    assert_eq!(world.room(BOB, &room).phase, RoomPhase::Joined);
    world.assert_agreement(&room, &[ALICE, BOB, CAROL, DAVE]);
    assert_eq!(world.texts(ALICE, &room).len(), 4);
}

#[test]
fn c3_doubt_about_garbage_ends_when_others_are_understood() {
    let mut world = world(41, 3);
    let room = world.group_of_all("garden");
    world.turn_off(CAROL);
    world.append_garbage(BOB, Kind::Commit);
    world.run(10, usize::MAX);
    world.say(ALICE, &room, "one");
    world.say(BOB, &room, "two");
    world.rest();
    world.turn_on(CAROL);
    world.rest();
    assert!(!world.room(CAROL, &room).in_doubt);
    world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
}

#[test]
fn c3_nobody_waits_in_doubt_for_those_who_have_not_come_in_yet() {
    let mut world = world(41, 2);
    let create = Command::CreateRoom {
        title: "garden".into(),
        members: Vec::new(),
    };
    assert_eq!(world.carry_out(ALICE, create), Ok(()));
    let room = world.room_named(ALICE, "garden");
    let mailbox = world.last_mailbox(ALICE);
    // Not a contact: the person is asked, and takes a month to answer.
    let invite = Command::AddMembers {
        room,
        members: vec!["bob".into()],
    };
    assert_eq!(world.carry_out(ALICE, invite), Ok(()));
    world.append_raw(ALICE, mailbox, Kind::Commit, SeatChanges::default());
    world.rest();
    world.say(ALICE, &room, "whenever you like");
    world.rest();
    assert!(!world.room(ALICE, &room).in_doubt);
    assert_eq!(world.history(ALICE, &room)[0].state, MessageState::Sent);
    assert_eq!(world.carry_out(BOB, Command::Accept { room }), Ok(()));
    world.say(ALICE, &room, "welcome");
    world.say(BOB, &room, "thanks");
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB]);
}
