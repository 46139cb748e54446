//! The end of an account, and what its clients tell each other of its password.

use restante_client::{
    ErrorKind,
    engine::io::{Command, Event, RoomPhase},
};

use crate::{ALICE, BOB, CAROL, world};

#[test]
fn a_deleted_account_leaves_its_rooms_with_all_its_clients() {
    for seed in 0..12 {
        let mut world = world(seed, 3);
        let garden = world.group_of_all("garden");
        let direct = world.become_contacts(BOB, CAROL);
        let second = world.log_in(BOB);
        world.rest();
        world.say(BOB, &garden, "goodbye");
        world.rest();
        // The other client may never come back: nothing of it stays.
        if seed % 2 == 0 {
            world.turn_off(second);
        }
        world.delete_account(BOB);
        world.rest();
        for who in [ALICE, CAROL] {
            let people = world.room(who, &garden).participants;
            // Somebody takes part for as long as one leaf is left.
            let is_bob = people.iter().any(|(name, _)| name == "bob");
            assert!(!is_bob, "seed {seed}: {who} still has bob");
        }
        world.assert_agreement(&garden, &[ALICE, CAROL]);
        world.say(ALICE, &garden, "without bob");
        world.rest();
        world.turn_on(second);
        world.rest();
        for who in [BOB, second] {
            let end = world.engine(who).ended().unwrap();
            assert_eq!(end, Some(ErrorKind::AccountDeleted), "seed {seed}");
            assert!(!world.texts(who, &garden).contains(&"without bob".into()));
            assert_eq!(world.texts(who, &garden), ["goodbye"]);
            assert!(world.room(who, &direct).phase >= RoomPhase::Left);
            let say = Command::SendText {
                room: garden,
                text: "am I here?".into(),
            };
            let refused = world.command(who, say).unwrap_err();
            assert_eq!(refused, ErrorKind::AccountDeleted);
        }
        let told = |event: &Event| *event == Event::Ended(ErrorKind::AccountDeleted);
        assert!(world.people[second].events.iter().any(told));
    }
}

#[test]
fn the_chat_with_a_deleted_account_has_ended_and_can_still_be_read() {
    let mut world = world(3, 2);
    let room = world.become_contacts(ALICE, BOB);
    world.say(BOB, &room, "goodbye");
    world.rest();
    world.delete_account(BOB);
    world.rest();
    let shown = world.room(ALICE, &room);
    assert_eq!((shown.phase, &shown.title[..]), (RoomPhase::Left, "bob"));
    assert_eq!(world.texts(ALICE, &room), ["goodbye"]);
    let contact = world.engine(ALICE).contacts().unwrap().pop().unwrap();
    assert_eq!(contact.state_name(), "ended");
    let told = |event: &Event| matches!(event, Event::Contact(contact) if contact.ended);
    assert!(world.people[ALICE].events.iter().any(told));
}

#[test]
fn nobody_can_ask_a_deleted_account_to_be_a_contact() {
    let mut world = world(1, 2);
    world.delete_account(BOB);
    world.rest();
    let add = Command::AddContact {
        username: "bob".into(),
        words: String::new(),
    };
    world.command(ALICE, add).unwrap();
    world.rest();
    let failed = |event: &Event| {
        let Event::TaskEnded { error, .. } = event else {
            return false;
        };
        error.is_some_and(|error| error.code() == "no_such_user")
    };
    assert!(world.people[ALICE].events.iter().any(failed));
}

#[test]
fn a_new_password_is_told_to_the_other_clients_and_to_nobody_else() {
    let mut world = world(2, 2);
    world.become_contacts(ALICE, BOB);
    let second = world.log_in(BOB);
    world.rest();
    world.turn_off(second);
    world.change_password(BOB);
    world.rest();
    world.turn_on(second);
    world.rest();
    for (who, is_told) in [(ALICE, false), (BOB, false), (second, true)] {
        let events = &world.people[who].events;
        assert_eq!(events.contains(&Event::PasswordChanged), is_told);
    }
}
