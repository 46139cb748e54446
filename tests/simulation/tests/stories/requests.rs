//! Requests in both directions: whatever became of the first one, the two end in one room, and nothing
//! that either of them said is lost. Which of two rooms counts hangs on their ids, so every story is told
//! for many draws of them.

use restante_client::{
    ErrorKind,
    engine::io::{Command, ContactPhase, MessageState, RoomId, RoomPhase},
};
use restante_simulation::World;

use crate::{ALICE, BOB, world};

const DAY_MS: u64 = 86_400_000;

/// Enough draws that either order of two ids comes up, with either of two schedules.
const DRAWS: u64 = 12;

fn ask(world: &mut World, who: usize, whom: &str) {
    let command = Command::AddContact {
        username: whom.to_owned(),
        words: String::new(),
    };
    assert!(world.command(who, command).is_ok());
}

/// The one request that waits for somebody.
fn request(world: &World, who: usize) -> RoomId {
    let waiting = world.engine(who).requests().unwrap();
    assert_eq!(waiting.len(), 1);
    waiting[0].room
}

fn block(world: &mut World, who: usize, whom: &str) {
    let username = whom.to_owned();
    assert!(world.command(who, Command::Block { username }).is_ok());
}

/// The room of somebody's only contact.
fn chat(world: &World, who: usize) -> RoomId {
    let contacts = world.engine(who).contacts().unwrap();
    assert_eq!(contacts.len(), 1, "{contacts:?}");
    assert_eq!(contacts[0].phase, ContactPhase::Accepted, "{who}");
    contacts[0].room.unwrap()
}

/// Everything that somebody can read, in whichever room.
fn all_texts(world: &World, who: usize) -> Vec<String> {
    let rooms = world.engine(who).rooms().unwrap();
    let mut texts: Vec<String> = Vec::new();
    for room in rooms {
        texts.extend(world.texts(who, &room.id));
    }
    texts.sort_unstable();
    texts
}

/// Both sides keep to one room, hear each other in it, and have read all of this.
fn they_chat(world: &mut World, people: [usize; 2], said: &[&str], seed: u64) {
    world.rest();
    let room = chat(world, people[0]);
    for who in people {
        assert_eq!(chat(world, who), room, "seed {seed}: {who}");
        world.say(who, &room, &format!("here is {who}"));
    }
    world.rest();
    world.assert_agreement(&room, &people);
    let mut expected: Vec<String> = people.iter().map(|who| format!("here is {who}")).collect();
    expected.extend(said.iter().map(|&text| text.to_owned()));
    expected.sort_unstable();
    for who in people {
        assert_eq!(all_texts(world, who), expected, "seed {seed}: {who}");
    }
}

#[test]
fn c4_who_declined_or_blocked_and_then_asks_back_is_in_one_room_and_reads_what_was_said() {
    for seed in 0..2 * DRAWS {
        let mut world = world(5_000 + seed, 2);
        ask(&mut world, ALICE, "bob");
        world.rest();
        let first = request(&world, BOB);
        world.say(ALICE, &first, "one");
        world.rest();
        match seed % 4 {
            0 | 1 => {
                let decline = Command::Decline { room: first };
                assert!(world.command(BOB, decline).is_ok());
            }
            _ => block(&mut world, BOB, "alice"),
        }
        world.rest();
        if seed % 2 == 0 {
            world.turn_off(ALICE);
        }
        ask(&mut world, BOB, "alice");
        world.rest();
        if seed % 2 == 0 {
            // She comes back and writes before she has heard of it.
            world.turn_on(ALICE);
            world.say(ALICE, &first, "two");
        }
        let said = ["one", "two"];
        let count = if seed % 2 == 0 { 2 } else { 1 };
        they_chat(&mut world, [ALICE, BOB], &said[..count], seed);
    }
}

#[test]
fn c4_who_is_asked_again_after_declining_reads_what_was_said_before() {
    for seed in 0..DRAWS {
        let mut world = world(5_100 + seed, 2);
        ask(&mut world, ALICE, "bob");
        world.rest();
        let room = request(&world, BOB);
        world.say(ALICE, &room, "one");
        world.rest();
        assert!(world.command(BOB, Command::Decline { room }).is_ok());
        world.pass_ms(DAY_MS);
        ask(&mut world, ALICE, "bob");
        world.rest();
        world.say(ALICE, &room, "two");
        world.rest();
        assert_eq!(request(&world, BOB), room);
        assert_eq!(world.carry_out(BOB, Command::Accept { room }), Ok(()));
        they_chat(&mut world, [ALICE, BOB], &["one", "two"], seed);
    }
}

#[test]
fn c4_requests_that_cross_lose_nothing_that_was_said_in_either_room() {
    for seed in 0..2 * DRAWS {
        let mut world = world(5_200 + seed, 2);
        ask(&mut world, ALICE, "bob");
        ask(&mut world, BOB, "alice");
        // Both write before either has heard of the other.
        for (who, text) in [(ALICE, "from alice"), (BOB, "from bob")] {
            while world.engine(who).contacts().unwrap().is_empty() {
                world.run(1, usize::MAX);
            }
            let room = world.engine(who).contacts().unwrap()[0].room.unwrap();
            world.say(who, &room, text);
            if seed % 3 == 0 && who == ALICE {
                world.turn_off(ALICE);
            }
        }
        world.run(100, if seed % 2 == 0 { 20 } else { 1_000 });
        world.rest();
        world.turn_on(ALICE);
        they_chat(&mut world, [ALICE, BOB], &["from alice", "from bob"], seed);
    }
}

#[test]
fn who_asks_back_while_a_request_waits_takes_it() {
    for seed in 0..DRAWS {
        let mut world = world(5_300 + seed, 2);
        ask(&mut world, ALICE, "bob");
        world.rest();
        let room = request(&world, BOB);
        world.say(ALICE, &room, "one");
        world.rest();
        let back = Command::AddContact {
            username: "alice".to_owned(),
            words: "me too".to_owned(),
        };
        assert_eq!(world.carry_out(BOB, back), Ok(()));
        they_chat(&mut world, [ALICE, BOB], &["one"], seed);
        for who in [ALICE, BOB] {
            assert_eq!(world.engine(who).rooms().unwrap().len(), 1, "seed {seed}");
            assert!(world.engine(who).requests().unwrap().is_empty());
        }
    }
}

#[test]
fn c4_a_request_that_nobody_answers_fails_with_what_was_said_in_it() {
    let mut world = world(5_400, 2);
    ask(&mut world, ALICE, "bob");
    world.rest();
    let room = request(&world, BOB);
    world.say(ALICE, &room, "one");
    world.rest();
    world.pass_ms(31 * DAY_MS);
    world.rest();
    assert_eq!(world.room(ALICE, &room).phase, RoomPhase::Left);
    let states: Vec<MessageState> = world
        .history(ALICE, &room)
        .iter()
        .map(|m| m.state)
        .collect();
    assert_eq!(states, [MessageState::Failed]);
    // Asked back, they are in a room that knows nothing of it.
    ask(&mut world, BOB, "alice");
    world.rest();
    let room = request(&world, ALICE);
    assert_eq!(world.carry_out(ALICE, Command::Accept { room }), Ok(()));
    world.say(ALICE, &room, "two");
    world.rest();
    assert_eq!(world.texts(BOB, &room), ["two"]);
}

#[test]
fn c4_contacts_of_whom_one_blocked_and_asks_again_lose_nothing_silently() {
    for seed in 0..DRAWS {
        let mut world = world(5_500 + seed, 2);
        let old = world.become_contacts(ALICE, BOB);
        world.say(ALICE, &old, "one");
        world.rest();
        if seed % 2 == 0 {
            world.turn_off(ALICE);
        }
        block(&mut world, BOB, "alice");
        world.rest();
        ask(&mut world, BOB, "alice");
        world.rest();
        if seed % 2 == 0 {
            world.turn_on(ALICE);
            world.say(ALICE, &old, "two");
            world.rest();
        }
        if let Some(waiting) = world.engine(ALICE).requests().unwrap().pop() {
            let accept = Command::Accept { room: waiting.room };
            assert_eq!(world.carry_out(ALICE, accept), Ok(()));
        }
        world.rest();
        let new = chat(&world, ALICE);
        assert_ne!(new, old, "seed {seed}");
        assert_eq!(chat(&world, BOB), new, "seed {seed}");
        for message in world.history(ALICE, &old) {
            let is_there = all_texts(&world, BOB).contains(&message.text);
            let has_failed = message.state == MessageState::Failed;
            assert!(is_there != has_failed, "seed {seed}: {}", message.text);
        }
        world.say(ALICE, &new, "here is alice");
        world.rest();
        world.assert_agreement(&new, &[ALICE, BOB]);
    }
}

#[test]
fn a_block_and_its_end_hold_on_all_clients() {
    for seed in 0..DRAWS {
        let mut world = world(5_700 + seed, 2);
        let second = world.log_in(BOB);
        world.rest();
        let is_contact = seed % 2 == 0;
        if is_contact {
            world.become_contacts(ALICE, BOB);
        } else {
            ask(&mut world, ALICE, "bob");
        }
        world.rest();
        block(&mut world, BOB, "alice");
        world.rest();
        for who in [BOB, second] {
            let contacts = world.engine(who).contacts().unwrap();
            assert_eq!(
                contacts[0].phase,
                ContactPhase::Blocked,
                "seed {seed}: {who}"
            );
            assert!(world.engine(who).requests().unwrap().is_empty());
        }
        // Whoever asks somebody blocks them no more, on any client.
        let (asking, other) = if seed % 3 == 0 {
            (second, BOB)
        } else {
            (BOB, second)
        };
        if seed % 4 < 2 {
            world.turn_off(other);
        }
        ask(&mut world, asking, "alice");
        world.rest();
        world.turn_on(other);
        world.rest();
        if let Some(waiting) = world.engine(ALICE).requests().unwrap().pop() {
            let accept = Command::Accept { room: waiting.room };
            assert_eq!(world.carry_out(ALICE, accept), Ok(()));
        }
        // What either client writes into the vault now must not bring the block back.
        for (who, name) in [(other, "desk"), (asking, "phone")] {
            let rename = Command::RenameClient {
                client: world.client_of(who),
                name: name.to_owned(),
            };
            assert!(world.command(who, rename).is_ok());
            world.rest();
        }
        let room = chat(&world, ALICE);
        for who in [BOB, second] {
            assert_eq!(chat(&world, who), room, "seed {seed}: {who}");
            world.say(who, &room, &format!("here is {who}"));
        }
        world.say(ALICE, &room, "there you are");
        world.rest();
        world.assert_agreement(&room, &[ALICE, BOB, second]);
    }
}

#[test]
fn c4_with_several_clients_all_of_them_keep_to_the_same_room() {
    for seed in 0..DRAWS {
        let mut world = world(5_600 + seed, 2);
        let second = world.log_in(ALICE);
        let other = world.log_in(BOB);
        world.rest();
        ask(&mut world, ALICE, "bob");
        world.rest();
        let first = request(&world, BOB);
        world.say(ALICE, &first, "one");
        world.rest();
        for who in [BOB, other] {
            // Declining is told to nobody, own clients among them.
            let decline = Command::Decline { room: first };
            assert!(world.command(who, decline).is_ok());
        }
        if seed % 2 == 0 {
            world.turn_off(second);
        }
        ask(&mut world, BOB, "alice");
        world.rest();
        world.turn_on(second);
        world.rest();
        they_chat(&mut world, [ALICE, BOB], &["one"], seed);
        let room = chat(&world, ALICE);
        for who in [second, other] {
            assert_eq!(chat(&world, who), room, "seed {seed}: {who}");
            assert_eq!(
                all_texts(&world, who),
                all_texts(&world, ALICE),
                "seed {seed}"
            );
        }
        world.assert_agreement(&room, &[ALICE, BOB, second, other]);
    }
}

#[test]
fn a_new_client_that_asks_before_it_is_let_in_is_told_that_the_request_stands() {
    for seed in 0..DRAWS {
        let mut world = world(5_800 + seed, 2);
        ask(&mut world, ALICE, "bob");
        world.rest();
        let room = request(&world, BOB);
        world.everybody_off();
        let second = world.log_in(ALICE);
        let add = Command::AddContact {
            username: "bob".to_owned(),
            words: String::new(),
        };
        let result = world.carry_out(second, add);
        assert_eq!(result, Err(ErrorKind::AskedAlready), "seed {seed}");
        for who in [ALICE, BOB] {
            world.turn_on(who);
        }
        world.rest();
        assert_eq!(world.carry_out(BOB, Command::Accept { room }), Ok(()));
        they_chat(&mut world, [ALICE, BOB], &[], seed);
        assert_eq!(chat(&world, second), room, "seed {seed}");
        world.assert_agreement(&room, &[ALICE, BOB, second]);
    }
}

#[test]
fn the_last_client_of_an_account_asks_anew_where_the_one_that_asked_is_gone() {
    for seed in 0..DRAWS {
        let mut world = world(5_900 + seed, 2);
        ask(&mut world, ALICE, "bob");
        world.rest();
        world.everybody_off();
        let second = world.log_in(ALICE);
        world.expel(second, ALICE);
        ask(&mut world, second, "bob");
        world.rest();
        world.turn_on(BOB);
        world.rest();
        let room = world.engine(second).contacts().unwrap()[0].room.unwrap();
        assert_eq!(world.carry_out(BOB, Command::Accept { room }), Ok(()));
        they_chat(&mut world, [second, BOB], &[], seed);
    }
}

#[test]
fn who_is_blocked_before_the_directory_answered_is_not_asked() {
    let mut world = world(6_000, 2);
    let second = world.log_in(ALICE);
    ask(&mut world, ALICE, "bob");
    world.rest();
    let room = request(&world, BOB);
    assert_eq!(world.command(BOB, Command::Decline { room }).err(), None);
    world.pass_ms(DAY_MS);
    ask(&mut world, ALICE, "bob");
    block(&mut world, ALICE, "bob");
    world.rest();
    assert!(world.engine(BOB).requests().unwrap().is_empty());
    for who in [ALICE, second] {
        let contacts = world.engine(who).contacts().unwrap();
        assert_eq!(contacts[0].phase, ContactPhase::Blocked, "{who}");
    }
}

#[test]
fn c4_who_is_left_and_asked_again_is_asked_once_at_all_clients() {
    for seed in 0..DRAWS {
        let mut world = world(6_100 + seed, 2);
        let second = world.log_in(ALICE);
        world.rest();
        let old = world.become_contacts(ALICE, BOB);
        world.rest();
        if seed % 2 == 0 {
            world.turn_off(second);
        }
        world.say(BOB, &old, "one");
        world.rest();
        let leave = Command::Leave { room: old };
        assert_eq!(world.carry_out(ALICE, leave), Ok(()));
        ask(&mut world, ALICE, "bob");
        world.rest();
        world.turn_on(second);
        world.rest();
        let room = request(&world, BOB);
        for who in [ALICE, second] {
            let contacts = world.engine(who).contacts().unwrap();
            assert_eq!(contacts[0].state_name(), "asked", "seed {seed}: {who}");
            assert_eq!(contacts[0].room, Some(room), "seed {seed}: {who}");
            let add = Command::AddContact {
                username: "bob".to_owned(),
                words: String::new(),
            };
            let result = world.carry_out(who, add);
            assert_eq!(result, Err(ErrorKind::AskedAlready), "seed {seed}: {who}");
        }
        assert_eq!(request(&world, BOB), room);
        assert_eq!(world.carry_out(BOB, Command::Accept { room }), Ok(()));
        they_chat(&mut world, [ALICE, BOB], &["one"], seed);
        assert_eq!(chat(&world, second), room, "seed {seed}");
    }
}
