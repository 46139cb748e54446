//! Letters: what is delivered to a client's inbox, sealed with HPKE base mode (RFC 9180).
//!
//! **Shape**: version byte, 32 bytes of encapsulated key, ciphertext with tag; always
//! [`limits::LETTER_LEN`] bytes. Suite: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305.

use openmls_traits::{
    crypto::OpenMlsCrypto,
    types::{HpkeAeadType, HpkeCiphertext, HpkeConfig, HpkeKdfType, HpkeKemType},
};
use restante_wire::{InboxKey, MailboxAddress, limits};
use zeroize::Zeroizing;

use crate::{client::ClientKeys, padding, provider::Algorithms, sealed::OpenError};

const VERSION: u8 = 1;
const INFO: &[u8] = b"restante letter v1";
const ENCAPSULATED_LEN: usize = 32;
const TAG_LEN: usize = 16;
const PADDED_LEN: usize = limits::LETTER_LEN - 1 - ENCAPSULATED_LEN - TAG_LEN;

/// Longest content of a letter.
pub const MAX_CONTENT: usize = padding::capacity(PADDED_LEN);

/// Why a letter could not be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealLetterError {
    /// The content does not fit.
    #[error("letter content of {len} bytes, at most {MAX_CONTENT} fit")]
    TooLong {
        /// Its length.
        len: usize,
    },
    /// The addressee's inbox key is not a usable X25519 key: its certificate is at fault.
    #[error("inbox key is unusable")]
    Key,
}

/// Seals `content` to the client whose certificate names this inbox and key.
///
/// # Errors
/// A [`SealLetterError`]; a retry with the same arguments is useless.
pub fn seal_letter(
    key: &InboxKey,
    inbox: &MailboxAddress,
    content: &[u8],
) -> Result<Vec<u8>, SealLetterError> {
    if content.len() > MAX_CONTENT {
        return Err(SealLetterError::TooLong { len: content.len() });
    }
    let padded = padding::pad_to(content, PADDED_LEN);
    let sealed = Algorithms
        .hpke_seal(SUITE, &key.0, INFO, inbox.as_bytes(), &padded)
        .map_err(|_| SealLetterError::Key)?;
    let mut letter = Vec::with_capacity(limits::LETTER_LEN);
    letter.push(VERSION);
    letter.extend_from_slice(sealed.kem_output.as_slice());
    letter.extend_from_slice(sealed.ciphertext.as_slice());
    Ok(letter)
}

/// Opens a letter that came to this client's inbox.
///
/// # Errors
/// An [`OpenError`]: noise. Acknowledge it and go on.
pub fn open_letter(
    keys: &ClientKeys,
    inbox: &MailboxAddress,
    letter: &[u8],
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let length = OpenError::Length { len: letter.len() };
    if letter.len() != limits::LETTER_LEN {
        return Err(length);
    }
    let (&version, rest) = letter.split_first().ok_or(length)?;
    if version != VERSION {
        return Err(OpenError::Version { got: version });
    }
    let (encapsulated, ciphertext) = rest.split_at_checked(ENCAPSULATED_LEN).ok_or(length)?;
    let input = HpkeCiphertext {
        kem_output: encapsulated.to_vec().into(),
        ciphertext: ciphertext.to_vec().into(),
    };
    let (private, _) = key_pair(keys);
    let padded = Algorithms
        .hpke_open(SUITE, &input, &private, INFO, inbox.as_bytes())
        .map(Zeroizing::new)
        .map_err(|_| OpenError::Unauthentic)?;
    padding::unpad(&padded)
        .map(|content| Zeroizing::new(content.to_vec()))
        .ok_or(OpenError::Malformed)
}

/// The inbox key pair of a client: `DeriveKeyPair` of RFC 9180 section 7.1.3 from its seed.
pub(crate) fn key_pair(keys: &ClientKeys) -> (Zeroizing<Vec<u8>>, InboxKey) {
    let derived = Algorithms
        .derive_hpke_keypair(SUITE, keys.inbox_seed())
        .ok()
        .and_then(|pair| {
            let public = InboxKey::from_slice(&pair.public)?;
            Some((Zeroizing::new(pair.private.to_vec()), public))
        });
    #[expect(
        clippy::expect_used,
        reason = "a 32-byte seed derives an X25519 pair (RFC 9180 section 7.1.3)"
    )]
    derived.expect("DHKEM(X25519) derives a pair from 32 bytes")
}

const SUITE: HpkeConfig = HpkeConfig(
    HpkeKemType::DhKem25519,
    HpkeKdfType::HkdfSha256,
    HpkeAeadType::ChaCha20Poly1305,
);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::randomness::Randomness;

    const INBOX: MailboxAddress = MailboxAddress([1; 32]);

    #[test]
    fn every_letter_has_one_length_and_opens_for_its_addressee_only() {
        let (bob, eve) = (
            ClientKeys::generate(&Randomness::os()),
            ClientKeys::generate(&Randomness::os()),
        );
        for len in [0, 1, 700, MAX_CONTENT] {
            let content = vec![7; len];
            let letter = seal_letter(&bob.inbox_key(), &INBOX, &content).unwrap();
            assert_eq!(letter.len(), limits::LETTER_LEN);
            assert_eq!(*open_letter(&bob, &INBOX, &letter).unwrap(), content);
            assert!(open_letter(&eve, &INBOX, &letter).is_err());
            assert!(open_letter(&bob, &MailboxAddress([2; 32]), &letter).is_err());
        }
        let long = vec![0; MAX_CONTENT + 1];
        assert_eq!(
            seal_letter(&bob.inbox_key(), &INBOX, &long),
            Err(SealLetterError::TooLong {
                len: MAX_CONTENT + 1
            })
        );
    }

    #[test]
    fn a_degenerate_inbox_key_is_refused() {
        assert_eq!(
            seal_letter(&InboxKey([0; 32]), &INBOX, b"x"),
            Err(SealLetterError::Key)
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_changed_letter_does_not_open(
            at in any::<prop::sample::Index>(),
            flip in 1..=255_u8,
        ) {
            let bob = ClientKeys::generate(&Randomness::seeded([1; 32]));
            let mut letter = seal_letter(&bob.inbox_key(), &INBOX, b"hello").unwrap();
            let at = at.index(letter.len());
            letter[at] ^= flip;
            // RFC 7748 section 5 ignores the top bit of the encapsulated key, but HPKE binds its
            // bytes into the key schedule.
            prop_assert!(open_letter(&bob, &INBOX, &letter).is_err());
        }

        #[test]
        fn noise_does_not_open(bytes in proptest::collection::vec(any::<u8>(), 0..5_000)) {
            let bob = ClientKeys::generate(&Randomness::seeded([1; 32]));
            prop_assert!(open_letter(&bob, &INBOX, &bytes).is_err());
        }
    }
}
