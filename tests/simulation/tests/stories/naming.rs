//! What a name means when rooms are named after people.

use restante_client::{
    ErrorKind,
    engine::{
        io::{Command, ContactPhase, RoomId},
        naming::Meant,
    },
};
use restante_simulation::World;

use crate::{ALICE, BOB, CAROL, world};

fn named_after(world: &mut World, who: usize, members: &[&str], title: &str) -> RoomId {
    let create = Command::CreateRoom {
        title: "team".to_owned(),
        members: members.iter().map(|&name| name.to_owned()).collect(),
    };
    assert_eq!(world.carry_out(who, create), Ok(()));
    let room = world.room_named(who, "team");
    let title = title.to_owned();
    assert!(
        world
            .command(who, Command::RenameRoom { room, title })
            .is_ok()
    );
    world.rest();
    room
}

fn meant(world: &World, who: usize, name: &str) -> Meant {
    world.engine(who).room_meant(name).unwrap()
}

#[test]
fn a_room_named_after_a_contact_neither_takes_the_name_nor_blocks_it() {
    let mut world = world(1101, 3);
    let direct = world.become_contacts(ALICE, BOB);
    world.become_contacts(CAROL, BOB);
    let trap = named_after(&mut world, CAROL, &["bob"], "alice");
    assert_eq!(world.room(BOB, &trap).title, "alice");
    assert_eq!(meant(&world, BOB, "alice"), Meant::Room(direct));
    assert_eq!(meant(&world, BOB, "Alice"), Meant::Room(direct));
    assert_eq!(meant(&world, BOB, &trap.to_hex()), Meant::Room(trap));
    assert_eq!(meant(&world, BOB, &trap.to_hex()[..8]), Meant::Room(trap));
}

#[test]
fn a_room_named_after_somebody_known_is_meant_by_its_id_only() {
    let mut world = world(1102, 3);
    world.group_of_all("garden");
    let trap = named_after(&mut world, ALICE, &["bob"], "carol");
    // Bob and Carol know each other from the garden, and are no contacts.
    assert_eq!(meant(&world, BOB, "carol"), Meant::OneOf(vec![trap]));
    let found = world.engine(BOB).find_room("carol").unwrap_err();
    assert_eq!(found.kind, ErrorKind::Ambiguous);
    assert_eq!(meant(&world, BOB, &trap.to_hex()), Meant::Room(trap));
    // Nor is one named after a participant, or after who reads it.
    let room = named_after(&mut world, ALICE, &["bob"], "bob");
    assert_eq!(meant(&world, BOB, "bob"), Meant::OneOf(vec![room]));
    // What is nobody's name is a title as ever.
    let garden = world.room_named(BOB, "garden");
    assert_eq!(meant(&world, BOB, "garden"), Meant::Room(garden));
}

#[test]
fn somebody_blocked_who_never_was_a_contact_is_listed() {
    let mut world = world(1103, 2);
    let ask = Command::AddContact {
        username: "bob".into(),
        words: "hello".into(),
    };
    assert_eq!(world.carry_out(ALICE, ask), Ok(()));
    let request = world.engine(BOB).requests().unwrap().pop().unwrap();
    let username = "alice".to_owned();
    assert!(world.command(BOB, Command::Block { username }).is_ok());
    world.rest();
    let contacts = world.engine(BOB).contacts().unwrap();
    let [blocked] = &contacts[..] else {
        panic!("{contacts:?}");
    };
    assert_eq!(blocked.username, "alice");
    assert_eq!(blocked.phase, ContactPhase::Blocked);
    assert_eq!(blocked.room, None, "{:?} was never theirs", request.room);
}
