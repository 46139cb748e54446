//! What a client that was removed from its account shows of what it said last: never as failed what
//! somebody heard.

use restante_client::engine::io::{Message, MessageState, RoomId};
use restante_simulation::World;

use crate::{ALICE, BOB, CAROL, world};

/// What the history of a client shows of its own words as failed although somebody has them.
fn wrongly_failed(world: &World, lost: usize, (other, room): (usize, &RoomId)) -> Vec<String> {
    let heard = world.texts(other, room);
    let own = world.history(lost, room).into_iter();
    own.filter(|message| message.own && message.state == MessageState::Failed)
        .map(|message| message.text)
        .filter(|text| heard.contains(text))
        .collect()
}

fn own(world: &World, who: usize, room: &RoomId, text: &str) -> Message {
    let mut found = world.history(who, room).into_iter();
    found.find(|message| message.text == text).expect("its own")
}

#[test]
fn c4_what_was_to_be_sent_anew_when_its_client_was_removed_was_sent_all_the_same() {
    for seed in 2700..2740 {
        let mut world = world(seed, 2);
        let room = world.become_contacts(ALICE, BOB);
        world.say(BOB, &room, "see");
        world.rest();
        world.turn_off(BOB);
        // Two sign in one after the other, and the second removes the first client, which is behind.
        let second = world.log_in(ALICE);
        world.rest();
        world.say(second, &room, "on my new phone");
        world.rest();
        world.say(ALICE, &room, "kept");
        world.run(usize::try_from(seed % 5).unwrap() * 10, usize::MAX);
        world.turn_off(ALICE);
        let third = world.log_in(ALICE);
        if seed % 2 == 0 {
            world.rest();
        }
        world.turn_on(ALICE);
        world.say(ALICE, &room, "last");
        world.run(usize::try_from(seed % 7).unwrap() * 10, usize::MAX);
        world.expel(third, ALICE);
        world.rest();
        world.turn_on(BOB);
        world.rest();
        assert!(world.engine(ALICE).ended().unwrap().is_some());
        let failed = wrongly_failed(&world, ALICE, (BOB, &room));
        assert!(failed.is_empty(), "seed {seed}: {failed:?} arrived");
    }
}

#[test]
fn c4_what_the_relay_took_right_before_its_client_was_removed_is_not_shown_as_failed() {
    for seed in 2750..2790 {
        let mut world = world(seed, 3);
        let room = world.group_of_all("garden");
        let second = world.log_in(BOB);
        world.rest();
        world.say(BOB, &room, "last");
        world.run(usize::try_from(seed % 10).unwrap(), usize::MAX);
        if seed % 2 == 0 {
            world.lose_answers(BOB);
        }
        world.expel(second, BOB);
        world.rest();
        assert!(world.engine(BOB).ended().unwrap().is_some());
        let failed = wrongly_failed(&world, BOB, (CAROL, &room));
        assert!(failed.is_empty(), "seed {seed}: {failed:?} arrived");
        let state = own(&world, BOB, &room, "last").state;
        assert_ne!(state, MessageState::Queued, "seed {seed}: it is over");
    }
}

#[test]
fn c4_whose_answer_was_lost_for_ever_is_said_to_be_unknown() {
    let mut world = world(2795, 3);
    let room = world.group_of_all("garden");
    let second = world.log_in(BOB);
    world.rest();
    world.say(BOB, &room, "did you hear?");
    // It is encrypted and arrives; nothing that the relay says after that does.
    world.lose_answers(BOB);
    world.turn_off(BOB);
    world.expel(second, BOB);
    world.rest();
    // When it comes back, the relay has deleted what would tell.
    world.pass_ms(40 * 86_400_000);
    world.relay.expire();
    world.turn_on(BOB);
    world.rest();
    assert_eq!(world.texts(CAROL, &room), ["did you hear?"]);
    let shown = own(&world, BOB, &room, "did you hear?");
    assert_eq!((shown.state, shown.number), (MessageState::Unknown, None));
}
