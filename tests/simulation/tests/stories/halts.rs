//! A room whose admin raised it to a version of the protocol that not everybody speaks.

use std::collections::BTreeSet;

use restante_client::{
    ErrorKind,
    engine::io::{Command, Halt, MessageState, RoomId},
};
use restante_crypto::{Change, Group, LogPosition, group::room_state::PROTOCOL_VERSION};
use restante_simulation::World;
use restante_wire::{Kind, LogHash, MailboxAddress, mailbox::SeatChanges};

use crate::{ALICE, BOB, CAROL, secrets::open_database, world};

/// A commit by which somebody, whose program is newer, raises the version of a room; appended.
fn raise_version(world: &mut World, who: usize, room: &RoomId) -> MailboxAddress {
    let database = open_database(world.people[who].home());
    let sql = "SELECT key, value FROM group_rows WHERE room = ?1";
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([room.0], |row| Ok((row.get(0)?, row.get(1)?)));
    let rows = rows.unwrap().map(Result::unwrap).collect();
    let mailbox = world.last_mailbox(who);
    let mut group = Group::load(&world.people[who].account().client, mailbox, rows).unwrap();
    let log = world.relay.log(&mailbox);
    let start = LogHash::start(&mailbox);
    let position = LogPosition {
        n: log.len() as u64,
        hash: log.iter().fold(start, |hash, envelope| hash.next(envelope)),
    };
    let mut state = group.room_state().clone();
    state.version = PROTOCOL_VERSION + 1;
    let change = Change::SetState(state);
    let staged = group.stage(change, position, &BTreeSet::new()).unwrap();
    let changes = SeatChanges::default();
    world.append_body(who, mailbox, Kind::Commit, changes, staged.body);
    mailbox
}

#[test]
fn c3_a_room_of_a_newer_version_stands_still_until_the_program_is_updated() {
    let mut world = world(220, 3);
    let room = world.group_of_all("garden");
    world.say(BOB, &room, "before");
    world.rest();
    let mailbox = raise_version(&mut world, ALICE, &room);
    world.people[ALICE].speaks = PROTOCOL_VERSION + 1;
    world.crash(ALICE);
    world.rest();
    let end = world.relay.log(&mailbox).len();
    for who in [BOB, CAROL] {
        let shown = world.room(who, &room);
        assert_eq!(shown.halted, Some(Halt::NeedsUpdate));
        assert!(!shown.in_doubt && !shown.log_mismatch);
        assert_eq!(world.texts(who, &room), ["before"], "it can be read");
    }
    let refused = world.command(
        BOB,
        Command::SendText {
            room,
            text: "can I still write".to_owned(),
        },
    );
    assert_eq!(refused, Err(ErrorKind::RoomHalted));
    // Weekly leaf updates come due and wait.
    world.turn_off(ALICE);
    world.pass_ms(9 * 86_400_000);
    world.tick_all();
    world.rest();
    assert_eq!(world.relay.log(&mailbox).len(), end, "nothing is sent");
    for who in [BOB, CAROL] {
        world.people[who].speaks = PROTOCOL_VERSION + 1;
        world.crash(who);
    }
    world.turn_on(ALICE);
    world.rest();
    assert_eq!(world.room(BOB, &room).halted, None);
    for (who, text) in [(BOB, "updated"), (CAROL, "me too"), (ALICE, "good")] {
        world.say(who, &room, text);
        world.rest();
    }
    world.assert_agreement(&room, &[BOB, CAROL, ALICE]);
    assert_eq!(world.texts(CAROL, &room).len(), 4);
}

#[test]
fn c3_what_waited_when_the_version_rose_is_sent_after_the_update() {
    let mut world = world(221, 3);
    let room = world.group_of_all("garden");
    world.cut(BOB);
    world.say(BOB, &room, "on the way");
    raise_version(&mut world, ALICE, &room);
    world.rest();
    let waiting = world.history(BOB, &room).pop().unwrap();
    assert_eq!(waiting.state, MessageState::Queued);
    assert_eq!(world.texts(CAROL, &room), Vec::<String>::new());
    for who in [ALICE, BOB, CAROL] {
        world.people[who].speaks = PROTOCOL_VERSION + 1;
        world.crash(who);
    }
    world.rest();
    assert_eq!(world.texts(CAROL, &room), ["on the way"]);
}
