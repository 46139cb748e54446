//! Seats (protocol/mailboxes.md, "Seats").

use hmac::{Hmac, KeyInit, Mac};
use restante_wire::{ClientId, SeatId, SeatSecret, SecretHash, mailbox::SeatGrant};
use sha2::{Digest, Sha256};

use crate::PeerError;

/// The id of a client's seat in a room.
///
/// # Errors
/// [`PeerError::Crypto`], which does not happen: HMAC takes any key.
pub fn seat_id(seat_key: &[u8; 32], client: &ClientId) -> Result<SeatId, PeerError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(seat_key).map_err(|_| PeerError::Crypto)?;
    mac.update(&client.0);
    Ok(SeatId(mac.finalize().into_bytes().into()))
}

/// What the relay keeps of a seat's secret.
#[must_use]
pub fn secret_hash(secret: &SeatSecret) -> SecretHash {
    SecretHash(Sha256::digest(secret.0).into())
}

/// What a commit asks for, to make a seat.
#[must_use]
pub fn grant(seat: SeatId, secret: &SeatSecret) -> SeatGrant {
    SeatGrant {
        seat,
        secret_hash: secret_hash(secret),
    }
}
