//! Commits that race: one is first, the losers do what they meant in the next epoch.

use restante_client::engine::io::Command;

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
