//! What a commit may change in the room state.

use std::collections::{BTreeMap, BTreeSet};

use restante_wire::{AccountKeyHash, account::AccountId};

use super::{Author, Room, Violation};
use crate::group::room_state::{Participant, ParticipantRole, RoomState};

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

/// What may change in the state, participants aside.
pub(super) fn check_state(
    room: &Room<'_>,
    after: &RoomState,
    author: &Author,
    removes: bool,
) -> Result<(), Violation> {
    let before = room.state;
    let fixed = before.room_id == after.room_id
        && before.direct == after.direct
        && before.seat_key == after.seat_key
        && before.predecessor == after.predecessor
        && (before.successor.is_none() || before.successor == after.successor)
        && before.version <= after.version;
    if !fixed {
        return Err(Violation::FixedChanges);
    }
    let renames = before.title != after.title || before.picture != after.picture;
    let names = before.successor != after.successor;
    let governs = before.policy != after.policy || before.version != after.version || names;
    if removes && (renames || governs) {
        return Err(Violation::RemovalChanges);
    }
    let named = after.successor.as_ref();
    let is_itself = named.is_some_and(|successor| successor.mailbox == *room.mailbox);
    if names && (after.direct || is_itself) {
        return Err(Violation::FixedChanges);
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
pub(super) fn check_participants(
    room: &Room<'_>,
    after: &RoomState,
    author: &Author,
    members: &[(AccountId, Option<u32>)],
) -> Result<(), Violation> {
    let too_many_people = after.direct && after.participants.len() > 2;
    if members.len() > room.max_members || too_many_people {
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
