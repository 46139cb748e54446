//! Ordinary life.

use super::world::{Person, World, reload};
use crate::Change;

#[test]
fn two_people_talk() {
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut world = World::with(&[&alice, &bob]);
    world.says(0, "hello");
    world.says(1, "hi");
    world.commits(1, Change::Update);
    world.agree();
    world.says(0, "new keys");
    world.says(1, "indeed");
}

#[test]
fn groups_survive_a_restart_at_any_point() {
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut world = World::with(&[&alice, &bob]);
    for round in 0..4 {
        world.says(round % 2, "before");
        world.groups[0] = reload(&world.clients[0], &world.groups[0]);
        world.says(round % 2, "after");
        world.commits(round % 2, Change::Update);
        world.groups[1] = reload(&world.clients[1], &world.groups[1]);
        world.agree();
    }
}
