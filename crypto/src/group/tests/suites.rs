//! Everything that a group does, in each suite.

use std::collections::BTreeSet;

use restante_wire::{Kind, key_package::Suite, limits};

use super::world::{
    MAILBOX, Person, World, addition, at, new_room, nobody, receive_commit, reload, repair,
};
use crate::{
    Change, Group, GroupError, Processed,
    ciphersuite::{CLASSICAL, HYBRID, SUPPORTED, UnsupportedSuite},
    key_package::{self, KeyPackageError},
};

fn three() -> [Person; 3] {
    ["alice", "bob", "carol"].map(Person::new)
}

#[test]
fn a_group_lives_in_each_suite() {
    for &suite in SUPPORTED {
        let people = three();
        let mut world = World::of(suite, &people.iter().collect::<Vec<_>>());
        assert_eq!(world.groups[2].suite(), suite);
        world.says(0, "hello");
        world.says(2, "hi");
        for author in 0..3 {
            world.commits(author, Change::Update);
            world.groups[author] = reload(&world.clients[author], &world.groups[author]);
        }
        world.agree();
        let mut renamed = world.groups[0].room_state().clone();
        renamed.title = "Sailing".into();
        world.commits(0, Change::SetState(renamed));
        world.add(1, &[people[1].client()]);
        world.says(3, "from my other client");
        let labels: BTreeSet<_> = world
            .groups
            .iter()
            .map(|group| *group.export("a label", b"a context").unwrap())
            .collect();
        assert_eq!(labels.len(), 1, "one exported secret");
    }
}

#[test]
fn ephemeral_envelopes_open_in_each_suite() {
    for &suite in SUPPORTED {
        let people = three();
        let mut world = World::of(suite, &people.iter().collect::<Vec<_>>());
        let sealed = world.groups[0].seal_ephemeral(b"typing", 1).unwrap();
        let opened = world.groups[1].open_ephemeral(&sealed).unwrap();
        assert_eq!(opened.payload, b"typing");
    }
}

#[test]
fn members_are_removed_and_repaired_in_each_suite() {
    for &suite in SUPPORTED {
        let people = three();
        let mut world = World::of(suite, &people.iter().collect::<Vec<_>>());
        let bob = world.clients[1].clone();
        let package = key_package::generate(&bob, suite, true).unwrap();
        let repair = repair(&world.clients[0], suite, bob.id(), &package);
        let staged = world.groups[0].stage(repair, at(1), &nobody()).unwrap();
        world.groups[0].merge_pending().unwrap();
        receive_commit(&mut world.groups[2], &staged.body, &nobody());
        let welcome = staged.welcome.unwrap();
        let joined = Group::join(&bob, MAILBOX, &welcome, package.rows).unwrap();
        assert!(joined.last_resort);
        world.groups[1] = joined.group;
        world.agree();
        world.says(1, "back again");

        let mut removed = world.groups.remove(1);
        world.clients.remove(1);
        let change = Change::Remove {
            clients: BTreeSet::from([bob.id()]),
            state: None,
        };
        let staged = world.commits(0, change);
        world.agree();
        assert!(matches!(
            removed.process(Kind::Commit, &staged.body, &nobody()),
            Ok(Processed::OwnRemoval {
                repaired: false,
                ..
            })
        ));
        let later = world.groups[0].encrypt(b"unheard", at(2)).unwrap();
        assert!(removed.process(Kind::Message, &later, &nobody()).is_err());
    }
}

#[test]
fn a_key_package_is_for_groups_of_its_suite_alone() {
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let (alices, bobs) = (alice.client(), bob.client());
    for (suite, other) in [(HYBRID, CLASSICAL), (CLASSICAL, HYBRID)] {
        let package = key_package::generate(&bobs, other, false).unwrap();
        assert!(package.public.len() < limits::MAX_KEY_PACKAGE);
        assert_eq!(
            key_package::verify(&alices, &package.public, suite).err(),
            Some(KeyPackageError::WrongSuite { got: other })
        );
        let state = new_room(&alice);
        let mut group = Group::create(&alices, MAILBOX, &state, suite).unwrap();
        let change = addition(&alices, other, [&package]);
        assert!(matches!(
            group.stage(change, at(1), &nobody()),
            Err(GroupError::KeyPackage(KeyPackageError::WrongSuite { .. }))
        ));
    }
}

#[test]
fn a_client_makes_and_lists_only_what_it_offers() {
    let old = Person::new("alice").client().offering(&[CLASSICAL]);
    let package = key_package::generate(&old, CLASSICAL, false).unwrap();
    let new = Person::new("bob").client();
    let verified = key_package::verify(&new, &package.public, CLASSICAL).unwrap();
    assert_eq!(verified.offers, [CLASSICAL]);
    assert_eq!(
        key_package::generate(&old, HYBRID, false).err(),
        Some(KeyPackageError::Suite(UnsupportedSuite(HYBRID)))
    );
    let package = key_package::generate(&new, CLASSICAL, false).unwrap();
    let verified = key_package::verify(&old, &package.public, CLASSICAL).unwrap();
    assert_eq!(verified.offers, SUPPORTED);
    assert!(new.offering(&[Suite(1)]).suites().is_empty());
}
