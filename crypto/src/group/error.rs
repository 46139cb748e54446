//! What can go wrong with a group, by whose fault: ours ([`GroupError`]), an inviter's
//! ([`JoinError`]), or an envelope's author's ([`Skip`]).

use super::{policy::Violation, room_state::RoomStateError};
use crate::{
    certificate::CertificateError, ciphersuite::UnsupportedSuite, key_package::KeyPackageError,
};

/// An own operation failed; rows and group are as they were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GroupError {
    /// The rows are damaged, incomplete or of a newer build.
    #[error("stored group cannot be read")]
    Stored,
    /// The suite is not one of ours.
    #[error(transparent)]
    Suite(#[from] UnsupportedSuite),
    /// The room state is beyond its limits.
    #[error(transparent)]
    State(#[from] RoomStateError),
    /// A key package cannot be used.
    #[error(transparent)]
    KeyPackage(#[from] KeyPackageError),
    /// Every member would skip the commit.
    #[error("commit would be invalid")]
    Refused(#[from] Violation),
    /// A commit of ours is pending: merge or discard it first.
    #[error("a commit is pending")]
    Pending,
    /// No commit of ours is pending.
    #[error("no commit is pending")]
    NothingPending,
    /// The change would change nothing.
    #[error("nothing to commit")]
    NothingToCommit,
    /// The client is not a member.
    #[error("no such member")]
    UnknownMember,
    /// A processed commit is of another epoch than the group.
    #[error("commit is of another epoch")]
    WrongEpoch,
    /// The envelope or Welcome would be longer than the relay takes.
    #[error("result of {len} bytes is too long")]
    TooLong {
        /// Its length.
        len: usize,
    },
    /// openmls failed at this step.
    #[error("MLS failed to {0}")]
    Mls(&'static str),
}

impl GroupError {
    /// A stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Stored => "group_damaged",
            Self::Suite(_) => "suite_unsupported",
            Self::State(_) => "room_state_invalid",
            Self::KeyPackage(_) => "key_package_invalid",
            Self::Refused(violation) => violation.code(),
            Self::Pending => "commit_pending",
            Self::NothingPending => "no_commit_pending",
            Self::NothingToCommit => "nothing_to_commit",
            Self::UnknownMember => "unknown_member",
            Self::WrongEpoch => "wrong_epoch",
            Self::TooLong { .. } => "too_long",
            Self::Mls(_) => "mls_failed",
        }
    }
}

/// A Welcome does not lead into a group. The key package it used is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    /// Not a Welcome.
    #[error("not a Welcome")]
    NotAWelcome,
    /// None of the given rows is a key package that the Welcome is for.
    #[error("no key package for this Welcome")]
    NoKeyPackage,
    /// MLS refuses it: garbled, or made for another suite or tree.
    #[error("Welcome is invalid")]
    Invalid,
    /// It leads into the group of another mailbox.
    #[error("Welcome is of another mailbox")]
    WrongMailbox,
    /// A member has no certificate that holds, or two leaves are of one client.
    #[error("a member's certificate is invalid")]
    Certificate(#[from] CertificateError),
    /// The room state is missing, malformed or does not fit the tree.
    #[error("room state does not fit the tree")]
    RoomState,
    /// The own leaf does not carry the own certificate.
    #[error("own leaf is not ours")]
    OwnLeaf,
    /// The joined group could not be opened.
    #[error(transparent)]
    Group(#[from] GroupError),
}

/// Why an envelope is noise. Nothing that was stored has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Skip {
    /// The outer envelope does not open: another epoch or mailbox, or garbage.
    #[error("outer envelope does not open")]
    Envelope,
    /// Not an `MLSMessage`.
    #[error("not an MLS message")]
    NotMls,
    /// A PublicMessage, Welcome or anything else that is not a PrivateMessage.
    #[error("not a PrivateMessage")]
    NotPrivate,
    /// Of another group or epoch.
    #[error("of another group or epoch")]
    WrongEpoch,
    /// A commit in a `message`, a message in a `commit`, or a standalone proposal.
    #[error("content is not of the envelope's kind")]
    WrongKind,
    /// Was processed before, or lies too far ahead in its sender's ratchet.
    #[error("no key for this place in the sender's ratchet")]
    Replay,
    /// Claims to be from this client, and is not in its outbox.
    #[error("claims to be an own message")]
    NotOurs,
    /// MLS refuses it: does not decrypt, wrong signature, invalid commit.
    #[error("MLS refuses it")]
    Mls,
    /// Carries no log position.
    #[error("no log position")]
    Position,
    /// A leaf's certificate does not hold, or is not of its signature key.
    #[error("certificate is invalid")]
    Certificate,
    /// A leaf with a bounded lifetime or without a required capability.
    #[error("leaf is not one of ours")]
    Leaf,
    /// The room's rules forbid it.
    #[error("the room forbids it")]
    Policy(#[from] Violation),
    /// An ephemeral body that is malformed, wrongly signed or from no member.
    #[error("ephemeral body is invalid")]
    Ephemeral,
    /// The stored group could not be read back; load it again.
    #[error("stored group cannot be read")]
    Stored,
}

impl Skip {
    /// A stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Envelope => "envelope",
            Self::NotMls => "not_mls",
            Self::NotPrivate => "not_private",
            Self::WrongEpoch => "wrong_epoch",
            Self::WrongKind => "wrong_kind",
            Self::Replay => "replay",
            Self::NotOurs => "not_ours",
            Self::Mls => "mls",
            Self::Position => "position",
            Self::Certificate => "certificate",
            Self::Leaf => "leaf",
            Self::Policy(violation) => violation.code(),
            Self::Ephemeral => "ephemeral",
            Self::Stored => "group_damaged",
        }
    }
}

impl From<GroupError> for Skip {
    fn from(_: GroupError) -> Self {
        Self::Stored
    }
}

impl From<CertificateError> for Skip {
    fn from(_: CertificateError) -> Self {
        Self::Certificate
    }
}
