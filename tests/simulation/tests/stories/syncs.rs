//! People who never leave a client on: nothing but short runs, each of which must end, and which together
//! do what long ones do.

use restante_client::engine::io::{Command, RoomId, RoomPhase};
use restante_simulation::World;
use restante_wire::{Kind, mailbox::SeatChanges};

use crate::{
    ALICE, BOB, CAROL, DAVE, poisoned::poison, remove, takeovers::everyone_removes, world,
};

/// Gives a command in a short run.
fn in_short(world: &mut World, who: usize, command: Command) {
    world.turn_on(who);
    assert!(world.command(who, command).is_ok());
    world.sync_each(&[who]);
}

fn say(room: RoomId, text: &str) -> Command {
    let text = text.to_owned();
    Command::SendText { room, text }
}

#[test]
fn a_run_ends_after_two_new_clients_removed_each_other_and_one_signed_in_again() {
    for seed in 0..8 {
        let mut world = world(seed, 3);
        let garden = world.group_of_all("garden");
        let direct = world.room_named(ALICE, "bob");
        let (second, third) = world.log_in_twice(ALICE);
        for text in ["one", "two", "three"] {
            world.say(ALICE, &direct, text);
            world.say(BOB, &direct, text);
            world.say(ALICE, &garden, text);
            world.say(BOB, &garden, text);
            world.run(60, usize::MAX);
        }
        world.rest();
        world.turn_off(ALICE);
        world.expel_each_other(second, third);
        world.everybody_off();
        let everybody = [ALICE, BOB, CAROL];
        world.sync_each(&[ALICE, second, third, BOB, CAROL, ALICE]);
        in_short(&mut world, BOB, say(direct, "after"));
        world.sync_each(&everybody);
        let fourth = world.log_in(ALICE);
        world.sync_each(&[fourth, BOB, ALICE, BOB, CAROL, ALICE, fourth]);
        world.sync_each(&everybody);
        // What either of them writes into the vault comes to the other.
        for (writer, reader) in [(ALICE, fourth), (fourth, ALICE)] {
            let client = world.client_of(writer);
            let name = format!("desk {writer}");
            let rename = Command::RenameClient {
                client,
                name: name.clone(),
            };
            in_short(&mut world, writer, rename);
            world.sync_each(&[reader]);
            world.turn_on(reader);
            let clients = world.engine(reader).clients().unwrap().into_iter();
            let names: Vec<_> = clients.filter_map(|client| client.name).collect();
            assert!(names.contains(&name), "seed {seed}: {writer} to {reader}");
            world.turn_off(reader);
        }
    }
}

#[test]
fn c7_who_was_removed_by_a_member_that_is_no_admin_learns_it_in_its_second_run() {
    for seed in 2400..2406 {
        let (mut world, room) = everyone_removes(seed);
        world.everybody_off();
        in_short(&mut world, BOB, remove(room, "carol"));
        world.sync_each(&[CAROL, DAVE, ALICE, CAROL]);
        world.turn_on(CAROL);
        let phase = world.room(CAROL, &room).phase;
        assert_eq!(phase, RoomPhase::Removed, "seed {seed}");
        let rows = crate::secrets::rows_of(&world, CAROL, &room);
        assert_eq!(rows, 0, "keys of the room are on the disk still");
    }
}

#[test]
fn c7_who_was_removed_needs_no_admin_to_learn_it() {
    for seed in 2420..2426 {
        let (mut world, room) = everyone_removes(seed);
        world.everybody_off();
        in_short(&mut world, BOB, remove(room, "carol"));
        // Dave has read nothing of it when the question comes.
        world.sync_each(&[CAROL, DAVE, CAROL]);
        world.turn_on(CAROL);
        let phase = world.room(CAROL, &room).phase;
        assert_eq!(phase, RoomPhase::Removed, "seed {seed}");
    }
}

#[test]
fn c3_who_doubts_gets_on_with_nothing_but_short_runs() {
    for seed in 2430..2436 {
        let mut world = world(seed, 4);
        let room = world.group_of_all("garden");
        let mailbox = world.last_mailbox(BOB);
        world.everybody_off();
        world.append_raw(DAVE, mailbox, Kind::Commit, SeatChanges::default());
        let everybody = [ALICE, BOB, CAROL, DAVE];
        world.sync_each(&everybody);
        world.sync_each(&everybody);
        for who in everybody {
            world.turn_on(who);
            assert!(!world.room(who, &room).in_doubt, "seed {seed}: {who}");
        }
    }
}

#[test]
fn c3_who_was_shown_a_poisoned_removal_comes_back_with_nothing_but_short_runs() {
    for seed in 2450..2456 {
        let mut world = world(seed, 4);
        let room = world.group_of_all("garden");
        let place = world.room(ALICE, &room).number + 1;
        poison(&mut world, CAROL, place, place);
        world.everybody_off();
        in_short(&mut world, ALICE, remove(room, "dave"));
        world.sync_each(&[CAROL, BOB, ALICE, CAROL, BOB, CAROL]);
        world.turn_on(CAROL);
        assert!(!world.room(CAROL, &room).in_doubt, "seed {seed}");
        world.turn_off(CAROL);
        in_short(&mut world, CAROL, say(room, "here again"));
        world.sync_each(&[BOB]);
        world.turn_on(BOB);
        assert_eq!(world.texts(BOB, &room), ["here again"], "seed {seed}");
    }
}
