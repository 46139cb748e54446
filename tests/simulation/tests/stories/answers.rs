//! What lies between a client and the relay at the worst moment: answers that are lost or come out of
//! order, readers that end, or connect, in the middle of what arrives.

use restante_client::engine::io::{Failure, Input, MessageState, Reply};
use restante_simulation::{Crash, World};
use restante_wire::{Kind, mailbox::Answer, stream::Event};

use crate::{ALICE, BOB, CAROL, remove, world};

/// Whether this tells what became of an append.
fn is_append(input: &Input) -> bool {
    let Input::Answered { result, .. } = input else {
        return false;
    };
    matches!(result, Ok(Reply::Mailbox(Answer::Appended(_))))
}

fn is_envelopes(input: &Input) -> bool {
    matches!(input, Input::Event { event, .. } if matches!(event, Event::Envelopes { .. }))
}

/// Goes on until something like this is on its way to a client, and says where in the queue.
fn wait_for(world: &mut World, who: usize, is_meant: fn(&Input) -> bool) -> usize {
    let mut looks = (0..1_000).map(|_| {
        let mut way = world.people[who].to_client.iter();
        let place = way.position(is_meant);
        if place.is_none() {
            world.run(1, usize::MAX);
        }
        place
    });
    looks.find_map(|place| place).expect("it comes")
}

/// The relay takes the next append of a client; the answer is lost with the connection, and so is
/// all else that was on its way.
fn lose_the_answer_to_an_append(world: &mut World, who: usize) {
    wait_for(world, who, is_append);
    let way = &mut world.people[who].to_client;
    way.retain(|input| !is_envelopes(input));
    for input in way {
        if let Input::Answered { result, .. } = input {
            *result = Err(Failure::Lost);
        }
    }
    world.cut(who);
}

/// How many commits the room has seen.
fn commits(world: &World) -> usize {
    let log = world.relay.log(&world.last_mailbox(CAROL)).iter();
    log.filter(|found| found.kind == Kind::Commit).count()
}

#[test]
fn c1_a_reader_that_ends_between_decryption_disk_and_acknowledgement_reads_once() {
    // Behind each of its transactions, before and after what it acknowledges has left.
    for crash in [Crash::BeforeSending, Crash::AfterSending] {
        for transaction in 0..6 {
            let mut world = world(300 + transaction, 2);
            let room = world.become_contacts(ALICE, BOB);
            world.rest();
            world.crash_at(BOB, transaction, crash);
            for text in ["one", "two", "three"] {
                world.say(ALICE, &room, text);
                world.run(2, usize::MAX);
            }
            world.rest();
            // It was decrypted and is on no disk: the process ends before the transaction.
            world.say(ALICE, &room, "four");
            wait_for(&mut world, BOB, is_envelopes);
            world.crash(BOB);
            world.rest();
            world.assert_agreement(&room, &[ALICE, BOB]);
            assert_eq!(world.texts(BOB, &room), ["one", "two", "three", "four"]);
        }
    }
}

#[test]
fn c2_what_comes_live_while_a_reader_catches_up_is_there_once_and_in_order() {
    for seed in 310..322 {
        let mut world = world(seed, 3);
        let room = world.group_of_all("garden");
        world.turn_off(CAROL);
        let mut said = 0;
        let mut say = |world: &mut World, who: usize| {
            world.say(who, &room, &format!("message {said}"));
            said += 1;
        };
        for _ in 0..8 {
            say(&mut world, ALICE);
        }
        world.rest();
        world.turn_on(CAROL);
        for round in 0..8 {
            // The old and the new are on the wire together; at times the connection begins anew.
            say(&mut world, ALICE);
            say(&mut world, BOB);
            let steps = world.random.usize(..6);
            world.run(steps, usize::MAX);
            if round % 3 == 2 {
                world.cut(CAROL);
            }
        }
        world.rest();
        world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
        assert_eq!(world.texts(CAROL, &room).len(), said, "seed {seed}");
    }
}

#[test]
fn c3_a_commit_that_was_accepted_while_its_answer_was_lost_is_made_once() {
    for seed in 325..331 {
        let mut world = world(seed, 4);
        let room = world.group_of_all("garden");
        let before = commits(&world);
        assert!(world.command(ALICE, remove(room, "dave")).is_ok());
        lose_the_answer_to_an_append(&mut world, ALICE);
        assert_eq!(commits(&world), before + 1, "the relay has it");
        world.say(ALICE, &room, "is it done?");
        world.rest();
        world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
        assert_eq!(world.room(BOB, &room).participants.len(), 3);
        assert_eq!(commits(&world), before + 1, "it was not made again");
    }
}

#[test]
fn c4_an_answer_and_an_echo_that_race_end_in_one_message() {
    for answer_first in [true, false] {
        let mut world = world(332, 2);
        let room = world.become_contacts(ALICE, BOB);
        world.rest();
        world.say(ALICE, &room, "which is first");
        let answer = wait_for(&mut world, ALICE, is_append);
        let way = &mut world.people[ALICE].to_client;
        let echo = way.iter().position(is_envelopes).expect("the echo");
        if (answer < echo) != answer_first {
            way.swap(answer, echo);
        }
        world.rest();
        // The other of the two is lost: either is enough.
        world.say(ALICE, &room, "only one comes");
        let answer = wait_for(&mut world, ALICE, is_append);
        let way = &mut world.people[ALICE].to_client;
        if answer_first {
            way.retain(|input| !is_envelopes(input));
        } else if let Some(Input::Answered { result, .. }) = way.get_mut(answer) {
            *result = Err(Failure::Lost);
        }
        world.cut(ALICE);
        world.rest();
        world.assert_agreement(&room, &[ALICE, BOB]);
        let texts = ["which is first", "only one comes"];
        assert_eq!(world.texts(BOB, &room), texts);
        let states = world.history(ALICE, &room);
        let arrived = |state: MessageState| state >= MessageState::Sent;
        assert!(states.iter().all(|message| arrived(message.state)));
    }
}
