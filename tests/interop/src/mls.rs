//! The peer as an MLS client (protocol/groups.md, "MLS parameters").

use std::time::Duration;

use mls_rs::client_builder::PaddingMode;
use mls_rs::{
    CipherSuite, Client, ExtensionList, IdentityProvider, MlsMessage,
    client_builder::{BaseConfig, WithCryptoProvider, WithIdentityProvider, WithMlsRules},
    extension::ExtensionType,
    identity::{CredentialType, SigningIdentity, basic::BasicCredential},
    mls_rules::{CommitOptions, DefaultMlsRules, EncryptionOptions},
    time::MlsTime,
};
use mls_rs_core::{identity::MemberValidationContext, key_package::KeyPackageData};
use restante_wire::{account::ClientCertificate, codec};

use crate::{
    Identity, PeerError, identity, room_state,
    suite::{CLASSICAL, Suites},
};

/// Extension `last_resort` of key packages.
const LAST_RESORT: ExtensionType = ExtensionType::new(10);

/// Extension that holds the room state.
pub(crate) const ROOM_STATE: ExtensionType = ExtensionType::new(room_state::EXTENSION);

/// The frame that `MLSMessage` puts in front of a KeyPackage: version `mls10`, wire format 5.
const KEY_PACKAGE_FRAME: [u8; 4] = [0, 1, 0, 5];

pub(crate) type Config = WithMlsRules<
    DefaultMlsRules,
    WithCryptoProvider<Suites, WithIdentityProvider<Certificates, BaseConfig>>,
>;

/// A client that speaks MLS.
pub struct Peer {
    identity: Identity,
    pub(crate) client: Client<Config>,
}

impl Peer {
    /// Makes a client of an identity, for classical rooms.
    #[must_use]
    pub fn new(identity: Identity) -> Self {
        Self::of_suite(identity, CLASSICAL)
    }

    /// The same for rooms of a suite.
    #[must_use]
    pub fn of_suite(identity: Identity, suite: CipherSuite) -> Self {
        let credential = BasicCredential::new(codec::encode(identity.certificate()));
        let signature_key = identity.certificate().body.signature_key.0.to_vec();
        let rules = DefaultMlsRules::new()
            .with_commit_options(
                CommitOptions::new()
                    .with_path_required(true)
                    .with_ratchet_tree_extension(true)
                    .with_single_welcome_message(true),
            )
            .with_encryption_options(EncryptionOptions::new(true, PaddingMode::None));
        let client = Client::builder()
            .identity_provider(Certificates)
            .crypto_provider(Suites)
            .mls_rules(rules)
            .extension_types([LAST_RESORT, ROOM_STATE])
            .key_package_lifetime(Duration::from_secs(u64::MAX))
            .signing_identity(
                SigningIdentity::new(credential.into_credential(), signature_key.into()),
                identity.key_pair().into(),
                suite,
            )
            .build();
        Self { identity, client }
    }

    /// Who this is.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// A fresh key package, as the pool takes it: without the frame.
    ///
    /// # Errors
    /// [`PeerError::Mls`].
    pub fn key_package(&self) -> Result<Vec<u8>, PeerError> {
        let none = ExtensionList::default();
        let message =
            self.client
                .generate_key_package_message(none.clone(), none, Some(beginning()))?;
        let bytes = message.to_bytes()?;
        bytes
            .strip_prefix(&KEY_PACKAGE_FRAME)
            .map(<[u8]>::to_vec)
            .ok_or(PeerError::Header)
    }
}

/// A key package with its private keys, as vectors have it.
pub struct KeyPackageSecrets {
    /// Its reference, by which a Welcome names it.
    pub reference: Vec<u8>,
    /// As the pool has it.
    pub key_package: Vec<u8>,
    /// Opens the Welcome.
    pub init_key: Vec<u8>,
    /// Of the leaf.
    pub leaf_key: Vec<u8>,
}

impl Peer {
    /// The key packages that were made and not used.
    #[must_use]
    pub fn key_package_secrets(&self) -> Vec<KeyPackageSecrets> {
        let stored = self.client.key_package_store().key_packages();
        let secrets = stored
            .into_iter()
            .map(|(reference, stored)| KeyPackageSecrets {
                reference,
                key_package: stored.key_package_bytes,
                init_key: stored.init_key.to_vec(),
                leaf_key: stored.leaf_node_key.to_vec(),
            });
        secrets.collect()
    }

    /// Takes a key package that was made before.
    pub fn restore_key_package(&self, secrets: KeyPackageSecrets) {
        let stored = KeyPackageData::new(
            secrets.key_package,
            secrets.init_key.into(),
            secrets.leaf_key.into(),
            u64::MAX,
        );
        self.client
            .key_package_store()
            .insert(secrets.reference, stored);
    }
}

/// When every lifetime begins.
pub(crate) fn beginning() -> MlsTime {
    MlsTime::from(0)
}

/// Puts the frame in front of a key package of the pool.
pub(crate) fn framed(key_package: &[u8]) -> Result<MlsMessage, PeerError> {
    let bytes = [&KEY_PACKAGE_FRAME, key_package].concat();
    Ok(MlsMessage::from_bytes(&bytes)?)
}

/// The certificate in a leaf.
pub(crate) fn certificate(leaf: &SigningIdentity) -> Result<ClientCertificate, PeerError> {
    let basic = leaf.credential.as_basic().ok_or(PeerError::Certificate)?;
    let certificate = identity::verify_certificate(&basic.identifier)?;
    if leaf.signature_key.as_bytes() == certificate.body.signature_key.0 {
        Ok(certificate)
    } else {
        Err(PeerError::Certificate)
    }
}

/// Judges leaves: MLS asks at every Add, every update path and every member of a tree.
#[derive(Debug, Clone)]
pub struct Certificates;

impl IdentityProvider for Certificates {
    type Error = PeerError;

    fn validate_member(
        &self,
        leaf: &SigningIdentity,
        _: Option<MlsTime>,
        _: MemberValidationContext<'_>,
    ) -> Result<(), PeerError> {
        certificate(leaf).map(|_| ())
    }

    fn validate_external_sender(
        &self,
        _: &SigningIdentity,
        _: Option<MlsTime>,
        _: Option<&ExtensionList>,
    ) -> Result<(), PeerError> {
        Err(PeerError::Certificate)
    }

    /// A client is in a group once.
    fn identity(&self, leaf: &SigningIdentity, _: &ExtensionList) -> Result<Vec<u8>, PeerError> {
        Ok(certificate(leaf)?.body.client.0.to_vec())
    }

    /// An update keeps the certificate.
    fn valid_successor(
        &self,
        before: &SigningIdentity,
        after: &SigningIdentity,
        _: &ExtensionList,
    ) -> Result<bool, PeerError> {
        Ok(before == after)
    }

    fn supported_types(&self) -> Vec<CredentialType> {
        vec![CredentialType::BASIC]
    }
}
