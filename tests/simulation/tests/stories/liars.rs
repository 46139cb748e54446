//! A relay that drops, reorders, replays, changes or hides envelopes is noticed, and is not believed.

use restante_client::engine::io::MessageState;
use restante_simulation::World;
use restante_wire::{Envelope, Kind};

use crate::{ALICE, BOB, CAROL, world};

/// From now on one reader is shown something else.
fn lie_to(
    world: &mut World,
    reader: usize,
    mut lie: impl FnMut(Vec<Envelope>) -> Vec<Envelope> + 'static,
) {
    world.lie = Some(Box::new(move |who, envelopes| {
        if who == reader {
            lie(envelopes)
        } else {
            envelopes
        }
    }));
}

#[test]
fn c3_a_relay_that_hides_a_message_from_one_reader_is_noticed() {
    let mut world = world(90, 3);
    let room = world.group_of_all("garden");
    let hidden = world.room(ALICE, &room).number + 1;
    // The numbers stay without a gap: an empty envelope stands in the place.
    lie_to(&mut world, CAROL, move |mut envelopes| {
        for envelope in &mut envelopes {
            if envelope.number == hidden {
                envelope.body = vec![0; 300];
            }
        }
        envelopes
    });
    world.say(ALICE, &room, "carol is out");
    world.rest();
    world.say(BOB, &room, "good");
    world.rest();
    assert!(world.room(CAROL, &room).log_mismatch);
    world.say(CAROL, &room, "what was that?");
    world.rest();
    assert!(world.room(ALICE, &room).log_mismatch, "both sides notice");
}

#[test]
fn r2_what_an_earlier_watch_brings_from_further_on_is_no_lie() {
    for seed in 0..10 {
        let mut world = world(seed, 3);
        let room = world.group_of_all("garden");
        // One run of envelopes is lost once: a new watch is asked for, and meanwhile the old one goes on.
        let mut is_lost = false;
        lie_to(
            &mut world,
            CAROL,
            move |envelopes| match std::mem::replace(&mut is_lost, true) {
                true => envelopes,
                false => Vec::new(),
            },
        );
        for text in ["one", "two", "three", "four", "five", "six"] {
            world.say(ALICE, &room, text);
            world.say(BOB, &room, text);
            world.run(3, usize::MAX);
        }
        world.rest();
        assert!(!world.room(CAROL, &room).log_mismatch, "seed {seed}");
        assert_eq!(world.texts(CAROL, &room).len(), 12, "seed {seed}");
    }
}

#[test]
fn c3_a_relay_that_shows_two_readers_two_orders_is_noticed() {
    let mut world = world(91, 3);
    let room = world.group_of_all("garden");
    let first = world.room(ALICE, &room).number + 1;
    let mut held: Vec<Envelope> = Vec::new();
    lie_to(&mut world, CAROL, move |envelopes| {
        let (mut pair, mut rest): (Vec<Envelope>, Vec<Envelope>) = envelopes
            .into_iter()
            .partition(|envelope| (first..first + 2).contains(&envelope.number));
        held.append(&mut pair);
        if let [one, two] = &mut held[..] {
            std::mem::swap(one, two);
            std::mem::swap(&mut one.number, &mut two.number);
            held.extend(std::mem::take(&mut rest));
            return std::mem::take(&mut held);
        }
        rest
    });
    world.say(ALICE, &room, "one");
    world.say(BOB, &room, "two");
    world.rest();
    world.say(ALICE, &room, "three");
    world.rest();
    assert!(world.room(CAROL, &room).log_mismatch);
}

#[test]
fn c4_a_replayed_envelope_is_not_shown_twice() {
    let mut world = world(92, 3);
    let room = world.group_of_all("garden");
    world.say(ALICE, &room, "once");
    world.rest();
    let replayed = world.room(ALICE, &room).number;
    let mailbox = world.last_mailbox(BOB);
    let log = world.relay.log(&mailbox);
    let texts = log.iter().filter(|found| found.kind == Kind::Message);
    let body = texts.min_by_key(|found| found.number).unwrap().body.clone();
    assert!(replayed > 0);
    world.append_body(BOB, mailbox, Kind::Message, Default::default(), body);
    world.say(CAROL, &room, "still fine");
    world.rest();
    assert_eq!(world.texts(CAROL, &room), ["once", "still fine"]);
    world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
}

#[test]
fn c4_a_forged_echo_is_not_taken_for_the_message() {
    let mut world = world(93, 2);
    let room = world.become_contacts(ALICE, BOB);
    let place = world.room(ALICE, &room).number + 1;
    lie_to(&mut world, ALICE, move |mut envelopes| {
        for envelope in &mut envelopes {
            if envelope.number == place {
                envelope.body[30] ^= 1;
            }
        }
        envelopes
    });
    world.say(ALICE, &room, "is this mine?");
    world.rest();
    assert_eq!(world.history(ALICE, &room)[0].state, MessageState::Queued);
    world.say(BOB, &room, "yes");
    world.rest();
    assert!(world.room(ALICE, &room).log_mismatch);
}

#[test]
fn c3_a_relay_that_answers_below_what_was_seen_is_noticed() {
    let mut world = world(94, 2);
    let room = world.become_contacts(ALICE, BOB);
    world.say(ALICE, &room, "one");
    world.rest();
    let backup = world.relay.backup();
    world.say(ALICE, &room, "two");
    world.say(ALICE, &room, "three");
    world.rest();
    let seen = world.room(BOB, &room).number;
    world.cut(BOB);
    world.relay.restore(backup);
    world.rest();
    assert!(world.room(BOB, &room).log_mismatch);
    assert_eq!(world.room(BOB, &room).number, seen, "clients never go back");
    assert_eq!(world.texts(BOB, &room).len(), 3);
}

#[test]
fn c3_a_relay_that_leaves_a_gap_is_noticed_and_not_asked_without_end() {
    let mut world = world(95, 3);
    let room = world.group_of_all("garden");
    let hidden = world.room(ALICE, &room).number + 1;
    lie_to(&mut world, CAROL, move |mut envelopes| {
        envelopes.retain(|envelope| envelope.number != hidden);
        envelopes
    });
    world.say(ALICE, &room, "carol is out");
    world.say(BOB, &room, "hm");
    for _ in 0..300 {
        world.run(1, usize::MAX);
    }
    assert!(world.room(CAROL, &room).log_mismatch, "a hole in the log");
    assert!(world.room(CAROL, &room).number < hidden);
    world.lie = None;
    world.rest();
    world.say(CAROL, &room, "I have it all");
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
}
