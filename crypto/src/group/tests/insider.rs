//! What a member that does not keep the rules can do: it speaks MLS well, and is skipped.
//!
//! Mallory's commits are built with openmls directly, past the checks of [`Group::stage`].

use std::collections::BTreeSet;

use openmls::prelude::{
    BasicCredential, Capabilities, CommitBuilder, CredentialWithKey, Extension, Extensions,
    ExternalSender, GroupContext, Initial, KeyPackage, LeafNodeIndex, LeafNodeParameters, Lifetime,
    MlsGroup, MlsGroupCreateConfig, MlsGroupJoinConfig, MlsMessageBodyIn, MlsMessageIn,
    OpenMlsProvider, PURE_PLAINTEXT_WIRE_FORMAT_POLICY, tls_codec::Serialize,
};
use restante_wire::{Kind, codec};

use super::world::{
    MAILBOX, Person, SUITE, World, at, key_package_of, nobody, receive_commit, rows_of, skips,
    skips_while,
};
use crate::{
    Change, Client, Group, Member, ParticipantRole, Policy, Randomness, RoomState, Rows, Skip,
    Violation, ciphersuite,
    group::{ephemeral::EphemeralContent, extensions, group_id, join_config},
    key_package,
    provider::Provider,
};

/// Alice is the admin, Bob a member, Mallory a member without scruples.
struct Scene {
    world: World,
    mallory: Person,
}

const ALICE: usize = 0;
const BOB: usize = 1;
const MALLORY: usize = 2;

fn scene() -> Scene {
    let mallory = Person::new("mallory");
    let world = World::with(&[&Person::new("alice"), &Person::new("bob"), &mallory]);
    Scene { world, mallory }
}

impl Scene {
    /// Builds a commit with Mallory's group, whatever its rules.
    fn commit(
        &mut self,
        aad: &[u8],
        propose: impl for<'a> FnOnce(CommitBuilder<'a, Initial>) -> CommitBuilder<'a, Initial>,
    ) -> Vec<u8> {
        let group = &mut self.world.groups[MALLORY];
        group.mls.set_aad(aad.to_vec());
        let bundle = propose(group.mls.commit_builder())
            .load_psks(group.provider.storage())
            .unwrap()
            .create_group_info(false)
            .build(
                group.provider.rand(),
                group.provider.crypto(),
                group.client.keys(),
                |_| true,
            )
            .unwrap()
            .stage_commit(&group.provider)
            .unwrap();
        let body = group
            .seal(&bundle.commit().tls_serialize_detached().unwrap())
            .unwrap();
        group
            .mls
            .clear_pending_commit(group.provider.storage())
            .unwrap();
        body
    }

    /// Alice and Bob skip a commit for one reason, and life goes on.
    fn all_skip(&mut self, body: &[u8]) -> Skip {
        let skip = skips(&mut self.world.groups[ALICE], Kind::Commit, body);
        assert_eq!(skips(&mut self.world.groups[BOB], Kind::Commit, body), skip);
        self.world.commits(BOB, Change::Update);
        self.world.agree();
        self.world.says(ALICE, "ordinary life");
        skip
    }
}

fn leaf(world: &World, index: usize) -> LeafNodeIndex {
    LeafNodeIndex::new(world.groups[index].me().leaf_index)
}

/// A key package with any credential, lifetime and capabilities.
fn odd_key_package(
    signer: &Client,
    credential: Vec<u8>,
    lifetime: Lifetime,
    capabilities: Capabilities,
) -> KeyPackage {
    let provider = Provider::new(Randomness::os(), Rows::new());
    KeyPackage::builder()
        .key_package_lifetime(lifetime)
        .leaf_node_capabilities(capabilities)
        .build(
            ciphersuite::mls(SUITE).unwrap(),
            &provider,
            signer.keys(),
            CredentialWithKey {
                credential: BasicCredential::new(credential).into(),
                signature_key: signer.keys().signature_key().0.to_vec().into(),
            },
        )
        .unwrap()
        .key_package()
        .clone()
}

fn plain(signer: &Client, credential: Vec<u8>) -> KeyPackage {
    odd_key_package(
        signer,
        credential,
        key_package::always(),
        ciphersuite::capabilities(ciphersuite::SUPPORTED),
    )
}

/// Bob's client as certified by Mallory's account.
fn forged_certificate(mallory: &Person, victim: &Client) -> Vec<u8> {
    let forged = mallory.identity.certify(victim.certificate().body.clone());
    codec::encode(&forged)
}

#[test]
fn c6_an_add_with_a_forged_certificate_is_skipped() {
    let mut scene = scene();
    let victim = Person::new("bob").client();
    let credentials = [
        forged_certificate(&scene.mallory, &victim),
        codec::encode(scene.world.clients[BOB].certificate()),
        b"not a certificate".to_vec(),
    ];
    for credential in credentials {
        let package = plain(&victim, credential);
        let body = scene.commit(&at(1).encode(), |builder| builder.propose_adds([package]));
        assert_eq!(scene.all_skip(&body), Skip::Certificate);
    }
}

#[test]
fn c6_key_packages_with_forged_certificates_are_refused_before_an_add() {
    let scene = scene();
    let victim = Person::new("bob").client();
    let package = plain(&victim, forged_certificate(&scene.mallory, &victim));
    let bytes = package.tls_serialize_detached().unwrap();
    let reader = &scene.world.clients[0];
    assert!(matches!(
        key_package::verify(reader, &bytes, SUITE),
        Err(key_package::KeyPackageError::Certificate(_))
    ));
    let good = key_package_of(&victim).public;
    assert!(key_package::verify(reader, &good, SUITE).is_ok());
    assert!(key_package::verify(reader, &good[1..], SUITE).is_err());
    assert!(key_package::verify(reader, &good, restante_wire::key_package::Suite(1)).is_err());
}

#[test]
fn an_add_whose_validity_depends_on_the_clock_is_skipped() {
    let mut scene = scene();
    let client = scene.mallory.client();
    let credential = codec::encode(client.certificate());
    for lifetime in [Lifetime::init(0, u64::MAX - 1), Lifetime::init(1, u64::MAX)] {
        let package = odd_key_package(
            &client,
            credential.clone(),
            lifetime,
            ciphersuite::capabilities(ciphersuite::SUPPORTED),
        );
        let bytes = package.tls_serialize_detached().unwrap();
        assert!(matches!(
            key_package::verify(&client, &bytes, SUITE),
            Err(key_package::KeyPackageError::Lifetime)
        ));
        let body = scene.commit(&at(1).encode(), |builder| builder.propose_adds([package]));
        assert_eq!(scene.all_skip(&body), Skip::Leaf);
    }
}

#[test]
fn a_key_package_without_our_capabilities_is_refused() {
    let client = Person::new("dave").client();
    let credential = codec::encode(client.certificate());
    let bare = Capabilities::new(None, None, None, None, None);
    let package = odd_key_package(&client, credential, key_package::always(), bare);
    assert!(matches!(
        key_package::verify(&client, &package.tls_serialize_detached().unwrap(), SUITE),
        Err(key_package::KeyPackageError::Capabilities)
    ));
}

#[test]
fn an_update_that_changes_the_certificate_is_skipped() {
    let mut scene = scene();
    let own = scene.world.clients[MALLORY].clone();
    let renamed = scene.mallory.certify(own.keys().clone(), "alice");
    let credentials = [
        (
            codec::encode(renamed.certificate()),
            Skip::Policy(Violation::CertificateChanges),
        ),
        (
            codec::encode(scene.world.clients[ALICE].certificate()),
            Skip::Certificate,
        ),
    ];
    for (credential, expected) in credentials {
        let parameters = LeafNodeParameters::builder()
            .with_credential_with_key(CredentialWithKey {
                credential: BasicCredential::new(credential).into(),
                signature_key: own.keys().signature_key().0.to_vec().into(),
            })
            .build();
        let body = scene.commit(&at(1).encode(), |builder| {
            builder.leaf_node_parameters(parameters)
        });
        assert_eq!(scene.all_skip(&body), expected);
    }
}

#[test]
fn c7_a_member_cannot_remove_another_without_leave() {
    let mut scene = scene();
    let bob = leaf(&scene.world, BOB);
    let mut after = scene.world.groups[ALICE].room_state().clone();
    after
        .participants
        .remove(&scene.world.groups[BOB].me().account());
    let extensions = extensions(&after).unwrap();
    let body = scene.commit(&at(1).encode(), |builder| {
        builder
            .propose_removals([bob])
            .propose_group_context_extensions(extensions)
            .unwrap()
    });
    let expected = Skip::Policy(Violation::MayNotRemove);
    assert_eq!(
        skips(&mut scene.world.groups[ALICE], Kind::Commit, &body),
        expected
    );
    assert_eq!(
        skips(&mut scene.world.groups[BOB], Kind::Commit, &body),
        expected
    );
    // The same commit is valid once Bob has said that he leaves.
    let leaving = BTreeSet::from([scene.world.clients[BOB].id()]);
    receive_commit(&mut scene.world.groups[ALICE], &body, &leaving);
}

#[test]
fn room_states_that_mallory_may_not_set_are_skipped() {
    let mut scene = scene();
    let before = scene.world.groups[ALICE].room_state().clone();
    let states = [
        (
            RoomState {
                version: 9,
                ..before.clone()
            },
            Violation::MayNotGovern,
        ),
        (
            RoomState {
                room_id: [0; 32],
                ..before.clone()
            },
            Violation::FixedChanges,
        ),
        (
            RoomState {
                title: "Mine".into(),
                ..before.clone()
            },
            Violation::MayNotRename,
        ),
        (
            RoomState {
                policy: Policy {
                    add: crate::Permission::Everyone,
                    ..before.policy
                },
                ..before
            },
            Violation::MayNotGovern,
        ),
    ];
    for (state, violation) in states {
        let extensions = extensions(&state).unwrap();
        let body = scene.commit(&at(1).encode(), |builder| {
            builder
                .propose_group_context_extensions(extensions)
                .unwrap()
        });
        assert_eq!(scene.all_skip(&body), Skip::Policy(violation));
    }
}

#[test]
fn c7_a_demoted_admin_who_goes_on_is_skipped() {
    let mut scene = scene();
    let account = scene.world.groups[MALLORY].me().account();
    let with_role = |scene: &Scene, role| {
        let mut state = scene.world.groups[ALICE].room_state().clone();
        state.participants.get_mut(&account).unwrap().role = role;
        state
    };
    let admin = with_role(&scene, ParticipantRole::Admin);
    scene.world.commits(ALICE, Change::SetState(admin));
    let named = RoomState {
        title: "mine while I may".into(),
        ..scene.world.groups[MALLORY].room_state().clone()
    };
    scene.world.commits(MALLORY, Change::SetState(named));
    let member = with_role(&scene, ParticipantRole::Member);
    scene.world.commits(ALICE, Change::SetState(member));
    scene.world.agree();

    let again = with_role(&scene, ParticipantRole::Admin);
    let named = RoomState {
        title: "mine for ever".into(),
        ..scene.world.groups[ALICE].room_state().clone()
    };
    for (state, violation) in [
        (again, Violation::MayNotChangeRoles),
        (named, Violation::MayNotRename),
    ] {
        let extensions = extensions(&state).unwrap();
        let body = scene.commit(&at(1).encode(), |builder| {
            builder
                .propose_group_context_extensions(extensions)
                .unwrap()
        });
        assert_eq!(scene.all_skip(&body), Skip::Policy(violation));
    }
}

#[test]
fn group_context_extensions_of_other_kinds_are_skipped() {
    let mut scene = scene();
    let mut with_senders = extensions(scene.world.groups[ALICE].room_state()).unwrap();
    let mallory = scene.world.clients[MALLORY].credential();
    let sender = ExternalSender::new(mallory.signature_key, mallory.credential);
    with_senders
        .add(Extension::ExternalSenders(vec![sender]))
        .unwrap();
    let without: Extensions<GroupContext> = Extensions::empty();
    for extensions in [with_senders, without] {
        let body = scene.commit(&at(1).encode(), |builder| {
            builder
                .propose_group_context_extensions(extensions)
                .unwrap()
        });
        assert_eq!(
            scene.all_skip(&body),
            Skip::Policy(Violation::ForbiddenProposal)
        );
    }
}

#[test]
fn messages_and_commits_without_a_log_position_are_skipped() {
    let mut scene = scene();
    for aad in [&[][..], b"garbage"] {
        let body = scene.commit(aad, |builder| builder.force_self_update(true));
        assert_eq!(scene.all_skip(&body), Skip::Position);
        let group = &mut scene.world.groups[MALLORY];
        group.mls.set_aad(aad.to_vec());
        let message = group
            .mls
            .create_message(&group.provider, group.client.keys(), b"x")
            .unwrap();
        let body = group
            .seal(&message.tls_serialize_detached().unwrap())
            .unwrap();
        assert_eq!(
            skips(&mut scene.world.groups[BOB], Kind::Message, &body),
            Skip::Position
        );
    }
    scene.world.says(MALLORY, "with a position");
}

#[test]
fn standalone_proposals_are_noise() {
    let mut scene = scene();
    let bob = leaf(&scene.world, BOB);
    let group = &mut scene.world.groups[MALLORY];
    let before = rows_of(group);
    group.mls.set_aad(at(1).encode());
    let result = group
        .mls
        .propose_remove_member(&group.provider, group.client.keys(), bob);
    assert!(result.is_err(), "our storage keeps no proposals");
    *group = Group::load(&scene.world.clients[MALLORY], MAILBOX, before).unwrap();

    // One that was made with a storage that does keep them.
    let memory = Memory::default();
    let mut other = memory.group(&scene.world.clients[MALLORY], &scene.world.groups[MALLORY]);
    let (proposal, _) = other
        .propose_self_update(
            &memory.0,
            scene.world.clients[MALLORY].keys(),
            LeafNodeParameters::default(),
        )
        .unwrap();
    let body = scene.world.groups[MALLORY]
        .seal(&proposal.tls_serialize_detached().unwrap())
        .unwrap();
    for kind in [Kind::Commit, Kind::Message] {
        assert_eq!(
            skips(&mut scene.world.groups[BOB], kind, &body),
            Skip::WrongKind
        );
    }
}

/// openmls's own provider: a client that is not ours.
#[derive(Default)]
struct Memory(openmls_rust_crypto::OpenMlsRustCrypto);

impl Memory {
    /// Any group of this client in the mailbox's name and epoch.
    fn group(&self, client: &Client, like: &Group) -> MlsGroup {
        let config = MlsGroupCreateConfig::builder()
            .ciphersuite(ciphersuite::mls(SUITE).unwrap())
            .capabilities(ciphersuite::capabilities(ciphersuite::SUPPORTED))
            .with_group_context_extensions(extensions(like.room_state()).unwrap())
            .build();
        let mut group = MlsGroup::new_with_group_id(
            &self.0,
            client.keys(),
            &config,
            group_id(&MAILBOX),
            client.credential(),
        )
        .unwrap();
        while group.epoch() < like.mls.epoch() {
            group
                .commit_builder()
                .force_self_update(true)
                .load_psks(self.0.storage())
                .unwrap()
                .build(self.0.rand(), self.0.crypto(), client.keys(), |_| true)
                .unwrap()
                .stage_commit(&self.0)
                .unwrap();
            group.merge_pending_commit(&self.0).unwrap();
        }
        group
    }
}

#[test]
fn public_messages_are_noise() {
    let mut scene = scene();
    let group = &mut scene.world.groups[MALLORY];
    let plaintext = MlsGroupJoinConfig::builder()
        .wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
        .build();
    group
        .mls
        .set_configuration(group.provider.storage(), &plaintext)
        .unwrap();
    let body = scene.commit(&at(1).encode(), |builder| builder.force_self_update(true));
    let group = &mut scene.world.groups[MALLORY];
    group
        .mls
        .set_configuration(group.provider.storage(), &join_config())
        .unwrap();
    assert_eq!(scene.all_skip(&body), Skip::NotPrivate);
}

#[test]
fn external_commits_are_noise() {
    let mut scene = scene();
    let alice = &scene.world.groups[ALICE];
    let info = alice
        .mls
        .export_group_info(alice.provider.crypto(), alice.client.keys(), true)
        .unwrap();
    let outsider = scene.mallory.client();
    let provider = Provider::new(Randomness::os(), Rows::new());
    let MlsMessageBodyIn::GroupInfo(info) = MlsMessageIn::from(info).extract() else {
        panic!("not a GroupInfo");
    };
    let parameters = LeafNodeParameters::builder()
        .with_capabilities(ciphersuite::capabilities(ciphersuite::SUPPORTED))
        .build();
    let (_, bundle) = MlsGroup::external_commit_builder()
        .with_config(join_config())
        .with_aad(at(1).encode())
        .build_group(&provider, info, outsider.credential())
        .unwrap()
        .leaf_node_parameters(parameters)
        .load_psks(provider.storage())
        .unwrap()
        .build(provider.rand(), provider.crypto(), outsider.keys(), |_| {
            true
        })
        .unwrap()
        .finalize(&provider)
        .unwrap();
    let body = scene.world.groups[MALLORY]
        .seal(&bundle.commit().tls_serialize_detached().unwrap())
        .unwrap();
    assert_eq!(scene.all_skip(&body), Skip::NotPrivate);
}

#[test]
fn ephemeral_bodies_are_signed_by_their_sender() {
    let mut scene = scene();
    let mallory = &scene.world.groups[MALLORY];
    let content = |sender: &Client, epoch| EphemeralContent {
        sender: sender.id(),
        epoch,
        counter: 1,
        payload: b"I am Bob".to_vec(),
    };
    let as_bob = content(&scene.world.clients[BOB], mallory.epoch());
    let as_stranger = content(&scene.mallory.client(), mallory.epoch());
    let as_past = content(&scene.world.clients[MALLORY], mallory.epoch() - 1);
    let [as_bob, as_stranger, as_past] =
        [as_bob, as_stranger, as_past].map(|content| mallory.seal_content(content).unwrap());
    let body = mallory.seal_ephemeral(b"I am Mallory", 2).unwrap();
    let alice = &mut scene.world.groups[ALICE];
    assert_eq!(alice.open_ephemeral(&as_bob), Err(Skip::Ephemeral));
    assert_eq!(alice.open_ephemeral(&as_stranger), Err(Skip::Ephemeral));
    assert_eq!(alice.open_ephemeral(&as_past), Err(Skip::WrongEpoch));
    assert!(alice.open_ephemeral(&body).is_ok());
    for bytes in [&[][..], &body[..40], &[1; 20_000]] {
        assert!(scene.world.groups[ALICE].open_ephemeral(bytes).is_err());
    }
}

#[test]
fn what_mallory_may_do_counts() {
    let mut scene = scene();
    let leaving = BTreeSet::from([scene.world.groups[BOB].me().client()]);
    let update = scene.commit(&at(1).encode(), |builder| builder.force_self_update(true));
    assert_eq!(
        skips_while(
            &mut scene.world.groups[MALLORY],
            Kind::Commit,
            &update,
            &leaving
        ),
        Skip::NotOurs
    );
    receive_commit(&mut scene.world.groups[ALICE], &update, &nobody());
    let members: Vec<_> = scene.world.groups[ALICE]
        .members()
        .map(Member::client)
        .collect();
    assert_eq!(members.len(), 3);
}
