//! Intents: what a person or the engine wants appended, before it is encrypted. An intent survives
//! lost races and restarts; the ciphertext made of it does not have to.

use std::collections::BTreeSet;

use restante_wire::{AccountKeyHash, ClientId};
use serde::{Deserialize, Serialize};

use super::{
    io::{MessageId, RoomId},
    settings::PolicyChange,
};

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Intent {
    /// A message of the person.
    Content {
        /// Stays the same however often it is encrypted.
        id: MessageId,
        /// MIMI content.
        #[serde(with = "serde_bytes")]
        bytes: Vec<u8>,
    },
    /// Tells how far this account has received and read, as it is when sent.
    Receipt,
    /// Tells a contact what opens the second lane of this client's inbox.
    ContactToken,
    /// Says that this client leaves, and drops its seat.
    Leave,
    /// Changes the group.
    Commit(Change),
}

/// A change of the group, in meaning: rebuilt from the group as it is whenever it must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// Adds all clients of accounts that are not in the group yet, be the account in it or not.
    Add {
        /// Whom.
        accounts: Vec<AccountKeyHash>,
        /// Words for their invitations.
        words: String,
        /// Accounts whose key packages were asked for.
        asked: Vec<AccountKeyHash>,
        /// Claimed for this change; unused ones serve again when a race was lost.
        packages: Vec<ClaimedPackage>,
    },
    /// Removes accounts with all their clients.
    Remove {
        /// Whom.
        accounts: Vec<AccountKeyHash>,
    },
    /// Removes clients of this account that its record no longer lists.
    RemoveClients {
        /// Which.
        clients: BTreeSet<ClientId>,
        /// Generations of the vault key under which their seats may be tagged: dropped by the owner
        /// secret of the first. The relay refuses a wrong one, and the next is tried.
        tagged: Vec<u32>,
    },
    /// Gives the room another name.
    Rename {
        /// Which.
        title: String,
    },
    /// Gives the room another picture, or none.
    SetPicture {
        /// A small JPEG.
        #[serde(with = "serde_bytes")]
        jpeg: Option<Vec<u8>>,
    },
    /// Changes who may do what.
    SetPolicy(PolicyChange),
    /// Makes somebody an admin, or a member again.
    SetRole {
        /// Whom.
        account: AccountKeyHash,
        /// Which of the two.
        admin: bool,
    },
    /// Removes clients that are idle when the commit is made.
    RemoveIdle,
    /// Removes clients that said they leave.
    RemoveLeavers,
    /// States the whole list of seats, where they differ from the tree.
    TidySeats,
    /// Names the group that this client has made to follow this one, by its key.
    Name {
        /// Which.
        line: RoomId,
    },
    /// Fresh keys for this client's leaf.
    Update,
    /// Removes a client and adds it again.
    Repair {
        /// Which.
        client: ClientId,
        /// Claimed for it.
        package: Option<ClaimedPackage>,
        /// Words of the new invitation.
        words: String,
    },
}

/// A key package given out by the directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimedPackage {
    /// Whose account.
    pub account: AccountKeyHash,
    /// Whose.
    pub client: ClientId,
    /// MLS `KeyPackage`.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
}

impl Change {
    /// An addition that has yet to be looked into.
    #[must_use]
    pub const fn add(accounts: Vec<AccountKeyHash>, words: String) -> Self {
        Self::Add {
            accounts,
            words,
            asked: Vec::new(),
            packages: Vec::new(),
        }
    }

    /// A repair that has yet to be looked into.
    #[must_use]
    pub const fn repair(client: ClientId) -> Self {
        Self::Repair {
            client,
            package: None,
            words: String::new(),
        }
    }

    /// The same with the next owner secret, or without any at last; `None` where none is part of it.
    #[must_use]
    pub fn with_next_owner(&self) -> Option<Self> {
        match self {
            Self::RemoveClients { clients, tagged } if !tagged.is_empty() => {
                Some(Self::RemoveClients {
                    clients: clients.clone(),
                    tagged: tagged.iter().skip(1).copied().collect(),
                })
            }
            _ => None,
        }
    }

    /// The same change in a group that follows; `None` where it means nothing there.
    #[must_use]
    pub fn in_successor(self) -> Option<Self> {
        match self {
            Self::Add {
                accounts, words, ..
            } => Some(Self::add(accounts, words)),
            Self::Remove { .. }
            | Self::RemoveClients { .. }
            | Self::RemoveIdle
            | Self::Rename { .. }
            | Self::SetPicture { .. }
            | Self::SetPolicy(_)
            | Self::SetRole { .. } => Some(self),
            Self::RemoveLeavers
            | Self::TidySeats
            | Self::Name { .. }
            | Self::Update
            | Self::Repair { .. } => None,
        }
    }

    /// Whether a client in doubt may make it: removals and repairs only, which the group needs to
    /// get out of doubt.
    #[must_use]
    pub const fn is_allowed_in_doubt(&self) -> bool {
        matches!(
            self,
            Self::Remove { .. }
                | Self::RemoveClients { .. }
                | Self::RemoveLeavers
                | Self::Repair { .. }
        )
    }
}

impl Intent {
    /// Takes the accounts that have no key package yet out of an addition that holds `limit` bytes of
    /// key packages already: what is left to do by another commit.
    #[must_use]
    pub fn split_off(&mut self, limit: usize) -> Option<Self> {
        let Self::Commit(Change::Add {
            accounts,
            words,
            asked,
            packages,
        }) = self
        else {
            return None;
        };
        let length: usize = packages.iter().map(|package| package.bytes.len()).sum();
        if length < limit {
            return None;
        }
        let (now, later) = accounts.iter().partition(|account| asked.contains(account));
        *accounts = now;
        let later: Vec<AccountKeyHash> = later;
        (!later.is_empty()).then(|| Self::Commit(Change::add(later, words.clone())))
    }

    /// Whether this is a commit of the same change, so that it need not be wanted twice.
    #[must_use]
    pub fn is_change_like(&self, change: &Change) -> bool {
        match (self, change) {
            (Self::Commit(Change::Repair { client, .. }), Change::Repair { client: other, .. }) => {
                client == other
            }
            (
                Self::Commit(Change::RemoveClients { clients, .. }),
                Change::RemoveClients { clients: other, .. },
            ) => clients == other,
            (
                Self::Commit(Change::Add { accounts, .. }),
                Change::Add {
                    accounts: other, ..
                },
            ) => accounts == other,
            (Self::Commit(Change::Name { .. }), Change::Name { .. })
            | (Self::Commit(Change::RemoveLeavers), Change::RemoveLeavers)
            | (Self::Commit(Change::TidySeats), Change::TidySeats)
            | (Self::Commit(Change::Update), Change::Update) => true,
            _ => false,
        }
    }
}
