//! Accounts certify themselves and their clients (protocol.md, "Accounts and keys").
//!
//! A certificate is the identity in a client's MLS credential, byte for byte, so its encoding is
//! canonical: bytes that decode but encode differently are refused.

use std::fmt;

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use restante_wire::{
    AccountKeyHash, IdentityKey, Signature, SignatureKey,
    account::{AccountId, AccountRecord, CertificateBody, ClientCertificate, RecordBody},
    codec::{self, CodecError},
    credentials::{ProveIdentity, identity_signing_bytes},
    fault::planted,
    limits,
};
use sha2::{Digest, Sha256};

use crate::randomness::Randomness;

/// The account identity key. It lives on a client only while it certifies or expels, then is wiped.
pub struct AccountIdentity(SigningKey);

impl AccountIdentity {
    /// A fresh identity: a new account.
    #[must_use]
    pub fn generate(randomness: &Randomness) -> Self {
        Self::from_seed(&randomness.bytes())
    }

    /// From the Ed25519 seed (RFC 8032 section 5.1.5).
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The seed, to be wrapped and nothing else.
    #[must_use]
    pub fn seed(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The public key.
    #[must_use]
    pub fn key(&self) -> IdentityKey {
        IdentityKey(self.0.verifying_key().to_bytes())
    }

    /// The id of this account at its home relay.
    #[must_use]
    pub fn account(&self, relay: &str) -> AccountId {
        AccountId {
            relay: relay.to_owned(),
            key_hash: self.key().account(),
        }
    }

    /// Signs a client certificate.
    #[must_use]
    pub fn certify(&self, body: CertificateBody) -> ClientCertificate {
        let signature = self.sign(&body.signing_bytes());
        ClientCertificate { body, signature }
    }

    /// Signs an account record.
    #[must_use]
    pub fn sign_record(&self, body: RecordBody) -> AccountRecord {
        let signature = self.sign(&body.signing_bytes());
        AccountRecord { body, signature }
    }

    /// Signs in to the relay of this account with a challenge of that relay.
    #[must_use]
    pub fn prove(&self, relay: &str, nonce: Vec<u8>) -> ProveIdentity {
        let account = self.key().account();
        let signature = self.sign(&identity_signing_bytes(relay, &account, &nonce));
        ProveIdentity {
            account,
            nonce,
            signature,
        }
    }

    fn sign(&self, bytes: &[u8]) -> Signature {
        Signature(self.0.sign(bytes).to_bytes())
    }
}

impl fmt::Debug for AccountIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccountIdentity(..)")
    }
}

/// Why a certificate or record does not hold. Its author is at fault; nothing makes it valid later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// Not an encoded certificate.
    #[error("certificate does not decode")]
    Encoding(#[from] CodecError),
    /// Decodes, but is not what encoding gives.
    #[error("certificate is not in canonical encoding")]
    NotCanonical,
    /// A text is empty or beyond its limit.
    #[error("certificate has a text of a forbidden length")]
    TextLength,
    /// The account id is not the hash of the identity key.
    #[error("account id is not that of the identity key")]
    AccountMismatch,
    /// The signature does not verify, or a key is not a strong point of the curve.
    #[error("signature does not verify")]
    Signature,
    /// A record holds a certificate of another account or username.
    #[error("record holds a certificate that is not its own")]
    ForeignClient,
    /// A record's clients are not in strictly ascending order of their ids.
    #[error("record's clients are unsorted or repeated")]
    ClientOrder,
    /// A record with no sequence number, or more clients than an account may have.
    #[error("record is beyond its limits")]
    RecordLimits,
    /// Private keys and certificate are of different clients.
    #[error("certificate does not belong to these keys")]
    KeyMismatch,
}

/// Verifies the encoded certificate of an MLS credential.
///
/// # Errors
/// A [`CertificateError`]: the leaf that carries it makes a commit invalid.
pub fn verify_certificate(bytes: &[u8]) -> Result<ClientCertificate, CertificateError> {
    let certificate: ClientCertificate = codec::decode(bytes)?;
    if codec::encode(&certificate) != bytes {
        return Err(CertificateError::NotCanonical);
    }
    verify(&certificate)?;
    Ok(certificate)
}

/// Verifies a decoded certificate: key hash, lengths of texts, signature.
///
/// # Errors
/// A [`CertificateError`].
pub fn verify(certificate: &ClientCertificate) -> Result<(), CertificateError> {
    let body = &certificate.body;
    check_account(&body.account, &body.identity_key, &body.username)?;
    if planted("c6_certificate_signature_ignored") {
        return Ok(());
    }
    verify_signature(
        &SignatureKey(body.identity_key.0),
        &body.signing_bytes(),
        &certificate.signature,
    )
}

/// Verifies an account record: its signature, and that every client in it is certified by the same
/// account under the same username, in strictly ascending order of client ids.
///
/// # Errors
/// A [`CertificateError`]: whoever published or served the record is at fault.
pub fn verify_record(record: &AccountRecord) -> Result<(), CertificateError> {
    let body = &record.body;
    check_account(&body.account, &body.identity_key, &body.username)?;
    if body.sequence == 0 || body.clients.len() > limits::MAX_CLIENTS {
        return Err(CertificateError::RecordLimits);
    }
    let sorted = body
        .clients
        .is_sorted_by(|a, b| a.body.client < b.body.client);
    if !sorted {
        return Err(CertificateError::ClientOrder);
    }
    for client in &body.clients {
        if client.body.account != body.account || client.body.username != body.username {
            return Err(CertificateError::ForeignClient);
        }
        verify(client)?;
    }
    verify_signature(
        &SignatureKey(body.identity_key.0),
        &body.signing_bytes(),
        &record.signature,
    )
}

/// SHA-256 of an encoded certificate: two leaves with the same one are the same client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CertificateHash(pub [u8; 32]);

impl CertificateHash {
    /// Of a certificate.
    #[must_use]
    pub fn of(certificate: &ClientCertificate) -> Self {
        Self::of_encoded(&codec::encode(certificate))
    }

    /// Of a certificate's bytes.
    pub(crate) fn of_encoded(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

/// Verifies what a certified client signed by [`crate::ClientKeys::sign`].
///
/// # Errors
/// [`CertificateError::Signature`]: somebody else made it, or for another purpose.
pub fn verify_client_signature(
    certificate: &ClientCertificate,
    label: &str,
    bytes: &[u8],
    signature: &Signature,
) -> Result<(), CertificateError> {
    verify_signature(
        &certificate.body.signature_key,
        &labelled(label, bytes),
        signature,
    )
}

/// What is signed: the label, a zero byte, the bytes.
pub(crate) fn labelled(label: &str, bytes: &[u8]) -> Vec<u8> {
    [label.as_bytes(), &[0], bytes].concat()
}

/// Ed25519 verification that refuses weak keys and malleable encodings, so that all clients agree
/// (RFC 8032 section 5.1.7; Chalkias et al., "Taming the many EdDSAs").
pub(crate) fn verify_signature(
    key: &SignatureKey,
    message: &[u8],
    signature: &Signature,
) -> Result<(), CertificateError> {
    VerifyingKey::from_bytes(&key.0)
        .and_then(|key| {
            let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
            key.verify_strict(message, &signature)
        })
        .map_err(|_| CertificateError::Signature)
}

fn check_account(
    account: &AccountId,
    key: &IdentityKey,
    username: &str,
) -> Result<(), CertificateError> {
    let texts_fit = (1..=limits::MAX_RELAY_URL).contains(&account.relay.len())
        && (1..=limits::MAX_USERNAME).contains(&username.len());
    if !texts_fit {
        return Err(CertificateError::TextLength);
    }
    let expected: AccountKeyHash = key.account();
    if account.key_hash == expected {
        Ok(())
    } else {
        Err(CertificateError::AccountMismatch)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use restante_wire::{ClientId, InboxKey, MailboxAddress};

    use super::*;

    fn body(identity: &AccountIdentity, client: u8) -> CertificateBody {
        CertificateBody {
            account: identity.account("https://relay.example"),
            identity_key: identity.key(),
            username: "alice".into(),
            client: ClientId([client; 16]),
            signature_key: SignatureKey([2; 32]),
            inbox: MailboxAddress([3; 32]),
            inbox_key: InboxKey([4; 32]),
        }
    }

    fn record(identity: &AccountIdentity, clients: &[u8]) -> RecordBody {
        RecordBody {
            account: identity.account("https://relay.example"),
            identity_key: identity.key(),
            username: "alice".into(),
            sequence: 1,
            clients: clients
                .iter()
                .map(|&client| identity.certify(body(identity, client)))
                .collect(),
        }
    }

    #[test]
    fn c6_a_certificate_verifies_only_under_its_own_identity_key() {
        let (alice, mallory) = (
            AccountIdentity::from_seed(&[1; 32]),
            AccountIdentity::from_seed(&[2; 32]),
        );
        let good = alice.certify(body(&alice, 1));
        assert_eq!(verify_certificate(&codec::encode(&good)), Ok(good.clone()));

        let forged = ClientCertificate {
            signature: mallory.sign(&good.body.signing_bytes()),
            ..good.clone()
        };
        assert_eq!(verify(&forged), Err(CertificateError::Signature));

        let mut renamed = good.clone();
        renamed.body.username = "mallory".into();
        assert_eq!(verify(&renamed), Err(CertificateError::Signature));

        let mut stolen = body(&mallory, 1);
        stolen.account = alice.account("https://relay.example");
        let stolen = mallory.certify(stolen);
        assert_eq!(verify(&stolen), Err(CertificateError::AccountMismatch));
    }

    #[test]
    fn texts_beyond_their_limits_are_refused() {
        let alice = AccountIdentity::from_seed(&[1; 32]);
        for name in ["", &"x".repeat(65)] {
            let mut long = body(&alice, 1);
            long.username = name.into();
            assert_eq!(
                verify(&alice.certify(long)),
                Err(CertificateError::TextLength)
            );
        }
    }

    #[test]
    fn trailing_and_overlong_encodings_are_not_canonical() {
        let alice = AccountIdentity::from_seed(&[1; 32]);
        let mut bytes = codec::encode(&alice.certify(body(&alice, 1)));
        // The relay URL's length 0x15 written as the overlong varint 0x95 0x00.
        assert_eq!(bytes[1], 0x15);
        bytes.splice(1..2, [0x95, 0x00]);
        assert!(matches!(
            verify_certificate(&bytes),
            Err(CertificateError::NotCanonical | CertificateError::Encoding(_))
        ));
    }

    #[test]
    fn a_record_lists_certified_clients_of_one_account_in_order() {
        let (alice, mallory) = (
            AccountIdentity::from_seed(&[1; 32]),
            AccountIdentity::from_seed(&[2; 32]),
        );
        let sign = |body| verify_record(&alice.sign_record(body));
        assert_eq!(sign(record(&alice, &[1, 2])), Ok(()));
        assert_eq!(sign(record(&alice, &[])), Ok(()));
        assert_eq!(
            sign(record(&alice, &[2, 1])),
            Err(CertificateError::ClientOrder)
        );
        assert_eq!(
            sign(record(&alice, &[1, 1])),
            Err(CertificateError::ClientOrder)
        );
        let many: Vec<u8> = (0..17).collect();
        assert_eq!(
            sign(record(&alice, &many)),
            Err(CertificateError::RecordLimits)
        );

        let mut foreign = record(&alice, &[1]);
        foreign.clients = vec![mallory.certify(body(&mallory, 2))];
        assert_eq!(sign(foreign), Err(CertificateError::ForeignClient));

        let mut uncertified = record(&alice, &[1]);
        uncertified.clients[0].signature = Signature([0; 64]);
        assert_eq!(sign(uncertified), Err(CertificateError::Signature));

        let mut record = alice.sign_record(record(&alice, &[1]));
        record.body.sequence = 2;
        assert_eq!(verify_record(&record), Err(CertificateError::Signature));
    }

    proptest! {
        #[test]
        fn c6_a_changed_certificate_never_verifies(
            at in any::<prop::sample::Index>(),
            flip in 1..=255_u8,
        ) {
            let alice = AccountIdentity::from_seed(&[1; 32]);
            let mut bytes = codec::encode(&alice.certify(body(&alice, 1)));
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            prop_assert!(verify_certificate(&bytes).is_err());
        }

        #[test]
        fn any_bytes_are_refused_without_a_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..500),
        ) {
            prop_assert!(verify_certificate(&bytes).is_err());
        }
    }
}
