//! Being removed, leaving, and what a member that is gone can still do: nothing (C7).

use restante_client::{
    ErrorKind,
    engine::io::{Command, RoomPhase},
};
use restante_wire::{Kind, mailbox::SeatAccess};

use crate::{ALICE, BOB, CAROL, remove, world};

#[test]
fn c7_a_removed_member_neither_reads_nor_writes_nor_notices() {
    let mut world = world(30, 3);
    let room = world.group_of_all("garden");
    let mailbox = world.last_mailbox(CAROL);
    let seat = world.people[CAROL].seats.last().unwrap().clone();
    world.say(CAROL, &room, "before");
    world.rest();
    assert_eq!(world.carry_out(ALICE, remove(room, "carol")), Ok(()));
    world.rest();
    let told = world.people[CAROL].to_client.len() + world.people[CAROL].events.len();
    let logged = world.relay.log(&mailbox).len();
    world.say(BOB, &room, "after");
    world.rest();
    let notices = world.people[CAROL].to_client.len() + world.people[CAROL].events.len();
    assert_eq!(notices, told, "nothing arrives, not even a hint");
    assert_eq!(world.texts(CAROL, &room), ["before"]);
    let send = Command::SendText {
        room,
        text: "let me in".into(),
    };
    assert_eq!(world.command(CAROL, send), Err(ErrorKind::RoomClosed));
    // An insider who keeps everything it had is refused by the relay.
    let seat: SeatAccess = seat;
    assert!(!world.relay.lets_in(&seat, logged as u64));
}

#[test]
fn c7_a_member_that_was_off_when_it_was_removed_learns_it_and_forgets_the_keys() {
    let mut world = world(31, 3);
    let room = world.group_of_all("garden");
    world.turn_off(CAROL);
    assert_eq!(world.carry_out(ALICE, remove(room, "carol")), Ok(()));
    world.say(BOB, &room, "after");
    world.rest();
    world.turn_on(CAROL);
    world.rest();
    assert_eq!(world.room(CAROL, &room).phase, RoomPhase::Removed);
    assert!(world.texts(CAROL, &room).is_empty());
    let rows = crate::secrets::rows_of(&world, CAROL, &room);
    assert_eq!(rows, 0, "keys of the room are on the disk still");
}

#[test]
fn c4_what_a_removed_member_could_not_send_is_shown_as_failed() {
    let mut world = world(32, 3);
    let room = world.group_of_all("garden");
    world.turn_off(CAROL);
    assert_eq!(world.carry_out(ALICE, remove(room, "carol")), Ok(()));
    world.turn_on(CAROL);
    world.say(CAROL, &room, "too late");
    world.rest();
    let last = world.history(CAROL, &room).pop().unwrap();
    assert_eq!(
        last.state,
        restante_client::engine::io::MessageState::Failed
    );
    assert!(world.texts(ALICE, &room).is_empty());
}

#[test]
fn c3_two_who_leave_at_once_are_both_removed() {
    let mut world = world(33, 4);
    let room = world.group_of_all("garden");
    world.command(BOB, Command::Leave { room }).unwrap();
    world.command(CAROL, Command::Leave { room }).unwrap();
    world.rest();
    assert_eq!(world.room(BOB, &room).phase, RoomPhase::Left);
    assert_eq!(world.room(CAROL, &room).phase, RoomPhase::Left);
    world.say(ALICE, &room, "quiet now");
    world.rest();
    world.assert_agreement(&room, &[ALICE, crate::DAVE]);
    assert_eq!(world.room(ALICE, &room).participants.len(), 2);
}

#[test]
fn c3_a_member_that_leaves_while_it_is_removed_is_simply_gone() {
    for steps in [0, 2, 4, 8] {
        let mut world = world(34, 3);
        let room = world.group_of_all("garden");
        world.command(BOB, Command::Leave { room }).unwrap();
        world.run(steps, usize::MAX);
        world.command(ALICE, remove(room, "bob")).unwrap();
        world.rest();
        assert!(world.room(BOB, &room).phase >= RoomPhase::Left);
        world.say(CAROL, &room, "still here");
        world.rest();
        world.assert_agreement(&room, &[ALICE, CAROL]);
    }
}

#[test]
fn c7_a_member_without_the_right_cannot_remove_by_a_commit_of_its_own_making() {
    let mut world = world(35, 3);
    let room = world.group_of_all("garden");
    assert_eq!(
        world.command(BOB, remove(room, "carol")),
        Err(ErrorKind::NotAllowed)
    );
    // An admin's commit in another member's hands is noise: it is not that member's.
    let mailbox = world.last_mailbox(BOB);
    let stolen = world.forge(ALICE, remove(room, "carol"), Kind::Commit);
    world.say(ALICE, &room, "one");
    world.rest();
    let mut spoiled = stolen.body;
    spoiled.reverse();
    world.append_body(BOB, mailbox, Kind::Commit, Default::default(), spoiled);
    world.say(CAROL, &room, "two");
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
}
