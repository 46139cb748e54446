//! Room settings: name, policy and roles (the picture is `picture.rs`). What a person may ask for, and what it means in the group
//! as it is when its commit is made.
//!
//! Owns: the checks before a setting is wanted, so that a person is told at once, and the room state
//! that a wanted setting leads to. Never decides which commits are valid: `restante_crypto`'s policy
//! does, at everybody alike. A lost race only means that the setting is applied to the state of then:
//! of two names the later one in the log stays, two changes of different permissions both hold, and a
//! role of somebody who is gone is dropped. Read next: [`super::plans`], [`super::notices`].

use restante_crypto::{
    Change as GroupChange, ParticipantRole, Permission, Policy, RoomState as SharedState,
};
use restante_wire::{AccountKeyHash, fault::planted, mailbox::SeatChanges};
use serde::{Deserialize, Serialize};

use super::{
    intent::{Change, Intent},
    io::{Outcome, RoomId},
    plans::Plan,
    seats::seat_list,
    tasks::{Goal, Task},
    title::check_title,
    turn::Turn,
};
use crate::{Error, ErrorKind, store::RoomRow};

/// What to change in a room's policy; what is not named stays as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyChange {
    /// Who may add people.
    pub add: Option<Permission>,
    /// Who may remove people.
    pub remove: Option<Permission>,
    /// Who may change name and picture.
    pub rename: Option<Permission>,
    /// Who may send messages.
    pub post: Option<Permission>,
}

impl PolicyChange {
    /// The policy that it makes of another.
    #[must_use]
    pub fn apply(self, policy: Policy) -> Policy {
        Policy {
            add: self.add.unwrap_or(policy.add),
            remove: self.remove.unwrap_or(policy.remove),
            rename: self.rename.unwrap_or(policy.rename),
            post: self.post.unwrap_or(policy.post),
        }
    }
}

impl Turn<'_> {
    /// Gives a room another name.
    pub(super) fn rename_room(&mut self, id: RoomId, title: String) -> Result<Outcome, Error> {
        let room = self.group_room(&id)?;
        self.check_permission(&room, |policy| policy.rename)?;
        check_title(&title)?;
        self.want_setting(id, Change::Rename { title })
    }

    /// Changes who may do what.
    pub(super) fn set_policy(
        &mut self,
        id: RoomId,
        change: PolicyChange,
    ) -> Result<Outcome, Error> {
        let room = self.group_room(&id)?;
        self.check_admin(&room)?;
        if change == PolicyChange::default() {
            return Err(ErrorKind::BadInput.into());
        }
        self.want_setting(id, Change::SetPolicy(change))
    }

    /// Makes somebody an admin or a member.
    pub(super) fn set_role(
        &mut self,
        id: RoomId,
        username: &str,
        admin: bool,
    ) -> Result<Outcome, Error> {
        let room = self.group_room(&id)?;
        self.check_admin(&room)?;
        let participants = &room.state.participants;
        let (account, ..) = participants
            .iter()
            .find(|(_, name, _)| name == username)
            .ok_or(ErrorKind::NotFound)?;
        let others = participants.iter().filter(|(other, ..)| other != account);
        if !admin && !others.clone().any(|(.., is_admin)| *is_admin) {
            return Err(ErrorKind::LastAdmin.into());
        }
        let account = *account;
        self.want_setting(id, Change::SetRole { account, admin })
    }

    pub(super) fn want_setting(&mut self, room: RoomId, change: Change) -> Result<Outcome, Error> {
        let task = self.db.add_task(&Task {
            goal: Goal::Settings { room },
            people: Vec::new(),
            handed_over: true,
        })?;
        self.want(&room, &Intent::Commit(change), Some(task))?;
        Ok(Outcome::Task(task))
    }

    /// The room state with another name; `None` where it has that name already.
    pub(super) fn plan_rename(
        &mut self,
        room: &RoomRow,
        title: &str,
    ) -> Result<Option<Plan>, Error> {
        self.plan_state(room, |state| title.clone_into(&mut state.title))
    }

    /// The room state with another policy.
    pub(super) fn plan_policy(
        &mut self,
        room: &RoomRow,
        change: PolicyChange,
    ) -> Result<Option<Plan>, Error> {
        self.plan_state(room, |state| state.policy = change.apply(state.policy))
    }

    /// The room state with another role, and the seats that follow from it; `None` where somebody is
    /// gone or has the role already.
    pub(super) fn plan_role(
        &mut self,
        room: &RoomRow,
        account: &AccountKeyHash,
        admin: bool,
    ) -> Result<Option<Plan>, Error> {
        let role = match admin {
            true => ParticipantRole::Admin,
            false => ParticipantRole::Member,
        };
        self.plan_state(room, |state| {
            if let Some(participant) = state.participants.get_mut(account) {
                participant.role = role;
            }
        })
    }

    /// A commit that leads to another room state; where it changes roles, the relay is told all seats
    /// with theirs.
    pub(super) fn plan_state(
        &mut self,
        room: &RoomRow,
        change: impl FnOnce(&mut SharedState),
    ) -> Result<Option<Plan>, Error> {
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let before = group.room_state();
        let mut state = before.clone();
        change(&mut state);
        if state == *before {
            return Ok(None);
        }
        let changes = SeatChanges {
            list: (state.participants != before.participants)
                .then(|| seat_list(&state, group.members())),
            ..SeatChanges::default()
        };
        Ok(Some(Plan {
            changes,
            ..Plan::of(GroupChange::SetState(state))
        }))
    }

    /// Fails unless the policy gives a permission to this account.
    pub(super) fn check_permission(
        &self,
        room: &RoomRow,
        permission: impl FnOnce(&Policy) -> Permission,
    ) -> Result<(), Error> {
        match permission(&room.state.policy) {
            Permission::Everyone => Ok(()),
            Permission::Admins => self.check_admin(room),
        }
    }

    /// Fails unless this account is an admin.
    pub(super) fn check_admin(&self, room: &RoomRow) -> Result<(), Error> {
        if room.is_admin(&self.me.account()) {
            Ok(())
        } else {
            Err(ErrorKind::NotAllowed.into())
        }
    }

    /// Fails unless this account may send messages.
    pub(super) fn check_may_post(&self, room: &RoomRow) -> Result<(), Error> {
        match room.state.direct {
            true => Ok(()),
            false => self.check_permission(room, |policy| policy.post),
        }
    }

    /// Whether content of an account counts at this place of the log, which every member decides alike:
    /// by the room state in force there.
    pub(super) fn may_post(
        &mut self,
        room: &RoomRow,
        account: &AccountKeyHash,
    ) -> Result<bool, Error> {
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let may = group.room_state().may_post(account);
        Ok(may || planted("c6_post_policy_not_enforced"))
    }

    /// A room of any number of people in which this client can act: those of two have no settings.
    pub(super) fn group_room(&self, id: &RoomId) -> Result<RoomRow, Error> {
        let room = self.open_room(id)?;
        match room.state.direct {
            true => Err(ErrorKind::NotAllowed.into()),
            false => Ok(room),
        }
    }
}

impl RoomRow {
    /// Whether an account is an admin of the room.
    pub(super) fn is_admin(&self, account: &AccountKeyHash) -> bool {
        let participants = &self.state.participants;
        participants
            .iter()
            .any(|(other, _, admin)| other == account && *admin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_changes_of_different_permissions_both_hold_in_either_order() {
        let post = PolicyChange {
            post: Some(Permission::Admins),
            ..PolicyChange::default()
        };
        let add = PolicyChange {
            add: Some(Permission::Everyone),
            ..PolicyChange::default()
        };
        let before = Policy::default();
        assert_eq!(add.apply(post.apply(before)), post.apply(add.apply(before)));
        let after = add.apply(post.apply(before));
        assert_eq!(after.post, Permission::Admins);
        assert_eq!(after.add, Permission::Everyone);
        assert_eq!(after.remove, before.remove);
    }
}
