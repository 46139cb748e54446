//! Accounts, clients and certificates (protocol/accounts.md, "Keys" and "Certificates").

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use restante_wire::{
    AccountKeyHash, ClientId, IdentityKey, InboxKey, MailboxAddress, Signature, SignatureKey,
    account::{AccountId, CertificateBody, ClientCertificate},
    codec,
};
use sha2::{Digest, Sha256};

use crate::{PeerError, letter, random};

/// What the account identity key signs in front of an encoded certificate body.
const CERTIFICATE_LABEL: &[u8] = b"restante client certificate v1\0";

/// Longest relay URL and username of a certificate.
const MAX_RELAY: usize = 255;
const MAX_USERNAME: usize = 64;

/// One account with one client: its keys and its certificate.
pub struct Identity {
    client: SigningKey,
    inbox_seed: [u8; 32],
    certificate: ClientCertificate,
}

impl Identity {
    /// A new account with a client, at home on `relay`.
    ///
    /// # Errors
    /// [`PeerError::Randomness`].
    pub fn generate(relay: &str, username: &str) -> Result<Self, PeerError> {
        Self::from_seeds(relay, username, random()?, random()?, random()?)
    }

    /// The same from the seeds of the account identity key, the client's signature key and its
    /// inbox key.
    ///
    /// # Errors
    /// [`PeerError::Randomness`]: client id and inbox address are drawn.
    pub fn from_seeds(
        relay: &str,
        username: &str,
        account: [u8; 32],
        client: [u8; 32],
        inbox_seed: [u8; 32],
    ) -> Result<Self, PeerError> {
        let account = SigningKey::from_bytes(&account);
        let client = SigningKey::from_bytes(&client);
        let identity_key = IdentityKey(account.verifying_key().to_bytes());
        let body = CertificateBody {
            account: AccountId {
                relay: relay.to_owned(),
                key_hash: account_of(&identity_key),
            },
            identity_key,
            username: username.to_owned(),
            client: ClientId(random()?),
            signature_key: SignatureKey(client.verifying_key().to_bytes()),
            inbox: MailboxAddress(random()?),
            inbox_key: InboxKey(letter::inbox_key(&inbox_seed)?),
        };
        let signature = Signature(account.sign(&signed_bytes(&body)).to_bytes());
        Ok(Self {
            client,
            inbox_seed,
            certificate: ClientCertificate { body, signature },
        })
    }

    /// A client that was made before, from the seeds of its keys.
    #[must_use]
    pub fn restore(client: [u8; 32], inbox_seed: [u8; 32], certificate: ClientCertificate) -> Self {
        Self {
            client: SigningKey::from_bytes(&client),
            inbox_seed,
            certificate,
        }
    }

    /// Who this is.
    #[must_use]
    pub fn certificate(&self) -> &ClientCertificate {
        &self.certificate
    }

    /// Which client this is.
    #[must_use]
    pub fn client(&self) -> ClientId {
        self.certificate.body.client
    }

    /// Signs `label`, a zero byte and bytes with the client's key.
    #[must_use]
    pub fn sign(&self, label: &str, bytes: &[u8]) -> Signature {
        let message = [label.as_bytes(), &[0], bytes].concat();
        Signature(self.client.sign(&message).to_bytes())
    }

    /// Seed and public key of the client's key, side by side, as `mls-rs` wants it.
    pub(crate) fn key_pair(&self) -> Vec<u8> {
        self.client.to_keypair_bytes().to_vec()
    }

    pub(crate) fn inbox_seed(&self) -> &[u8; 32] {
        &self.inbox_seed
    }
}

/// Verifies the identity of an MLS credential.
///
/// # Errors
/// A [`PeerError`]: the leaf that carries it makes a commit noise.
pub fn verify_certificate(bytes: &[u8]) -> Result<ClientCertificate, PeerError> {
    let certificate: ClientCertificate = codec::decode(bytes)?;
    if codec::encode(&certificate) != bytes {
        return Err(PeerError::NotCanonical);
    }
    let body = &certificate.body;
    let texts_fit = (1..=MAX_RELAY).contains(&body.account.relay.len())
        && (1..=MAX_USERNAME).contains(&body.username.len());
    if !texts_fit {
        return Err(PeerError::Limits);
    }
    if body.account.key_hash != account_of(&body.identity_key) {
        return Err(PeerError::Certificate);
    }
    verify(
        &body.identity_key.0,
        &signed_bytes(body),
        &certificate.signature,
    )?;
    Ok(certificate)
}

/// Verifies what a client signed by [`Identity::sign`].
///
/// # Errors
/// [`PeerError::Certificate`].
pub fn verify_client(
    certificate: &ClientCertificate,
    label: &str,
    bytes: &[u8],
    signature: &Signature,
) -> Result<(), PeerError> {
    let message = [label.as_bytes(), &[0], bytes].concat();
    verify(&certificate.body.signature_key.0, &message, signature)
}

/// The account that an identity key certifies.
#[must_use]
pub fn account_of(key: &IdentityKey) -> AccountKeyHash {
    AccountKeyHash(Sha256::digest(key.0).into())
}

fn signed_bytes(body: &CertificateBody) -> Vec<u8> {
    [CERTIFICATE_LABEL, &codec::encode(body)].concat()
}

fn verify(key: &[u8; 32], message: &[u8], signature: &Signature) -> Result<(), PeerError> {
    VerifyingKey::from_bytes(key)
        .and_then(|key| {
            let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
            key.verify_strict(message, &signature)
        })
        .map_err(|_| PeerError::Certificate)
}
