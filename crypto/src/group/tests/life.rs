//! Rooms over time: people come, leave, are removed, repaired and renamed.

use std::collections::BTreeSet;

use restante_wire::Kind;

use super::world::{
    MAILBOX, Person, SUITE, World, addition, at, key_package_of, nobody, receive_commit, reload,
    repair, rows_of, skips,
};
use crate::{
    Change, Group, GroupError, Joined, ParticipantRole, Processed, RoomState, Skip, Violation,
};

fn clients(world: &World, indices: &[usize]) -> BTreeSet<restante_wire::ClientId> {
    indices
        .iter()
        .map(|&index| world.clients[index].id())
        .collect()
}

#[test]
fn a_person_with_two_clients_is_added_in_one_commit() {
    let (alice, bob, carol) = (
        Person::new("alice"),
        Person::new("bob"),
        Person::new("carol"),
    );
    let mut world = World::with(&[&alice, &bob]);
    world.add(0, &[carol.client(), carol.client()]);
    assert_eq!(world.groups[0].members().count(), 4);
    let state = world.groups[2].room_state();
    assert_eq!(state.participants.len(), 3);
    assert_eq!(
        state.participants[&carol.account().key_hash].role,
        ParticipantRole::Member
    );
    world.says(3, "two of me");
}

#[test]
fn a_new_client_is_added_by_any_member() {
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut world = World::with(&[&alice, &bob]);
    world.add(1, &[alice.client()]);
    world.says(2, "on my phone");
}

#[test]
fn c7_a_removed_member_reads_nothing_later() {
    let people = [
        Person::new("alice"),
        Person::new("bob"),
        Person::new("carol"),
    ];
    let mut world = World::with(&people.iter().collect::<Vec<_>>());
    let mut bob = world.groups.remove(1);
    let before = rows_of(&bob);
    let bobs_id = bob.me().client();
    let change = Change::Remove {
        clients: BTreeSet::from([bobs_id]),
        state: None,
    };
    let staged = world.groups[0].stage(change, at(1), &nobody()).unwrap();

    match bob.process(Kind::Commit, &staged.body, &nobody()).unwrap() {
        Processed::OwnRemoval {
            author, repaired, ..
        } => {
            assert_eq!(author.client(), world.clients[0].id());
            assert!(!repaired);
        }
        other => panic!("not a removal: {other:?}"),
    }
    assert!(rows_of(&bob) == before, "a claimed removal changes nothing");

    let summary = world.groups[0].merge_pending().unwrap();
    assert_eq!(summary.removed.len(), 1);
    assert_eq!(summary.removed[0].body.client, bobs_id);
    receive_commit(&mut world.groups[1], &staged.body, &nobody());
    world.clients.remove(1);
    world.agree();
    assert!(
        !world.groups[0]
            .room_state()
            .participants
            .contains_key(&people[1].account().key_hash)
    );
    let body = world.groups[0].encrypt(b"without bob", at(2)).unwrap();
    assert_eq!(skips(&mut bob, Kind::Message, &body), Skip::Envelope);
    drop(bob.take_changes());
    let deleted = bob.delete();
    assert_eq!(deleted.len(), before.len());
    assert!(deleted.iter().all(|(_, value)| value.is_none()));
}

#[test]
fn a_claimed_removal_that_was_noise_to_others_leaves_the_group_usable() {
    let people = [
        Person::new("alice"),
        Person::new("bob"),
        Person::new("carol"),
    ];
    let mut world = World::with(&people.iter().collect::<Vec<_>>());
    let bob = world.clients[1].id();
    let change = Change::Remove {
        clients: BTreeSet::from([bob]),
        state: None,
    };
    let staged = world.groups[0].stage(change, at(1), &nobody()).unwrap();
    assert!(matches!(
        world.groups[1].process(Kind::Commit, &staged.body, &nobody()),
        Ok(Processed::OwnRemoval { .. })
    ));
    world.groups[0].discard_pending().unwrap();
    world.says(1, "still here");
    world.says(2, "so you are");
    world.commits(1, Change::Update);
    world.agree();
}

#[test]
fn a_leaver_is_removed_by_a_plain_member_and_only_then() {
    let people = [
        Person::new("alice"),
        Person::new("bob"),
        Person::new("carol"),
    ];
    let mut world = World::with(&people.iter().collect::<Vec<_>>());
    let leaving = clients(&world, &[1]);
    let change = Change::Remove {
        clients: leaving.clone(),
        state: None,
    };
    assert_eq!(
        world.groups[2]
            .stage(change.clone(), at(1), &nobody())
            .err(),
        Some(GroupError::Refused(Violation::MayNotRemove))
    );
    assert!(!world.groups[2].has_pending());
    world.clients.remove(1);
    drop(world.groups.remove(1));
    world.commits_while(1, change, &leaving);
    world.agree();
    assert_eq!(world.groups[0].members().count(), 2);
}

#[test]
fn when_the_last_admin_leaves_another_follows() {
    let people = [
        Person::new("alice"),
        Person::new("bob"),
        Person::new("carol"),
    ];
    let mut world = World::with(&people.iter().collect::<Vec<_>>());
    let leaving = clients(&world, &[0]);
    world.clients.remove(0);
    drop(world.groups.remove(0));
    let change = Change::Remove {
        clients: leaving.clone(),
        state: None,
    };
    world.commits_while(1, change, &leaving);
    world.agree();
    let first = world.groups[0].members().next().unwrap().account();
    assert!(world.groups[0].room_state().is_admin(&first));
}

#[test]
fn a_repaired_client_joins_anew() {
    let people = [
        Person::new("alice"),
        Person::new("bob"),
        Person::new("carol"),
    ];
    let mut world = World::with(&people.iter().collect::<Vec<_>>());
    let (carol, mut broken) = (world.clients.remove(2), world.groups.remove(2));
    let package = key_package_of(&carol);
    let change = repair(&world.clients[1], SUITE, carol.id(), &package);
    let staged = world.commits(1, change);
    match broken
        .process(Kind::Commit, &staged.body, &nobody())
        .unwrap()
    {
        Processed::OwnRemoval { repaired, .. } => assert!(repaired),
        other => panic!("not a repair: {other:?}"),
    }
    drop(broken.delete());
    let Joined { group, inviter, .. } =
        Group::join(&carol, MAILBOX, &staged.welcome.unwrap(), package.rows).unwrap();
    assert_eq!(inviter.client(), world.clients[1].id());
    world.clients.push(carol);
    world.groups.push(group);
    world.agree();
    world.says(2, "back");
    world.commits(2, Change::Update);
    world.agree();
}

#[test]
fn of_two_commits_on_one_epoch_the_first_wins_and_the_other_is_made_again() {
    let people = [
        Person::new("alice"),
        Person::new("bob"),
        Person::new("carol"),
    ];
    let mut world = World::with(&people.iter().collect::<Vec<_>>());
    let rename = |group: &Group, title: &str| {
        Change::SetState(RoomState {
            title: title.into(),
            ..group.room_state().clone()
        })
    };
    let change = rename(&world.groups[0], "Alps");
    let first = world.groups[1]
        .stage(Change::Update, at(1), &nobody())
        .unwrap();
    let second = world.groups[0].stage(change, at(1), &nobody()).unwrap();
    world.groups[0] = reload(&world.clients[0], &world.groups[0]);
    assert!(world.groups[0].has_pending());

    world.groups[1].merge_pending().unwrap();
    for index in [0, 2] {
        receive_commit(&mut world.groups[index], &first.body, &nobody());
        assert!(!world.groups[index].has_pending());
    }
    assert_eq!(
        skips(&mut world.groups[2], Kind::Commit, &second.body),
        Skip::Envelope
    );
    world.agree();
    let change = rename(&world.groups[0], "Alps");
    world.commits(0, change);
    world.agree();
    assert_eq!(world.groups[2].room_state().title, "Alps");
}

#[test]
fn a_pending_commit_is_neither_replaced_nor_lost() {
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut world = World::with(&[&alice, &bob]);
    let staged = world.groups[0]
        .stage(Change::Update, at(1), &nobody())
        .unwrap();
    let before = rows_of(&world.groups[0]);
    assert!(matches!(
        world.groups[0].stage(Change::Update, at(1), &nobody()),
        Err(GroupError::Pending)
    ));
    assert!(rows_of(&world.groups[0]) == before);
    world.says(1, "while pending");
    world.groups[0] = reload(&world.clients[0], &world.groups[0]);
    world.says(0, "answered while pending");
    receive_commit(&mut world.groups[1], &staged.body, &nobody());
    assert!(world.groups[0].merge_pending().unwrap().updated);
    assert_eq!(
        world.groups[0].merge_pending(),
        Err(GroupError::NothingPending)
    );
    world.agree();
}

#[test]
fn an_empty_change_is_not_committed() {
    let mut world = World::with(&[&Person::new("alice")]);
    let same = Change::SetState(world.groups[0].room_state().clone());
    let none = Change::Remove {
        clients: BTreeSet::new(),
        state: None,
    };
    for change in [same, none] {
        let staged = world.groups[0].stage(change, at(1), &nobody());
        assert_eq!(staged.err(), Some(GroupError::NothingToCommit));
    }
}

#[test]
fn a_processed_commit_is_merged_only_in_its_own_epoch() {
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut world = World::with(&[&alice, &bob]);
    let staged = world.groups[0]
        .stage(Change::Update, at(1), &nobody())
        .unwrap();
    let Ok(Processed::Commit { staged: late, .. }) =
        world.groups[1].process(Kind::Commit, &staged.body, &nobody())
    else {
        panic!("not a commit");
    };
    let mut own = reload(&world.clients[1], &world.groups[1]);
    own.stage(Change::Update, at(1), &nobody()).unwrap();
    own.merge_pending().unwrap();
    assert_eq!(own.merge(*late), Err(GroupError::WrongEpoch));
}

#[test]
fn a_last_resort_key_package_admits_twice() {
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let phone = bob.client();
    let package = crate::key_package::generate(&phone, SUITE, true).unwrap();
    for _ in 0..2 {
        let mut world = World::with(&[&alice]);
        let change = addition(&world.clients[0], SUITE, [&package]);
        let staged = world.commits(0, change);
        let welcome = staged.welcome.unwrap();
        assert_eq!(
            crate::welcome::references(&welcome).unwrap(),
            std::slice::from_ref(&package.reference)
        );
        let joined = Group::join(&phone, MAILBOX, &welcome, package.rows.clone()).unwrap();
        assert!(joined.last_resort);
        assert_eq!(joined.key_package, package.reference);
    }
}

#[test]
fn rows_of_another_client_mailbox_or_build_do_not_load() {
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let world = World::with(&[&alice, &bob]);
    let rows = rows_of(&world.groups[0]);
    let stored = |client, mailbox, rows| Group::load(client, mailbox, rows).err();
    let own = &world.clients[0];
    assert_eq!(stored(own, MAILBOX, rows.clone()), None);
    let elsewhere = restante_wire::MailboxAddress([1; 32]);
    for (client, mailbox) in [(&world.clients[1], MAILBOX), (own, elsewhere)] {
        assert_eq!(
            stored(client, mailbox, rows.clone()),
            Some(GroupError::Stored)
        );
    }
    for key in rows.keys() {
        let mut damaged = rows.clone();
        damaged.get_mut(key).unwrap()[0] = 9;
        // Keys of the own path are read only when a commit is decrypted.
        assert!(
            key[0] == 10 || stored(own, MAILBOX, damaged).is_some(),
            "row {}",
            key[0]
        );
    }
    assert_eq!(
        stored(own, MAILBOX, crate::Rows::new()),
        Some(GroupError::Stored)
    );
}

#[test]
fn ephemeral_bodies_do_not_move_the_ratchet() {
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut world = World::with(&[&alice, &bob]);
    let before = rows_of(&world.groups[0]);
    let body = world.groups[0].seal_ephemeral(b"typing", 5).unwrap();
    assert!(rows_of(&world.groups[0]) == before);
    let opened = world.groups[1].open_ephemeral(&body).unwrap();
    assert_eq!(
        (opened.payload.as_slice(), opened.counter),
        (&b"typing"[..], 5)
    );
    assert_eq!(opened.sender.client(), world.clients[0].id());
    assert_eq!(world.groups[1].open_ephemeral(&body), Err(Skip::Replay));
    let older = world.groups[0].seal_ephemeral(b"typing", 4).unwrap();
    assert_eq!(world.groups[1].open_ephemeral(&older), Err(Skip::Replay));
    world.commits(0, Change::Update);
    let body = world.groups[0].seal_ephemeral(b"typing", 1).unwrap();
    assert!(world.groups[1].open_ephemeral(&body).is_ok());
    assert_eq!(world.groups[1].open_ephemeral(&older), Err(Skip::Envelope));
    assert!(matches!(
        world.groups[0].seal_ephemeral(&[0; 20_000], 9),
        Err(GroupError::TooLong { .. })
    ));
}
