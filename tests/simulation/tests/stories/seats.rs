//! Secrets of seats that change hands late, or never arrive; seats that differ from the tree.

use restante_client::engine::{
    io::{Command, RoomPhase},
    letters::{Letter, Loss},
};
use restante_simulation::{World, person::RELAY};
use restante_wire::{
    Kind, MailboxAddress, Role, SeatId, SeatSecret,
    mailbox::{SeatAccess, SeatChanges, SeatGrant},
};

use crate::{ALICE, BOB, CAROL, remove, world};

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
fn c4_a_fresh_secret_that_comes_behind_a_repair_is_waited_for() {
    for seed in 0..40 {
        let mut world = world(seed, 4);
        let room = world.group_of_all("garden");
        world.rest();
        let before = world.room(ALICE, &room).number;
        let lost = Letter::Ask {
            mailbox: world.last_mailbox(ALICE),
            relay: RELAY.to_owned(),
            verdicts: Vec::new(),
            lost: Some(Loss::Seat),
        };
        world.write_letter(BOB, CAROL, &lost);
        while world.room(ALICE, &room).number == before {
            world.run(1, usize::MAX);
        }
        // Bob is repaired, and his seat gets another secret before he is back in.
        assert!(world.command(ALICE, remove(room, "dave")).is_ok());
        world.run(200, usize::MAX);
        world.say(CAROL, &room, "meanwhile");
        world.rest();
        assert_eq!(
            world.room(BOB, &room).phase,
            RoomPhase::Joined,
            "seed {seed}"
        );
        assert_eq!(world.texts(BOB, &room), ["meanwhile"], "seed {seed}");
        world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
    }
}

#[test]
fn c7_a_seat_that_nobody_took_has_a_fresh_secret_whoever_removes_its_giver() {
    let mut world = world(9, 3);
    for (a, b) in [(ALICE, BOB), (ALICE, CAROL), (BOB, CAROL)] {
        world.become_contacts(a, b);
    }
    world.turn_off(CAROL);
    let create = Command::CreateRoom {
        title: "garden".into(),
        members: vec!["bob".into(), "carol".into()],
    };
    assert_eq!(world.carry_out(ALICE, create), Ok(()));
    let room = world.room_named(ALICE, "garden");
    let mailbox = world.last_mailbox(ALICE);
    let promote = Command::SetRole {
        room,
        member: "bob".into(),
        admin: true,
    };
    assert_eq!(world.carry_out(ALICE, promote), Ok(()));
    world.rest();
    // Bob came in by the same commit as carol. Alice, who gave her the seat, may know its secret.
    assert_eq!(world.carry_out(BOB, remove(room, "alice")), Ok(()));
    let log = world.relay.log(&mailbox);
    let fresh = log.iter().map(|envelope| envelope.seats.refreshed.len());
    assert_eq!(fresh.sum::<usize>(), 1, "carol's seat");
    world.turn_on(CAROL);
    world.rest();
    world.say(BOB, &room, "here we are");
    world.rest();
    world.say(CAROL, &room, "and I");
    world.rest();
    world.assert_agreement(&room, &[BOB, CAROL]);
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

fn seat_in(world: &World, who: usize, mailbox: MailboxAddress) -> SeatId {
    let mut shown = world.people[who].seats.iter().rev();
    shown.find(|seat| seat.mailbox == mailbox).unwrap().seat
}

#[test]
fn c7_a_live_seat_that_belongs_to_nobody_in_the_tree_is_dropped_by_an_admin() {
    let mut world = world(45, 3);
    let room = world.group_of_all("garden");
    let mailbox = world.last_mailbox(BOB);
    let stranger = SeatAccess {
        mailbox,
        seat: SeatId([5; 32]),
        secret: SeatSecret([5; 32]),
    };
    let grant = SeatGrant {
        seat: stranger.seat,
        secret_hash: stranger.secret.hash(),
    };
    let changes = SeatChanges {
        add: vec![grant],
        ..SeatChanges::default()
    };
    let made = world.append_raw(BOB, mailbox, Kind::Commit, changes);
    assert!(world.relay.lets_in(&stranger, made));
    world.rest();
    let behind = world.relay.log(&mailbox).len() as u64;
    assert!(!world.relay.lets_in(&stranger, behind));
    world.say(CAROL, &room, "among ourselves");
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
}

#[test]
fn a_seat_whose_role_differs_from_the_tree_is_set_right_once() {
    let mut world = world(46, 3);
    let room = world.group_of_all("garden");
    let mailbox = world.last_mailbox(ALICE);
    let carol = seat_in(&world, CAROL, mailbox);
    let list = [ALICE, BOB, CAROL].map(|who| (seat_in(&world, who, mailbox), Role::Admin));
    let changes = SeatChanges {
        list: Some(list.into()),
        ..SeatChanges::default()
    };
    world.append_raw(ALICE, mailbox, Kind::Commit, changes);
    world.rest();
    let log = world.relay.log(&mailbox);
    let mended = log.iter().rev().take(3);
    let mended = mended.filter(|found| found.seats.roles.contains(&(carol, Role::Member)));
    assert_eq!(mended.count(), 1);
    world.say(BOB, &room, "as it was");
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
}
