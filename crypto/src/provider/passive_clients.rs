//! The passive-client vectors of RFC 9420 through our rows and our codec: groups that other
//! implementations made, joined by Welcome and followed commit by commit. Those of our suites go through
//! our provider; the others through RustCrypto's algorithms, which ours refuse.
//!
//! `tests/vectors/README.md` says where they come from, and which of them apply to a client that has
//! these suites and refuses proposals by reference.

use openmls::prelude::{
    GroupId, HpkePrivateKey, KeyPackageBundle, KeyPackageIn, MIXED_CIPHERTEXT_WIRE_FORMAT_POLICY,
    MlsGroup, MlsGroupJoinConfig, MlsMessageBodyIn, MlsMessageIn, ProcessedMessageContent,
    RatchetTreeIn, StagedWelcome, tls_codec::DeserializeBytes,
};
use openmls::schedule::PreSharedKeyId;
use openmls_rust_crypto::RustCrypto;
use openmls_traits::{OpenMlsProvider, crypto::OpenMlsCrypto, storage::StorageProvider};
use restante_vectors::{read, unhex};
use serde::{Deserialize, Serialize};

use super::{Provider, RowStore, Rows, codec};
use crate::randomness::Randomness;

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

#[test]
fn groups_of_other_implementations_are_joined() {
    assert_eq!(follow_all("rfc9420-passive-client-welcome.json"), 24);
}

#[test]
fn groups_of_other_implementations_are_followed_from_their_rows() {
    assert_eq!(
        follow_all("rfc9420-passive-client-handling-commit.json"),
        12
    );
}

/// Follows every vector of a file to its end, and counts them.
fn follow_all(file: &str) -> usize {
    let vectors: Vec<Vector> = read(file);
    for (index, vector) in vectors.iter().enumerate() {
        let followed = match is_ours(vector) {
            true => follow(Provider::new(Randomness::os(), Rows::new()), vector),
            false => follow(EverySuite::default(), vector),
        };
        assert_eq!(followed, Ok(()), "vector {index}");
    }
    vectors.len()
}

fn is_ours(vector: &Vector) -> bool {
    let suite = vector.cipher_suite.try_into().unwrap();
    let provider = Provider::new(Randomness::os(), Rows::new());
    provider.crypto().supports(suite).is_ok()
}

fn follow<P: OpenMlsProvider<StorageProvider = RowStore>>(
    provider: P,
    vector: &Vector,
) -> Result<(), String> {
    PassiveClient::join(provider, vector).and_then(|client| client.follow(vector))
}

/// Our rows with all that RustCrypto has.
struct EverySuite {
    crypto: RustCrypto,
    randomness: Randomness,
    rows: RowStore,
}

impl Default for EverySuite {
    fn default() -> Self {
        Self {
            crypto: RustCrypto::default(),
            randomness: Randomness::os(),
            rows: RowStore::new(Rows::new()),
        }
    }
}

impl OpenMlsProvider for EverySuite {
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
