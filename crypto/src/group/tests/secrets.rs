//! C5: secrets of past epochs and spent keys are gone.

use openmls::prelude::{MlsMessageIn, tls_codec::DeserializeBytes};

use super::world::{Person, World, at, nobody, rows_of};
use crate::{Change, Rows, envelope, group::export};

/// Whether any run of rows, as stored one after the other, holds these bytes.
fn holds(rows: &Rows, secret: &[u8]) -> bool {
    let all: Vec<u8> = rows.values().flatten().copied().collect();
    all.windows(secret.len()).any(|window| window == secret)
}

#[test]
fn c5_no_secret_of_a_past_epoch_stays_in_the_rows() {
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut world = World::with(&[&alice, &bob]);
    let mut past = Vec::new();
    for round in 0..4 {
        for group in &world.groups {
            let resumption = group.mls.resumption_psk_secret().as_slice().to_vec();
            let authenticator = group.epoch_authenticator();
            assert!(
                holds(&rows_of(group), &authenticator),
                "the search would find a secret of the current epoch"
            );
            past.push(resumption);
            past.push(authenticator);
            past.push(
                export(&group.mls, &group.provider, "test", &[])
                    .unwrap()
                    .to_vec(),
            );
        }
        world.says(round % 2, "hello");
        world.commits(round % 2, Change::Update);
        for group in &world.groups {
            let rows = rows_of(group);
            assert!(past.iter().all(|secret| !holds(&rows, secret)));
        }
    }
}

#[test]
fn c5_a_message_of_a_past_epoch_cannot_be_read_even_with_its_outer_key() {
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut world = World::with(&[&alice, &bob]);
    let body = world.groups[0].encrypt(b"late", at(1)).unwrap();
    let outer_key = world.groups[1].envelope_key.clone();
    world.commits(0, Change::Update);
    let late = envelope::open(&outer_key, world.groups[1].mailbox(), &body).unwrap();
    let late = MlsMessageIn::tls_deserialize_exact_bytes(&late).unwrap();
    let bob = &mut world.groups[1];
    let late = late.try_into_protocol_message().unwrap();
    assert!(bob.mls.process_message(&bob.provider, late).is_err());
}

#[test]
fn c5_the_creator_keeps_no_old_resumption_keys() {
    let mut world = World::with(&[&Person::new("alice")]);
    let group = &mut world.groups[0];
    for _ in 0..3 {
        let epoch = group.mls.epoch();
        group.stage(Change::Update, at(1), &nobody()).unwrap();
        group.merge_pending().unwrap();
        assert!(group.mls.get_past_resumption_psk(epoch).is_none());
    }
}

#[test]
fn c5_joining_leaves_nothing_of_the_key_package_in_the_groups_rows() {
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let world = World::with(&[&alice, &bob]);
    let init_row_kind = 12;
    assert!(
        rows_of(&world.groups[1])
            .keys()
            .all(|key| key[0] != init_row_kind)
    );
}
