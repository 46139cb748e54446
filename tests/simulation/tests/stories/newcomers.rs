//! Newcomers whose invitations are lost, late or never answered.

use restante_client::engine::io::{Command, RoomPhase};
use restante_simulation::World;

use crate::{ALICE, BOB, CAROL, add, world};

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;

/// Lets days pass, with rest in between.
fn days(world: &mut World, count: u64) {
    for _ in 0..2 * count {
        world.pass_ms(DAY_MS / 2);
        world.tick_all();
        world.rest();
    }
}

fn create(world: &mut World, members: &[&str]) -> restante_client::engine::io::RoomId {
    let create = Command::CreateRoom {
        title: "garden".into(),
        members: members.iter().map(|name| (*name).to_owned()).collect(),
    };
    assert_eq!(world.carry_out(ALICE, create), Ok(()));
    world.room_named(ALICE, "garden")
}

fn is_in(world: &World, who: usize, title: &str) -> bool {
    world.engine(who).find_room(title).is_ok()
}

#[test]
fn c4_an_invitation_that_was_lost_is_delivered_again_after_a_day() {
    let mut world = world(800, 3);
    world.become_contacts(ALICE, BOB);
    world.become_contacts(ALICE, CAROL);
    world.relay.lose_letters_to("carol");
    let room = create(&mut world, &["bob", "carol"]);
    assert!(!is_in(&world, CAROL, "garden"));
    days(&mut world, 1);
    world.say(CAROL, &room, "here at last");
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
}

#[test]
fn c4_a_newcomer_whose_invitations_are_all_lost_is_repaired_by_another_member() {
    let mut world = world(801, 3);
    world.become_contacts(ALICE, BOB);
    world.become_contacts(ALICE, CAROL);
    world.become_contacts(BOB, CAROL);
    let room = create(&mut world, &["bob"]);
    world.relay.lose_letters_to("carol");
    assert_eq!(world.carry_out(ALICE, add(room, "carol")), Ok(()));
    world.turn_off(ALICE);
    days(&mut world, 3);
    world.say(CAROL, &room, "bob let me in");
    world.rest();
    world.turn_on(ALICE);
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
}

#[test]
fn c4_a_newcomer_that_was_away_follows_all_its_invitations_to_the_last() {
    for seed in 810..816 {
        let mut world = world(seed, 3);
        world.become_contacts(ALICE, BOB);
        world.become_contacts(ALICE, CAROL);
        world.become_contacts(BOB, CAROL);
        world.turn_off(CAROL);
        let room = create(&mut world, &["bob", "carol"]);
        for day in 0..20 {
            world.say(BOB, &room, &format!("day {day}"));
            days(&mut world, 1);
        }
        let mailbox = world.last_mailbox(BOB);
        let log = world.relay.log(&mailbox).iter();
        let invited = log.filter(|found| found.welcome.is_some()).count();
        assert!((2..7).contains(&invited), "{invited} invitations");
        world.turn_on(CAROL);
        world.rest();
        world.say(CAROL, &room, "back from the sea");
        world.rest();
        world.assert_agreement(&room, &[ALICE, BOB]);
        assert_eq!(world.room(CAROL, &room).phase, RoomPhase::Joined);
        assert!(!world.room(CAROL, &room).in_doubt);
        let heard = world.texts(BOB, &room);
        assert_eq!(heard.last().unwrap(), "back from the sea");
    }
}

#[test]
fn a_contact_request_that_nobody_answers_ends_on_both_sides_after_thirty_days() {
    let mut world = world(802, 2);
    let ask = Command::AddContact {
        username: "bob".into(),
        words: "hello?".into(),
    };
    assert_eq!(world.carry_out(ALICE, ask.clone()), Ok(()));
    let room = world.engine(ALICE).contacts().unwrap().pop().unwrap();
    let room = room.room.unwrap();
    days(&mut world, 29);
    assert_eq!(world.engine(BOB).requests().unwrap().len(), 1);
    assert_eq!(world.engine(ALICE).contacts().unwrap().len(), 1);
    days(&mut world, 2);
    assert!(world.engine(BOB).requests().unwrap().is_empty());
    assert!(world.engine(ALICE).contacts().unwrap().is_empty());
    assert_eq!(world.room(ALICE, &room).phase, RoomPhase::Left);
    assert_eq!(world.carry_out(ALICE, ask), Ok(()));
    assert_eq!(world.engine(BOB).requests().unwrap().len(), 1);
}

#[test]
fn an_invitation_that_nobody_answers_is_withdrawn_after_thirty_days() {
    let mut world = world(803, 3);
    world.become_contacts(ALICE, BOB);
    let room = create(&mut world, &["bob", "carol"]);
    assert_eq!(world.engine(CAROL).requests().unwrap().len(), 1);
    days(&mut world, 29);
    assert_eq!(world.room(BOB, &room).participants.len(), 3);
    assert_eq!(
        world.engine(CAROL).requests().unwrap().len(),
        1,
        "asked once"
    );
    days(&mut world, 2);
    assert_eq!(world.room(BOB, &room).participants.len(), 2);
    assert!(world.engine(CAROL).requests().unwrap().is_empty());
    world.say(BOB, &room, "only us");
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB]);
}

#[test]
fn an_invitation_that_was_declined_is_not_shown_again_when_it_is_delivered_again() {
    let mut world = world(804, 3);
    world.become_contacts(ALICE, BOB);
    create(&mut world, &["bob", "carol"]);
    let request = world.engine(CAROL).requests().unwrap().pop().unwrap();
    let decline = Command::Decline { room: request.room };
    assert!(world.command(CAROL, decline).is_ok());
    world.relay.replay_letters_to("carol");
    world.say(ALICE, &world.room_named(ALICE, "garden"), "by the way");
    world.rest();
    world.cut(CAROL);
    world.rest();
    assert!(world.engine(CAROL).requests().unwrap().is_empty());
}
