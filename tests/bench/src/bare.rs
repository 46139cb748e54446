//! The same groups by openmls alone, on its default storage: what ours are compared with. Their
//! GroupContext may hold an extension as long as our room state, and with every coming and going a
//! new one, as ours does.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a run in which anything fails is not a measurement"
)]

use openmls::prelude::{
    BasicCredential, Capabilities, Ciphersuite, CredentialWithKey, Extension, ExtensionType,
    Extensions, GroupContext, KeyPackage, KeyPackageIn, LeafNodeIndex, LeafNodeParameters,
    MlsGroup, MlsGroupCreateConfig, MlsGroupJoinConfig, MlsMessageBodyIn, MlsMessageIn,
    MlsMessageOut, OpenMlsProvider, PURE_CIPHERTEXT_WIRE_FORMAT_POLICY, ProcessedMessageContent,
    ProtocolVersion, RequiredCapabilitiesExtension, StagedWelcome, UnknownExtension,
    tls_codec::{DeserializeBytes, Serialize},
};
use openmls_basic_credential::SignatureKeyPair;
use openmls_rust_crypto::OpenMlsRustCrypto;
use restante_crypto::{Randomness, ciphersuite::ROOM_STATE_EXTENSION};
use restante_wire::{codec, key_package::Suite};

use crate::members::{self, BATCH};

/// A member with its storage.
pub struct Member {
    /// Its storage and algorithms.
    pub provider: OpenMlsRustCrypto,
    signer: SignatureKeyPair,
    group: MlsGroup,
    /// Length of the extension of the GroupContext, if there is one.
    context: Option<usize>,
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
        let (commit, welcome) = self.commit(&verified, &[]);
        (commit, welcome.expect("a Welcome"))
    }

    /// Makes a commit that removes the member with this signature key.
    pub fn remove(&mut self, signature_key: &[u8]) -> Vec<u8> {
        let index = self
            .group
            .members()
            .find(|member| member.signature_key == signature_key)
            .expect("a member")
            .index;
        self.commit(&[], &[index]).0
    }

    /// With new keys for the own leaf, as openmls has it unless told otherwise.
    fn commit(
        &mut self,
        added: &[KeyPackage],
        removed: &[LeafNodeIndex],
    ) -> (Vec<u8>, Option<Vec<u8>>) {
        let mut builder = self
            .group
            .commit_builder()
            .force_self_update(true)
            .propose_adds(added.iter().cloned())
            .propose_removals(removed.iter().copied());
        if let Some(len) = self.context {
            builder = builder
                .propose_group_context_extensions(context_of(len))
                .expect("a proposal");
        }
        let (rand, crypto) = (self.provider.rand(), self.provider.crypto());
        let bundle = builder
            .load_psks(self.provider.storage())
            .expect("no pre-shared keys")
            .create_group_info(false)
            .build(rand, crypto, &self.signer, |_| true)
            .expect("a commit")
            .stage_commit(&self.provider)
            .expect("a commit");
        let encode =
            |message: &MlsMessageOut| message.tls_serialize_detached().expect("an encoding");
        let welcome = bundle.to_welcome_msg();
        (encode(bundle.commit()), welcome.as_ref().map(encode))
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
            context: None,
        }
    }
}

/// A group of `size`, made as [`members::group_of`] makes it.
#[must_use]
pub fn group_of(size: usize, suite: Suite, context: Option<usize>) -> (Member, Member) {
    let provider = OpenMlsRustCrypto::default();
    let (signer, credential) = identity(0, suite);
    let config = MlsGroupCreateConfig::builder()
        .ciphersuite(mls(suite))
        .capabilities(capabilities(suite))
        .wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
        .use_ratchet_tree_extension(true)
        .with_group_context_extensions(context.map(context_of).unwrap_or_default())
        .build();
    let group = MlsGroup::new(&provider, &signer, &config, credential).expect("a group");
    let mut alice = Member {
        provider,
        signer,
        group,
        context,
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

/// What openmls lists of itself, the suite, which need not be among it, and the extension.
fn capabilities(suite: Suite) -> Capabilities {
    let extensions = [ExtensionType::Unknown(ROOM_STATE_EXTENSION)];
    Capabilities::new(None, Some(&[mls(suite)]), Some(&extensions), None, None)
}

/// Extensions of so many bytes, different each time as a changed room state is.
fn context_of(len: usize) -> Extensions<GroupContext> {
    let stamp: [u8; 16] = Randomness::os().bytes();
    let mut bytes = stamp.to_vec();
    bytes.resize(len, 0);
    let required = [ExtensionType::Unknown(ROOM_STATE_EXTENSION)];
    let list = vec![
        Extension::RequiredCapabilities(RequiredCapabilitiesExtension::new(&required, &[], &[])),
        Extension::Unknown(ROOM_STATE_EXTENSION, UnknownExtension(bytes)),
    ];
    Extensions::from_vec(list).expect("extensions")
}
