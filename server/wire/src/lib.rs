//! What a Restante client and a relay say to each other.
//!
//! Owns: identifiers, requests, answers, events, signed records, limits and error codes, and their
//! one encoding (see [`codec`]). Never does: input or output, cryptography beyond hashing, MLS.
//! Read next: `docs/protocol.md`, then [`mailbox`] and [`stream`].

pub mod account;
pub mod api;
pub mod blob;
pub mod codec;
pub mod credentials;
pub mod directory;
pub mod envelope;
pub mod error;
pub mod fault;
pub mod ids;
pub mod inbox;
pub mod key_package;
pub mod limits;
pub mod mailbox;
pub mod push;
pub mod stream;

pub use envelope::{Day, Envelope, Kind, LogHash, Role, SeatOutcome};
pub use error::{Done, ErrorCode, Outcome, WireError};
pub use ids::{
    AccountKeyHash, BlobId, BlobKey, ClientId, ContactToken, EnvelopeId, IdentityKey, InboxKey,
    MailboxAddress, OwnerSecret, OwnerTag, P256Key, PushAuth, PushKey, PushKeyId, RestoreId,
    SeatId, SeatSecret, SecretHash, SessionToken, Signature, SignatureKey,
};
