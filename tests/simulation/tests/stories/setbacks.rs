//! Work that fails for a fault of the client's own, here a room whose group is damaged on its disk: the
//! rest of the client goes on.

use restante_client::{
    ErrorKind,
    engine::{
        io::{Event, RoomId},
        tasks::{Goal, Task},
    },
};
use restante_simulation::World;
use restante_wire::codec;

use crate::{ALICE, BOB, CAROL, secrets::open_database, world};

const DAY_MS: u64 = 86_400_000;

/// Keys and values of a group's rows.
type Rows = Vec<(Vec<u8>, Vec<u8>)>;

/// Alice's disk has lost a part of the group of one of her rooms. Gives that, and her room with bob.
fn damaged(seed: u64) -> (World, RoomId, RoomId, Rows) {
    let mut world = world(seed, 3);
    let garden = world.group_of_all("garden");
    let contacts = world.engine(ALICE).contacts().unwrap();
    let bob = contacts.iter().find(|contact| contact.username == "bob");
    let direct = bob.unwrap().room.unwrap();
    world.turn_off(ALICE);
    let database = open_database(world.people[ALICE].home());
    let mut rows = database
        .prepare("DELETE FROM group_rows WHERE room = ?1 RETURNING key, value")
        .unwrap();
    let lost = rows
        .query_map([garden.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    let lost = lost.map(Result::unwrap).collect();
    (world, garden, direct, lost)
}

fn mend(world: &World, garden: &RoomId, lost: &[(Vec<u8>, Vec<u8>)]) {
    let database = open_database(world.people[ALICE].home());
    for (key, value) in lost {
        let sql = "INSERT INTO group_rows (room, key, value) VALUES (?1, ?2, ?3)";
        database.execute(sql, (garden.0, key, value)).unwrap();
    }
}

fn add_task(world: &World, goal: Goal) {
    let task = Task {
        goal,
        people: Vec::new(),
        handed_over: false,
    };
    let database = open_database(world.people[ALICE].home());
    let sql = "INSERT INTO tasks (task) VALUES (?1)";
    database.execute(sql, [codec::encode(&task)]).unwrap();
}

fn tasks(world: &World) -> i64 {
    let database = open_database(world.people[ALICE].home());
    let count = database.query_row("SELECT count(*) FROM tasks", [], |row| row.get(0));
    count.unwrap()
}

#[test]
fn c2_one_task_that_fails_on_damaged_rows_waits_and_the_rest_goes_on() {
    let (mut world, garden, direct, lost) = damaged(2800);
    add_task(&world, Goal::LookUpOwn);
    world.turn_on(ALICE);
    world.say(ALICE, &direct, "still here");
    world.say(BOB, &direct, "so am I");
    world.rest();
    world.assert_agreement(&direct, &[ALICE, BOB]);
    assert_eq!(world.texts(ALICE, &direct).len(), 2);
    assert_eq!(tasks(&world), 1, "it is kept");
    assert!(world.engine(ALICE).settled(world.now()).unwrap());
    // It is tried ever less often, and done once the fault is gone.
    world.turn_off(ALICE);
    mend(&world, &garden, &lost);
    world.turn_on(ALICE);
    world.pass_ms(DAY_MS);
    world.rest();
    assert_eq!(tasks(&world), 0);
}

#[test]
fn c2_a_task_that_a_person_waits_for_ends_with_the_fault() {
    let (mut world, garden, direct, _) = damaged(2810);
    add_task(&world, Goal::Upgrade { room: garden });
    world.turn_on(ALICE);
    world.say(BOB, &direct, "here");
    world.rest();
    assert_eq!(world.texts(ALICE, &direct), ["here"]);
    let ended = |event: &Event| match event {
        Event::TaskEnded { error, .. } => *error,
        _ => None,
    };
    let told: Vec<ErrorKind> = world.people[ALICE]
        .events
        .iter()
        .filter_map(ended)
        .collect();
    assert_eq!(told, [ErrorKind::Storage]);
    assert_eq!(tasks(&world), 0);
}

#[test]
fn c2_a_room_that_is_damaged_rests_alone_and_is_read_again_when_it_is_mended() {
    for seed in 2820..2824 {
        let (mut world, garden, direct, lost) = damaged(seed);
        // Its leaf is to be updated, there is something to send, and something arrives.
        let database = open_database(world.people[ALICE].home());
        let update = "UPDATE timers SET due = 0 WHERE kind = 0 AND room = ?1";
        assert_eq!(database.execute(update, [garden.0]).unwrap(), 1);
        drop(database);
        world.say(BOB, &garden, "in the garden");
        world.turn_on(ALICE);
        if seed % 2 == 0 {
            world.say(ALICE, &garden, "on my way");
        }
        world.say(ALICE, &direct, "one");
        world.say(BOB, &direct, "two");
        world.rest();
        world.assert_agreement(&direct, &[ALICE, BOB]);
        assert_eq!(world.texts(ALICE, &direct).len(), 2, "seed {seed}");
        world.turn_off(ALICE);
        mend(&world, &garden, &lost);
        world.turn_on(ALICE);
        world.pass_ms(DAY_MS);
        world.rest();
        world.assert_agreement(&garden, &[ALICE, BOB, CAROL]);
    }
}
