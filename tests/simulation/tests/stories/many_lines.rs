//! Rooms of two that were followed often: every login by password makes a further group.

use restante_client::engine::io::RoomId;
use restante_simulation::World;

use crate::{ALICE, BOB, world};

/// Half as many more than a client keeps beside the room's own.
const MANY: usize = 48;

fn say_and_hear(world: &mut World, room: &RoomId, from: usize, text: &str, hearers: &[usize]) {
    world.say(from, room, text);
    world.rest();
    for &who in hearers {
        let texts = world.texts(who, room);
        assert_eq!(texts.last().map(String::as_str), Some(text), "{who}");
    }
}

#[test]
fn c4_of_many_logins_each_is_heard_while_the_lost_ones_go() {
    for seed in 0..2 {
        let mut world = world(seed, 2);
        let room = world.become_contacts(ALICE, BOB);
        let mut before = None;
        for round in 0..MANY {
            let new = world.log_in(ALICE);
            world.rest();
            if let Some(before) = before.replace(new) {
                world.expel(new, before);
                world.rest();
            }
            let text = format!("hello {round}");
            say_and_hear(&mut world, &room, new, &text, &[ALICE, BOB]);
        }
        let last = before.unwrap();
        say_and_hear(&mut world, &room, BOB, "still here", &[ALICE, last]);
        world.assert_agreement(&room, &[ALICE, BOB]);
        world.assert_one_order(&room, &[ALICE, BOB, last]);
    }
}

#[test]
fn c4_who_was_off_during_many_logins_hears_them_all() {
    for seed in 0..4 {
        let mut world = world(seed, 2);
        let room = world.become_contacts(ALICE, BOB);
        world.turn_off(BOB);
        let mut clients = vec![ALICE];
        for round in 0..12 {
            if round % 2 == 0 {
                world.everybody_off();
            }
            let new = world.log_in(ALICE);
            world.rest();
            world.say(new, &room, &format!("from {round}"));
            world.rest();
            clients.push(new);
        }
        for &who in &clients {
            world.turn_on(who);
        }
        world.turn_on(BOB);
        world.rest();
        let texts = world.texts(BOB, &room);
        for round in 0..12 {
            assert!(
                texts.contains(&format!("from {round}")),
                "{round}: {texts:?}"
            );
        }
        let others: Vec<usize> = clients.iter().copied().filter(|&who| who != 3).collect();
        say_and_hear(&mut world, &room, 3, "from an old one", &others);
        clients.push(BOB);
        world.assert_agreement(&room, &clients);
        world.assert_one_order(&room, &clients);
    }
}

#[test]
fn c4_who_was_off_during_more_logins_than_it_follows_keeps_to_the_last() {
    let mut world = world(7, 2);
    let room = world.become_contacts(ALICE, BOB);
    world.turn_off(BOB);
    let mut last = ALICE;
    for round in 0..MANY {
        let new = world.log_in(ALICE);
        world.rest();
        world.say(new, &room, &format!("from {round}"));
        world.rest();
        if last != ALICE {
            world.expel(new, last);
            world.rest();
        }
        last = new;
    }
    world.turn_on(BOB);
    world.rest();
    say_and_hear(&mut world, &room, last, "and now", &[ALICE, BOB]);
    say_and_hear(&mut world, &room, BOB, "heard", &[ALICE, last]);
    world.assert_one_order(&room, &[ALICE, BOB, last]);
}
