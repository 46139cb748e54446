//! Groups of hundreds, built in batches.

use std::collections::BTreeSet;

use restante_wire::Kind;

use super::world::{
    MAILBOX, Person, SUITE, World, addition, at, key_package_of, nobody, reload, rows_of,
};
use crate::{Change, Group, Processed, written_bytes};

/// The creator, a member of the first batch and one of the last follow a group of `size`.
fn story(size: usize) {
    let mut world = World::with(&[&Person::new("alice"), &Person::new("bob")]);
    let people: Vec<Person> = (2..size)
        .map(|number| Person::new(&format!("p{number}")))
        .collect();
    for batch in people.chunks(100) {
        let clients: Vec<_> = batch.iter().map(Person::client).collect();
        let packages: Vec<_> = clients.iter().map(key_package_of).collect();
        let change = addition(&world.clients[0], SUITE, &packages);
        let welcome = world.commits(0, change).welcome.unwrap();
        world.clients.truncate(2);
        world.groups.truncate(2);
        let (client, package) = clients.into_iter().zip(packages).next_back().unwrap();
        let joined = Group::join(&client, MAILBOX, &welcome, package.rows).unwrap();
        world.clients.push(client);
        world.groups.push(joined.group);
        world.agree();
    }
    assert_eq!(world.groups[0].members().count(), size);
    for author in 0..3 {
        world.commits(author, Change::Update);
        world.says(author, "one of many");
    }
    let followed: BTreeSet<_> = world.clients.iter().map(crate::Client::id).collect();
    let leavers: BTreeSet<_> = world.groups[0]
        .members()
        .map(crate::Member::client)
        .filter(|client| !followed.contains(client))
        .take(size / 4)
        .collect();
    world.commits(
        0,
        Change::Remove {
            clients: leavers.clone(),
            state: None,
        },
    );
    world.agree();
    assert_eq!(world.groups[2].members().count(), size - leavers.len());
    for index in 0..3 {
        world.groups[index] = reload(&world.clients[index], &world.groups[index]);
    }
    world.says(2, "after a restart");
}

#[test]
fn a_group_of_100_lives() {
    story(100);
}

#[test]
fn a_group_of_300_lives() {
    story(300);
}

#[test]
fn one_message_or_commit_rewrites_a_small_part_of_the_rows() {
    let people: Vec<Person> = (0..100)
        .map(|number| Person::new(&format!("p{number}")))
        .collect();
    let mut world = World::with(&people[..2].iter().collect::<Vec<_>>());
    let packages: Vec<_> = people[2..]
        .iter()
        .map(|person| key_package_of(&person.client()))
        .collect();
    let change = addition(&world.clients[0], SUITE, &packages);
    world.commits(0, change);
    // Own keys for everybody's path: blank nodes make the first commits long.
    for author in [0, 1, 0] {
        world.commits(author, Change::Update);
    }
    world
        .groups
        .iter_mut()
        .for_each(|group| drop(group.take_changes()));

    let body = world.groups[0].encrypt(b"hello", at(1)).unwrap();
    let sent = written_bytes(&world.groups[0].take_changes());
    world.groups[1]
        .process(Kind::Message, &body, &nobody())
        .unwrap();
    let received = written_bytes(&world.groups[1].take_changes());
    let staged = world.groups[0]
        .stage(Change::Update, at(1), &nobody())
        .unwrap();
    let Ok(Processed::Commit { staged, .. }) =
        world.groups[1].process(Kind::Commit, &staged.body, &nobody())
    else {
        panic!("not a commit");
    };
    world.groups[1].merge(*staged).unwrap();
    let merged = written_bytes(&world.groups[1].take_changes());
    let all: usize = rows_of(&world.groups[1]).values().map(Vec::len).sum();
    assert!(all > 40_000, "{all}");
    assert!(
        sent < 5_000 && received < 5_000,
        "{sent} sent, {received} received"
    );
    assert!(merged < 20_000, "{merged}");
}
