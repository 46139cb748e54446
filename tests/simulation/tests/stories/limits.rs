//! What is longer than the relay takes stops nothing else.

use restante_client::{
    ErrorKind,
    engine::{
        intent::{Change, Intent},
        io::{Command, MessageId, MessageState, RoomId, TaskId},
        tasks::{Goal, Task},
    },
};
use restante_simulation::World;
use restante_wire::{Kind, codec};

use crate::{ALICE, BOB, secrets::open_database, world};

/// Writes into somebody's outbox, as another build of the client may have done.
fn inject(world: &mut World, who: usize, room: &RoomId, intent: &Intent, task: Option<TaskId>) {
    world.turn_off(who);
    let database = open_database(world.people[who].home());
    let sql = "INSERT INTO outbox (room, intent, task) VALUES (?1, ?2, ?3)";
    let row = (room.0, codec::encode(intent), task.map(|task| task.0));
    database.execute(sql, row).unwrap();
    drop(database);
    world.turn_on(who);
}

#[test]
fn c4_a_message_too_long_for_the_relay_is_shown_as_failed_and_stops_nothing() {
    let mut world = world(700, 2);
    let room = world.become_contacts(ALICE, BOB);
    world.turn_off(ALICE);
    let long = MessageId([9; 32]);
    let database = open_database(world.people[ALICE].home());
    let sql = "INSERT INTO messages (room, message_id, sender, own, sent_at, state, content)
               VALUES (?1, ?2, ?3, 1, 0, 1, x'00')";
    database.execute(sql, (room.0, long.0, [0; 32])).unwrap();
    drop(database);
    let intent = Intent::Content {
        id: long,
        bytes: vec![0; 2 * 1024 * 1024],
    };
    inject(&mut world, ALICE, &room, &intent, None);
    world.say(ALICE, &room, "after");
    world.rest();
    let history = world.history(ALICE, &room);
    let failed = history.iter().find(|message| message.id == long).unwrap();
    assert_eq!(failed.state, MessageState::Failed);
    assert_eq!(world.texts(BOB, &room), ["after"]);
}

#[test]
fn a_commit_too_long_for_the_relay_ends_its_task_and_stops_nothing() {
    let mut world = world(701, 2);
    let room = world.group_of_all("garden");
    let packages = world.claimed_packages(1_900);
    let intent = Intent::Commit(Change::Add {
        accounts: packages.iter().map(|package| package.account).collect(),
        words: String::new(),
        asked: packages.iter().map(|package| package.account).collect(),
        packages,
    });
    world.turn_off(ALICE);
    let task = Task {
        goal: Goal::AddMembers { room },
        people: Vec::new(),
        handed_over: true,
    };
    let database = open_database(world.people[ALICE].home());
    let sql = "INSERT INTO tasks (id, task) VALUES (77, ?1)";
    database.execute(sql, [codec::encode(&task)]).unwrap();
    drop(database);
    inject(&mut world, ALICE, &room, &intent, Some(TaskId(77)));
    world.say(ALICE, &room, "after");
    world.rest();
    let ended = world.task_result(ALICE, TaskId(77));
    assert_eq!(ended, Some(Err(ErrorKind::TooLong)));
    assert_eq!(world.texts(BOB, &room), ["after"]);
    world.assert_agreement(&room, &[ALICE, BOB]);
}

#[test]
fn many_people_come_in_by_several_commits_and_one_task() {
    let mut world = world(703, 2);
    let mut members = vec!["bob".to_owned()];
    world.become_contacts(ALICE, BOB);
    for number in 0..18 {
        let name = format!("crowd{number}");
        world.register_crowd(&name, 16);
        members.push(name);
    }
    let title = "square".to_owned();
    let create = Command::CreateRoom { title, members };
    assert_eq!(world.carry_out(ALICE, create), Ok(()));
    let room = world.room_named(ALICE, "square");
    assert_eq!(world.room(BOB, &room).participants.len(), 20);
    world.say(BOB, &room, "so many");
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB]);
    let mailbox = world.last_mailbox(ALICE);
    let log = world.relay.log(&mailbox);
    let additions = log
        .iter()
        .filter(|found| found.kind == Kind::Commit && found.welcome.is_some());
    assert!(additions.count() > 1);
}
