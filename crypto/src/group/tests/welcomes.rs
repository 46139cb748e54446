//! Welcomes that lead nowhere: forged, garbled, misdirected. None burns a key package.

use openmls::prelude::{
    BasicCredential, CredentialWithKey, MlsGroup, MlsGroupCreateConfig, tls_codec::Serialize,
};
use restante_wire::{MailboxAddress, codec};

use super::world::{MAILBOX, Person, SUITE, World, addition, key_package_of, new_room};
use crate::{
    Client, Group, Randomness, RoomState, Rows, ciphersuite,
    group::{JoinError, extensions, group_id},
    key_package,
    provider::Provider,
};

#[test]
fn c6_a_welcome_into_a_group_with_a_forged_member_is_refused_and_burns_nothing() {
    let mallory = Person::new("mallory");
    let forger = mallory.client();
    let bob = Person::new("bob");
    let phone = bob.client();
    let package = key_package_of(&phone);
    // Mallory poses as somebody else in a group of his own.
    let victim = Person::new("alice").client();
    let mut body = victim.certificate().body.clone();
    body.signature_key = forger.keys().signature_key();
    let forged = mallory.identity.certify(body);
    let welcome = odd_welcome(
        &forger,
        codec::encode(&forged),
        &new_room(&mallory),
        &package.public,
    );
    assert!(matches!(
        Group::join(&phone, MAILBOX, &welcome, package.rows.clone()),
        Err(JoinError::Certificate(_))
    ));
    // A room state that does not list the people in the tree.
    let welcome = odd_welcome(
        &forger,
        codec::encode(forger.certificate()),
        &new_room(&mallory),
        &package.public,
    );
    assert!(matches!(
        Group::join(&phone, MAILBOX, &welcome, package.rows.clone()),
        Err(JoinError::RoomState)
    ));
    // The key package still works.
    let mut world = World::with(&[&mallory]);
    let change = addition(&world.clients[0], SUITE, [&package]);
    let welcome = world.commits(0, change).welcome.unwrap();
    assert!(Group::join(&phone, MAILBOX, &welcome, package.rows).is_ok());
}

/// A Welcome by somebody who keeps none of our rules.
fn odd_welcome(signer: &Client, credential: Vec<u8>, state: &RoomState, invited: &[u8]) -> Vec<u8> {
    let provider = Provider::new(Randomness::os(), Rows::new());
    let config = MlsGroupCreateConfig::builder()
        .ciphersuite(ciphersuite::mls(SUITE).unwrap())
        .capabilities(ciphersuite::capabilities(ciphersuite::SUPPORTED))
        .use_ratchet_tree_extension(true)
        .with_group_context_extensions(extensions(state).unwrap())
        .build();
    let credential = CredentialWithKey {
        credential: BasicCredential::new(credential).into(),
        signature_key: signer.keys().signature_key().0.to_vec().into(),
    };
    let mut group = MlsGroup::new_with_group_id(
        &provider,
        signer.keys(),
        &config,
        group_id(&MAILBOX),
        credential,
    )
    .unwrap();
    let invited = key_package::verify(signer, invited, SUITE).unwrap().inner;
    let (_, welcome, _) = group
        .add_members(&provider, signer.keys(), &[invited])
        .unwrap();
    welcome.tls_serialize_detached().unwrap()
}

#[test]
fn garbled_foreign_and_misdirected_welcomes_are_refused_and_burn_nothing() {
    let alice = Person::new("alice");
    let phone = Person::new("bob").client();
    let package = key_package_of(&phone);
    let mut world = World::with(&[&alice]);
    let change = addition(&world.clients[0], SUITE, [&package]);
    let welcome = world.commits(0, change).welcome.unwrap();
    let join = |mailbox, welcome: &[u8], rows| Group::join(&phone, mailbox, welcome, rows).err();

    assert_eq!(
        join(MAILBOX, b"garbage", package.rows.clone()),
        Some(JoinError::NotAWelcome)
    );
    assert_eq!(
        join(MAILBOX, &welcome, key_package_of(&phone).rows),
        Some(JoinError::NoKeyPackage)
    );
    assert_eq!(
        join(MailboxAddress([1; 32]), &welcome, package.rows.clone()),
        Some(JoinError::WrongMailbox)
    );
    for at in (0..welcome.len()).step_by(37) {
        let mut garbled = welcome.clone();
        garbled[at] ^= 1;
        assert!(
            join(MAILBOX, &garbled, package.rows.clone()).is_some(),
            "byte {at}"
        );
        assert!(join(MAILBOX, &welcome[..at], package.rows.clone()).is_some());
    }
    let stranger = Person::new("eve").client();
    assert_eq!(
        Group::join(&stranger, MAILBOX, &welcome, package.rows.clone()).err(),
        Some(JoinError::OwnLeaf)
    );
    assert_eq!(join(MAILBOX, &welcome, package.rows), None);
}
