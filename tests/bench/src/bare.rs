//! The same groups by openmls alone, on its default storage: what ours are compared with.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a run in which anything fails is not a measurement"
)]

use openmls::prelude::{
    BasicCredential, Capabilities, Ciphersuite, CredentialWithKey, KeyPackage, KeyPackageIn,
    LeafNodeParameters, MlsGroup, MlsGroupCreateConfig, MlsGroupJoinConfig, MlsMessageBodyIn,
    MlsMessageIn, OpenMlsProvider, PURE_CIPHERTEXT_WIRE_FORMAT_POLICY, ProcessedMessageContent,
    ProtocolVersion, StagedWelcome,
    tls_codec::{DeserializeBytes, Serialize},
};
use openmls_basic_credential::SignatureKeyPair;
use openmls_rust_crypto::OpenMlsRustCrypto;
use restante_wire::{codec, key_package::Suite};

use crate::members::{self, BATCH};

/// A member with its storage.
pub struct Member {
    /// Its storage and algorithms.
    pub provider: OpenMlsRustCrypto,
    signer: SignatureKeyPair,
    group: MlsGroup,
}

impl Member {
    /// The key by which others know it.
    #[must_use]
    pub fn signature_key(&self) -> &[u8] {
        self.signer.public()
    }

    /// Encrypts a message.
    pub fn encrypt(&mut self, payload: &[u8]) -> Vec<u8> {
        let message = self
            .group
            .create_message(&self.provider, &self.signer, payload)
            .expect("a message");
        message.tls_serialize_detached().expect("an encoding")
    }

    /// Makes a commit with new keys for the own leaf, and keeps it pending.
    pub fn update(&mut self) -> Vec<u8> {
        let bundle = self
            .group
            .self_update(&self.provider, &self.signer, LeafNodeParameters::default())
            .expect("a commit");
        let commit = bundle.into_commit();
        commit.tls_serialize_detached().expect("an encoding")
    }

    /// Verifies key packages and makes a commit with new keys that adds them, and its Welcome.
    pub fn add(&mut self, key_packages: &[Vec<u8>]) -> (Vec<u8>, Vec<u8>) {
        let verified: Vec<KeyPackage> = key_packages
            .iter()
            .map(|bytes| {
                KeyPackageIn::tls_deserialize_exact_bytes(bytes)
                    .expect("a key package")
                    .validate(self.provider.crypto(), ProtocolVersion::Mls10)
                    .expect("a valid key package")
            })
            .collect();
        let (commit, welcome, _) = self
            .group
            .add_members(&self.provider, &self.signer, &verified)
            .expect("a commit");
        (
            commit.tls_serialize_detached().expect("an encoding"),
            welcome.tls_serialize_detached().expect("an encoding"),
        )
    }

    /// Makes a commit that removes the member with this signature key.
    pub fn remove(&mut self, signature_key: &[u8]) -> Vec<u8> {
        let index = self
            .group
            .members()
            .find(|member| member.signature_key == signature_key)
            .expect("a member")
            .index;
        let (commit, ..) = self
            .group
            .remove_members(&self.provider, &self.signer, &[index])
            .expect("a commit");
        commit.tls_serialize_detached().expect("an encoding")
    }

    /// Merges the pending commit.
    pub fn merge(&mut self) {
        self.group
            .merge_pending_commit(&self.provider)
            .expect("a merge");
    }

    /// Takes another member's message or commit.
    pub fn process(&mut self, bytes: &[u8]) {
        let message = MlsMessageIn::tls_deserialize_exact_bytes(bytes).expect("a message");
        let message = message.try_into_protocol_message().expect("a message");
        let processed = self
            .group
            .process_message(&self.provider, message)
            .expect("a valid message");
        if let ProcessedMessageContent::StagedCommitMessage(staged) = processed.into_content() {
            self.group
                .merge_staged_commit(&self.provider, *staged)
                .expect("a merge");
        }
    }
}

/// A client that is in no group yet.
pub struct Newcomer {
    provider: OpenMlsRustCrypto,
    signer: SignatureKeyPair,
    /// What others need to add it.
    pub key_package: Vec<u8>,
}

impl Newcomer {
    /// The client of this number.
    #[must_use]
    pub fn new(number: usize, suite: Suite) -> Self {
        let provider = OpenMlsRustCrypto::default();
        let (signer, credential) = identity(number, suite);
        let bundle = KeyPackage::builder()
            .leaf_node_capabilities(capabilities(suite))
            .build(mls(suite), &provider, &signer, credential)
            .expect("a key package");
        let key_package = bundle.key_package().tls_serialize_detached();
        Self {
            provider,
            signer,
            key_package: key_package.expect("an encoding"),
        }
    }

    /// Joins by a Welcome.
    #[must_use]
    pub fn join(self, welcome: &[u8]) -> Member {
        let config = MlsGroupJoinConfig::builder()
            .wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
            .use_ratchet_tree_extension(true)
            .build();
        let message = MlsMessageIn::tls_deserialize_exact_bytes(welcome).expect("a message");
        let welcome = match message.extract() {
            MlsMessageBodyIn::Welcome(welcome) => Some(welcome),
            _ => None,
        };
        let welcome = welcome.expect("a Welcome");
        let group = StagedWelcome::new_from_welcome(&self.provider, &config, welcome, None)
            .and_then(|staged| staged.into_group(&self.provider))
            .expect("a group");
        Member {
            provider: self.provider,
            signer: self.signer,
            group,
        }
    }
}

/// A group of `size`, made as [`members::group_of`] makes it.
#[must_use]
pub fn group_of(size: usize, suite: Suite) -> (Member, Member) {
    let provider = OpenMlsRustCrypto::default();
    let (signer, credential) = identity(0, suite);
    let config = MlsGroupCreateConfig::builder()
        .ciphersuite(mls(suite))
        .capabilities(capabilities(suite))
        .wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
        .use_ratchet_tree_extension(true)
        .build();
    let group = MlsGroup::new(&provider, &signer, &config, credential).expect("a group");
    let mut alice = Member {
        provider,
        signer,
        group,
    };
    let mut bob: Option<Member> = None;
    for batch in (1..size).collect::<Vec<_>>().chunks(BATCH) {
        let mut newcomers: Vec<_> = batch
            .iter()
            .map(|&number| Newcomer::new(number, suite))
            .collect();
        let packages: Vec<Vec<u8>> = newcomers
            .iter()
            .map(|newcomer| newcomer.key_package.clone())
            .collect();
        let (commit, welcome) = alice.add(&packages);
        alice.merge();
        match &mut bob {
            Some(bob) => bob.process(&commit),
            None => bob = Some(newcomers.remove(0).join(&welcome)),
        }
    }
    (alice, bob.expect("a group has two members at least"))
}

/// Credentials are certificates, as long as ours.
fn identity(number: usize, suite: Suite) -> (SignatureKeyPair, CredentialWithKey) {
    let signer = SignatureKeyPair::new(mls(suite).signature_algorithm()).expect("a key");
    let certificate = codec::encode(members::client(number).certificate());
    let credential = CredentialWithKey {
        credential: BasicCredential::new(certificate).into(),
        signature_key: signer.public().into(),
    };
    (signer, credential)
}

fn mls(suite: Suite) -> Ciphersuite {
    Ciphersuite::try_from(suite.0).expect("a suite of openmls")
}

/// What openmls lists of itself, and the suite, which need not be among it.
fn capabilities(suite: Suite) -> Capabilities {
    Capabilities::new(None, Some(&[mls(suite)]), None, None, None)
}
