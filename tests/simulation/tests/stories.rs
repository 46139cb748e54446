//! Stories of clients in one thread: what must hold whatever the order of things.

use restante_client::{
    ErrorKind,
    engine::io::{Command, ContactPhase, MessageState, RoomPhase},
};
use restante_simulation::World;
use restante_wire::Kind;

const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;

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
fn garbage_commits_of_a_member_stop_nobody() {
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
fn c4_every_message_arrives_once_whatever_crashes() {
    for seed in 0..12 {
        let mut world = World::with_people(100 + seed, &["alice", "bob", "carol"]);
        let room = world.group_of_all("garden");
        let mut sent = 0;
        for _ in 0..12 {
            for who in [ALICE, BOB, CAROL] {
                if world.people[who].engine.is_some() {
                    world.say(who, &room, &format!("message {sent}"));
                    sent += 1;
                }
            }
            world.run(60, 25);
        }
        world.rest();
        world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
        assert_eq!(world.texts(ALICE, &room).len(), sent, "seed {seed}");
    }
}

#[test]
fn c6_a_relay_that_gives_somebody_elses_record_for_a_name_is_not_believed() {
    let mut world = World::with_people(6, &["alice", "bob", "mallory"]);
    world.relay.lie_about("bob", "mallory");
    let add = Command::AddContact {
        username: "Bob".into(),
        words: String::new(),
    };
    assert_eq!(world.carry_out(ALICE, add), Err(ErrorKind::NotTrusted));
    assert!(world.engine(2).requests().unwrap().is_empty());
}

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
