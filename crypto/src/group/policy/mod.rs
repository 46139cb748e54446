//! Which commits are valid, as a pure function over plain data (protocol.md, "Valid and invalid
//! commits" and "Rooms").
//!
//! [`judge`] decides from the room before the commit, the commit itself and who has said that they
//! leave; never from a clock, a look-up or anything that two honest clients could see differently.
//! What MLS itself demands (signatures, epochs, the tree's integrity) is judged by openmls before,
//! and certificates before that; `process.rs` and `commit.rs` beside it call all of it.

mod room;
#[cfg(test)]
mod tests;
mod types;
mod violation;

use std::collections::{BTreeMap, BTreeSet};

use restante_wire::{AccountKeyHash, ClientId, account::AccountId, fault::planted};

pub use room::participants_for;
pub use types::{Commit, Proposed, Room, Seat, Verdict};
pub use violation::Violation;

use super::room_state::RoomState;
use crate::certificate::CertificateHash;

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
    room::check_state(room, state, &author, !parts.removed.is_empty())?;
    room::check_participants(room, state, &author, &members)?;
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
                None if !self.removed.is_empty() && !planted("c7_removing_commit_adds") => {
                    return Err(Violation::RemovalAdds);
                }
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
        let state = room.state;
        let everybody_may = state.permits(state.policy.remove, &author.account);
        let permitted = self.removed.iter().all(|client| {
            if leaving.contains(client) || self.added.contains_key(client) {
                return true;
            }
            // The heir of the last admin would be an admin that nobody has made.
            let reaches = |account: &AccountKeyHash| {
                !state.is_admin(account) || planted("c7_everyone_removes_admins")
            };
            let account = room.members.get(client).map(|seat| seat.account.key_hash);
            account.is_some_and(|account| {
                let is_own = account == author.account;
                author.is_admin || is_own || (everybody_may && reaches(&account))
            }) || planted("c7_anybody_removes")
        });
        if permitted {
            Ok(())
        } else {
            Err(Violation::MayNotRemove)
        }
    }

    /// Accounts of the clients after the commit, with the leaf index of those that were there: a repair
    /// takes nobody out of the order of heirs.
    fn members_after(&self, room: &Room<'_>) -> Vec<(AccountId, Option<u32>)> {
        let goes =
            |client: &ClientId| self.removed.contains(client) && !self.added.contains_key(client);
        let staying = room
            .members
            .iter()
            .filter(|(client, _)| !goes(client))
            .map(|(_, seat)| (seat.account.clone(), Some(seat.leaf_index)));
        let fresh = self
            .added
            .iter()
            .filter(|(client, _)| !self.removed.contains(client))
            .map(|(_, &(account, _))| (account.clone(), None));
        staying.chain(fresh).collect()
    }
}
