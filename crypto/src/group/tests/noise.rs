//! What outsiders and the relay can do to envelopes: each is noise and leaves no trace.

use openmls::prelude::tls_codec::Serialize;
use proptest::prelude::*;
use restante_wire::{Kind, MailboxAddress};

use super::world::{Person, World, at, nobody, receive_commit, reload, rows_of, skips};
use crate::{Change, GroupError, Processed, Skip, envelope};

fn world() -> World {
    World::with(&[
        &Person::new("alice"),
        &Person::new("bob"),
        &Person::new("carol"),
    ])
}

#[test]
fn replayed_and_reordered_messages_are_skipped() {
    let mut world = world();
    let first = world.groups[0].encrypt(b"first", at(1)).unwrap();
    let second = world.groups[0].encrypt(b"second", at(1)).unwrap();
    let bob = &mut world.groups[1];
    bob.process(Kind::Message, &first, &nobody()).unwrap();
    assert_eq!(skips(bob, Kind::Message, &first), Skip::Replay);
    bob.process(Kind::Message, &second, &nobody()).unwrap();
    assert_eq!(skips(bob, Kind::Message, &first), Skip::Replay);
    let carol = &mut world.groups[2];
    carol.process(Kind::Message, &second, &nobody()).unwrap();
    assert_eq!(skips(carol, Kind::Message, &first), Skip::Replay);
    world.says(0, "third");
}

#[test]
fn gaps_of_refused_appends_are_jumped() {
    let mut world = world();
    for _ in 0..50 {
        world.groups[0].encrypt(b"refused as stale", at(1)).unwrap();
    }
    world.says(0, "accepted");
}

#[test]
fn envelopes_of_past_epochs_and_other_mailboxes_do_not_open() {
    let mut world = world();
    let late = world.groups[0].encrypt(b"late", at(1)).unwrap();
    let commit = world.commits(0, Change::Update).body;
    let bob = &mut world.groups[1];
    assert_eq!(skips(bob, Kind::Message, &late), Skip::Envelope);
    assert_eq!(skips(bob, Kind::Commit, &commit), Skip::Envelope);
    let elsewhere = envelope::seal(
        &bob.envelope_key,
        &MailboxAddress([1; 32]),
        b"x",
        &crate::Randomness::os(),
    );
    assert_eq!(skips(bob, Kind::Message, &elsewhere), Skip::Envelope);
}

#[test]
fn a_kind_that_does_not_match_is_noise() {
    let mut world = world();
    let message = world.groups[0].encrypt(b"hello", at(1)).unwrap();
    let commit = world.groups[0]
        .stage(Change::Update, at(1), &nobody())
        .unwrap();
    let bob = &mut world.groups[1];
    assert_eq!(skips(bob, Kind::Commit, &message), Skip::WrongKind);
    assert_eq!(skips(bob, Kind::Message, &commit.body), Skip::WrongKind);
    bob.process(Kind::Message, &message, &nobody()).unwrap();
    receive_commit(bob, &commit.body, &nobody());
}

#[test]
fn an_echo_that_is_not_in_the_outbox_is_noise() {
    let mut world = world();
    let message = world.groups[0].encrypt(b"mine", at(1)).unwrap();
    let commit = world.groups[0]
        .stage(Change::Update, at(1), &nobody())
        .unwrap();
    let alice = &mut world.groups[0];
    assert_eq!(skips(alice, Kind::Message, &message), Skip::NotOurs);
    assert_eq!(skips(alice, Kind::Commit, &commit.body), Skip::NotOurs);
    assert!(alice.has_pending());
    alice.discard_pending().unwrap();
    assert_eq!(skips(alice, Kind::Commit, &commit.body), Skip::NotOurs);
}

#[test]
fn what_is_not_a_private_message_is_noise() {
    let mut world = world();
    let alice = &world.groups[0];
    let garbage = alice.seal(b"not MLS at all").unwrap();
    let info = alice
        .mls
        .export_group_info(
            openmls::prelude::OpenMlsProvider::crypto(&alice.provider),
            world.clients[0].keys(),
            true,
        )
        .unwrap();
    let info = alice.seal(&info.tls_serialize_detached().unwrap()).unwrap();
    for kind in [Kind::Message, Kind::Commit] {
        assert_eq!(skips(&mut world.groups[1], kind, &garbage), Skip::NotMls);
        assert_eq!(skips(&mut world.groups[1], kind, &info), Skip::NotPrivate);
        assert_eq!(skips(&mut world.groups[1], kind, &[]), Skip::Envelope);
        let long = vec![1; restante_wire::limits::MAX_BODY + 1];
        assert_eq!(skips(&mut world.groups[1], kind, &long), Skip::Envelope);
    }
}

#[test]
fn messages_beyond_the_relays_limit_are_refused_and_cost_nothing() {
    let mut world = world();
    let before = rows_of(&world.groups[0]);
    let long = vec![0; restante_wire::limits::MAX_BODY];
    assert!(matches!(
        world.groups[0].encrypt(&long, at(1)),
        Err(GroupError::TooLong { .. })
    ));
    assert!(rows_of(&world.groups[0]) == before);
    world.says(0, "short");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn changed_or_cut_envelopes_and_inner_messages_leave_no_trace(
        flips in proptest::collection::vec((any::<prop::sample::Index>(), 1..=255_u8), 1..8),
        commit: bool,
    ) {
        let mut world = World::with(&[&Person::new("alice"), &Person::new("bob")]);
        let (kind, body) = if commit {
            let staged = world.groups[0].stage(Change::Update, at(1), &nobody()).unwrap();
            (Kind::Commit, staged.body)
        } else {
            (Kind::Message, world.groups[0].encrypt(b"hello", at(1)).unwrap())
        };
        let inner = envelope::open(
            &world.groups[0].envelope_key,
            &world.groups[0].mailbox,
            &body,
        ).unwrap();
        for (at, flip) in flips {
            // A relay changes the envelope; a member without the key of the message changes that.
            let mut outer = body.clone();
            let place = at.index(outer.len());
            outer[place] ^= flip;
            skips(&mut world.groups[1], kind, &outer);
            skips(&mut world.groups[1], kind, &body[..place]);
            let mut changed = inner.clone();
            let place = at.index(changed.len());
            changed[place] ^= flip;
            let changed = world.groups[0].seal(&changed).unwrap();
            skips(&mut world.groups[1], kind, &changed);
        }
        // The group in memory is as the rows say, and the genuine envelope still counts.
        let mut again = reload(&world.clients[1], &world.groups[1]);
        for group in [&mut world.groups[1], &mut again] {
            match group.process(kind, &body, &nobody()).unwrap() {
                Processed::Message { payload, .. } => prop_assert_eq!(payload, b"hello"),
                Processed::Commit { staged, .. } => group.merge(*staged).unwrap(),
                other => prop_assert!(false, "{:?}", other),
            }
        }
        prop_assert_eq!(again.epoch_authenticator(), world.groups[1].epoch_authenticator());
        // A merge notes the time beside the epoch's secrets, so only messages compare.
        prop_assert!(commit || rows_of(&world.groups[1]) == rows_of(&again));
    }
}
