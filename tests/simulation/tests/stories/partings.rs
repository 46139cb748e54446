//! Leaving, asking again, asking at once: who ends up where.

use restante_client::{
    ErrorKind,
    engine::io::{Command, ContactPhase, RoomPhase},
};

use crate::{ALICE, BOB, CAROL, world};

fn add_contact(username: &str) -> Command {
    Command::AddContact {
        username: username.to_owned(),
        words: String::new(),
    }
}

#[test]
fn two_people_who_ask_each_other_at_once_agree_on_one_room_in_whatever_order() {
    for seed in 500..530 {
        let mut world = world(seed, 2);
        assert!(world.command(ALICE, add_contact("bob")).is_ok());
        assert!(world.command(BOB, add_contact("alice")).is_ok());
        world.rest();
        let contact = |who: usize| world.engine(who).contacts().unwrap().pop().unwrap();
        assert_eq!(contact(ALICE).room, contact(BOB).room, "seed {seed}");
        assert_eq!(contact(ALICE).phase, ContactPhase::Accepted);
        assert_eq!(contact(BOB).phase, ContactPhase::Accepted);
        let room = contact(ALICE).room.unwrap();
        world.say(ALICE, &room, "you too");
        world.say(BOB, &room, "me too");
        world.rest();
        world.assert_agreement(&room, &[ALICE, BOB]);
    }
}

#[test]
fn after_leaving_a_one_to_one_room_a_new_request_leads_both_into_the_new_one() {
    let mut world = world(51, 2);
    let old = world.become_contacts(ALICE, BOB);
    assert_eq!(world.carry_out(BOB, Command::Leave { room: old }), Ok(()));
    world.rest();
    for (who, name) in [(ALICE, "bob"), (BOB, "alice")] {
        let text = "into the void".to_owned();
        let send = Command::SendText { room: old, text };
        assert_eq!(world.command(who, send), Err(ErrorKind::RoomClosed));
        let shown = world.room(who, &old);
        assert_eq!((shown.phase, &shown.title[..]), (RoomPhase::Left, name));
        let contact = world.engine(who).contacts().unwrap().pop().unwrap();
        assert_eq!(contact.state_name(), "ended");
    }
    let new = world.become_contacts(BOB, ALICE);
    for who in [ALICE, BOB] {
        let contact = world.engine(who).contacts().unwrap().pop().unwrap();
        assert_eq!(contact.room, Some(new));
        assert_eq!(contact.phase, ContactPhase::Accepted);
    }
    world.say(ALICE, &new, "back");
    world.rest();
    world.assert_agreement(&new, &[ALICE, BOB]);
}

#[test]
fn nobody_is_added_to_or_removed_from_a_one_to_one_room() {
    let mut world = world(52, 3);
    let room = world.become_contacts(ALICE, BOB);
    let remove = crate::remove(room, "bob");
    assert_eq!(world.command(ALICE, remove), Err(ErrorKind::NotAllowed));
    let add = crate::add(room, "carol");
    assert_eq!(world.command(ALICE, add), Err(ErrorKind::NotAllowed));
}

#[test]
fn the_last_admin_who_leaves_makes_somebody_else_admin() {
    let mut world = world(53, 3);
    let room = world.group_of_all("garden");
    assert_eq!(world.carry_out(ALICE, Command::Leave { room }), Ok(()));
    world.rest();
    assert_eq!(world.room(ALICE, &room).phase, RoomPhase::Left);
    world.say(BOB, &room, "and now");
    world.rest();
    world.assert_agreement(&room, &[BOB, CAROL]);
    let admins: Vec<String> = world
        .room(BOB, &room)
        .participants
        .into_iter()
        .filter_map(|(name, admin)| admin.then_some(name))
        .collect();
    let [admin] = &admins[..] else {
        panic!("one admin: {admins:?}");
    };
    let (who, other) = match admin.as_str() {
        "bob" => (BOB, "carol"),
        _ => (CAROL, "bob"),
    };
    assert_eq!(world.carry_out(who, crate::remove(room, other)), Ok(()));
}

#[test]
fn somebody_blocked_reaches_nobody_in_any_room_of_two() {
    let mut world = world(54, 2);
    assert!(world.command(ALICE, add_contact("bob")).is_ok());
    assert!(world.command(BOB, add_contact("alice")).is_ok());
    world.rest();
    let username = "bob".to_owned();
    assert!(world.command(ALICE, Command::Block { username }).is_ok());
    world.rest();
    for room in world.engine(ALICE).rooms().unwrap() {
        assert_eq!(room.phase, RoomPhase::Left);
    }
}

#[test]
fn c3_who_leaves_on_one_client_leaves_on_another_that_is_just_let_in() {
    for seed in 0..60 {
        let mut world = world(5_900 + seed, 3);
        let room = world.group_of_all("garden");
        world.say(BOB, &room, "one");
        world.rest();
        let second = world.log_in(BOB);
        // Somebody lets the second client in meanwhile.
        world.run(usize::try_from(seed).unwrap() * 4, usize::MAX);
        world.command(BOB, Command::Leave { room }).unwrap();
        if seed % 3 == 0 {
            world.turn_off(ALICE);
            world.rest();
            world.turn_on(ALICE);
        }
        world.rest();
        let members = world.room(ALICE, &room).participants;
        assert_eq!(members.len(), 2, "seed {seed}: {members:?}");
        for who in [BOB, second] {
            let shown = world.engine(who).rooms().unwrap();
            let phase = shown.iter().find(|found| found.id == room);
            let is_in = phase.is_some_and(|found| found.phase < RoomPhase::Left);
            assert!(!is_in, "seed {seed}: {who} is in");
        }
        world.say(ALICE, &room, "two");
        world.rest();
        world.assert_agreement(&room, &[ALICE, CAROL]);
    }
}

#[test]
fn c3_who_leaves_a_room_of_two_in_a_group_that_was_followed_has_left_it() {
    for seed in 0..30 {
        let mut world = world(5_960 + seed, 2);
        let room = world.become_contacts(ALICE, BOB);
        world.say(BOB, &room, "one");
        world.rest();
        world.turn_off(BOB);
        let second = world.log_in(ALICE);
        world.rest();
        // Bob may leave before or after he hears of the group that follows.
        world.turn_on(BOB);
        world.command(BOB, Command::Leave { room }).unwrap();
        world.run(usize::try_from(seed).unwrap(), usize::MAX);
        world.rest();
        for who in [ALICE, BOB, second] {
            let phase = world.room(who, &room).phase;
            assert_eq!(phase, RoomPhase::Left, "seed {seed}: {who}");
        }
    }
}
