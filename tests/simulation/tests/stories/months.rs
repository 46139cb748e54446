//! What time brings: keys renewed by the week, members that were away through it all, many at once.

use std::collections::{BTreeMap, BTreeSet};

use restante_client::engine::io::{Command, Event, RoomPhase};
use restante_simulation::World;
use restante_wire::{Kind, SeatId};

use crate::{ALICE, BOB, CAROL, add, remove, world};

const DAY_MS: u64 = 86_400_000;

#[test]
fn c5_every_member_renews_its_keys_about_weekly_the_maker_of_the_room_too() {
    let mut world = world(800, 3);
    let room = world.group_of_all("garden");
    let mailbox = world.last_mailbox(CAROL);
    let before = world.relay.log(&mailbox).len();
    for _ in 0..90 * 8 {
        world.pass_ms(DAY_MS / 8);
        world.tick_all();
        world.rest();
    }
    let mut days: BTreeMap<SeatId, Vec<u32>> = BTreeMap::new();
    for envelope in &world.relay.log(&mailbox)[before..] {
        assert_eq!(envelope.kind, Kind::Commit);
        days.entry(envelope.author.unwrap())
            .or_default()
            .push(envelope.day.0);
    }
    assert_eq!(days.len(), 3, "all three");
    for days in days.values() {
        assert!((9..=13).contains(&days.len()), "{days:?}");
        let apart = days.windows(2).map(|pair| pair[1] - pair[0]);
        assert!(
            apart.clone().all(|apart| (7..=9).contains(&apart)),
            "{days:?}"
        );
    }
    let different: BTreeSet<_> = days.values().collect();
    assert_eq!(different.len(), 3, "not in step");
    world.say(BOB, &room, "a season later");
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
}

#[test]
fn c3_who_was_removed_and_added_again_while_it_was_off_comes_back_with_its_old_state() {
    let mut world = world(801, 3);
    let room = world.group_of_all("garden");
    world.say(CAROL, &room, "good night");
    world.rest();
    world.turn_off(CAROL);
    assert_eq!(world.carry_out(ALICE, remove(room, "carol")), Ok(()));
    assert_eq!(world.carry_out(ALICE, add(room, "carol")), Ok(()));
    world.say(BOB, &room, "is she back?");
    world.rest();
    world.turn_on(CAROL);
    world.rest();
    world.say(CAROL, &room, "good morning");
    world.rest();
    assert_eq!(world.room(CAROL, &room).phase, RoomPhase::Joined);
    world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
}

#[test]
fn c4_a_client_that_was_away_for_a_year_comes_back_into_its_rooms() {
    let mut world = world(804, 3);
    let room = world.group_of_all("garden");
    let direct = world.become_contacts(BOB, CAROL);
    world.say(CAROL, &room, "see you in a year");
    world.rest();
    world.turn_off(CAROL);
    for day in 0..365 {
        world.pass_ms(DAY_MS);
        world.relay.expire();
        // A connection that is made anew tells the day.
        world.cut(ALICE);
        world.cut(BOB);
        world.tick_all();
        world.rest();
        if day % 30 == 0 {
            world.say(BOB, &room, &format!("day {day}"));
            world.rest();
        }
    }
    world.say(BOB, &direct, "are you back");
    world.rest();
    world.turn_on(CAROL);
    // Her seats are gone, and so is most of the log: she asks, and is let in again.
    for _ in 0..10 {
        world.rest();
        world.pass_ms(DAY_MS / 2);
        world.tick_all();
    }
    world.rest();
    for room in [room, direct] {
        assert_eq!(world.room(CAROL, &room).phase, RoomPhase::Joined);
        assert!(!world.room(CAROL, &room).in_doubt);
        world.say(CAROL, &room, "what a year");
        world.rest();
        world.say(BOB, &room, "tell us");
        world.rest();
        let heard = world.texts(CAROL, &room);
        assert_eq!(heard[heard.len() - 2..], ["what a year", "tell us"]);
        let heard = world.texts(BOB, &room);
        assert_eq!(heard[heard.len() - 2..], ["what a year", "tell us"]);
    }
    world.assert_agreement(&room, &[ALICE, BOB]);
}

#[test]
fn fifty_people_are_added_at_once_and_forty_removed_at_once() {
    let names: Vec<String> = (0..50).map(|number| format!("guest{number}")).collect();
    let everybody: Vec<&str> = ["alice"]
        .into_iter()
        .chain(names.iter().map(String::as_str))
        .collect();
    let mut world = World::with_people(802, &everybody);
    let create = Command::CreateRoom {
        title: "fair".into(),
        members: names.clone(),
    };
    assert_eq!(world.carry_out(ALICE, create), Ok(()));
    let room = world.room_named(ALICE, "fair");
    assert_eq!(world.room(ALICE, &room).participants.len(), 51);
    let commits = |world: &World| {
        let log = world
            .relay
            .log(&world.people[ALICE].seats.last().unwrap().mailbox);
        log.iter()
            .filter(|found| found.kind == Kind::Commit)
            .count()
    };
    assert_eq!(commits(&world), 1, "one commit for all");
    let stay = [1, 2, 3];
    for who in stay {
        assert_eq!(world.carry_out(who, Command::Accept { room }), Ok(()));
    }
    let before = commits(&world);
    let gone = Command::RemoveMembers {
        room,
        members: names[10..].to_vec(),
    };
    assert_eq!(world.carry_out(ALICE, gone), Ok(()));
    assert_eq!(commits(&world), before + 1, "one commit for all");
    world.say(1, &room, "still some of us");
    world.rest();
    assert_eq!(world.room(2, &room).participants.len(), 11);
    world.assert_agreement(&room, &[ALICE, 1, 2, 3]);
}

#[test]
fn an_admin_is_offered_to_remove_clients_that_were_silent_for_ninety_days() {
    let mut world = world(803, 3);
    let room = world.group_of_all("garden");
    world.turn_off(CAROL);
    let offered = |world: &World, who: usize| {
        let mut events = world.people[who].events.iter();
        events.any(|event| matches!(event, Event::IdleClients { room: found } if *found == room))
    };
    let days_pass = |world: &mut World, days: u64| {
        for _ in 0..days {
            world.pass_ms(DAY_MS);
            // A connection that is made anew tells the day.
            world.cut(ALICE);
            world.cut(BOB);
            world.tick_all();
            world.rest();
        }
    };
    days_pass(&mut world, 80);
    assert!(!offered(&world, ALICE));
    assert_eq!(world.engine(ALICE).idle_clients(&room).unwrap(), []);
    days_pass(&mut world, 20);
    assert!(offered(&world, ALICE));
    assert!(!offered(&world, BOB), "who may not remove is not asked");
    let idle = world.engine(ALICE).idle_clients(&room).unwrap();
    assert_eq!(idle.len(), 1);
    assert_eq!(idle[0].username, "carol");
    let people = world.room(ALICE, &room).participants;
    assert_eq!(people.len(), 3, "nobody is removed unasked");
    let refused = world.command(BOB, Command::RemoveIdle { room });
    assert_eq!(refused, Err(restante_client::ErrorKind::NotAllowed));
    assert_eq!(world.carry_out(ALICE, Command::RemoveIdle { room }), Ok(()));
    world.say(BOB, &room, "the two of us");
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB]);
    assert_eq!(world.room(BOB, &room).participants.len(), 2);
}

#[test]
fn of_a_persons_other_clients_the_day_is_shown_on_which_each_was_last_heard_of() {
    let mut world = world(804, 2);
    let room = world.become_contacts(ALICE, BOB);
    let second = world.log_in(BOB);
    world.rest();
    world.say(second, &room, "on the first day");
    world.rest();
    let heard = |world: &World| {
        let listed = world.engine(BOB).clients().unwrap();
        let this = listed.iter().find(|client| client.is_this).unwrap();
        assert_eq!(this.last_heard, None, "nobody asks when this one was here");
        let other = listed.iter().find(|client| !client.is_this).unwrap();
        other.last_heard.unwrap().0
    };
    let first = heard(&world);
    world.turn_off(second);
    for _ in 0..20 {
        world.pass_ms(DAY_MS);
        world.tick_all();
        world.rest();
    }
    assert_eq!(heard(&world), first);
    world.turn_on(second);
    world.say(second, &room, "weeks later");
    world.rest();
    assert!(heard(&world) >= first + 20);
}
