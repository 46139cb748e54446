//! What a client that was expelled can still write to those who knew it: letters, which nobody follows.

use restante_client::engine::{
    io::{RoomId, RoomPhase},
    letters::{Invitation, Letter},
};
use restante_simulation::World;

use crate::{ALICE, BOB, secrets::open_database, world};

/// A second client of alice, which bob has heard, is a thief's and was expelled. It keeps what it had.
fn expelled(seed: u64) -> (World, RoomId, usize) {
    let mut world = world(seed, 2);
    let direct = world.become_contacts(ALICE, BOB);
    let second = world.log_in(ALICE);
    world.rest();
    world.say(second, &direct, "on my new phone");
    world.rest();
    world.expel(ALICE, second);
    world.rest();
    (world, direct, second)
}

fn invites(world: &mut World, thief: usize, change: impl FnOnce(&mut Invitation)) {
    let mut invitation = world.invitation_like(thief);
    invitation.words = "it is me, Alice".into();
    change(&mut invitation);
    world.write_letter(thief, BOB, &Letter::Invitation(invitation));
    world.rest();
}

fn count_of_rooms(world: &World) -> u64 {
    let database = open_database(world.people[BOB].home());
    let count = database.query_row("SELECT count(*) FROM rooms", [], |row| row.get(0));
    count.unwrap()
}

#[test]
fn c7_an_invitation_of_a_client_that_was_expelled_is_neither_taken_nor_shown() {
    for seed in 2600..2604 {
        let (mut world, direct, thief) = expelled(seed);
        let before = count_of_rooms(&world);
        // A group, which comes from a contact and is taken unasked.
        invites(&mut world, thief, |_| {});
        // A chat.
        invites(&mut world, thief, |invitation| invitation.direct = true);
        // A successor of their own room of two, which goes on wherever either of them says.
        invites(&mut world, thief, |invitation| {
            (invitation.room, invitation.direct) = (direct, true);
            invitation.line = 9;
        });
        assert_eq!(count_of_rooms(&world), before, "seed {seed}");
        assert!(world.engine(BOB).requests().unwrap().is_empty());
        world.say(ALICE, &direct, "here is the real one");
        world.rest();
        let last = world.texts(BOB, &direct).pop().unwrap();
        assert_eq!(last, "here is the real one", "seed {seed}");
    }
}

#[test]
fn an_invitation_waits_until_the_directory_answers() {
    let mut world = world(2610, 2);
    let direct = world.become_contacts(ALICE, BOB);
    world.relay.lie_about("alice", "nobody");
    let title = "garden".to_owned();
    let create = restante_client::engine::io::Command::CreateRoom {
        title,
        members: vec!["bob".into()],
    };
    assert_eq!(world.carry_out(ALICE, create), Ok(()));
    world.rest();
    assert!(world.engine(BOB).find_room("garden").is_err());
    // The inviter delivers it again the day after.
    world.relay.lie_about("alice", "alice");
    world.pass_ms(2 * 86_400_000);
    world.tick_all();
    world.rest();
    let room = world.room_named(BOB, "garden");
    assert_eq!(world.room(BOB, &room).phase, RoomPhase::Joined);
    assert_ne!(room, direct);
}
