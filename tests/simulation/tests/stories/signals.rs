//! Typing and presence: what passes between those connected now, and is kept nowhere.

use restante_client::{
    ErrorKind,
    engine::{
        io::{Command, Event, RoomId},
        mute::Mute,
        signals::{
            PRESENCE_AT_MOST_MS, PRESENCE_EVERY_MS, Presence, TYPING_EVERY_MS, TYPING_SHOWN_MS,
        },
    },
};
use restante_simulation::World;

use crate::{ALICE, BOB, CAROL, world};

const DAY_MS: u64 = 86_400_000;

fn types(world: &mut World, who: usize, room: RoomId, typing: bool) {
    let command = Command::Typing { room, typing };
    assert!(world.command(who, command).is_ok());
    world.quiet();
}

/// What a person's shell was told of who is typing in a room, in order.
fn typing_shown(world: &World, who: usize, room: RoomId) -> Vec<(String, bool)> {
    let shown = |event: &Event| match event {
        Event::Typing {
            room: found,
            username,
            typing,
        } if *found == room => Some((username.clone(), *typing)),
        _ => None,
    };
    world.people[who].events.iter().filter_map(shown).collect()
}

/// Lets time pass in steps, as clocks do.
fn wait(world: &mut World, ms: u64) {
    let mut left = ms;
    while left > 0 {
        let step = left.min(5_000);
        world.pass_ms(step);
        world.tick_all();
        world.quiet();
        left -= step;
    }
}

fn share(world: &mut World, who: usize, share: bool) {
    assert!(world.command(who, Command::SharePresence { share }).is_ok());
    world.quiet();
}

fn here(world: &mut World, who: usize, here: bool) {
    assert!(world.command(who, Command::Here { here }).is_ok());
    world.quiet();
}

fn presence_of(world: &World, who: usize, name: &str) -> Presence {
    let shown = world.engine(who).presence(world.now()).unwrap();
    let found = shown.into_iter().find(|(username, _)| username == name);
    found.unwrap().1
}

#[test]
fn who_types_is_shown_until_the_message_comes_or_some_seconds_have_passed() {
    let mut world = world(700, 3);
    let room = world.group_of_all("garden");
    let logged = world.relay.log(&world.last_mailbox(ALICE)).len();
    types(&mut world, ALICE, room, true);
    let (yes, no) = (("alice".to_owned(), true), ("alice".to_owned(), false));
    for who in [BOB, CAROL] {
        assert_eq!(typing_shown(&world, who, room).last(), Some(&yes));
    }
    world.say(ALICE, &room, "done");
    world.quiet();
    assert_eq!(typing_shown(&world, BOB, room), [yes.clone(), no.clone()]);
    wait(&mut world, TYPING_EVERY_MS);
    types(&mut world, ALICE, room, true);
    wait(&mut world, TYPING_SHOWN_MS + 5_000);
    let all = [yes.clone(), no.clone(), yes, no];
    assert_eq!(typing_shown(&world, BOB, room), all);
    assert!(
        typing_shown(&world, ALICE, room).is_empty(),
        "not one's own"
    );
    let log = world.relay.log(&world.last_mailbox(ALICE));
    let messages = log.len() - logged;
    assert!(messages <= 3, "a message and its receipts: {messages}");
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
}

#[test]
fn r8_typing_is_told_at_most_every_few_seconds() {
    let mut world = world(701, 2);
    let room = world.become_contacts(ALICE, BOB);
    for _ in 0..100 {
        types(&mut world, ALICE, room, true);
        world.pass_ms(100);
    }
    assert!(
        world.relay.signals.len() <= 4,
        "{}",
        world.relay.signals.len()
    );
    types(&mut world, ALICE, room, false);
    let shown = typing_shown(&world, BOB, room);
    assert_eq!(shown.last(), Some(&("alice".to_owned(), false)));
}

#[test]
fn in_a_muted_room_nobody_is_shown_typing() {
    let mut world = world(703, 3);
    let room = world.group_of_all("garden");
    let mute = Mute::All;
    assert!(world.command(BOB, Command::Mute { room, mute }).is_ok());
    types(&mut world, ALICE, room, true);
    assert!(typing_shown(&world, BOB, room).is_empty());
    assert_eq!(typing_shown(&world, CAROL, room).len(), 1);
}

#[test]
fn c7_of_somebody_blocked_and_in_a_room_that_was_left_nothing_is_shown() {
    let mut world = world(702, 3);
    let room = world.group_of_all("garden");
    let username = "alice".to_owned();
    assert!(world.command(BOB, Command::Block { username }).is_ok());
    world.rest();
    types(&mut world, ALICE, room, true);
    assert!(typing_shown(&world, BOB, room).is_empty());
    assert_eq!(typing_shown(&world, CAROL, room).len(), 1);
    assert_eq!(world.carry_out(CAROL, Command::Leave { room }), Ok(()));
    world.rest();
    let typing = Command::Typing { room, typing: true };
    assert_eq!(
        world.command(CAROL, typing),
        Ok(restante_client::engine::io::Outcome::Done)
    );
    let unknown = Command::Typing {
        room: RoomId([9; 32]),
        typing: true,
    };
    assert_eq!(world.command(CAROL, unknown), Err(ErrorKind::NotFound));
}

#[test]
fn r7_nobody_is_told_of_presence_until_its_person_chose_so() {
    let mut world = world(710, 2);
    world.become_contacts(ALICE, BOB);
    here(&mut world, ALICE, true);
    wait(&mut world, 2 * PRESENCE_EVERY_MS);
    assert_eq!(world.relay.signals, []);
    assert_eq!(presence_of(&world, BOB, "alice"), Presence::Unknown);
    share(&mut world, ALICE, true);
    assert_eq!(presence_of(&world, BOB, "alice"), Presence::Online);
    assert_eq!(presence_of(&world, ALICE, "bob"), Presence::Unknown);
    share(&mut world, ALICE, false);
    assert_eq!(presence_of(&world, BOB, "alice"), Presence::Today);
    let told = world.relay.signals.len();
    wait(&mut world, 2 * PRESENCE_EVERY_MS);
    assert_eq!(world.relay.signals.len(), told);
}

#[test]
fn presence_fades_from_online_to_long_ago() {
    let mut world = world(711, 2);
    world.become_contacts(ALICE, BOB);
    share(&mut world, ALICE, true);
    here(&mut world, ALICE, true);
    wait(&mut world, 3 * PRESENCE_EVERY_MS);
    assert_eq!(presence_of(&world, BOB, "alice"), Presence::Online);
    // Without a goodbye: her client just ends.
    world.turn_off(ALICE);
    wait(&mut world, 3 * PRESENCE_EVERY_MS);
    assert!(presence_of(&world, BOB, "alice") <= Presence::ThisWeek);
    assert_ne!(presence_of(&world, BOB, "alice"), Presence::Online);
    for (days, shown) in [(2, Presence::ThisWeek), (7, Presence::LongAgo)] {
        world.pass_ms(days * DAY_MS);
        world.tick_all();
        assert_eq!(presence_of(&world, BOB, "alice"), shown);
    }
    let told = world.people[BOB]
        .events
        .iter()
        .filter(|event| matches!(event, Event::Presence { username, .. } if username == "alice"));
    assert_eq!(told.count(), 2, "came and went");
}

#[test]
fn r8_a_contact_is_never_told_more_often_than_the_limit_over_restarts_too() {
    let mut world = world(712, 2);
    let room = world.become_contacts(ALICE, BOB);
    for who in [ALICE, BOB] {
        share(&mut world, who, true);
        here(&mut world, who, true);
    }
    wait(&mut world, PRESENCE_AT_MOST_MS);
    world.relay.signals.clear();
    let began = world.now().0;
    for _ in 0..20 {
        world.crash(ALICE);
        world.quiet();
        here(&mut world, ALICE, true);
        wait(&mut world, 15_000);
    }
    assert_eq!(presence_of(&world, BOB, "alice"), Presence::Online);
    // Both told, each within its limit: twenty times fifteen seconds are five minutes.
    let minutes = (world.now().0 - began) / PRESENCE_AT_MOST_MS;
    let told = world.relay.signals.len() as u64;
    assert!(told <= 2 * (minutes + 1), "{told} in {minutes} minutes");
    assert!(told >= 2);
    assert_eq!(world.room(ALICE, &room).participants.len(), 2);
}

#[test]
fn c7_presence_is_told_to_contacts_only_and_not_in_groups() {
    let mut world = world(713, 3);
    let room = world.group_of_all("garden");
    share(&mut world, BOB, true);
    here(&mut world, BOB, true);
    let garden = world.people[CAROL].seats.last().unwrap().mailbox;
    assert!(!world.relay.signals.is_empty());
    assert!(
        world
            .relay
            .signals
            .iter()
            .all(|(mailbox, _)| *mailbox != garden)
    );
    assert_eq!(presence_of(&world, ALICE, "bob"), Presence::Online);
    assert!(
        world
            .engine(CAROL)
            .presence(world.now())
            .unwrap()
            .iter()
            .all(|(name, _)| name != "bob")
    );
    assert_eq!(world.room(CAROL, &room).participants.len(), 3);
}
