//! The contacts' lane of inboxes: for whom it opens, and for how long.

use restante_client::engine::io::Command;
use restante_simulation::World;
use restante_wire::inbox::Lane;

use crate::{ALICE, BOB, CAROL, secrets::open_database, world};

const DAY_MS: u64 = 86_400_000;

/// Lets somebody make a room with another, and tells by which lane the invitation came.
fn lane(world: &mut World, from: usize, to: &str, title: &str) -> Option<Lane> {
    let create = Command::CreateRoom {
        title: title.to_owned(),
        members: vec![to.to_owned()],
    };
    assert_eq!(world.carry_out(from, create), Ok(()));
    world.relay.last_lane_to(to)
}

#[test]
fn r8_letters_between_contacts_go_by_their_own_lane_in_both_directions() {
    let mut world = world(900, 3);
    world.become_contacts(ALICE, BOB);
    assert_eq!(lane(&mut world, ALICE, "bob", "one"), Some(Lane::Contact));
    assert_eq!(lane(&mut world, BOB, "alice", "two"), Some(Lane::Contact));
    assert_eq!(
        lane(&mut world, CAROL, "bob", "three"),
        Some(Lane::Stranger)
    );
}

#[test]
fn r8_a_contact_token_is_changed_monthly_and_contacts_hear_of_it() {
    let mut world = world(901, 2);
    world.become_contacts(ALICE, BOB);
    let first = world.relay.contact_token_of("bob");
    world.turn_off(ALICE);
    world.pass_ms(32 * DAY_MS);
    world.tick_all();
    world.rest();
    assert_ne!(world.relay.contact_token_of("bob"), first);
    world.turn_on(ALICE);
    world.rest();
    assert_eq!(lane(&mut world, ALICE, "bob", "one"), Some(Lane::Contact));
}

#[test]
fn r8_a_letter_under_way_when_the_token_changes_goes_by_the_contacts_lane() {
    let mut world = world(903, 2);
    world.become_contacts(ALICE, BOB);
    let first = world.relay.contact_token_of("bob");
    let create = Command::CreateRoom {
        title: "one".to_owned(),
        members: vec!["bob".to_owned()],
    };
    world.command(ALICE, create).unwrap();
    while letters_under_way(&world, ALICE) == 0 {
        world.run(1, usize::MAX);
    }
    world.turn_off(ALICE);
    let before = world.relay.lanes_to("bob").len();
    world.pass_ms(32 * DAY_MS);
    world.tick_all();
    world.rest();
    assert_ne!(world.relay.contact_token_of("bob"), first);
    world.turn_on(ALICE);
    world.rest();
    // The invitation comes again later, with the new token.
    let lanes = world.relay.lanes_to("bob");
    assert_eq!(lanes.get(before), Some(&Lane::Contact));
}

fn letters_under_way(world: &World, who: usize) -> i64 {
    let database = open_database(world.people[who].home());
    let sql = "SELECT count(*) FROM letters";
    database.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn r8_somebody_who_is_blocked_loses_the_lane_and_the_others_keep_it() {
    let mut world = world(902, 3);
    world.become_contacts(ALICE, BOB);
    world.become_contacts(CAROL, BOB);
    let username = "carol".to_owned();
    assert!(world.command(BOB, Command::Block { username }).is_ok());
    world.rest();
    assert_eq!(lane(&mut world, ALICE, "bob", "one"), Some(Lane::Contact));
    assert_eq!(lane(&mut world, CAROL, "bob", "two"), Some(Lane::Stranger));
}
