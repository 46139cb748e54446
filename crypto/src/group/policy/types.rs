//! The plain data that the policy judges, and its verdict.

use std::collections::BTreeMap;

use restante_wire::{ClientId, MailboxAddress, account::AccountId};

use crate::{certificate::CertificateHash, group::room_state::RoomState};

/// A member before the commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// Place in the tree.
    pub leaf_index: u32,
    /// Whose client it is.
    pub account: AccountId,
    /// Its certificate.
    pub certificate: CertificateHash,
}

/// The room before the commit.
#[derive(Debug, Clone)]
pub struct Room<'a> {
    /// What was agreed on.
    pub state: &'a RoomState,
    /// Where it lies.
    pub mailbox: &'a MailboxAddress,
    /// Who was in.
    pub members: &'a BTreeMap<ClientId, Seat>,
    /// How many its suite allows.
    pub max_members: usize,
}

/// One proposal of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proposed {
    /// Add, with a certificate that holds.
    Add {
        /// The client.
        client: ClientId,
        /// Whose it is.
        account: AccountId,
        /// Its certificate.
        certificate: CertificateHash,
    },
    /// Remove.
    Remove(ClientId),
    /// GroupContextExtensions that hold this room state and our required capabilities.
    State(Box<RoomState>),
    /// Anything else: Update, PreSharedKey, ReInit, ExternalInit, other extensions, any proposal by
    /// reference.
    Other,
}

/// A commit, as far as the policy looks at it.
#[derive(Debug, Clone)]
pub struct Commit {
    /// The member that made it.
    pub author: ClientId,
    /// Its proposals.
    pub proposals: Vec<Proposed>,
    /// The certificate of the author's new leaf, if the commit has a path.
    pub path: Option<CertificateHash>,
}

/// What a valid commit does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Clients that were not in the room.
    pub added: Vec<ClientId>,
    /// Clients that are no longer in the room.
    pub removed: Vec<ClientId>,
    /// Clients removed and added in one, certificate unchanged.
    pub repaired: Vec<ClientId>,
    /// The room after the commit.
    pub state: RoomState,
}
