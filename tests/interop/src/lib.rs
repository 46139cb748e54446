//! A second client of the protocol, written from `docs/protocol.md` on another MLS library.
//!
//! Owns: its own certificates, sealed values, letters, room state, log hash and groups, on `mls-rs`
//! and `restante-wire` only. What both clients agree on is then said by the pages and not by shared
//! code; `cargo xtask arrows` proves that this library reaches neither `restante-crypto` nor openmls.
//! Never does: network, storage, or anything that ships. Read next: [`room`], then the stories in
//! `tests/`.

pub mod derived;
pub mod ephemeral;
pub mod error;
pub mod identity;
pub mod letter;
pub mod log;
pub mod mls;
pub mod room;
pub mod room_state;
pub mod sealed;
pub mod seat;
pub mod suite;

pub use error::PeerError;
pub use identity::Identity;
pub use letter::Invitation;
pub use log::{Log, LogPosition};
pub use mls::{KeyPackageSecrets, Peer};
pub use room::{Change, Outgoing, Received, Room};
pub use room_state::RoomState;

/// Bytes from the operating system.
///
/// # Errors
/// [`PeerError::Randomness`].
pub fn random<const N: usize>() -> Result<[u8; N], PeerError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| PeerError::Randomness)?;
    Ok(bytes)
}
