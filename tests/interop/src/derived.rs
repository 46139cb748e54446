//! Keys that follow from others (protocol/accounts.md, "Vault" and "Wraps"; protocol/mailboxes.md,
//! "Seats").

use hmac::{Hmac, KeyInit, Mac};
use restante_wire::{MailboxAddress, OwnerSecret, OwnerTag, SeatId};
use sha2::{Digest, Sha256};

use crate::PeerError;

/// HKDF-SHA256 without a salt, 32 bytes: one block of its output (RFC 5869).
///
/// # Errors
/// [`PeerError::Crypto`], which does not happen: HMAC takes any key.
pub fn hkdf(input: &[u8], info: &[u8]) -> Result<[u8; 32], PeerError> {
    let pseudorandom_key = hmac(&[0; 32], &[input])?;
    hmac(&pseudorandom_key, &[info, &[1]])
}

/// The vault key of a generation above 0.
///
/// # Errors
/// As [`hkdf`].
pub fn vault_key(identity_seed: &[u8; 32], generation: u32) -> Result<[u8; 32], PeerError> {
    let info = [&b"restante vault key v1\0"[..], &generation.to_be_bytes()].concat();
    hkdf(identity_seed, &info)
}

/// The key of the password wrap.
///
/// # Errors
/// As [`hkdf`].
pub fn password_wrap_key(export_key: &[u8]) -> Result<[u8; 32], PeerError> {
    hkdf(export_key, b"restante identity wrap v1 password")
}

/// What lets an account drop its own seats in a mailbox.
///
/// # Errors
/// As [`hkdf`].
pub fn owner_secret(
    vault_key: &[u8; 32],
    mailbox: &MailboxAddress,
) -> Result<OwnerSecret, PeerError> {
    let info = [&b"restante owner secret v1\0"[..], &mailbox.0].concat();
    hkdf(vault_key, &info).map(OwnerSecret)
}

/// What the relay keeps of it for a seat.
#[must_use]
pub fn owner_tag(secret: &OwnerSecret, seat: &SeatId) -> OwnerTag {
    let digest = Sha256::new().chain_update(secret.0).chain_update(seat.0);
    OwnerTag(digest.finalize().into())
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Result<[u8; 32], PeerError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| PeerError::Crypto)?;
    parts.iter().for_each(|part| mac.update(part));
    Ok(mac.finalize().into_bytes().into())
}
