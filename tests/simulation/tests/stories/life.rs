//! Everyday life: contacts, a group, leaving, being away.

use restante_client::engine::io::{Command, ContactPhase, MessageState, RoomPhase};
use restante_simulation::World;

use crate::{ALICE, BOB, CAROL, world};

#[test]
fn two_people_become_contacts_and_chat() {
    let mut world = World::with_people(1, &["alice", "bob"]);
    let room = world.become_contacts(ALICE, BOB);
    world.say(ALICE, &room, "hi bob");
    world.rest();
    world.say(BOB, &room, "hi alice");
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB]);
    assert_eq!(world.texts(ALICE, &room), ["hi bob", "hi alice"]);
    let contact = world.engine(ALICE).contacts().unwrap().pop().unwrap();
    assert_eq!(contact.phase, ContactPhase::Accepted);
    assert_eq!(
        world.history(ALICE, &room)[0].state,
        MessageState::Delivered
    );
    let number = world.engine(ALICE).safety_number("bob").unwrap();
    assert_eq!(number, world.engine(BOB).safety_number("alice").unwrap());
}

#[test]
fn a_group_goes_on_without_a_removed_member_who_reads_nothing_later() {
    let mut world = World::with_people(2, &["alice", "bob", "carol"]);
    let room = world.group_of_all("garden");
    world.say(CAROL, &room, "before");
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
    let remove = Command::RemoveMembers {
        room,
        members: vec!["carol".into()],
    };
    assert_eq!(world.carry_out(ALICE, remove), Ok(()));
    world.say(BOB, &room, "after");
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB]);
    assert_eq!(world.texts(ALICE, &room), ["before", "after"]);
    assert_eq!(world.texts(CAROL, &room), ["before"], "C7");
    assert_eq!(world.room(CAROL, &room).phase, RoomPhase::Removed);
}

#[test]
fn a_member_leaves_and_is_removed_from_the_tree() {
    let mut world = World::with_people(3, &["alice", "bob", "carol"]);
    let room = world.group_of_all("garden");
    assert_eq!(world.carry_out(BOB, Command::Leave { room }), Ok(()));
    world.rest();
    assert_eq!(world.room(BOB, &room).phase, RoomPhase::Left);
    world.say(CAROL, &room, "still here");
    world.rest();
    world.assert_agreement(&room, &[ALICE, CAROL]);
    assert_eq!(world.room(ALICE, &room).participants.len(), 2);
}

#[test]
fn messages_written_offline_arrive_in_one_order() {
    let mut world = World::with_people(5, &["alice", "bob"]);
    let room = world.become_contacts(ALICE, BOB);
    world.cut(ALICE);
    world.cut(BOB);
    for round in 0..20 {
        world.say(ALICE, &room, &format!("alice {round}"));
        world.say(BOB, &room, &format!("bob {round}"));
    }
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB]);
    assert_eq!(world.texts(ALICE, &room).len(), 40);
}

#[test]
fn c3_a_member_that_was_away_catches_up_through_many_commits() {
    let mut world = world(6, 4);
    let room = world.group_of_all("garden");
    world.turn_off(CAROL);
    for round in 0..4 {
        world.say(ALICE, &room, &format!("alice {round}"));
        world.say(BOB, &room, &format!("bob {round}"));
        world.rest();
        let change = if round % 2 == 0 {
            crate::remove(room, "dave")
        } else {
            crate::add(room, "dave")
        };
        assert_eq!(world.carry_out(ALICE, change), Ok(()));
    }
    assert!(world.texts(BOB, &room).len() >= 8);
    world.turn_on(CAROL);
    world.say(CAROL, &room, "back again");
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
    assert_eq!(world.texts(CAROL, &room).len(), 9);
}
