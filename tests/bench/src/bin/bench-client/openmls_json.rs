//! The same groups by openmls alone on its default storage, which keeps JSON: what [`crate::storage`]
//! is compared with. Rows count when their bytes have changed, as ours do.

use std::collections::HashMap;

use openmls::prelude::{
    BasicCredential, Ciphersuite, CredentialWithKey, KeyPackage, LeafNodeParameters, MlsGroup,
    MlsGroupCreateConfig, MlsGroupJoinConfig, MlsMessageBodyIn, MlsMessageIn, OpenMlsProvider,
    PURE_CIPHERTEXT_WIRE_FORMAT_POLICY, ProcessedMessageContent, ProtocolMessage, StagedWelcome,
    tls_codec::{DeserializeBytes, Serialize},
};
use openmls_basic_credential::SignatureKeyPair;
use openmls_rust_crypto::OpenMlsRustCrypto;
use restante_wire::codec;

use crate::{
    members::{self, BATCH},
    storage::{PAYLOAD, ROUNDS, Written, mean},
};

const SUITE: Ciphersuite = Ciphersuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519;

/// Counts in a group of `size`.
pub(crate) fn measure(size: usize) -> Written {
    let (mut alice, mut bob) = group_of(size);
    alice.written();
    bob.written();
    let (mut message, mut commit) = (0, 0);
    for round in 0..2 * ROUNDS {
        let (from, to) = if round % 2 == 0 {
            (&mut alice, &mut bob)
        } else {
            (&mut bob, &mut alice)
        };
        let bytes = from.encrypt();
        message += from.written();
        to.process(&bytes);
        message += to.written();
        let bytes = from.stage();
        commit += from.written();
        from.merge();
        commit += from.written();
        to.process(&bytes);
        commit += to.written();
    }
    Written {
        message: mean(message),
        commit: mean(commit),
    }
}

/// A member with its storage.
struct Member {
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
    fn written(&mut self) -> usize {
        let values = self.provider.storage().values.read().expect("a lock");
        let changed = values
            .iter()
            .filter(|(key, value)| self.before.get(*key) != Some(value));
        let bytes = changed.map(|(key, value)| key.len() + value.len()).sum();
        self.before.clone_from(&values);
        bytes
    }

    fn encrypt(&mut self) -> Vec<u8> {
        let message = self
            .group
            .create_message(&self.provider, &self.signer, &PAYLOAD)
            .expect("a message");
        message.tls_serialize_detached().expect("an encoding")
    }

    fn stage(&mut self) -> Vec<u8> {
        let bundle = self
            .group
            .self_update(&self.provider, &self.signer, LeafNodeParameters::default())
            .expect("a commit");
        let commit = bundle.into_commit();
        commit.tls_serialize_detached().expect("an encoding")
    }

    fn merge(&mut self) {
        self.group
            .merge_pending_commit(&self.provider)
            .expect("a merge");
    }

    fn process(&mut self, bytes: &[u8]) {
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
fn group_of(size: usize) -> (Member, Member) {
    let provider = OpenMlsRustCrypto::default();
    let (signer, credential) = identity(0);
    let config = MlsGroupCreateConfig::builder()
        .ciphersuite(SUITE)
        .wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
        .use_ratchet_tree_extension(true)
        .build();
    let group = MlsGroup::new(&provider, &signer, &config, credential).expect("a group");
    let mut alice = Member::new(provider, signer, group);
    let mut bob: Option<Member> = None;
    for batch in (1..size).collect::<Vec<_>>().chunks(BATCH) {
        let mut newcomers: Vec<_> = batch.iter().map(|&number| newcomer(number)).collect();
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

fn join(provider: &OpenMlsRustCrypto, welcome: &[u8]) -> MlsGroup {
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

fn newcomer(number: usize) -> (OpenMlsRustCrypto, SignatureKeyPair, KeyPackage) {
    let provider = OpenMlsRustCrypto::default();
    let (signer, credential) = identity(number);
    let bundle = KeyPackage::builder()
        .build(SUITE, &provider, &signer, credential)
        .expect("a key package");
    let package = bundle.key_package().clone();
    (provider, signer, package)
}

/// Credentials are certificates, as long as ours.
fn identity(number: usize) -> (SignatureKeyPair, CredentialWithKey) {
    let signer = SignatureKeyPair::new(SUITE.signature_algorithm()).expect("a key");
    let certificate = codec::encode(members::client(number).certificate());
    let credential = CredentialWithKey {
        credential: BasicCredential::new(certificate).into(),
        signature_key: signer.public().into(),
    };
    (signer, credential)
}
