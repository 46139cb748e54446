//! Letters to inboxes (protocol/inboxes.md, "The sealed letter" and "What letters say").

use mls_rs::{
    CipherSuite, CipherSuiteProvider, CryptoProvider,
    crypto::{HpkeCiphertext, HpkePublicKey},
};
use mls_rs_crypto_rustcrypto::RustCryptoProvider;
use restante_wire::{
    LogHash, MailboxAddress, SeatId, SeatSecret, Signature,
    account::{CertificateBody, ClientCertificate},
    codec,
};
use serde::{Deserialize, Serialize};

use crate::{Identity, PeerError, identity, sealed};

/// Length of every letter, and of what is inside its HPKE.
const LETTER_LEN: usize = 4096;
const PADDED_LEN: usize = 4047;

const VERSION: u8 = 1;
const INFO: &[u8] = b"restante letter v1";
const LABEL: &str = "restante letter v1";

/// An invitation into a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Base URL of the mailbox's relay.
    pub relay: String,
    /// The room's mailbox.
    pub mailbox: MailboxAddress,
    /// The room.
    #[serde(with = "serde_bytes")]
    pub room: [u8; 32],
    /// Whether it is one-to-one.
    pub direct: bool,
    /// Its title.
    pub title: String,
    /// The addressee's seat.
    pub seat: SeatId,
    /// Its secret; none where the addressee has its seat still.
    pub seat_secret: Option<SeatSecret>,
    /// How many groups of the room came before this one.
    pub line: u32,
    /// The commit that adds the addressee.
    pub commit: u64,
    /// The log hash before that commit.
    pub log_hash: LogHash,
    /// Opens the Welcome beside it.
    #[serde(with = "serde_bytes")]
    pub welcome_key: [u8; 32],
    /// Words of introduction.
    pub words: String,
}

/// What a letter says, as far as the peer reads it: later variants do not decode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LetterContent {
    /// Come in.
    Invitation(Invitation),
    /// A fresh secret for the addressee's seat.
    Seat {
        /// The room's mailbox.
        mailbox: MailboxAddress,
        /// Base URL of its relay.
        relay: String,
        /// The secret.
        secret: SeatSecret,
    },
}

#[derive(Serialize, Deserialize)]
struct SignedLetter {
    certificate: ClientCertificate,
    letter: LetterContent,
    signature: Signature,
}

/// The public key of an inbox whose seed this is: `DeriveKeyPair` of RFC 9180.
///
/// # Errors
/// [`PeerError::Crypto`].
pub fn inbox_key(seed: &[u8; 32]) -> Result<[u8; 32], PeerError> {
    let (_, public) = suite()?.kem_derive(seed).map_err(|_| PeerError::Crypto)?;
    public.as_ref().try_into().map_err(|_| PeerError::Crypto)
}

/// Signs and seals a letter.
///
/// # Errors
/// [`PeerError::Limits`] if it does not fit, [`PeerError::Crypto`] for an unusable inbox key.
pub fn seal(
    from: &Identity,
    to: &CertificateBody,
    letter: LetterContent,
) -> Result<Vec<u8>, PeerError> {
    let signature = from.sign(LABEL, &signed_bytes(&to.inbox, &letter));
    let content = codec::encode(&SignedLetter {
        certificate: from.certificate().clone(),
        letter,
        signature,
    });
    let padded = sealed::pad_to(&content, PADDED_LEN)?;
    let key = HpkePublicKey::from(to.inbox_key.0.to_vec());
    let sealed = suite()?
        .hpke_seal(&key, INFO, Some(&to.inbox.0), &padded)
        .map_err(|_| PeerError::Crypto)?;
    Ok([&[VERSION][..], &sealed.kem_output, &sealed.ciphertext].concat())
}

/// Opens a letter to this client.
///
/// # Errors
/// A [`PeerError`]: noise.
pub fn open(me: &Identity, letter: &[u8]) -> Result<(ClientCertificate, LetterContent), PeerError> {
    let inbox = me.certificate().body.inbox;
    let content = open_bytes(me.inbox_seed(), &inbox, letter)?;
    let signed: SignedLetter = codec::decode(&content)?;
    let certificate = identity::verify_certificate(&codec::encode(&signed.certificate))?;
    identity::verify_client(
        &certificate,
        LABEL,
        &signed_bytes(&inbox, &signed.letter),
        &signed.signature,
    )?;
    Ok((certificate, signed.letter))
}

/// Opens the HPKE seal of a letter and takes the padding off.
///
/// # Errors
/// [`PeerError::Sealed`].
pub fn open_bytes(
    inbox_seed: &[u8; 32],
    inbox: &MailboxAddress,
    letter: &[u8],
) -> Result<Vec<u8>, PeerError> {
    let (&version, rest) = letter.split_first().ok_or(PeerError::Sealed)?;
    let (kem_output, ciphertext) = rest.split_at_checked(32).ok_or(PeerError::Sealed)?;
    if version != VERSION || letter.len() != LETTER_LEN {
        return Err(PeerError::Sealed);
    }
    let suite = suite()?;
    let (private, public) = suite
        .kem_derive(inbox_seed)
        .map_err(|_| PeerError::Crypto)?;
    let sealed = HpkeCiphertext {
        kem_output: kem_output.to_vec(),
        ciphertext: ciphertext.to_vec(),
    };
    let padded = suite
        .hpke_open(&sealed, &private, &public, INFO, Some(&inbox.0))
        .map_err(|_| PeerError::Sealed)?;
    sealed::unpad(&padded)
}

fn signed_bytes(inbox: &MailboxAddress, letter: &LetterContent) -> Vec<u8> {
    [&inbox.0[..], &codec::encode(letter)].concat()
}

/// The HPKE of letters is that of the MLS suite.
fn suite() -> Result<impl CipherSuiteProvider, PeerError> {
    RustCryptoProvider::new()
        .cipher_suite_provider(CipherSuite::CURVE25519_CHACHA)
        .ok_or(PeerError::Crypto)
}
