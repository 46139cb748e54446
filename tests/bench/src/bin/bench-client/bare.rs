//! Groups by openmls alone on its default storage, which keeps JSON: what ours are compared with.

use std::collections::HashMap;

use openmls::prelude::{
    BasicCredential, Capabilities, Ciphersuite, CredentialWithKey, KeyPackage, LeafNodeIndex,
    LeafNodeParameters, MlsGroup, MlsGroupCreateConfig, MlsGroupJoinConfig, MlsMessageBodyIn,
    MlsMessageIn, OpenMlsProvider, PURE_CIPHERTEXT_WIRE_FORMAT_POLICY, ProcessedMessageContent,
    ProtocolMessage, StagedWelcome,
    tls_codec::{DeserializeBytes, Serialize},
};
use openmls_basic_credential::SignatureKeyPair;
use openmls_rust_crypto::OpenMlsRustCrypto;
use restante_crypto::ciphersuite::{CLASSICAL, SUPPORTED};
use restante_wire::{codec, key_package::Suite};

use crate::{
    members::{self, BATCH},
    storage::PAYLOAD,
};

/// A member with its storage.
pub(crate) struct Member {
    provider: OpenMlsRustCrypto,
    signer: SignatureKeyPair,
    group: MlsGroup,
    before: HashMap<Vec<u8>, Vec<u8>>,
}

impl Member {
    fn new(provider: OpenMlsRustCrypto, signer: SignatureKeyPair, group: MlsGroup) -> Self {
        Self {
            provider,
            signer,
            group,
            before: HashMap::new(),
        }
    }

    /// Bytes of keys and values that changed since the last call.
    pub(crate) fn written(&mut self) -> usize {
        let values = self.provider.storage().values.read().expect("a lock");
        let changed = values
            .iter()
            .filter(|(key, value)| self.before.get(*key) != Some(value));
        let bytes = changed.map(|(key, value)| key.len() + value.len()).sum();
        self.before.clone_from(&values);
        bytes
    }

    pub(crate) fn encrypt(&mut self) -> Vec<u8> {
        let message = self
            .group
            .create_message(&self.provider, &self.signer, &PAYLOAD)
            .expect("a message");
        message.tls_serialize_detached().expect("an encoding")
    }

    pub(crate) fn stage(&mut self) -> Vec<u8> {
        let bundle = self
            .group
            .self_update(&self.provider, &self.signer, LeafNodeParameters::default())
            .expect("a commit");
        let commit = bundle.into_commit();
        commit.tls_serialize_detached().expect("an encoding")
    }

    /// Adds one client. Returns the commit and the Welcome.
    pub(crate) fn add(&mut self, newcomer: &KeyPackage) -> (Vec<u8>, Vec<u8>) {
        let (commit, welcome, _) = self
            .group
            .add_members_without_update(
                &self.provider,
                &self.signer,
                std::slice::from_ref(newcomer),
            )
            .expect("a commit");
        let commit = commit.tls_serialize_detached().expect("an encoding");
        (
            commit,
            welcome.tls_serialize_detached().expect("an encoding"),
        )
    }

    /// Removes the member at the last leaf.
    pub(crate) fn remove_last(&mut self) -> Vec<u8> {
        let last: Option<LeafNodeIndex> = self.group.members().map(|member| member.index).last();
        let (commit, ..) = self
            .group
            .remove_members(&self.provider, &self.signer, &[last.expect("a member")])
            .expect("a commit");
        commit.tls_serialize_detached().expect("an encoding")
    }

    pub(crate) fn merge(&mut self) {
        self.group
            .merge_pending_commit(&self.provider)
            .expect("a merge");
    }

    pub(crate) fn process(&mut self, bytes: &[u8]) {
        let message = MlsMessageIn::tls_deserialize_exact_bytes(bytes).expect("a message");
        let MlsMessageBodyIn::PrivateMessage(message) = message.extract() else {
            return;
        };
        let processed = self
            .group
            .process_message(&self.provider, ProtocolMessage::from(message))
            .expect("a valid message");
        if let ProcessedMessageContent::StagedCommitMessage(staged) = processed.into_content() {
            self.group
                .merge_staged_commit(&self.provider, *staged)
                .expect("a merge");
        }
    }
}

/// A group of `size`, as its creator and its second member see it.
pub(crate) fn group_of(size: usize, suite: Suite) -> (Member, Member) {
    let provider = OpenMlsRustCrypto::default();
    let (signer, credential) = identity(0);
    let config = MlsGroupCreateConfig::builder()
        .ciphersuite(mls(suite))
        .capabilities(capabilities())
        .wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
        .use_ratchet_tree_extension(true)
        .build();
    let group = MlsGroup::new(&provider, &signer, &config, credential).expect("a group");
    let mut alice = Member::new(provider, signer, group);
    let mut bob: Option<Member> = None;
    for batch in (1..size).collect::<Vec<_>>().chunks(BATCH) {
        let mut newcomers: Vec<_> = batch
            .iter()
            .map(|&number| newcomer(number, suite))
            .collect();
        let packages: Vec<KeyPackage> = newcomers
            .iter()
            .map(|(.., package)| package.clone())
            .collect();
        let (commit, welcome, _) = alice
            .group
            .add_members(&alice.provider, &alice.signer, &packages)
            .expect("a commit");
        alice.merge();
        let commit = commit.tls_serialize_detached().expect("an encoding");
        if let Some(bob) = &mut bob {
            bob.process(&commit);
        } else {
            let (provider, signer, _) = newcomers.remove(0);
            let welcome = welcome.tls_serialize_detached().expect("an encoding");
            let group = join(&provider, &welcome);
            bob = Some(Member::new(provider, signer, group));
        }
    }
    (alice, bob.expect("a group has two members at least"))
}

pub(crate) fn join(provider: &OpenMlsRustCrypto, welcome: &[u8]) -> MlsGroup {
    let config = MlsGroupJoinConfig::builder()
        .wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
        .use_ratchet_tree_extension(true)
        .build();
    let message = MlsMessageIn::tls_deserialize_exact_bytes(welcome).expect("a message");
    let welcome = match message.extract() {
        MlsMessageBodyIn::Welcome(welcome) => Some(welcome),
        _ => None,
    };
    StagedWelcome::new_from_welcome(provider, &config, welcome.expect("a Welcome"), None)
        .and_then(|staged| staged.into_group(provider))
        .expect("a group")
}

pub(crate) fn newcomer(
    number: usize,
    suite: Suite,
) -> (OpenMlsRustCrypto, SignatureKeyPair, KeyPackage) {
    let provider = OpenMlsRustCrypto::default();
    let (signer, credential) = identity(number);
    let bundle = KeyPackage::builder()
        .leaf_node_capabilities(capabilities())
        .build(mls(suite), &provider, &signer, credential)
        .expect("a key package");
    let package = bundle.key_package().clone();
    (provider, signer, package)
}

/// Credentials are certificates, as long as ours.
fn identity(number: usize) -> (SignatureKeyPair, CredentialWithKey) {
    let signer = SignatureKeyPair::new(mls(CLASSICAL).signature_algorithm()).expect("a key");
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

/// Its defaults do not list the hybrid suite.
fn capabilities() -> Capabilities {
    let suites: Vec<Ciphersuite> = SUPPORTED.iter().map(|&suite| mls(suite)).collect();
    Capabilities::new(None, Some(&suites), None, None, None)
}
