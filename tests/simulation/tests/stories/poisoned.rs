//! A commit that is poisoned for one client: it skips what the others merged, doubts, asks, and is
//! repaired; or it is told that it holds the same.

use restante_client::engine::io::{Command, MessageState, RoomId, RoomPhase};
use restante_simulation::World;
use restante_wire::{Kind, mailbox::SeatChanges};

use crate::{ALICE, BOB, CAROL, DAVE, remove, world};

/// Shows one reader another body in place of every commit of the given numbers.
pub(crate) fn poison(world: &mut World, reader: usize, from: u64, to: u64) {
    world.lie = Some(Box::new(move |who, mut envelopes| {
        for envelope in &mut envelopes {
            let is_poisoned =
                envelope.kind == Kind::Commit && (from..=to).contains(&envelope.number);
            if who == reader && is_poisoned {
                envelope.body[40] ^= 1;
            }
        }
        envelopes
    }));
}

fn next_number(world: &World, room: &RoomId) -> u64 {
    world.room(ALICE, room).number + 1
}

#[test]
fn c3_a_client_for_which_a_commit_was_poisoned_is_repaired() {
    let mut world = world(60, 4);
    let room = world.group_of_all("garden");
    let poisoned = next_number(&world, &room);
    poison(&mut world, CAROL, poisoned, poisoned);
    world.command(ALICE, remove(room, "dave")).unwrap();
    world.quiet();
    assert!(world.room(CAROL, &room).in_doubt);
    world.say(CAROL, &room, "does anybody hear me");
    world.quiet();
    let waiting = world.history(CAROL, &room).pop().unwrap();
    assert_eq!(waiting.state, MessageState::Queued, "shown as sending");
    world.rest();
    world.say(BOB, &room, "we do");
    world.rest();
    assert_eq!(world.texts(BOB, &room), ["does anybody hear me", "we do"]);
    assert_eq!(world.history(BOB, &room)[0].id, waiting.id, "C4");
    world.assert_same_messages(&room, &[ALICE, BOB, CAROL]);
}

#[test]
fn c4_a_client_that_is_poisoned_again_while_it_is_repaired_sends_everything_once() {
    let mut world = world(60, 4);
    let room = world.group_of_all("garden");
    let poisoned = next_number(&world, &room);
    poison(&mut world, CAROL, poisoned, poisoned + 3);
    world.command(ALICE, remove(room, "dave")).unwrap();
    world.quiet();
    world.say(CAROL, &room, "does anybody hear me");
    world.rest();
    world.say(BOB, &room, "we do");
    world.rest();
    let heard = world.texts(BOB, &room);
    assert_eq!(heard.len(), 2, "{heard:?}");
    world.assert_same_messages(&room, &[ALICE, BOB, CAROL]);
}

#[test]
fn c4_what_was_sent_before_the_poison_is_not_there_twice() {
    let mut world = world(61, 4);
    let room = world.group_of_all("garden");
    let mailbox = world.last_mailbox(DAVE);
    // Garbage for all, then a message that all can read, then a commit poisoned for carol alone.
    world.append_raw(DAVE, mailbox, Kind::Commit, SeatChanges::default());
    world.say(CAROL, &room, "read by all");
    world.quiet();
    let poisoned = next_number(&world, &room);
    poison(&mut world, CAROL, poisoned, poisoned);
    world.command(ALICE, remove(room, "dave")).unwrap();
    world.rest();
    world.say(CAROL, &room, "later");
    world.rest();
    assert_eq!(world.texts(BOB, &room), ["read by all", "later"]);
    world.assert_same_messages(&room, &[ALICE, BOB, CAROL]);
}

#[test]
fn c3_of_two_the_poisoned_one_is_repaired_by_the_other() {
    let mut world = world(62, 2);
    let room = world.become_contacts(ALICE, BOB);
    let poisoned = next_number(&world, &room);
    poison(&mut world, BOB, poisoned, poisoned);
    // The weekly leaf update.
    world.pass_ms(9 * 86_400_000);
    world.tick_all();
    world.quiet();
    world.say(ALICE, &room, "one");
    world.say(BOB, &room, "two");
    world.rest();
    world.say(ALICE, &room, "three");
    world.rest();
    assert_eq!(world.texts(ALICE, &room), ["one", "two", "three"]);
    // What was encrypted behind the poison and before the repair was never for bob's new leaf.
    assert_eq!(world.texts(BOB, &room), ["two", "three"]);
    assert!(!world.room(BOB, &room).in_doubt);
}

#[test]
fn c3_garbage_that_nobody_took_is_agreed_on_in_silence() {
    let mut world = world(63, 3);
    let room = world.group_of_all("garden");
    let mailbox = world.last_mailbox(BOB);
    world.append_raw(BOB, mailbox, Kind::Commit, SeatChanges::default());
    world.rest();
    // Nobody said anything: only questions and answers by letter can have ended the doubt.
    for who in [ALICE, BOB, CAROL] {
        assert!(!world.room(who, &room).in_doubt, "{who}");
    }
}

#[test]
fn c7_a_removal_that_was_shown_to_one_reader_only_is_not_believed() {
    let mut world = world(64, 4);
    let room = world.group_of_all("garden");
    let forged = world.forge(ALICE, remove(room, "carol"), Kind::Commit);
    let place = next_number(&world, &room);
    let body = forged.body;
    world.lie = Some(Box::new(move |who, mut envelopes| {
        for envelope in &mut envelopes {
            if who == CAROL && envelope.number == place {
                envelope.body.clone_from(&body);
            }
        }
        envelopes
    }));
    world.command(ALICE, remove(room, "dave")).unwrap();
    world.quiet();
    assert_eq!(world.room(CAROL, &room).phase, RoomPhase::Joined);
    assert!(world.room(CAROL, &room).in_doubt, "it is only claimed");
    world.say(CAROL, &room, "am I out");
    world.rest();
    world.say(BOB, &room, "no");
    world.rest();
    assert_eq!(world.texts(BOB, &room), ["am I out", "no"]);
    world.assert_same_messages(&room, &[ALICE, BOB, CAROL]);
}

#[test]
fn c3_one_member_repairs_a_client_once_in_an_hour() {
    let mut world = world(66, 3);
    let room = world.group_of_all("garden");
    let from = next_number(&world, &room);
    poison(&mut world, CAROL, from, u64::MAX);
    let start = world.now();
    world.append_garbage(BOB, Kind::Commit);
    world.pass_ms(9 * 86_400_000);
    world.tick_all();
    while world.now().0 < start.0 + 9 * 86_400_000 + 3_000_000 {
        world.quiet();
        world.pass_ms(10_000);
        world.tick_all();
    }
    let mailbox = world.last_mailbox(CAROL);
    let log = world.relay.log(&mailbox).iter();
    let repairs = log.filter(|found| found.number >= from && found.welcome.is_some());
    let repairs = repairs.count();
    assert!(
        (1..=2).contains(&repairs),
        "{repairs} repairs by two members"
    );
}

#[test]
fn c3_what_is_sent_anew_stands_at_its_last_place_for_everybody() {
    let mut world = world(67, 4);
    let room = world.group_of_all("garden");
    let mailbox = world.last_mailbox(DAVE);
    // Garbage for all, so that carol doubts; a message that all can read; then, after an answer, a
    // commit poisoned for carol alone, so that she sends her message again.
    world.append_raw(DAVE, mailbox, Kind::Commit, SeatChanges::default());
    world.say(CAROL, &room, "first?");
    world.quiet();
    world.say(BOB, &room, "second?");
    world.quiet();
    let poisoned = next_number(&world, &room);
    poison(&mut world, CAROL, poisoned, poisoned);
    world.command(ALICE, remove(room, "dave")).unwrap();
    world.rest();
    world.say(BOB, &room, "later");
    world.rest();
    world.assert_same_messages(&room, &[ALICE, BOB, CAROL]);
    for who in [ALICE, BOB] {
        assert_eq!(world.texts(who, &room), world.texts(CAROL, &room), "{who}");
    }
    assert_eq!(world.texts(BOB, &room)[0], "second?", "it was sent anew");
}

#[test]
fn c3_members_for_whom_a_new_name_and_picture_were_poisoned_come_to_have_them() {
    for seed in 70..74 {
        let mut world = world(seed, 4);
        let room = world.group_of_all("garden");
        let first = next_number(&world, &room);
        // Neither of the two commits opens for bob and carol.
        world.lie = Some(Box::new(move |who, mut envelopes| {
            for envelope in &mut envelopes {
                let is_poisoned = (first..first + 2).contains(&envelope.number);
                if [BOB, CAROL].contains(&who) && is_poisoned {
                    envelope.body[40] ^= 1;
                }
            }
            envelopes
        }));
        let title = "orchard".to_owned();
        let jpeg = Some(crate::picture::jpeg(64, 64, 10));
        let changes = [
            Command::RenameRoom { room, title },
            Command::SetPicture { room, jpeg },
        ];
        for change in changes {
            assert!(world.command(ALICE, change).is_ok());
            world.quiet();
        }
        let seen = world.room(CAROL, &room);
        assert!(seen.in_doubt && seen.title == "garden", "seed {seed}");
        // The others chat on meanwhile.
        world.say(DAVE, &room, "a new name");
        world.say(CAROL, &room, "does anybody hear me");
        world.rest();
        world.say(BOB, &room, "now we do");
        world.rest();
        let has = world.room(ALICE, &room).picture;
        for who in [ALICE, BOB, CAROL, DAVE] {
            let seen = world.room(who, &room);
            assert_eq!(seen.title, "orchard", "seed {seed}: {who}");
            assert!(seen.picture.is_some() && seen.picture == has, "seed {seed}");
            assert!(!seen.in_doubt, "seed {seed}: {who}");
        }
        let texts = world.texts(ALICE, &room);
        assert_eq!(texts.last().unwrap(), "now we do", "seed {seed}");
        assert!(texts.contains(&"does anybody hear me".to_owned()));
    }
}
