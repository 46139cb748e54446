//! Strangers who write to a person's inbox: many of them, and under names that are not theirs.

use restante_client::{
    ErrorKind,
    engine::{
        io::{Command, RoomId, RoomPhase},
        letters::Letter,
    },
};
use restante_crypto::{AccountIdentity, ClientKeys, Randomness, inbox};
use restante_simulation::World;
use restante_wire::{MailboxAddress, account::CertificateBody, codec};

use crate::{ALICE, BOB, CAROL, remove, secrets::open_database, world};

const DAY_MS: u64 = 86_400_000;

/// What the pages promise: so many requests wait, and no more.
const MAX_REQUESTS: usize = 256;

/// Id and address of the room that a stranger would open.
fn id_of(number: u32) -> [u8; 32] {
    let mut id = [9; 32];
    id[..4].copy_from_slice(&number.to_le_bytes());
    id
}

/// A letter of somebody whom no relay knows, who calls itself as it likes, and asks somebody to be a
/// contact.
fn request(world: &World, whom: usize, name: &str, number: u32) -> Vec<u8> {
    let randomness = Randomness::os();
    let (identity, keys) = (
        AccountIdentity::generate(&randomness),
        ClientKeys::generate(&randomness),
    );
    let relay = &world.people[whom].account().relay;
    let certificate = identity.certify(CertificateBody {
        account: identity.account(relay),
        identity_key: identity.key(),
        username: name.to_owned(),
        client: keys.client(),
        signature_key: keys.signature_key(),
        inbox: MailboxAddress(randomness.bytes()),
        inbox_key: keys.inbox_key(),
    });
    let id = id_of(number);
    let mut invitation = world.invitation_like(ALICE);
    (invitation.room, invitation.mailbox) = (RoomId(id), MailboxAddress(id));
    invitation.direct = true;
    invitation.words = "x".repeat(1_024);
    let letter = Letter::Invitation(invitation);
    let to = &world.people[whom].account().client.certificate().body;
    let mut signed = to.inbox.0.to_vec();
    signed.extend(codec::encode(&letter));
    let signature = keys.sign("restante letter v1", &signed);
    let content = codec::encode(&(certificate, letter, signature));
    inbox::seal_letter(&to.inbox_key, &to.inbox, &content).unwrap()
}

/// Lets so many strangers write, and whoever they write to read it.
fn flood(world: &mut World, whom: usize, from: u32, count: u32) {
    let name = world.people[whom].name.clone();
    for number in from..from + count {
        let letter = request(world, whom, &format!("stranger{number}"), number);
        world.relay.deliver(&name, &letter);
    }
    world.cut(whom);
    world.rest();
}

fn count(world: &World, who: usize, table: &str) -> usize {
    let database = open_database(world.people[who].home());
    let sql = format!("SELECT count(*) FROM {table}");
    database.query_row(&sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn r8_ten_thousand_requests_take_little_and_keep_no_contact_out() {
    let mut world = world(2000, 3);
    world.become_contacts(ALICE, BOB);
    let ask = Command::AddContact {
        username: "carol".into(),
        words: String::new(),
    };
    world.command(BOB, ask).unwrap();
    world.rest();
    flood(&mut world, BOB, 0, 10_000);
    assert_eq!(world.engine(BOB).requests().unwrap().len(), MAX_REQUESTS);
    assert!(count(&world, BOB, "people") < MAX_REQUESTS + 10);
    assert!(count(&world, BOB, "rooms") < MAX_REQUESTS + 10);
    assert!(world.engine(BOB).rooms().unwrap().len() < 10);

    // Whoever this person knows comes through: an invitation of a contact, and the request of
    // somebody who was asked.
    let create = Command::CreateRoom {
        title: "garden".into(),
        members: vec!["bob".into()],
    };
    assert_eq!(world.carry_out(ALICE, create), Ok(()));
    world.rest();
    let garden = world.room_named(ALICE, "garden");
    assert_eq!(world.room(BOB, &garden).phase, RoomPhase::Joined);
    world.say(ALICE, &garden, "still there?");
    world.rest();
    assert_eq!(world.texts(BOB, &garden), ["still there?"]);
    let ask = Command::AddContact {
        username: "bob".into(),
        words: String::new(),
    };
    world.command(CAROL, ask).unwrap();
    world.rest();
    let phases = world.engine(BOB).contacts().unwrap();
    let carol = phases.iter().find(|contact| contact.username == "carol");
    assert_eq!(carol.unwrap().phase.name(), "accepted");

    // A place that becomes free is taken by the next.
    let first = world.engine(BOB).requests().unwrap()[0].room;
    world
        .command(BOB, Command::Decline { room: first })
        .unwrap();
    flood(&mut world, BOB, 20_000, 2);
    assert_eq!(world.engine(BOB).requests().unwrap().len(), MAX_REQUESTS);
}

#[test]
fn r8_nothing_is_left_of_requests_that_nobody_answered_or_that_were_declined() {
    let mut world = world(2001, 2);
    world.become_contacts(ALICE, BOB);
    let before = ["people", "rooms"].map(|table| count(&world, BOB, table));
    flood(&mut world, BOB, 0, 20);
    for request in world.engine(BOB).requests().unwrap().into_iter().take(10) {
        let decline = Command::Decline { room: request.room };
        world.command(BOB, decline).unwrap();
    }
    for _ in 0..65 {
        world.pass_ms(DAY_MS);
        world.tick_all();
        world.rest();
    }
    assert!(world.engine(BOB).requests().unwrap().is_empty());
    let after = ["people", "rooms"].map(|table| count(&world, BOB, table));
    assert_eq!(after, before);
}

#[test]
fn c6_who_was_declined_is_still_named_beside_what_it_said_elsewhere() {
    let mut world = world(2003, 3);
    let room = world.group_of_all("garden");
    world.say(CAROL, &room, "tomatoes");
    world.rest();
    assert_eq!(
        world.carry_out(ALICE, remove(room, "carol")),
        Ok(()),
        "bob is in no room with carol any more"
    );
    let ask = Command::AddContact {
        username: "bob".into(),
        words: "it is carol".into(),
    };
    assert_eq!(world.carry_out(CAROL, ask), Ok(()));
    let request = world.engine(BOB).requests().unwrap().pop().unwrap();
    let decline = Command::Decline { room: request.room };
    world.command(BOB, decline).unwrap();
    for _ in 0..33 {
        world.pass_ms(DAY_MS);
        world.tick_all();
        world.rest();
    }
    assert_eq!(world.history(BOB, &room)[0].sender, "carol");
}

#[test]
fn c6_a_request_under_somebody_elses_name_is_not_accepted() {
    let mut world = world(2002, 3);
    world.become_contacts(ALICE, BOB);
    for (number, name) in [(1, "carol"), (2, "nobody_of_this_relay")] {
        let letter = request(&world, BOB, name, number);
        world.relay.deliver("bob", &letter);
        world.cut(BOB);
        world.rest();
        let asked = world.engine(BOB).requests().unwrap().pop().unwrap();
        assert_eq!(asked.from, name);
        let accept = Command::Accept { room: asked.room };
        assert_eq!(world.carry_out(BOB, accept), Err(ErrorKind::NotTrusted));
        assert_eq!(world.engine(BOB).contacts().unwrap().len(), 1);
        let mut shown = world.people[BOB].seats.iter();
        let theirs = MailboxAddress(id_of(number));
        assert!(
            shown.all(|seat| seat.mailbox != theirs),
            "bob showed himself"
        );
        let decline = Command::Decline { room: asked.room };
        world.command(BOB, decline).unwrap();
    }
    // The one who has the name is still to be found under it.
    world.become_contacts(CAROL, BOB);
}
