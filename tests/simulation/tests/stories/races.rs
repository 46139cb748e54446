//! Commits that race: one is first, the losers do what they meant in the next epoch.

use restante_client::engine::io::{Command, RoomId};
use restante_simulation::World;

use crate::{ALICE, BOB, CAROL, DAVE, add, remove, world};

#[test]
fn c3_messages_and_commits_of_everybody_at_once_end_in_one_order() {
    for seed in 20..26 {
        let mut world = world(seed, 4);
        let room = world.group_of_all("garden");
        world.pass_ms(9 * 86_400_000);
        // The weekly leaf updates of all race with a removal and with messages.
        world.tick_all();
        world.command(ALICE, remove(room, "dave")).unwrap();
        for who in [ALICE, BOB, CAROL] {
            world.say(who, &room, &format!("{who} in the middle"));
        }
        world.rest();
        world.say(BOB, &room, "done");
        world.rest();
        world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
        assert_eq!(world.texts(ALICE, &room).len(), 4);
    }
}

#[test]
fn c4_a_stale_append_is_encrypted_again_under_the_same_message_id() {
    let mut world = world(27, 3);
    let room = world.group_of_all("garden");
    let mailbox = world.last_mailbox(CAROL);
    // Encrypted for an epoch that a commit ends before it arrives.
    world.say(BOB, &room, "late");
    let id = world.history(BOB, &room)[0].id;
    world.append_raw(
        CAROL,
        mailbox,
        restante_wire::Kind::Commit,
        Default::default(),
    );
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
    assert_eq!(world.history(ALICE, &room)[0].id, id);
}

#[test]
fn c3_an_add_and_a_removal_of_one_person_in_a_row_leave_all_alike() {
    for steps in [0, 1, 3, 6, 10, 15] {
        let mut world = world(28, 4);
        let room = world.group_of_all("garden");
        world.command(ALICE, remove(room, "dave")).unwrap();
        world.run(steps, usize::MAX);
        world.command(ALICE, add(room, "dave")).unwrap();
        world.say(BOB, &room, "who is here?");
        world.rest();
        world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
        let people = world.room(ALICE, &room).participants.len();
        if people == 4 {
            world.say(DAVE, &room, "me");
            world.rest();
            assert_eq!(world.texts(ALICE, &room).len(), 2);
        }
        assert!(people >= 3);
    }
}

#[test]
fn c3_a_leaver_is_removed_once_though_all_want_to() {
    let mut world = world(29, 4);
    let room = world.group_of_all("garden");
    world.command(DAVE, Command::Leave { room }).unwrap();
    for who in [ALICE, BOB, CAROL] {
        world.cut(who);
        world.say(who, &room, "bye");
    }
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
    assert_eq!(world.room(BOB, &room).participants.len(), 3);
}

/// The usernames of everybody in a room, as somebody sees it.
fn names(world: &World, who: usize, room: &RoomId) -> Vec<String> {
    let people = world.room(who, room).participants.into_iter();
    let mut names: Vec<String> = people.map(|(name, _)| name).collect();
    names.sort();
    names
}

#[test]
fn c3_of_two_commits_that_overlap_the_later_is_rebased_to_what_is_left_of_it() {
    const EVERYBODY: [&str; 6] = ["alice", "bob", "carol", "dave", "erin", "frank"];
    for seed in 335..339 {
        let mut world = World::with_people(seed, &EVERYBODY);
        let room = world.group_of_all("garden");
        let (member, admin) = ("bob".to_owned(), true);
        let promote = Command::SetRole {
            room,
            member,
            admin,
        };
        assert_eq!(world.carry_out(ALICE, promote), Ok(()));
        let pair = |first: &str, second: &str| vec![first.to_owned(), second.to_owned()];
        // [dave, erin] by alice against [erin, frank] by bob, at once.
        for (who, members) in [(ALICE, pair("dave", "erin")), (BOB, pair("erin", "frank"))] {
            let remove = Command::RemoveMembers { room, members };
            assert!(world.command(who, remove).is_ok());
        }
        world.run(40, usize::MAX);
        world.rest();
        for who in [ALICE, BOB, CAROL] {
            assert_eq!(names(&world, who, &room), EVERYBODY[..3], "seed {seed}");
        }
        world.become_contacts(BOB, 4);
        world.become_contacts(BOB, 5);
        for (who, members) in [(ALICE, pair("dave", "erin")), (BOB, pair("erin", "frank"))] {
            let add = Command::AddMembers { room, members };
            assert!(world.command(who, add).is_ok());
        }
        world.run(40, usize::MAX);
        world.rest();
        for who in 0..EVERYBODY.len() {
            assert_eq!(names(&world, who, &room), EVERYBODY, "seed {seed}");
            world.say(who, &room, "all of us");
            world.rest();
        }
        world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
        assert_eq!(world.texts(CAROL, &room).len(), EVERYBODY.len());
    }
}

#[test]
fn c3_a_newcomer_comes_into_a_tree_with_blanks_and_everybody_goes_on_from_there() {
    const EVERYBODY: [&str; 7] = ["alice", "bob", "carol", "dave", "erin", "frank", "grace"];
    let mut world = World::with_people(340, &EVERYBODY);
    let room = world.group_of_all("garden");
    // Every other leaf becomes blank, and the paths above them.
    for gone in ["bob", "dave", "frank"] {
        assert_eq!(world.carry_out(ALICE, remove(room, gone)), Ok(()));
    }
    assert_eq!(world.carry_out(ALICE, add(room, "dave")), Ok(()));
    let members = [ALICE, CAROL, DAVE, 4, 6];
    // A commit from each of the leaves, across the blanks.
    world.pass_ms(9 * 86_400_000);
    world.tick_all();
    world.rest();
    for who in members {
        world.say(who, &room, "with gaps between us");
        world.rest();
    }
    world.assert_agreement(&room, &[ALICE, CAROL, 4, 6]);
    assert_eq!(world.texts(DAVE, &room).len(), members.len());
    assert_eq!(world.carry_out(ALICE, add(room, "bob")), Ok(()));
    world.say(BOB, &room, "one gap less");
    world.rest();
    assert_eq!(world.texts(6, &room).last().unwrap(), "one gap less");
}
