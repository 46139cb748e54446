//! The passive-client vectors of RFC 9420: groups that other implementations made, joined by Welcome and
//! followed commit by commit.
//!
//! Those of our suite among theirs (3) go through [`Provider`], as everything in a program does. Suites 1
//! and 2, which no room has and [`Provider`] refuses, go through RustCrypto's algorithms by [`Foreign`]:
//! they test nothing of ours but rows and codec. Our hybrid suite has no vectors of others; `tests/interop`
//! has a second implementation for it.
//!
//! `tests/vectors/README.md` says where they come from, and which of them apply to a client that refuses
//! proposals by reference.

use openmls::prelude::{
    GroupId, HpkePrivateKey, KeyPackageBundle, KeyPackageIn, MIXED_CIPHERTEXT_WIRE_FORMAT_POLICY,
    MlsGroup, MlsGroupJoinConfig, MlsMessageBodyIn, MlsMessageIn, ProcessedMessageContent,
    RatchetTreeIn, StagedWelcome, tls_codec::DeserializeBytes,
};
use openmls::schedule::PreSharedKeyId;
use openmls_rust_crypto::RustCrypto;
use openmls_traits::{OpenMlsProvider, storage::StorageProvider};
use restante_vectors::{read, unhex};
use serde::{Deserialize, Serialize};

use super::{Provider, RowStore, Rows, codec};
use crate::{ciphersuite, randomness::Randomness};

#[derive(Deserialize)]
struct Vector {
    cipher_suite: u16,
    external_psks: Vec<ExternalPsk>,
    key_package: String,
    encryption_priv: String,
    init_priv: String,
    welcome: String,
    ratchet_tree: Option<String>,
    initial_epoch_authenticator: String,
    epochs: Vec<Epoch>,
}

#[derive(Deserialize)]
struct ExternalPsk {
    psk_id: String,
    psk: String,
}

#[derive(Deserialize)]
struct Epoch {
    commit: String,
    epoch_authenticator: String,
}

/// The stored form of a key package, from its parts (openmls makes bundles of fresh keys only).
#[derive(Serialize)]
struct Bundle {
    key_package: KeyPackageIn,
    private_init_key: HpkePrivateKey,
    private_encryption_key: EncryptionPrivateKey,
}

#[derive(Serialize)]
struct EncryptionPrivateKey {
    key: HpkePrivateKey,
}

const WELCOME: &str = "rfc9420-passive-client-welcome.json";
const COMMITS: &str = "rfc9420-passive-client-handling-commit.json";

#[test]
fn groups_of_other_implementations_are_joined() {
    assert_eq!(follow_all(WELCOME, true, ours), 8);
}

#[test]
fn groups_of_other_implementations_are_followed_from_their_rows() {
    assert_eq!(follow_all(COMMITS, true, ours), 4);
}

#[test]
fn rows_and_codec_keep_groups_of_suites_that_are_not_ours() {
    assert_eq!(follow_all(WELCOME, false, Foreign::default), 16);
    assert_eq!(follow_all(COMMITS, false, Foreign::default), 8);
}

#[test]
fn a_group_of_a_suite_that_is_not_ours_is_not_joined() {
    for vector in vectors(WELCOME, false) {
        assert!(PassiveClient::join(ours(), &vector).is_err());
    }
}

fn ours() -> Provider {
    Provider::new(Randomness::os(), Rows::new())
}

/// The vectors of a file whose suite is ours, or those whose is not.
fn vectors(file: &str, is_ours: bool) -> Vec<Vector> {
    let all: Vec<Vector> = read(file);
    let suite = ciphersuite::CLASSICAL.0;
    let chosen = all.into_iter();
    chosen
        .filter(|vector| (vector.cipher_suite == suite) == is_ours)
        .collect()
}

/// Follows vectors to their end, and counts them.
fn follow_all<P: OpenMlsProvider<StorageProvider = RowStore>>(
    file: &str,
    is_ours: bool,
    provider: impl Fn() -> P,
) -> usize {
    let vectors = vectors(file, is_ours);
    for (index, vector) in vectors.iter().enumerate() {
        assert_eq!(follow(provider(), vector), Ok(()), "vector {index}");
    }
    vectors.len()
}

fn follow<P: OpenMlsProvider<StorageProvider = RowStore>>(
    provider: P,
    vector: &Vector,
) -> Result<(), String> {
    PassiveClient::join(provider, vector).and_then(|client| client.follow(vector))
}

/// Our rows with the algorithms of suites that are not ours.
struct Foreign {
    crypto: RustCrypto,
    randomness: Randomness,
    rows: RowStore,
}

impl Default for Foreign {
    fn default() -> Self {
        Self {
            crypto: RustCrypto::default(),
            randomness: Randomness::os(),
            rows: RowStore::new(Rows::new()),
        }
    }
}

impl OpenMlsProvider for Foreign {
    type CryptoProvider = RustCrypto;
    type RandProvider = Randomness;
    type StorageProvider = RowStore;

    fn storage(&self) -> &RowStore {
        &self.rows
    }

    fn crypto(&self) -> &RustCrypto {
        &self.crypto
    }

    fn rand(&self) -> &Randomness {
        &self.randomness
    }
}

struct PassiveClient<P> {
    provider: P,
    group: GroupId,
}

impl<P: OpenMlsProvider<StorageProvider = RowStore>> PassiveClient<P> {
    fn join(provider: P, vector: &Vector) -> Result<Self, String> {
        for key in &vector.external_psks {
            PreSharedKeyId::external(unhex(&key.psk_id), Vec::new())
                .store(&provider, &unhex(&key.psk))
                .unwrap();
        }
        let bundle = key_package(vector);
        let reference = bundle.key_package().hash_ref(provider.crypto()).unwrap();
        provider
            .storage()
            .write_key_package(&reference, &bundle)
            .unwrap();
        let MlsMessageBodyIn::Welcome(welcome) = message(&vector.welcome).extract() else {
            panic!("not a Welcome");
        };
        let config = MlsGroupJoinConfig::builder()
            .wire_format_policy(MIXED_CIPHERTEXT_WIRE_FORMAT_POLICY)
            .use_ratchet_tree_extension(true)
            .build();
        let mut builder = StagedWelcome::build_from_welcome(&provider, &config, welcome)
            .map_err(|error| error.to_string())?;
        if let Some(tree) = &vector.ratchet_tree {
            let tree = RatchetTreeIn::tls_deserialize_exact_bytes(&unhex(tree)).unwrap();
            builder = builder.with_ratchet_tree(tree);
        }
        let group = builder
            .skip_lifetime_validation()
            .build()
            .and_then(|staged| staged.into_group(&provider))
            .map_err(|error| error.to_string())?;
        assert_eq!(
            group.epoch_authenticator().as_slice(),
            unhex(&vector.initial_epoch_authenticator)
        );
        let group = group.group_id().clone();
        Ok(Self { provider, group })
    }

    /// Processes every commit, each time on the group as its rows say.
    fn follow(&self, vector: &Vector) -> Result<(), String> {
        let provider = &self.provider;
        for epoch in &vector.epochs {
            let group = MlsGroup::load(provider.storage(), &self.group);
            let mut group = group.unwrap().unwrap();
            let ProcessedMessageContent::StagedCommitMessage(staged) =
                self.process(&mut group, &epoch.commit)?
            else {
                panic!("not a commit");
            };
            group
                .merge_staged_commit(provider, *staged)
                .map_err(|error| error.to_string())?;
            assert_eq!(
                group.epoch_authenticator().as_slice(),
                unhex(&epoch.epoch_authenticator)
            );
        }
        Ok(())
    }

    fn process(&self, group: &mut MlsGroup, hex: &str) -> Result<ProcessedMessageContent, String> {
        let protocol_message = message(hex).try_into_protocol_message().unwrap();
        group
            .process_message(&self.provider, protocol_message)
            .map(openmls::prelude::ProcessedMessage::into_content)
            .map_err(|error| error.to_string())
    }
}

/// The stored form of a vector's key package, by way of our codec.
fn key_package(vector: &Vector) -> KeyPackageBundle {
    let MlsMessageBodyIn::KeyPackage(key_package) = message(&vector.key_package).extract() else {
        panic!("not a key package");
    };
    let bundle = Bundle {
        key_package,
        private_init_key: unhex(&vector.init_priv).into(),
        private_encryption_key: EncryptionPrivateKey {
            key: unhex(&vector.encryption_priv).into(),
        },
    };
    codec::decode(&codec::encode(&bundle).unwrap()).unwrap()
}

fn message(hex: &str) -> MlsMessageIn {
    MlsMessageIn::tls_deserialize_exact_bytes(&unhex(hex)).unwrap()
}
