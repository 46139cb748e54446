//! Members who use what they hold: a seat that they handed over, an admin's commit without the seats
//! that belong to it, the copy of a client.

use std::collections::BTreeSet;

use restante_client::engine::{
    io::{Command, RoomId, RoomPhase},
    letters::{Invitation, Letter},
};
use restante_crypto::{Change, LogPosition};
use restante_simulation::World;
use restante_wire::{
    ErrorCode, Kind, LogHash, Outcome, OwnerTag, SeatSecret,
    account::ClientCertificate,
    codec,
    mailbox::{Ack, Answer, Append, Position, Request, Rotate, SeatAccess, SeatChanges},
};

use crate::{
    ALICE, BOB, CAROL, DAVE, add, remove, secrets::open_database, settings::group_of, world,
};

const DAY_MS: u64 = 86_400_000;

fn days(world: &mut World, count: u64) {
    for _ in 0..2 * count {
        world.pass_ms(DAY_MS / 2);
        world.tick_all();
        world.rest();
    }
}

/// A commit of somebody's own making, valid by every rule, with seat changes as it likes. Its author
/// is seen no more.
fn commits(world: &mut World, who: usize, room: &RoomId, change: Change, changes: SeatChanges) {
    let mailbox = world.last_mailbox(who);
    let position = LogPosition {
        n: 0,
        hash: LogHash::start(&mailbox),
    };
    let mut group = group_of(world, who, room);
    let staged = group.stage(change, position, &BTreeSet::new()).unwrap();
    world.turn_off(who);
    world.append_body(who, mailbox, Kind::Commit, changes, staged.body);
    world.rest();
}

fn removal(world: &World, whom: usize) -> Change {
    Change::Remove {
        clients: [world.client_of(whom)].into(),
        state: None,
    }
}

fn seat_of(world: &World, who: usize) -> SeatAccess {
    world.people[who].seats.last().unwrap().clone()
}

/// Bob is an admin, too.
fn with_two_admins(seed: u64, people: usize) -> (World, RoomId) {
    let mut world = world(seed, people);
    let room = world.group_of_all("garden");
    let promote = Command::SetRole {
        room,
        member: "bob".into(),
        admin: true,
    };
    assert_eq!(world.carry_out(ALICE, promote), Ok(()));
    world.rest();
    (world, room)
}

#[test]
fn c7_a_removal_that_keeps_the_seat_is_set_right_by_another_admin() {
    let (mut world, room) = with_two_admins(2100, 4);
    let seat = seat_of(&world, CAROL);
    let change = removal(&world, CAROL);
    commits(&mut world, ALICE, &room, change, SeatChanges::default());
    assert_eq!(world.room(BOB, &room).participants.len(), 3);
    let last = world.relay.log(&seat.mailbox).len() as u64;
    assert!(!world.relay.lets_in(&seat, last), "the seat lives on");
    assert_eq!(world.room(CAROL, &room).phase, RoomPhase::Removed);
    world.say(BOB, &room, "without her");
    world.rest();
    assert_eq!(world.texts(DAVE, &room), ["without her"]);
    assert!(world.texts(CAROL, &room).is_empty());
    world.assert_agreement(&room, &[BOB, DAVE]);
}

#[test]
fn c7_a_removed_member_whose_seat_was_kept_reads_nothing_while_no_admin_is_there() {
    let mut world = world(2101, 4);
    let room = world.group_of_all("garden");
    let change = removal(&world, CAROL);
    commits(&mut world, ALICE, &room, change, SeatChanges::default());
    world.say(BOB, &room, "among ourselves");
    world.rest();
    assert_eq!(world.texts(DAVE, &room), ["among ourselves"]);
    assert!(world.texts(CAROL, &room).is_empty());
    // Her relay tells her nothing; the others do.
    assert_eq!(world.room(CAROL, &room).phase, RoomPhase::Removed);
    world.assert_agreement(&room, &[BOB, DAVE]);
}

/// What somebody keeps of the invitation that it wrote.
fn invitation_by(world: &World, who: usize, room: &RoomId) -> Invitation {
    let database = open_database(world.people[who].home());
    let sql = "SELECT invitation FROM invitations WHERE room = ?1";
    let kept: Vec<u8> = database.query_row(sql, [room.0], |row| row.get(0)).unwrap();
    let (_, letter): (ClientCertificate, Letter) = codec::decode(&kept).unwrap();
    let invitation = match letter {
        Letter::Invitation(invitation) => Some(invitation),
        _ => None,
    };
    invitation.expect("an invitation is kept")
}

/// A garden of alice and bob to which alice adds carol, who is off; and the seat that she gave her.
fn handed_over(seed: u64) -> (World, RoomId, SeatAccess) {
    let mut world = world(seed, 3);
    for (a, b) in [(ALICE, BOB), (ALICE, CAROL), (BOB, CAROL)] {
        world.become_contacts(a, b);
    }
    let create = Command::CreateRoom {
        title: "garden".into(),
        members: vec!["bob".into()],
    };
    assert_eq!(world.carry_out(ALICE, create), Ok(()));
    let room = world.room_named(ALICE, "garden");
    world.turn_off(CAROL);
    assert_eq!(world.carry_out(ALICE, add(room, "carol")), Ok(()));
    world.rest();
    let invitation = invitation_by(&world, ALICE, &room);
    let seat = SeatAccess {
        mailbox: invitation.mailbox,
        seat: invitation.seat,
        secret: invitation.seat_secret.unwrap(),
    };
    (world, room, seat)
}

#[test]
fn r5_an_inviter_neither_uses_nor_acknowledges_on_the_seat_that_it_handed_over() {
    let (mut world, room, seat) = handed_over(2110);
    let append = Append {
        access: seat.clone(),
        items: Vec::new(),
    };
    let refused = world.relay.answer(Request::Append(append)).0.unwrap_err();
    assert_eq!(refused.code, ErrorCode::SeatNotRotated);
    let position = Position {
        access: seat,
        cursor: 1,
    };
    let positions = vec![position];
    let Ok(Answer::Acked(acked)) = world.relay.answer(Request::Ack(Ack { positions })).0 else {
        panic!("an acknowledgement is answered");
    };
    let refused = Outcome::Refused(ErrorCode::SeatNotRotated.into());
    assert_eq!(acked, [refused]);
    world.turn_on(CAROL);
    world.rest();
    world.say(CAROL, &room, "mine alone");
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
}

#[test]
fn c4_a_newcomer_whose_seat_the_inviter_took_for_itself_comes_in_by_another_member() {
    let (mut world, room, seat) = handed_over(2111);
    let stolen = SeatSecret([6; 32]);
    let rotate = Rotate {
        access: seat.clone(),
        secret_hash: stolen.hash(),
        owner_tag: OwnerTag([6; 32]),
    };
    assert!(world.relay.answer(Request::Rotate(rotate)).0.is_ok());
    let seat = SeatAccess {
        secret: stolen,
        ..seat
    };
    let last = world.relay.log(&seat.mailbox).len() as u64;
    assert!(world.relay.lets_in(&seat, last), "the inviter has the seat");
    world.turn_off(ALICE);
    world.turn_on(CAROL);
    world.rest();
    assert!(!world.texts(CAROL, &room).contains(&"at last".to_owned()));
    days(&mut world, 4);
    assert_eq!(world.room(CAROL, &room).phase, RoomPhase::Joined);
    world.say(CAROL, &room, "at last");
    world.rest();
    assert_eq!(world.texts(BOB, &room), ["at last"]);
    let last = world.relay.log(&seat.mailbox).len() as u64;
    assert!(!world.relay.lets_in(&seat, last), "the seat is carol's");
}

#[test]
fn c7_a_thief_with_the_copy_of_a_client_is_out_when_that_client_is_removed() {
    for seed in 2120..2124 {
        let mut world = world(seed, 3);
        let room = world.group_of_all("garden");
        let mailbox = world.last_mailbox(ALICE);
        let second = world.log_in(BOB);
        world.rest();
        // The thief speaks by the copy, while the person goes on by the client.
        let text = "says the thief".to_owned();
        let stolen = world.forge(second, Command::SendText { room, text }, Kind::Message);
        let mut shown = world.people[second].seats.iter().rev();
        let seat = shown.find(|seat| seat.mailbox == mailbox).unwrap().clone();
        let none = SeatChanges::default();
        world.append_body(second, mailbox, Kind::Message, none, stolen.body);
        world.rest();
        assert_eq!(world.texts(CAROL, &room), ["says the thief"]);
        world.say(CAROL, &room, "that is not like you");
        world.say(ALICE, &room, "indeed");
        world.rest();

        world.expel(BOB, second);
        // The relay closes the streams of whoever it no longer knows.
        world.cut(second);
        world.rest();
        let ended = world.engine(second).ended().unwrap();
        assert!(ended.is_some(), "seed {seed}");
        let last = world.relay.log(&mailbox).len() as u64;
        assert!(!world.relay.lets_in(&seat, last), "seed {seed}");
        world.say(BOB, &room, "it was stolen");
        world.rest();
        for who in [ALICE, CAROL] {
            assert_eq!(world.texts(who, &room).last().unwrap(), "it was stolen");
        }
        world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
    }
}

#[test]
fn c3_a_copy_of_a_client_that_speaks_beside_it_costs_one_message_and_no_room() {
    let mut world = world(2130, 3);
    let room = world.group_of_all("garden");
    let mailbox = world.last_mailbox(BOB);
    let text = "says the thief".to_owned();
    let stolen = world.forge(BOB, Command::SendText { room, text }, Kind::Message);
    let none = SeatChanges::default();
    world.append_body(BOB, mailbox, Kind::Message, none, stolen.body);
    world.rest();
    // This is by the key that the copy has used: members opened that, and open no other.
    world.say(BOB, &room, "and I say");
    world.rest();
    world.say(BOB, &room, "more");
    world.rest();
    world.say(CAROL, &room, "heard");
    world.rest();
    for who in [ALICE, CAROL] {
        assert_eq!(world.texts(who, &room), ["says the thief", "more", "heard"]);
        assert!(!world.room(who, &room).in_doubt);
    }
    assert_eq!(world.texts(BOB, &room).last().unwrap(), "heard");
    world.assert_agreement(&room, &[ALICE, CAROL]);
}

#[test]
fn c3_members_who_are_added_while_somebody_is_removed_all_agree() {
    for seed in 2140..2152 {
        let (mut world, room) = with_two_admins(seed, 4);
        assert_eq!(world.carry_out(ALICE, remove(room, "dave")), Ok(()));
        world.rest();
        // Alice adds dave again while bob removes carol; whichever commit is first.
        let of_alice = world.command(ALICE, add(room, "dave"));
        let of_bob = world.command(BOB, remove(room, "carol"));
        assert!(of_alice.is_ok() && of_bob.is_ok());
        world.run(60, 40);
        world.rest();
        let shown = world.room(ALICE, &room);
        let names: BTreeSet<&str> = shown.participants.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["alice", "bob", "dave"].into(), "seed {seed}");
        assert_eq!(world.room(CAROL, &room).phase, RoomPhase::Removed);
        world.say(DAVE, &room, "back again");
        world.rest();
        world.assert_agreement(&room, &[ALICE, BOB, DAVE]);
        assert!(!world.texts(CAROL, &room).contains(&"back again".to_owned()));
    }
}

#[test]
fn c3_somebody_who_is_added_and_removed_at_once_by_two_is_in_or_out_for_all() {
    for seed in 2160..2172 {
        let (mut world, room) = with_two_admins(seed, 4);
        assert_eq!(world.carry_out(ALICE, remove(room, "dave")), Ok(()));
        world.rest();
        world.command(ALICE, add(room, "dave")).unwrap();
        world.run(30, usize::MAX);
        // Bob may not have heard that dave is back.
        let _ = world.command(BOB, remove(room, "dave"));
        world.rest();
        world.say(CAROL, &room, "who is here?");
        world.rest();
        let is_in = |who: usize| world.room(who, &room).participants.len();
        let count = is_in(ALICE);
        assert!([3, 4].contains(&count), "seed {seed}: {count}");
        let members: &[usize] = match count {
            4 => &[ALICE, BOB, CAROL, DAVE],
            _ => &[ALICE, BOB, CAROL],
        };
        world.assert_agreement(&room, members);
    }
}
