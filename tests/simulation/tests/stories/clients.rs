//! People with several clients: a second one by password alone, rooms that follow, a lost one expelled.

use restante_client::engine::io::{Client, Command, Event, MessageState, RoomId, RoomPhase};
use restante_simulation::{Crash, World};
use restante_wire::{Kind, mailbox::SeatChanges};

use crate::{ALICE, BOB, CAROL, world};

const DAY_MS: u64 = 86_400_000;

#[test]
fn c4_what_was_said_in_doubt_is_sent_when_the_room_goes_on_elsewhere() {
    for seed in 0..8 {
        let mut world = world(seed, 2);
        let room = world.become_contacts(ALICE, BOB);
        let mailbox = world.last_mailbox(ALICE);
        world.append_raw(ALICE, mailbox, Kind::Commit, SeatChanges::default());
        world.quiet();
        assert!(world.room(BOB, &room).in_doubt);
        world.turn_off(ALICE);
        world.say(BOB, &room, "does anybody hear me");
        world.quiet();
        assert_eq!(
            world.history(BOB, &room)[0].state,
            MessageState::Queued,
            "in the log, and shown as sending"
        );
        // Before anybody answers, a new client of bob's leads both into another group.
        world.log_in(BOB);
        world.rest();
        world.turn_on(ALICE);
        world.rest();
        assert_eq!(
            world.texts(ALICE, &room),
            ["does anybody hear me"],
            "{seed}"
        );
        let state = world.history(BOB, &room)[0].state;
        assert!(state >= MessageState::Sent, "seed {seed}: {state:?}");
    }
}

#[test]
fn a_second_client_writes_with_nobody_else_online_and_the_history_stays_one() {
    for seed in 0..12 {
        let mut world = world(seed, 2);
        let room = world.become_contacts(ALICE, BOB);
        world.say(BOB, &room, "from the first");
        world.rest();
        world.turn_off(ALICE);
        world.turn_off(BOB);
        let second = world.log_in(BOB);
        world.rest();
        assert_eq!(world.engine(second).contacts().unwrap().len(), 1);
        world.say(second, &room, "from the second");
        world.rest();
        world.turn_on(ALICE);
        world.rest();
        assert_eq!(
            world.texts(ALICE, &room),
            ["from the first", "from the second"],
            "seed {seed}"
        );
        world.say(ALICE, &room, "heard");
        world.rest();
        assert_eq!(world.texts(second, &room), ["from the second", "heard"]);
        world.turn_on(BOB);
        world.rest();
        assert_eq!(world.texts(BOB, &room), world.texts(ALICE, &room));
        world.assert_agreement(&room, &[ALICE, BOB]);
        let told = |event: &Event| matches!(event, Event::NewClient { .. });
        assert!(world.people[BOB].events.iter().any(told));
    }
}

#[test]
fn a_member_lets_a_second_client_into_a_larger_room_without_anybody_doing_anything() {
    for seed in 0..12 {
        let mut world = world(seed, 3);
        let room = world.group_of_all("garden");
        world.say(ALICE, &room, "before");
        world.rest();
        for who in [ALICE, BOB, CAROL] {
            world.turn_off(who);
        }
        let second = world.log_in(BOB);
        world.rest();
        assert_eq!(world.room(second, &room).phase, RoomPhase::Known);
        world.say(second, &room, "waiting outside");
        world.turn_on(CAROL);
        world.rest();
        assert_eq!(world.room(second, &room).phase, RoomPhase::Joined);
        world.turn_on(ALICE);
        world.turn_on(BOB);
        world.rest();
        world.say(ALICE, &room, "welcome");
        world.rest();
        world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
        assert_eq!(world.texts(second, &room), ["waiting outside", "welcome"]);
    }
}

#[test]
fn two_clients_that_sign_in_at_once_meet_in_one_successor() {
    for seed in 0..30 {
        let mut world = world(seed, 2);
        let room = world.become_contacts(ALICE, BOB);
        world.turn_off(BOB);
        if seed % 2 == 0 {
            world.turn_off(ALICE);
        }
        let (second, third) = world.log_in_twice(BOB);
        if seed % 3 == 0 {
            world.say(second, &room, "second");
            world.say(third, &room, "third");
        }
        world.run(400, 60);
        world.say(second, &room, "one");
        world.say(third, &room, "two");
        world.rest();
        world.turn_on(ALICE);
        world.rest();
        world.say(ALICE, &room, "three");
        world.turn_on(BOB);
        world.rest();
        let mut texts = world.texts(ALICE, &room);
        texts.retain(|text| ["one", "two", "three"].contains(&text.as_str()));
        assert_eq!(texts.len(), 3, "seed {seed}");
        // What one said before the other was let in is history, which it does not have.
        world.say(ALICE, &room, "four");
        world.say(second, &room, "five");
        world.say(third, &room, "six");
        world.rest();
        let last = |who| {
            world
                .texts(who, &room)
                .split_off(world.texts(who, &room).len() - 3)
        };
        assert_eq!(last(second), last(ALICE), "seed {seed}");
        assert_eq!(last(third), last(ALICE), "seed {seed}");
        world.assert_agreement(&room, &[ALICE]);
        world.assert_one_order(&room, &[ALICE, BOB, second, third]);
        assert_eq!(world.room(BOB, &room).phase, RoomPhase::Joined);
    }
}

/// The texts of `all` that a member has, in its order.
fn in_order<'a>(world: &World, who: usize, room: &RoomId, all: &[&'a str]) -> Vec<&'a str> {
    let texts = world.texts(who, room);
    let found = texts.iter();
    found
        .filter_map(|text| all.iter().copied().find(|wanted| text == wanted))
        .collect()
}

/// Bob, who was there from the start, has all that was said, in its order; who came later has the end of
/// it, and nothing before that.
fn assert_said_in_order(world: &World, room: &RoomId, members: &[usize], said: &[&str]) {
    for &who in members {
        let has = in_order(world, who, room, said);
        assert!(said.ends_with(&has), "{who}: {has:?}");
    }
    assert_eq!(in_order(world, BOB, room, said), said);
    world.assert_one_order(room, members);
}

/// Two clients of Alice that come to a room with Bob while all others are off.
fn two_latecomers(seed: u64) -> (World, RoomId, usize, usize) {
    let mut world = world(seed, 2);
    let room = world.become_contacts(ALICE, BOB);
    world.say(BOB, &room, "see");
    world.rest();
    world.turn_off(ALICE);
    world.turn_off(BOB);
    let (second, third) = world.log_in_twice(ALICE);
    (world, room, second, third)
}

#[test]
fn c3_what_one_client_says_one_after_the_other_stays_so_in_a_successor() {
    const SAID: [&str; 4] = ["m0", "m1", "m2", "m3"];
    for seed in 0..60 {
        let (mut world, room, second, third) = two_latecomers(seed);
        world.turn_off(third);
        world.rest();
        world.say(second, &room, "x");
        world.rest();
        for (place, text) in (0..).zip(SAID) {
            // Each goes out as far as it comes before the client is off again.
            world.turn_on(ALICE);
            world.say(ALICE, &room, text);
            world.run(usize::try_from(seed % 10).unwrap() * 12, usize::MAX);
            if place == seed % 4 {
                world.turn_on(third);
            }
            world.turn_off(ALICE);
            world.run(usize::try_from(seed % 3).unwrap() * 40, usize::MAX);
        }
        world.turn_on(ALICE);
        world.turn_on(BOB);
        world.rest();
        assert_said_in_order(&world, &room, &[ALICE, BOB, second, third], &SAID);
    }
}

#[test]
fn c3_what_is_sent_anew_for_latecomers_takes_along_what_was_said_since() {
    const SAID: [&str; 4] = ["m0", "m1", "m2", "m3"];
    for seed in 0..40 {
        let (mut world, room, second, third) = two_latecomers(seed);
        if seed % 2 == 0 {
            world.turn_off(third);
        }
        world.run(usize::try_from(seed % 5).unwrap() * 40, usize::MAX);
        for text in SAID {
            world.say(second, &room, text);
            let steps = usize::try_from(seed % 7).unwrap() * 10;
            world.run(steps, usize::MAX);
        }
        world.turn_on(third);
        world.run(usize::try_from(seed % 3).unwrap() * 60, usize::MAX);
        world.turn_on(ALICE);
        world.turn_on(BOB);
        world.rest();
        assert_said_in_order(&world, &room, &[ALICE, BOB, second, third], &SAID);
    }
}

#[test]
fn successors_of_both_sides_at_once_become_one() {
    for seed in 0..30 {
        let mut world = world(seed, 2);
        let room = world.become_contacts(ALICE, BOB);
        world.say(ALICE, &room, "old");
        world.rest();
        let of_alice = world.log_in(ALICE);
        let of_bob = world.log_in(BOB);
        world.say(of_alice, &room, "a");
        world.say(of_bob, &room, "b");
        world.say(BOB, &room, "from the first of bob");
        world.run(500, 70);
        world.rest();
        world.say(ALICE, &room, "c");
        world.rest();
        world.assert_same_messages(&room, &[ALICE, BOB]);
        assert_eq!(world.texts(ALICE, &room).len(), 5, "seed {seed}");
        world.assert_one_order(&room, &[ALICE, BOB, of_alice, of_bob]);
        for who in [of_alice, of_bob] {
            assert_eq!(world.texts(who, &room).last().unwrap(), "c", "seed {seed}");
            assert_eq!(
                world.room(who, &room).participants,
                world.room(ALICE, &room).participants
            );
        }
    }
}

#[test]
fn c4_who_was_off_while_a_successor_was_made_and_repaired_hears_what_is_said_in_it() {
    for seed in 0..8 {
        let mut world = world(seed, 2);
        let room = world.become_contacts(ALICE, BOB);
        world.turn_off(BOB);
        let second = world.log_in(BOB);
        world.rest();
        // The first invitation's secret of the seat is overtaken by that of a repair.
        for _ in 0..4 {
            world.pass_ms(DAY_MS);
            world.rest();
        }
        world.say(second, &room, "from the second");
        world.rest();
        world.turn_on(BOB);
        world.rest();
        world.say(BOB, &room, "from the first");
        world.say(ALICE, &room, "heard");
        world.rest();
        world.assert_agreement(&room, &[ALICE, BOB, second]);
        assert_eq!(world.texts(BOB, &room).len(), 3, "seed {seed}");
        world.assert_same_messages(&room, &[BOB, second]);
    }
}

#[test]
fn c7_an_expelled_client_loses_rooms_seats_and_vault() {
    for seed in 0..12 {
        let mut world = world(seed, 3);
        let garden = world.group_of_all("garden");
        let direct = world.become_contacts(BOB, CAROL);
        let second = world.log_in(BOB);
        world.rest();
        world.say(BOB, &garden, "both are here");
        world.rest();
        assert_eq!(world.texts(second, &garden), ["both are here"]);
        let seats = world.people[second].seats.clone();
        // The lost client is off while it is removed, and comes back later.
        world.turn_off(second);
        world.expel(BOB, second);
        world.rest();
        for who in [ALICE, CAROL] {
            world.say(who, &garden, "without the lost one");
        }
        world.say(CAROL, &direct, "nor here");
        world.rest();
        for seat in &seats {
            let last = world.relay.log(&seat.mailbox).len() as u64;
            assert!(
                !world.relay.lets_in(seat, last),
                "seed {seed}: a seat lives on"
            );
        }
        world.turn_on(second);
        world.rest();
        assert!(world.engine(second).ended().unwrap().is_some());
        let say = Command::SendText {
            room: garden,
            text: "am I here?".into(),
        };
        let refused = world.command(second, say).unwrap_err();
        assert_eq!(refused, restante_client::ErrorKind::ClientRemoved);
        assert_eq!(world.texts(second, &garden), ["both are here"]);
        world.assert_agreement(&garden, &[ALICE, BOB, CAROL]);
        world.assert_agreement(&direct, &[BOB, CAROL]);
        let third = world.log_in(BOB);
        world.rest();
        assert_eq!(world.room(third, &garden).phase, RoomPhase::Joined);
    }
}

#[test]
fn c7_a_member_drops_the_seats_of_its_lost_client_with_no_admin_about() {
    for seed in 0..6 {
        let mut world = world(seed, 3);
        let garden = world.group_of_all("garden");
        let second = world.log_in(BOB);
        world.rest();
        assert_eq!(world.room(second, &garden).phase, RoomPhase::Joined);
        let seats = world.people[second].seats.clone();
        // Only an admin's list could do it otherwise.
        for who in [ALICE, CAROL, second] {
            world.turn_off(who);
        }
        world.expel(BOB, second);
        world.rest();
        for seat in &seats {
            let last = world.relay.log(&seat.mailbox).len() as u64;
            assert!(
                !world.relay.lets_in(seat, last),
                "seed {seed}: a seat lives on"
            );
        }
    }
}

#[test]
fn both_clients_of_a_person_hear_everything_once_and_know_what_was_read() {
    for seed in 0..12 {
        let mut world = world(seed, 2);
        let room = world.become_contacts(ALICE, BOB);
        let second = world.log_in(BOB);
        world.rest();
        for text in ["one", "two", "three"] {
            world.say(ALICE, &room, text);
        }
        world.say(second, &room, "four");
        world.run(300, 50);
        world.rest();
        world.assert_agreement(&room, &[ALICE, BOB, second]);
        let place = world.room(BOB, &room).number;
        let read = Command::MarkRead {
            room,
            number: place,
        };
        world.command(BOB, read).unwrap();
        world.rest();
        assert_eq!(world.room(second, &room).unread, 0);
        let dave = world.log_in(ALICE);
        world.rest();
        world.say(second, &room, "to both of alice");
        world.rest();
        world.assert_same_messages(&room, &[ALICE, BOB, second]);
        assert_eq!(world.texts(dave, &room), ["to both of alice"]);
    }
}

#[test]
fn c4_what_siblings_send_at_the_same_time_is_there_once_and_in_one_order() {
    for seed in 0..12 {
        let mut world = world(seed, 2);
        let room = world.become_contacts(ALICE, BOB);
        let second = world.log_in(BOB);
        world.rest();
        for round in 0..5 {
            for who in [BOB, second, ALICE] {
                world.say(who, &room, &format!("{who} says {round}"));
            }
            world.run(10, 40);
        }
        world.rest();
        world.assert_agreement(&room, &[ALICE, BOB, second]);
        assert_eq!(world.texts(ALICE, &room).len(), 15, "seed {seed}");
    }
}

#[test]
fn a_contact_accepted_on_one_client_is_one_on_the_other() {
    let mut world = world(3, 2);
    let second = world.log_in(BOB);
    world.rest();
    let room = world.become_contacts(ALICE, BOB);
    world.rest();
    assert_eq!(world.room(second, &room).phase, RoomPhase::Joined);
    world.say(second, &room, "from the other");
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB, second]);
}

#[test]
fn what_a_client_writes_into_the_vault_another_reads_whatever_either_of_them_loses() {
    let points = (0..8).flat_map(|transaction| {
        [Crash::BeforeSending, Crash::AfterSending].map(|crash| (transaction, crash))
    });
    for (transaction, crash) in points {
        for is_writer in [false, true] {
            let mut world = world(7, 2);
            let second = world.log_in(BOB);
            world.rest();
            let rename = Command::RenameClient {
                client: world.client_of(BOB),
                name: "desk".into(),
            };
            let crashing = if is_writer { BOB } else { second };
            world.crash_at(crashing, transaction, crash);
            world.command(BOB, rename).unwrap();
            world.rest();
            let listed = world.engine(second).clients().unwrap();
            let is_named = |client: &Client| client.name.as_deref() == Some("desk");
            let is_told = listed.iter().any(is_named);
            assert!(is_told, "{crash:?} of {crashing} at {transaction}");
        }
    }
}

#[test]
fn c4_what_only_a_lost_client_could_read_is_sent_anew_to_the_next() {
    for seed in 0..12 {
        let mut world = world(seed, 2);
        let room = world.become_contacts(ALICE, BOB);
        world.rest();
        world.turn_off(BOB);
        world.say(ALICE, &room, "to nobody");
        world.rest();
        let second = world.log_in(BOB);
        world.run(300, 40);
        world.rest();
        assert_eq!(world.texts(second, &room), ["to nobody"], "seed {seed}");
        assert_eq!(world.texts(ALICE, &room), ["to nobody"]);
    }
}
