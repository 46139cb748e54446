//! What a client that a commit claims to remove believes, and whom: its relay says nothing as long as
//! its seat is there, for only an admin's commit drops it.

use restante_client::engine::{
    io::{RoomId, RoomPhase},
    letters::Letter,
};
use restante_simulation::{World, person::RELAY};
use restante_wire::Kind;

use crate::{ALICE, BOB, CAROL, DAVE, remove, takeovers::everyone_removes};

fn not_member(world: &World) -> Letter {
    Letter::NotMember {
        mailbox: world.last_mailbox(ALICE),
        relay: RELAY.to_owned(),
    }
}

fn next_number(world: &World, room: &RoomId) -> u64 {
    world.room(ALICE, room).number + 1
}

#[test]
fn c7_who_is_asked_about_a_removal_answers_when_it_has_read_of_it() {
    for seed in 2500..2504 {
        let (mut world, room) = everyone_removes(seed);
        let place = next_number(&world, &room);
        world.turn_off(ALICE);
        world.lie = Some(Box::new(move |who, mut envelopes| {
            envelopes.retain(|envelope| who != DAVE || envelope.number != place);
            envelopes
        }));
        assert_eq!(world.carry_out(BOB, remove(room, "carol")), Ok(()));
        assert_eq!(world.room(CAROL, &room).phase, RoomPhase::Joined);
        assert!(world.room(CAROL, &room).in_doubt);
        world.lie = None;
        world.say(BOB, &room, "without her");
        // Nobody need ask again.
        world.quiet();
        assert_eq!(world.texts(DAVE, &room), ["without her"], "seed {seed}");
        let phase = world.room(CAROL, &room).phase;
        assert_eq!(phase, RoomPhase::Removed, "seed {seed}");
    }
}

#[test]
fn c7_the_word_of_whoever_claims_a_removal_is_not_enough() {
    let (mut world, room) = everyone_removes(2510);
    let place = next_number(&world, &room);
    // The relay shows carol alone a removal that bob made and nobody else has seen.
    let forged = world.forge(BOB, remove(room, "carol"), Kind::Commit).body;
    world.lie = Some(Box::new(move |who, mut envelopes| {
        for envelope in &mut envelopes {
            if who == CAROL && envelope.number == place {
                envelope.body.clone_from(&forged);
            }
        }
        envelopes
    }));
    assert!(world.command(ALICE, remove(room, "dave")).is_ok());
    world.quiet();
    assert!(world.room(CAROL, &room).in_doubt, "it is only claimed");
    world.write_letter(BOB, CAROL, &not_member(&world));
    world.quiet();
    assert_eq!(world.room(CAROL, &room).phase, RoomPhase::Joined);
    world.say(CAROL, &room, "not I");
    world.rest();
    assert_eq!(world.texts(ALICE, &room), ["not I"]);
    assert_eq!(world.texts(BOB, &room), ["not I"]);
}

#[test]
fn c7_who_is_told_of_a_removal_that_no_commit_claims_stays() {
    let (mut world, room) = everyone_removes(2520);
    for who in [ALICE, BOB] {
        world.write_letter(who, CAROL, &not_member(&world));
    }
    world.rest();
    world.say(CAROL, &room, "here");
    world.rest();
    assert_eq!(world.texts(DAVE, &room), ["here"]);
}
