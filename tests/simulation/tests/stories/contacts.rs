//! Contact requests: accepted, declined, blocked, and by whom they really are.

use restante_client::{
    ErrorKind,
    engine::{
        io::{Command, ContactRequest, RoomPhase},
        letters::Letter,
    },
};
use restante_crypto::inbox;
use restante_simulation::World;
use restante_wire::codec;

use crate::{ALICE, BOB, CAROL, world};

const DAY_MS: u64 = 86_400_000;

fn ask(world: &mut World, who: usize, whom: &str) {
    let command = Command::AddContact {
        username: whom.to_owned(),
        words: "hello".into(),
    };
    world.command(who, command).unwrap();
}

#[test]
fn c6_a_relay_that_gives_somebody_elses_record_for_a_name_is_not_believed() {
    let mut world = World::with_people(6, &["alice", "bob", "mallory"]);
    world.relay.lie_about("bob", "mallory");
    let add = Command::AddContact {
        username: "Bob".into(),
        words: String::new(),
    };
    assert_eq!(world.carry_out(ALICE, add), Err(ErrorKind::NotTrusted));
    assert!(world.engine(CAROL).requests().unwrap().is_empty());
}

#[test]
fn c7_who_declines_tells_nothing_and_is_told_nothing() {
    let mut world = world(10, 2);
    ask(&mut world, ALICE, "bob");
    world.rest();
    let request = world.engine(BOB).requests().unwrap().pop().unwrap();
    let mailbox = world.last_mailbox(ALICE);
    let before = world.relay.log(&mailbox).len();
    let decline = Command::Decline { room: request.room };
    world.command(BOB, decline).unwrap();
    world.rest();
    assert_eq!(world.relay.log(&mailbox).len(), before, "bob sent nothing");
    world.say(ALICE, &request.room, "are you there?");
    world.rest();
    assert!(world.texts(BOB, &request.room).is_empty());
    assert!(world.people[BOB].seats.is_empty(), "bob showed no seat");
    assert_eq!(world.room(BOB, &request.room).phase, RoomPhase::Left);
}

/// The one request that waits for somebody.
fn request(world: &World, who: usize) -> ContactRequest {
    let mut waiting = world.engine(who).requests().unwrap();
    assert_eq!(waiting.len(), 1);
    waiting.pop().unwrap()
}

fn ask_with(words: &str) -> Command {
    Command::AddContact {
        username: "bob".into(),
        words: words.into(),
    }
}

#[test]
fn who_was_declined_may_ask_again_once_a_day_and_is_not_told() {
    let mut world = world(14, 2);
    assert_eq!(world.carry_out(ALICE, ask_with("first")), Ok(()));
    let room = request(&world, BOB).room;
    world.command(BOB, Command::Decline { room }).unwrap();
    world.rest();
    let soon = world.carry_out(ALICE, ask_with("second"));
    assert_eq!(soon, Err(ErrorKind::AskedAlready));
    world.pass_ms(DAY_MS);
    assert_eq!(world.carry_out(ALICE, ask_with("third")), Ok(()));
    let again = request(&world, BOB);
    assert_eq!((again.room, again.words.as_str()), (room, "third"));
    assert_eq!(
        world.carry_out(ALICE, ask_with("fourth")),
        Err(ErrorKind::AskedAlready)
    );
    assert_eq!(world.carry_out(BOB, Command::Accept { room }), Ok(()));
    world.say(ALICE, &room, "at last");
    world.say(BOB, &room, "well");
    world.rest();
    for who in [ALICE, BOB] {
        let mut texts = world.texts(who, &room);
        texts.sort_unstable();
        assert_eq!(texts, ["at last", "well"]);
    }
    assert_eq!(
        world.carry_out(ALICE, ask_with("fifth")),
        Err(ErrorKind::AlreadyThere)
    );
}

#[test]
fn asking_again_looks_the_same_whether_the_first_request_waits_expired_or_was_declined() {
    for (wait, decline) in [(DAY_MS, false), (DAY_MS, true), (31 * DAY_MS, false)] {
        let mut world = world(15, 2);
        assert_eq!(world.carry_out(ALICE, ask_with("first")), Ok(()));
        let first = request(&world, BOB).room;
        if decline {
            world
                .command(BOB, Command::Decline { room: first })
                .unwrap();
        }
        world.pass_ms(wait);
        assert_eq!(world.carry_out(ALICE, ask_with("again")), Ok(()));
        // What expired is over for both: it is asked in a new room.
        let ContactRequest { room, words, .. } = request(&world, BOB);
        assert_eq!((room == first, &words[..]), (wait < 30 * DAY_MS, "again"));
        assert_eq!(world.carry_out(BOB, Command::Accept { room }), Ok(()));
        world.say(ALICE, &room, "there you are");
        world.rest();
        assert_eq!(world.texts(BOB, &room), ["there you are"]);
    }
}

#[test]
fn asking_again_while_the_first_request_is_being_accepted_ends_in_one_room() {
    let mut world = world(16, 2);
    assert_eq!(world.carry_out(ALICE, ask_with("first")), Ok(()));
    let room = request(&world, BOB).room;
    world.pass_ms(DAY_MS);
    world.command(BOB, Command::Accept { room }).unwrap();
    world.command(ALICE, ask_with("again")).unwrap();
    world.rest();
    world.quiet();
    world.say(BOB, &room, "here I am");
    world.say(ALICE, &room, "good");
    world.rest();
    for who in [ALICE, BOB] {
        let mut texts = world.texts(who, &room);
        texts.sort_unstable();
        assert_eq!(texts, ["good", "here I am"], "{who}");
    }
}

#[test]
fn c7_a_blocked_person_reaches_nobody() {
    let mut world = world(11, 2);
    let room = world.become_contacts(ALICE, BOB);
    let block = Command::Block {
        username: "alice".into(),
    };
    world.command(BOB, block).unwrap();
    world.rest();
    let text = "why?".to_owned();
    let send = Command::SendText { room, text };
    assert_eq!(world.command(ALICE, send), Err(ErrorKind::RoomClosed));
    assert!(world.texts(BOB, &room).is_empty());
    let again = Command::AddContact {
        username: "bob".into(),
        words: "please".into(),
    };
    let _ = world.command(ALICE, again);
    world.rest();
    assert!(world.engine(BOB).requests().unwrap().is_empty());
}

#[test]
fn c7_invitations_of_somebody_blocked_go_away_and_no_new_ones_come() {
    let mut world = world(12, 3);
    let create = |title: &str| Command::CreateRoom {
        title: title.to_owned(),
        members: vec!["bob".to_owned()],
    };
    assert_eq!(world.carry_out(ALICE, create("garden")), Ok(()));
    assert_eq!(world.carry_out(CAROL, create("orchard")), Ok(()));
    assert_eq!(world.engine(BOB).requests().unwrap().len(), 2);
    let username = "alice".to_owned();
    world.command(BOB, Command::Block { username }).unwrap();
    let waiting = request(&world, BOB);
    assert_eq!(waiting.title.as_deref(), Some("orchard"));
    assert_eq!(world.carry_out(ALICE, create("meadow")), Ok(()));
    world.relay.replay_letters_to("bob");
    world.pass_ms(DAY_MS);
    world.rest();
    assert_eq!(request(&world, BOB), waiting);
    assert!(world.people[BOB].seats.is_empty(), "bob showed no seat");
}

#[test]
fn c6_a_letter_with_somebody_elses_certificate_is_noise() {
    let mut world = world(13, 3);
    ask(&mut world, ALICE, "bob");
    world.rest();
    let room = world.engine(BOB).requests().unwrap().pop().unwrap().room;
    assert_eq!(world.carry_out(BOB, Command::Accept { room }), Ok(()));
    // Carol, who is in no room with bob, speaks with alice's certificate and her own key.
    let alice = world.people[ALICE].account().client.certificate().clone();
    let bob = world.people[BOB]
        .account()
        .client
        .certificate()
        .body
        .clone();
    let mut invitation = world.invitation_like(ALICE);
    invitation.words = "from alice, truly".into();
    let letter = Letter::Invitation(invitation);
    let mut signed = bob.inbox.0.to_vec();
    signed.extend(codec::encode(&letter));
    let keys = world.people[CAROL].account().client.keys();
    let signature = keys.sign("restante letter v1", &signed);
    let letter = codec::encode(&(alice, letter, signature));
    let body = inbox::seal_letter(&bob.inbox_key, &bob.inbox, &letter).unwrap();
    let rooms = world.engine(BOB).rooms().unwrap().len();
    world.relay.deliver("bob", &body);
    // Whatever arrives next brings the letter along.
    world.say(ALICE, &room, "by the way");
    world.rest();
    let shown = world.engine(BOB).rooms().unwrap().len();
    let asked = world.engine(BOB).requests().unwrap().len();
    assert_eq!((shown, asked), (rooms, 0));
}
