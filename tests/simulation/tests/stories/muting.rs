//! Quiet rooms: a person's wish, on every client, whatever becomes of the room.

use restante_client::engine::{
    io::{Command, RoomPhase},
    mute::Mute,
};

use crate::{ALICE, BOB, CAROL, add, remove, world};

#[test]
fn a_room_that_was_made_quiet_on_one_client_is_quiet_on_the_others() {
    let mut world = world(2200, 3);
    let room = world.group_of_all("garden");
    let second = world.log_in(BOB);
    world.rest();
    let mute = Mute::MentionsOnly;
    world.command(BOB, Command::Mute { room, mute }).unwrap();
    world.rest();
    assert_eq!(world.room(second, &room).mute, mute);
    // Whoever comes later finds it so, and back.
    let third = world.log_in(BOB);
    world.rest();
    assert_eq!(world.room(third, &room).phase, RoomPhase::Joined);
    assert_eq!(world.room(third, &room).mute, mute);
    let mute = Mute::Off;
    world.command(third, Command::Mute { room, mute }).unwrap();
    world.rest();
    for who in [BOB, second] {
        assert_eq!(world.room(who, &room).mute, mute);
    }
    assert_eq!(world.room(CAROL, &room).mute, Mute::Off);
}

#[test]
fn a_time_of_quiet_ends_on_every_client() {
    let mut world = world(2201, 2);
    let room = world.become_contacts(ALICE, BOB);
    let second = world.log_in(BOB);
    world.rest();
    let mute = Mute::Until(world.now().0 + 10 * 3_600_000);
    world.command(BOB, Command::Mute { room, mute }).unwrap();
    world.rest();
    assert_eq!(world.room(second, &room).mute, mute);
    world.pass_ms(11 * 3_600_000);
    world.tick_all();
    world.rest();
    for who in [BOB, second] {
        assert_eq!(world.room(who, &room).mute, Mute::Off);
    }
}

#[test]
fn a_quiet_room_is_quiet_when_its_member_comes_back() {
    let mut world = world(2202, 3);
    let room = world.group_of_all("garden");
    let mute = Mute::All;
    world.command(CAROL, Command::Mute { room, mute }).unwrap();
    world.turn_off(CAROL);
    assert_eq!(world.carry_out(ALICE, remove(room, "carol")), Ok(()));
    assert_eq!(world.carry_out(ALICE, add(room, "carol")), Ok(()));
    world.turn_on(CAROL);
    world.rest();
    assert_eq!(world.room(CAROL, &room).phase, RoomPhase::Joined);
    assert_eq!(world.room(CAROL, &room).mute, mute);
}
