//! SHA-256 with HKDF and HMAC, and the AEADs of our suites, for MLS and for HPKE inside it.
//!
//! Never does: compute anything itself; RustCrypto's crates do, in the versions that the rest of this crate
//! has. Read next: [`super::algorithms`], [`super::hpke`].

use aes_gcm::Aes128Gcm;
use chacha20poly1305::{
    ChaCha20Poly1305,
    aead::{self, AeadCore, KeyInit, Nonce, Payload},
};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use openmls_traits::types::CryptoError;
use sha2::Sha256;
use zeroize::Zeroizing;

/// The AEADs that a suite of ours names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aead {
    Aes128Gcm,
    ChaCha20Poly1305,
}

impl Aead {
    /// # Errors
    /// `CryptoLibraryError` for a key or a nonce of another length, or more than the algorithm can seal.
    pub(super) fn seal(
        self,
        key: &[u8],
        nonce: &[u8],
        aad: &[u8],
        msg: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let payload = Payload { msg, aad };
        match self {
            Self::Aes128Gcm => seal::<Aes128Gcm>(key, nonce, payload),
            Self::ChaCha20Poly1305 => seal::<ChaCha20Poly1305>(key, nonce, payload),
        }
    }

    /// # Errors
    /// `AeadDecryptionError` for what was not sealed so; as [`Self::seal`] otherwise.
    pub(super) fn open(
        self,
        key: &[u8],
        nonce: &[u8],
        aad: &[u8],
        msg: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let payload = Payload { msg, aad };
        match self {
            Self::Aes128Gcm => open::<Aes128Gcm>(key, nonce, payload),
            Self::ChaCha20Poly1305 => open::<ChaCha20Poly1305>(key, nonce, payload),
        }
    }
}

fn seal<A: aead::Aead + KeyInit>(
    key: &[u8],
    nonce: &[u8],
    payload: Payload<'_, '_>,
) -> Result<Vec<u8>, CryptoError> {
    let (cipher, nonce) = cipher::<A>(key, nonce)?;
    let sealed = cipher.encrypt(&nonce, payload);
    sealed.map_err(|_| CryptoError::CryptoLibraryError)
}

fn open<A: aead::Aead + KeyInit>(
    key: &[u8],
    nonce: &[u8],
    payload: Payload<'_, '_>,
) -> Result<Vec<u8>, CryptoError> {
    let (cipher, nonce) = cipher::<A>(key, nonce)?;
    let opened = cipher.decrypt(&nonce, payload);
    opened.map_err(|_| CryptoError::AeadDecryptionError)
}

fn cipher<A: AeadCore + KeyInit>(key: &[u8], nonce: &[u8]) -> Result<(A, Nonce<A>), CryptoError> {
    let of_another_length = CryptoError::CryptoLibraryError;
    match (A::new_from_slice(key), Nonce::<A>::try_from(nonce)) {
        (Ok(cipher), Ok(nonce)) => Ok((cipher, nonce)),
        _ => Err(of_another_length),
    }
}

/// HKDF-Extract of RFC 5869 with SHA-256.
pub(super) fn hkdf_extract(salt: &[u8], key: &[u8]) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(Hkdf::<Sha256>::extract(Some(salt), key).0.into())
}

/// HKDF-Expand of RFC 5869 with SHA-256.
///
/// # Errors
/// `HkdfOutputLengthInvalid` for a key that is too short or an output that is too long.
pub(super) fn hkdf_expand(key: &[u8], info: &[u8], len: usize) -> Result<Vec<u8>, CryptoError> {
    let hkdf = Hkdf::<Sha256>::from_prk(key).map_err(|_| CryptoError::HkdfOutputLengthInvalid)?;
    let mut output = vec![0; len];
    hkdf.expand(info, &mut output)
        .map_err(|_| CryptoError::HkdfOutputLengthInvalid)?;
    Ok(output)
}

/// HMAC of RFC 2104 with SHA-256.
///
/// # Errors
/// None that a key could cause: all lengths are allowed.
pub(super) fn hmac(key: &[u8], message: &[u8]) -> Result<Zeroizing<[u8; 32]>, CryptoError> {
    let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key);
    let mac = mac.map_err(|_| CryptoError::CryptoLibraryError)?;
    Ok(Zeroizing::new(
        mac.chain_update(message).finalize().into_bytes().into(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_nonces_of_another_length_are_refused() {
        for (aead, key) in [(Aead::Aes128Gcm, 16), (Aead::ChaCha20Poly1305, 32)] {
            let sealed =
                |key: usize, nonce: usize| aead.seal(&vec![7; key], &vec![7; nonce], b"", b"words");
            assert_eq!(sealed(key, 12).unwrap().len(), 5 + 16);
            for (key, nonce) in [(key, 11), (key, 13), (key, 0), (key - 1, 12), (0, 12)] {
                assert_eq!(sealed(key, nonce), Err(CryptoError::CryptoLibraryError));
                let opened = aead.open(&vec![7; key], &vec![7; nonce], b"", &[0; 21]);
                assert_eq!(opened, Err(CryptoError::CryptoLibraryError));
            }
        }
    }

    #[test]
    fn what_was_changed_is_not_opened() {
        for (aead, key) in [
            (Aead::Aes128Gcm, &[7; 16][..]),
            (Aead::ChaCha20Poly1305, &[7; 32]),
        ] {
            let sealed = aead.seal(key, &[7; 12], b"aad", b"words").unwrap();
            assert_eq!(aead.open(key, &[7; 12], b"aad", &sealed).unwrap(), b"words");
            for place in 0..sealed.len() {
                let mut forged = sealed.clone();
                forged[place] ^= 1;
                let opened = aead.open(key, &[7; 12], b"aad", &forged);
                assert_eq!(opened, Err(CryptoError::AeadDecryptionError));
            }
            let short = aead.open(key, &[7; 12], b"aad", &sealed[..15]);
            assert_eq!(short, Err(CryptoError::AeadDecryptionError));
        }
    }

    #[test]
    fn more_than_hkdf_gives_is_an_error() {
        assert!(hkdf_expand(&[7; 32], b"", 255 * 32).is_ok());
        let refused = Err(CryptoError::HkdfOutputLengthInvalid);
        assert_eq!(hkdf_expand(&[7; 32], b"", 255 * 32 + 1), refused);
        assert_eq!(hkdf_expand(&[7; 31], b"", 32), refused);
    }
}
