//! Sealed values and padding (protocol/accounts.md, "Sealed values").

use chacha20poly1305::{
    ChaCha20Poly1305, KeyInit,
    aead::{Aead, Payload},
};

use crate::PeerError;

const VERSION: u8 = 1;
const NONCE_LEN: usize = 12;

/// Seals under a fresh nonce. `context` is the label, its zero byte and what follows.
///
/// # Errors
/// [`PeerError::Randomness`] or [`PeerError::Crypto`].
pub fn seal(key: &[u8; 32], context: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, PeerError> {
    seal_with(key, crate::random()?, context, plaintext)
}

/// Seals under a given nonce: for vectors.
///
/// # Errors
/// [`PeerError::Crypto`].
pub fn seal_with(
    key: &[u8; 32],
    nonce: [u8; NONCE_LEN],
    context: &[u8],
    plaintext: &[u8],
) -> Result<Vec<u8>, PeerError> {
    let aad = [&[VERSION], context].concat();
    let payload = Payload {
        msg: plaintext,
        aad: &aad,
    };
    let ciphertext = ChaCha20Poly1305::new(key.into())
        .encrypt(&nonce.into(), payload)
        .map_err(|_| PeerError::Crypto)?;
    Ok([&[VERSION][..], &nonce, &ciphertext].concat())
}

/// Opens a sealed value.
///
/// # Errors
/// [`PeerError::Sealed`].
pub fn open(key: &[u8; 32], context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, PeerError> {
    let (&version, rest) = sealed.split_first().ok_or(PeerError::Sealed)?;
    let (nonce, ciphertext) = rest
        .split_first_chunk::<NONCE_LEN>()
        .ok_or(PeerError::Sealed)?;
    if version != VERSION {
        return Err(PeerError::Sealed);
    }
    let aad = [&[VERSION], context].concat();
    let payload = Payload {
        msg: ciphertext,
        aad: &aad,
    };
    ChaCha20Poly1305::new(key.into())
        .decrypt(nonce.into(), payload)
        .map_err(|_| PeerError::Sealed)
}

/// The bucket of a length, prefix included.
#[must_use]
pub fn bucket(len: usize) -> usize {
    if len <= 256 {
        return 256;
    }
    let exponent = len.ilog2();
    let step = 1_usize << (exponent - (exponent.ilog2() + 1));
    len.div_ceil(step) * step
}

/// Content behind its length, with zeros up to its bucket.
///
/// # Errors
/// [`PeerError::Limits`] beyond 32 bits of length.
pub fn pad(content: &[u8]) -> Result<Vec<u8>, PeerError> {
    pad_to(content, bucket(4 + content.len()))
}

/// The same to a given length.
///
/// # Errors
/// [`PeerError::Limits`] if it does not fit.
pub fn pad_to(content: &[u8], total: usize) -> Result<Vec<u8>, PeerError> {
    let len = u32::try_from(content.len()).map_err(|_| PeerError::Limits)?;
    let mut padded = [&len.to_be_bytes(), content].concat();
    if padded.len() > total {
        return Err(PeerError::Limits);
    }
    padded.resize(total, 0);
    Ok(padded)
}

/// The content of padded bytes.
///
/// # Errors
/// [`PeerError::Sealed`] if the length does not fit or the rest is not all zeros.
pub fn unpad(padded: &[u8]) -> Result<Vec<u8>, PeerError> {
    let (len, rest) = padded.split_first_chunk::<4>().ok_or(PeerError::Sealed)?;
    let len = usize::try_from(u32::from_be_bytes(*len)).map_err(|_| PeerError::Sealed)?;
    let (content, zeros) = rest.split_at_checked(len).ok_or(PeerError::Sealed)?;
    if zeros.iter().any(|&byte| byte != 0) {
        return Err(PeerError::Sealed);
    }
    Ok(content.to_vec())
}
