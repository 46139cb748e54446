//! Contact requests: accepted, declined, blocked, crossing, and by whom they really are.

use restante_client::{ErrorKind, engine::io::Command};
use restante_simulation::World;

use crate::{ALICE, CAROL};

#[test]
fn c6_a_relay_that_gives_somebody_elses_record_for_a_name_is_not_believed() {
    let mut world = World::with_people(6, &["alice", "bob", "mallory"]);
    world.relay.lie_about("bob", "mallory");
    let add = Command::AddContact {
        username: "Bob".into(),
        words: String::new(),
    };
    assert_eq!(world.carry_out(ALICE, add), Err(ErrorKind::NotTrusted));
    assert!(world.engine(CAROL).requests().unwrap().is_empty());
}
