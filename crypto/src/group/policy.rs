//! Which commits are valid, as a pure function over plain data (protocol.md, "Valid and invalid
//! commits" and "Rooms").
//!
//! [`judge`] decides from the room before the commit, the commit itself and who has said that they
//! leave; never from a clock, a look-up or anything that two honest clients could see differently.
//! What MLS itself demands (signatures, epochs, the tree's integrity) is judged by openmls before,
//! and certificates before that; [`super::process`] and [`super::commit`] call all three.

use std::collections::{BTreeMap, BTreeSet};

use restante_wire::{AccountKeyHash, ClientId, account::AccountId};

use super::room_state::{MAX_MEMBERS, Participant, ParticipantRole, RoomState};
use crate::certificate::CertificateHash;

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
    /// Who was in.
    pub members: &'a BTreeMap<ClientId, Seat>,
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

/// Why a commit is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// Its author is not a member.
    #[error("author is not a member")]
    UnknownAuthor,
    /// A kind of proposal that rooms do not use.
    #[error("proposal of a kind that rooms do not use")]
    ForbiddenProposal,
    /// More than one new room state.
    #[error("more than one room state")]
    RepeatedState,
    /// A client is added twice, or is a member and not repaired.
    #[error("client is added twice")]
    AddedTwice,
    /// A client is removed that is no member, twice, or by itself.
    #[error("client cannot be removed")]
    CannotRemove,
    /// A repair or an update with another certificate.
    #[error("certificate changes")]
    CertificateChanges,
    /// The author may not add people.
    #[error("author may not add")]
    MayNotAdd,
    /// The author may not remove this client.
    #[error("author may not remove")]
    MayNotRemove,
    /// A removing commit adds somebody whom it does not repair.
    #[error("removing commit adds")]
    RemovalAdds,
    /// A removing commit changes more than roles and participants.
    #[error("removing commit changes the room")]
    RemovalChanges,
    /// Room id, seat key or kind of room change, or the version falls.
    #[error("something fixed changes")]
    FixedChanges,
    /// Policy or version change without an admin.
    #[error("author may not change policy or version")]
    MayNotGovern,
    /// Roles change without an admin.
    #[error("author may not change roles")]
    MayNotChangeRoles,
    /// Title or picture change without permission.
    #[error("author may not rename")]
    MayNotRename,
    /// The room state's participants are not the accounts in the tree.
    #[error("participants are not the accounts in the tree")]
    ParticipantsMismatch,
    /// Nobody would be an admin.
    #[error("nobody would be an admin")]
    NoAdmin,
    /// More members than a group may have, or more than two people in a chat of two.
    #[error("too many members")]
    TooMany,
}

impl Violation {
    /// A stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnknownAuthor => "unknown_author",
            Self::ForbiddenProposal => "forbidden_proposal",
            Self::RepeatedState => "repeated_state",
            Self::AddedTwice => "added_twice",
            Self::CannotRemove => "cannot_remove",
            Self::CertificateChanges => "certificate_changes",
            Self::MayNotAdd => "may_not_add",
            Self::MayNotRemove => "may_not_remove",
            Self::RemovalAdds => "removal_adds",
            Self::RemovalChanges => "removal_changes",
            Self::FixedChanges => "fixed_changes",
            Self::MayNotGovern => "may_not_govern",
            Self::MayNotChangeRoles => "may_not_change_roles",
            Self::MayNotRename => "may_not_rename",
            Self::ParticipantsMismatch => "participants_mismatch",
            Self::NoAdmin => "no_admin",
            Self::TooMany => "too_many",
        }
    }
}

/// Judges a commit.
///
/// # Errors
/// The first [`Violation`] found: every honest client skips the commit.
pub fn judge(
    room: &Room<'_>,
    commit: &Commit,
    leaving: &BTreeSet<ClientId>,
) -> Result<Verdict, Violation> {
    let author = room
        .members
        .get(&commit.author)
        .ok_or(Violation::UnknownAuthor)?;
    let author = Author {
        account: author.account.key_hash,
        is_admin: room.state.is_admin(&author.account.key_hash),
        certificate: author.certificate,
    };
    if commit.path.is_some_and(|path| path != author.certificate) {
        return Err(Violation::CertificateChanges);
    }
    let parts = Parts::sort(room, commit)?;
    parts.check_adds(room, &author)?;
    parts.check_removes(room, &author, leaving)?;
    let members = parts.members_after(room);
    let state = parts.state.unwrap_or(room.state);
    check_state(room.state, state, &author, !parts.removed.is_empty())?;
    check_participants(room, state, &author, &members)?;
    Ok(Verdict {
        added: parts.fresh().collect(),
        removed: parts
            .removed
            .iter()
            .filter(|client| !parts.added.contains_key(client))
            .copied()
            .collect(),
        repaired: parts
            .removed
            .iter()
            .filter(|client| parts.added.contains_key(client))
            .copied()
            .collect(),
        state: state.clone(),
    })
}

/// Roles and participants of a room with these members (client, account, leaf index; none for those
/// that the commit adds): people keep their roles, new ones are members, and if no admin is left, the
/// account of the lowest leaf index becomes one, so that a room is never without.
#[must_use]
pub fn participants_for(
    before: &RoomState,
    members: &[(AccountId, Option<u32>)],
) -> BTreeMap<AccountKeyHash, Participant> {
    let mut participants: BTreeMap<AccountKeyHash, Participant> = members
        .iter()
        .map(|(account, _)| {
            let role = before
                .participants
                .get(&account.key_hash)
                .map_or(ParticipantRole::Member, |participant| participant.role);
            let account = account.clone();
            (account.key_hash, Participant { account, role })
        })
        .collect();
    let is_admin = |participant: &Participant| participant.role == ParticipantRole::Admin;
    if !participants.values().any(is_admin) {
        let heir = members
            .iter()
            .filter_map(|(account, index)| Some(((*index)?, account.key_hash)))
            .min();
        if let Some(heir) = heir.and_then(|(_, account)| participants.get_mut(&account)) {
            heir.role = ParticipantRole::Admin;
        }
    }
    participants
}

struct Author {
    account: AccountKeyHash,
    is_admin: bool,
    certificate: CertificateHash,
}

/// A commit's proposals by kind.
struct Parts<'a> {
    added: BTreeMap<ClientId, (&'a AccountId, CertificateHash)>,
    removed: BTreeSet<ClientId>,
    state: Option<&'a RoomState>,
}

impl<'a> Parts<'a> {
    fn sort(room: &Room<'_>, commit: &'a Commit) -> Result<Self, Violation> {
        let mut parts = Self {
            added: BTreeMap::new(),
            removed: BTreeSet::new(),
            state: None,
        };
        for proposal in &commit.proposals {
            match proposal {
                Proposed::Add {
                    client,
                    account,
                    certificate,
                } => {
                    let before = parts.added.insert(*client, (account, *certificate));
                    if before.is_some() {
                        return Err(Violation::AddedTwice);
                    }
                }
                Proposed::Remove(client) => {
                    let is_other_member =
                        room.members.contains_key(client) && *client != commit.author;
                    if !is_other_member || !parts.removed.insert(*client) {
                        return Err(Violation::CannotRemove);
                    }
                }
                Proposed::State(state) => {
                    if parts.state.replace(state).is_some() {
                        return Err(Violation::RepeatedState);
                    }
                }
                Proposed::Other => return Err(Violation::ForbiddenProposal),
            }
        }
        Ok(parts)
    }

    /// Clients added that are not repaired.
    fn fresh(&self) -> impl Iterator<Item = ClientId> {
        self.added
            .keys()
            .filter(|client| !self.removed.contains(client))
            .copied()
    }

    fn check_adds(&self, room: &Room<'_>, author: &Author) -> Result<(), Violation> {
        for (client, &(account, certificate)) in &self.added {
            match room.members.get(client) {
                Some(_) if !self.removed.contains(client) => return Err(Violation::AddedTwice),
                Some(member) if member.certificate != certificate => {
                    return Err(Violation::CertificateChanges);
                }
                Some(_) => {}
                None if !self.removed.is_empty() => return Err(Violation::RemovalAdds),
                None => {
                    let is_participant = room.state.participants.contains_key(&account.key_hash);
                    let may_add = room.state.permits(room.state.policy.add, &author.account);
                    if !is_participant && !may_add {
                        return Err(Violation::MayNotAdd);
                    }
                }
            }
        }
        Ok(())
    }

    fn check_removes(
        &self,
        room: &Room<'_>,
        author: &Author,
        leaving: &BTreeSet<ClientId>,
    ) -> Result<(), Violation> {
        let may_remove = author.is_admin
            || room
                .state
                .permits(room.state.policy.remove, &author.account)
            || restante_wire::fault::planted("policy_anybody_removes");
        let permitted = self.removed.iter().all(|client| {
            let is_own = room
                .members
                .get(client)
                .is_some_and(|member| member.account.key_hash == author.account);
            may_remove || is_own || leaving.contains(client) || self.added.contains_key(client)
        });
        if permitted {
            Ok(())
        } else {
            Err(Violation::MayNotRemove)
        }
    }

    /// Accounts of the clients after the commit, with the leaf index of those that stay.
    fn members_after(&self, room: &Room<'_>) -> Vec<(AccountId, Option<u32>)> {
        let staying = room
            .members
            .iter()
            .filter(|(client, _)| !self.removed.contains(client))
            .map(|(_, seat)| (seat.account.clone(), Some(seat.leaf_index)));
        let added = self
            .added
            .values()
            .map(|&(account, _)| (account.clone(), None));
        staying.chain(added).collect()
    }
}

/// What may change in the state, participants aside.
fn check_state(
    before: &RoomState,
    after: &RoomState,
    author: &Author,
    removes: bool,
) -> Result<(), Violation> {
    let fixed = before.room_id == after.room_id
        && before.direct == after.direct
        && before.seat_key == after.seat_key
        && before.version <= after.version;
    if !fixed {
        return Err(Violation::FixedChanges);
    }
    let renames = before.title != after.title || before.picture != after.picture;
    let governs = before.policy != after.policy || before.version != after.version;
    if removes && (renames || governs) {
        return Err(Violation::RemovalChanges);
    }
    if governs && !author.is_admin {
        return Err(Violation::MayNotGovern);
    }
    if renames && !author.is_admin && !before.permits(before.policy.rename, &author.account) {
        return Err(Violation::MayNotRename);
    }
    Ok(())
}

/// Participants are the accounts in the tree, somebody is an admin, and roles change by admins or
/// as [`participants_for`] says.
fn check_participants(
    room: &Room<'_>,
    after: &RoomState,
    author: &Author,
    members: &[(AccountId, Option<u32>)],
) -> Result<(), Violation> {
    let too_many_people = after.direct && after.participants.len() > 2;
    if members.len() > MAX_MEMBERS || too_many_people {
        return Err(Violation::TooMany);
    }
    let in_tree: BTreeSet<&AccountId> = members.iter().map(|(account, _)| account).collect();
    let listed: BTreeSet<&AccountId> = after
        .participants
        .values()
        .map(|participant| &participant.account)
        .collect();
    let keys_fit = after
        .participants
        .iter()
        .all(|(key_hash, participant)| participant.account.key_hash == *key_hash);
    if in_tree != listed || !keys_fit || after.participants.len() != listed.len() {
        return Err(Violation::ParticipantsMismatch);
    }
    let has_admin = after
        .participants
        .values()
        .any(|participant| participant.role == ParticipantRole::Admin);
    if !has_admin {
        return Err(Violation::NoAdmin);
    }
    if author.is_admin || after.participants == participants_for(room.state, members) {
        Ok(())
    } else {
        Err(Violation::MayNotChangeRoles)
    }
}
