//! What a mailbox stores: envelopes, seats' roles, and the hash that chains a log.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    codec,
    ids::{EnvelopeId, MailboxAddress, SeatId},
};

/// Whole days since 1970-01-01 UTC. The relay stores no finer time beside a mailbox (R7).
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Day(pub u32);

/// What an append is, as far as the relay needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Kind {
    /// An application message, or a message of leaving.
    Message,
    /// An MLS commit: moves `after_commit`, may change seats and carry a Welcome.
    Commit,
}

/// What a seat may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Role {
    /// Adds member seats, drops its own.
    Member,
    /// Also states the whole list of seats.
    Admin,
}

/// What an append did to the seats of its mailbox, as the relay applied it. Holds no secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SeatOutcome {
    /// Seats that this append made, role `member`.
    pub added: Vec<SeatId>,
    /// Seats that were given a fresh secret.
    pub refreshed: Vec<SeatId>,
    /// Seats that this append dropped, whoever asked for it.
    pub dropped: Vec<SeatId>,
    /// Seats whose role changed, with their new role.
    pub roles: Vec<(SeatId, Role)>,
}

impl SeatOutcome {
    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty()
            && self.refreshed.is_empty()
            && self.dropped.is_empty()
            && self.roles.is_empty()
    }
}

/// One entry of a mailbox's log, as stored and as every reader sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Envelope {
    /// Place in the log: 1, 2, 3 … without a gap (R2).
    pub number: u64,
    /// The sender's id for this append (R3).
    pub id: EnvelopeId,
    /// Message or commit.
    pub kind: Kind,
    /// Number of the last commit before this envelope, 0 if none.
    pub after_commit: u64,
    /// Day on which the relay accepted it.
    pub day: Day,
    /// For commits, the seat that appended it, so that garbage has an author.
    pub author: Option<SeatId>,
    /// What it did to the seats.
    pub seats: SeatOutcome,
    /// For commits that add clients: the Welcome, sealed under a key that travels in invitations.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = "bytes"))]
    pub welcome: Option<Vec<u8>>,
    /// Outer envelope (protocol.md, "Outer envelope").
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "bytes"))]
    pub body: Vec<u8>,
}

/// Hash over a whole log up to some number: `H_0 = SHA-256(address)`,
/// `H_n = SHA-256(H_{n-1} ‖ envelope n)`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogHash(#[serde(with = "serde_bytes")] pub [u8; 32]);

impl std::fmt::Debug for LogHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LogHash(..)")
    }
}

impl LogHash {
    /// `H_0` of a mailbox.
    #[must_use]
    pub fn start(mailbox: &MailboxAddress) -> Self {
        Self(Sha256::digest(mailbox.0).into())
    }

    /// `H_n` from `H_{n-1}` and the canonical encoding of envelope n.
    #[must_use]
    pub fn next(&self, envelope: &Envelope) -> Self {
        let hash = Sha256::new()
            .chain_update(self.0)
            .chain_update(codec::encode(envelope));
        Self(hash.finalize().into())
    }
}
