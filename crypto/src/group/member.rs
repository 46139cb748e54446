//! Members: leaves of the tree and the certificates they carry.

use std::{collections::BTreeMap, fmt, sync::Arc};

use openmls::prelude::{Credential, CredentialType, LeafNode, LeafNodeIndex};
use restante_wire::{AccountKeyHash, ClientId, SignatureKey, account::ClientCertificate, codec};

use crate::{
    certificate::{CertificateError, CertificateHash},
    verified::VerifiedCertificates,
};

/// A client in the group.
#[derive(Clone, PartialEq, Eq)]
pub struct Member {
    /// Its place in the tree.
    pub leaf_index: u32,
    /// What its leaf carries, verified when it came into the tree.
    pub certificate: ClientCertificate,
}

/// Shows no person and no content.
impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Member({})", self.leaf_index)
    }
}

impl Member {
    /// The client id.
    #[must_use]
    pub fn client(&self) -> ClientId {
        self.certificate.body.client
    }

    /// The account it belongs to.
    #[must_use]
    pub fn account(&self) -> AccountKeyHash {
        self.certificate.body.account.key_hash
    }
}

/// All members by leaf index, with their encoded certificates to compare with.
#[derive(Clone, Default)]
pub(crate) struct Members(BTreeMap<u32, Arc<Entry>>);

struct Entry {
    member: Member,
    encoded: Vec<u8>,
    hash: CertificateHash,
}

impl Members {
    /// Reads the members of a tree, reusing what is known of leaves whose certificate is unchanged.
    /// Certificates of others are verified.
    pub(crate) fn read(
        tree: impl Iterator<Item = openmls::prelude::Member>,
        known: &Self,
        verified: &VerifiedCertificates,
    ) -> Result<Self, CertificateError> {
        let entries = tree.map(|leaf| {
            let index = leaf.index.u32();
            let encoded = leaf.credential.serialized_content();
            let entry = match known.0.get(&index) {
                Some(entry) if entry.encoded == encoded => Arc::clone(entry),
                _ => {
                    let (certificate, hash) =
                        certificate_of(&leaf.credential, &leaf.signature_key, verified)?;
                    Arc::new(Entry::new(index, certificate, hash, encoded))
                }
            };
            Ok((index, entry))
        });
        entries.collect::<Result<_, _>>().map(Self)
    }

    /// Reads the members of a tree that this client stored after it had verified them.
    pub(crate) fn read_stored(
        tree: impl Iterator<Item = openmls::prelude::Member>,
    ) -> Result<Self, CertificateError> {
        let entries = tree.map(|leaf| {
            let index = leaf.index.u32();
            let encoded = leaf.credential.serialized_content();
            let hash = CertificateHash::of_encoded(encoded);
            let entry = Entry::new(index, codec::decode(encoded)?, hash, encoded);
            Ok((index, Arc::new(entry)))
        });
        entries.collect::<Result<_, _>>().map(Self)
    }

    pub(crate) fn get(&self, index: LeafNodeIndex) -> Option<&Member> {
        self.0.get(&index.u32()).map(|entry| &entry.member)
    }

    pub(crate) fn find(&self, client: &ClientId) -> Option<&Member> {
        self.iter().find(|member| member.client() == *client)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Member> {
        self.0.values().map(|entry| &entry.member)
    }

    pub(crate) fn with_hashes(&self) -> impl Iterator<Item = (&Member, CertificateHash)> {
        self.0.values().map(|entry| (&entry.member, entry.hash))
    }
}

impl Entry {
    fn new(
        leaf_index: u32,
        certificate: ClientCertificate,
        hash: CertificateHash,
        encoded: &[u8],
    ) -> Self {
        Self {
            encoded: encoded.to_vec(),
            hash,
            member: Member {
                leaf_index,
                certificate,
            },
        }
    }
}

/// The verified certificate of a leaf, which must be of the leaf's signature key, and its hash.
pub(crate) fn certificate_of_leaf(
    leaf: &LeafNode,
    verified: &VerifiedCertificates,
) -> Result<(ClientCertificate, CertificateHash), CertificateError> {
    certificate_of(leaf.credential(), leaf.signature_key().as_slice(), verified)
}

fn certificate_of(
    credential: &Credential,
    signature_key: &[u8],
    verified: &VerifiedCertificates,
) -> Result<(ClientCertificate, CertificateHash), CertificateError> {
    if credential.credential_type() != CredentialType::Basic {
        return Err(CertificateError::NotCanonical);
    }
    let (certificate, hash) = verified.verify(credential.serialized_content())?;
    if SignatureKey::from_slice(signature_key) == Some(certificate.body.signature_key) {
        Ok((certificate, hash))
    } else {
        Err(CertificateError::KeyMismatch)
    }
}
