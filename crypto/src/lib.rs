//! MLS and account cryptography for Restante clients.
//!
//! Owns: certificates and records, key packages, groups and the rules by which their commits are
//! valid, the outer envelope, letters, attachments, wraps, the vault's seal and safety numbers. Never
//! does: SQL, network, clock; a [`Group`] lives in rows that its caller loads and stores.
//! Read next: `docs/protocol.md`, then [`group`] and [`group::policy`].

pub mod attachment;
pub mod certificate;
pub mod ciphersuite;
pub mod client;
pub mod envelope;
pub mod group;
pub mod inbox;
pub mod key_package;
mod padding;
mod provider;
pub mod randomness;
pub mod safety_number;
mod sealed;
pub mod secret;
pub mod vault;
#[cfg(test)]
mod vectors;
mod verified;
pub mod wake_handle;
pub mod welcome;
pub mod wrap;

pub use certificate::{AccountIdentity, CertificateError, verify_certificate, verify_record};
pub use client::{Client, ClientKeys};
pub use group::{
    Change, CommitSummary, Group, GroupError, Joined, LogPosition, Member, Processed, Skip, Staged,
    StagedCommit,
    policy::Violation,
    room_state::{
        MAX_PICTURE, Participant, ParticipantRole, Permission, Picture, Policy, RoomState,
        owner_secret, seat_id,
    },
};
pub use provider::rows::{Changes, Rows, written_bytes};
pub use randomness::Randomness;
pub use safety_number::safety_number;
pub use sealed::OpenError;
pub use secret::{SeatKey, SymmetricKey, VaultKey};
