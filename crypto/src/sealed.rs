//! ChaCha20-Poly1305 (RFC 8439) in the one form that this crate stores and sends.
//!
//! **Shape**: version byte, 12 bytes of random nonce, ciphertext, 16 bytes of tag. The version byte
//! is authenticated together with the caller's label and context.

use chacha20poly1305::{
    ChaCha20Poly1305, KeyInit,
    aead::{Aead, Payload},
};
use zeroize::Zeroizing;

use crate::randomness::Randomness;

const VERSION: u8 = 1;
const NONCE_LEN: usize = 12;
const TAG_LEN: usize = 16;

/// What sealing adds to the plaintext's length.
pub(crate) const OVERHEAD: usize = 1 + NONCE_LEN + TAG_LEN;

/// Why sealed bytes could not be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Shorter than version, nonce and tag, or longer than the format allows.
    #[error("sealed value of {len} bytes has the wrong length")]
    Length {
        /// Length found.
        len: usize,
    },
    /// A version this build does not know.
    #[error("sealed value of version {got}, expected {VERSION}")]
    Version {
        /// Version found.
        got: u8,
    },
    /// Wrong key, wrong context, or changed bytes.
    #[error("sealed value does not open with this key and context")]
    Unauthentic,
    /// Opened, but the content is not in the expected form.
    #[error("sealed content is malformed")]
    Malformed,
}

/// Seals `plaintext` under `key`; `context` must be given again to open.
pub(crate) fn seal(
    key: &[u8; 32],
    context: &[&[u8]],
    plaintext: &[u8],
    randomness: &Randomness,
) -> Vec<u8> {
    let nonce: [u8; NONCE_LEN] = randomness.bytes();
    let payload = Payload {
        msg: plaintext,
        aad: &additional_data(context),
    };
    let sealed = ChaCha20Poly1305::new(key.into()).encrypt(&nonce.into(), payload);
    #[expect(
        clippy::expect_used,
        reason = "encryption fails only beyond 256 GiB (RFC 8439 section 2.8)"
    )]
    let sealed = sealed.expect("plaintexts are far below 256 GiB");
    let mut bytes = Vec::with_capacity(plaintext.len() + OVERHEAD);
    bytes.push(VERSION);
    bytes.extend(nonce);
    bytes.extend(sealed);
    bytes
}

/// Opens what [`seal`] made with the same key and context.
pub(crate) fn open(
    key: &[u8; 32],
    context: &[&[u8]],
    bytes: &[u8],
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let length = OpenError::Length { len: bytes.len() };
    let (&version, rest) = bytes.split_first().ok_or(length)?;
    if version != VERSION {
        return Err(OpenError::Version { got: version });
    }
    let (nonce, msg) = rest.split_first_chunk::<NONCE_LEN>().ok_or(length)?;
    let payload = Payload {
        msg,
        aad: &additional_data(context),
    };
    ChaCha20Poly1305::new(key.into())
        .decrypt(nonce.into(), payload)
        .map(Zeroizing::new)
        .map_err(|_| OpenError::Unauthentic)
}

/// Version byte and context. Contexts begin with a label ending in NUL, and of the parts that follow
/// at most the last has no fixed length, so that no two contexts collide.
fn additional_data(context: &[&[u8]]) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    for part in context {
        bytes.extend_from_slice(part);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sealed_values_open_only_unchanged_and_in_their_context(
            plaintext in proptest::collection::vec(any::<u8>(), 0..300),
            flip in any::<(prop::sample::Index, u8)>(),
        ) {
            let randomness = Randomness::seeded([1; 32]);
            let sealed = seal(&[9; 32], &[b"label\0", b"a"], &plaintext, &randomness);
            prop_assert_eq!(sealed.len(), plaintext.len() + OVERHEAD);
            let opened = open(&[9; 32], &[b"label\0", b"a"], &sealed).unwrap();
            prop_assert_eq!(&*opened, &plaintext);
            prop_assert!(open(&[8; 32], &[b"label\0", b"a"], &sealed).is_err());
            prop_assert!(open(&[9; 32], &[b"label\0", b"b"], &sealed).is_err());
            let mut forged = sealed.clone();
            let at = flip.0.index(forged.len());
            forged[at] ^= flip.1.max(1);
            prop_assert!(open(&[9; 32], &[b"label\0", b"a"], &forged).is_err());
            prop_assert!(open(&[9; 32], &[b"label\0", b"a"], &sealed[..at]).is_err());
        }
    }
}
