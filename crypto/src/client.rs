//! One client: its private keys, and with its certificate who it is in MLS.

use std::{fmt, sync::Arc};

use ed25519_dalek::{Signer as _, SigningKey};
use openmls::prelude::{BasicCredential, CredentialWithKey};
use openmls_traits::{
    signatures::{Signer, SignerError},
    types::SignatureScheme,
};
use restante_wire::{
    AccountKeyHash, ClientId, InboxKey, Signature, SignatureKey,
    account::{ClientCertificate, session_signing_bytes},
    codec::{self, CodecError},
    key_package::Suite,
};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::{
    certificate::{self, CertificateError},
    ciphersuite::SUPPORTED,
    inbox,
    randomness::Randomness,
    verified::VerifiedCertificates,
};

/// A client's private keys: the Ed25519 key of its leaves and account requests, and the HPKE key of
/// its inbox. Kept as seeds.
#[derive(Clone)]
pub struct ClientKeys {
    client: ClientId,
    signing: SigningKey,
    inbox_seed: Zeroizing<[u8; 32]>,
}

/// How [`ClientKeys`] are stored.
#[derive(Serialize, Deserialize)]
struct StoredKeys {
    client: ClientId,
    #[serde(with = "serde_bytes")]
    signature_seed: [u8; 32],
    #[serde(with = "serde_bytes")]
    inbox_seed: [u8; 32],
}

impl Drop for StoredKeys {
    fn drop(&mut self) {
        self.signature_seed.zeroize();
        self.inbox_seed.zeroize();
    }
}

impl ClientKeys {
    /// Keys of a new client, with a random client id.
    #[must_use]
    pub fn generate(randomness: &Randomness) -> Self {
        Self {
            client: ClientId(randomness.bytes()),
            signing: SigningKey::from_bytes(&Zeroizing::new(randomness.bytes())),
            inbox_seed: Zeroizing::new(randomness.bytes()),
        }
    }

    /// The stored form: [`codec`] with its version byte. Secret.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(codec::encode(&StoredKeys {
            client: self.client,
            signature_seed: self.signing.to_bytes(),
            inbox_seed: *self.inbox_seed,
        }))
    }

    /// Reads [`Self::to_bytes`].
    ///
    /// # Errors
    /// A [`CodecError`]: the store is damaged or from a newer build.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CodecError> {
        let stored: StoredKeys = codec::decode(bytes)?;
        Ok(Self {
            client: stored.client,
            signing: SigningKey::from_bytes(&stored.signature_seed),
            inbox_seed: Zeroizing::new(stored.inbox_seed),
        })
    }

    /// The client id.
    #[must_use]
    pub const fn client(&self) -> ClientId {
        self.client
    }

    /// The public key of the client's leaves and account requests.
    #[must_use]
    pub fn signature_key(&self) -> SignatureKey {
        SignatureKey(self.signing.verifying_key().to_bytes())
    }

    /// The public key that letters to this client are sealed to.
    #[must_use]
    pub fn inbox_key(&self) -> InboxKey {
        inbox::key_pair(self).1
    }

    /// Signs a session request (`restante_wire::account::SessionRequest`).
    #[must_use]
    pub fn sign_session(&self, relay: &str, account: &AccountKeyHash, nonce: &[u8]) -> Signature {
        self.sign_bytes(&session_signing_bytes(relay, account, &self.client, nonce))
    }

    /// Signs what [`crate::certificate::verify_client_signature`] verifies: `label`, a zero byte, then
    /// the bytes. Labels keep what is signed for one purpose from being shown for another.
    #[must_use]
    pub fn sign(&self, label: &str, bytes: &[u8]) -> Signature {
        self.sign_bytes(&certificate::labelled(label, bytes))
    }

    /// Signs bytes that begin with a label of their own.
    pub(crate) fn sign_bytes(&self, bytes: &[u8]) -> Signature {
        Signature(self.signing.sign(bytes).to_bytes())
    }

    pub(crate) fn inbox_seed(&self) -> &[u8; 32] {
        &self.inbox_seed
    }
}

impl fmt::Debug for ClientKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientKeys(..)")
    }
}

/// MLS signs its own labelled content (RFC 9420 section 5.1.2) with the same key.
impl Signer for ClientKeys {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(self.signing.sign(payload).to_bytes().to_vec())
    }

    fn signature_scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}

/// Who a client is in MLS: keys, certificate and the randomness it draws from. Clones share all.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    keys: ClientKeys,
    certificate: ClientCertificate,
    randomness: Randomness,
    suites: Vec<Suite>,
    verified: Arc<VerifiedCertificates>,
}

impl Client {
    /// Joins keys and certificate. The client offers every suite of this build.
    ///
    /// # Errors
    /// A [`CertificateError`] if the certificate does not verify or is not of these keys.
    pub fn new(
        keys: ClientKeys,
        certificate: ClientCertificate,
        randomness: Randomness,
    ) -> Result<Self, CertificateError> {
        let verified = Arc::new(VerifiedCertificates::default());
        verified.verify(&codec::encode(&certificate))?;
        let body = &certificate.body;
        let own = body.client == keys.client()
            && body.signature_key == keys.signature_key()
            && body.inbox_key == keys.inbox_key();
        if !own {
            return Err(CertificateError::KeyMismatch);
        }
        Ok(Self(Arc::new(Inner {
            keys,
            certificate,
            randomness,
            suites: SUPPORTED.to_vec(),
            verified,
        })))
    }

    /// The same client, offering only these of the suites that this build speaks.
    #[must_use]
    pub fn offering(&self, suites: &[Suite]) -> Self {
        let inner = &self.0;
        let is_chosen = |suite: &Suite| suites.contains(suite);
        Self(Arc::new(Inner {
            keys: inner.keys.clone(),
            certificate: inner.certificate.clone(),
            randomness: inner.randomness.clone(),
            suites: SUPPORTED.iter().copied().filter(is_chosen).collect(),
            verified: Arc::clone(&inner.verified),
        }))
    }

    /// The private keys.
    #[must_use]
    pub fn keys(&self) -> &ClientKeys {
        &self.0.keys
    }

    /// The certificate.
    #[must_use]
    pub fn certificate(&self) -> &ClientCertificate {
        &self.0.certificate
    }

    /// The client id.
    #[must_use]
    pub fn id(&self) -> ClientId {
        self.0.keys.client()
    }

    /// The suites that this client offers, most wanted first.
    #[must_use]
    pub fn suites(&self) -> &[Suite] {
        &self.0.suites
    }

    /// The source of this client's randomness.
    #[must_use]
    pub fn randomness(&self) -> &Randomness {
        &self.0.randomness
    }

    /// The certificates that this client has verified.
    pub(crate) fn verified(&self) -> &VerifiedCertificates {
        &self.0.verified
    }

    /// The MLS credential: the certificate's bytes (RFC 9420 section 5.3).
    pub(crate) fn credential(&self) -> CredentialWithKey {
        CredentialWithKey {
            credential: BasicCredential::new(codec::encode(&self.0.certificate)).into(),
            signature_key: self.0.keys.signature_key().0.to_vec().into(),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_survive_storage() {
        let keys = ClientKeys::generate(&Randomness::os());
        let again = ClientKeys::from_bytes(&keys.to_bytes()).unwrap();
        assert_eq!(again.client(), keys.client());
        assert_eq!(again.signature_key(), keys.signature_key());
        assert_eq!(again.inbox_key(), keys.inbox_key());
        assert!(ClientKeys::from_bytes(&keys.to_bytes()[..40]).is_err());
        assert!(ClientKeys::from_bytes(&[9]).is_err());
    }

    #[test]
    fn a_session_signature_verifies_over_the_wire_crates_bytes() {
        let keys = ClientKeys::generate(&Randomness::os());
        let account = AccountKeyHash([1; 32]);
        let signature = keys.sign_session("https://relay.example", &account, &[7; 32]);
        let bytes =
            session_signing_bytes("https://relay.example", &account, &keys.client(), &[7; 32]);
        assert!(certificate::verify_signature(&keys.signature_key(), &bytes, &signature).is_ok());
    }
}
