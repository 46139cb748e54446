//! Own commits: staged, sent, then merged or discarded; and merging those of others.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use openmls::prelude::{
    CommitMessageBundle, Extensions, GroupContext, KeyPackage, LeafNodeIndex, tls_codec::Serialize,
};
use openmls_traits::OpenMlsProvider;
use restante_wire::{
    ClientId,
    account::{AccountId, ClientCertificate},
    limits,
};

use super::{
    Group, GroupError, LogPosition, Skip, extensions,
    policy::{self, Room, Verdict, Violation},
    room_state::RoomState,
    view::{self, View},
};
use crate::{
    ciphersuite,
    key_package::{KeyPackageError, VerifiedKeyPackage},
};

/// What an own commit should do. Where a state is `None`, it is kept, with its participants adapted
/// to the members: people keep their roles, new ones are members (see
/// [`policy::participants_for`]).
#[derive(Clone)]
pub enum Change {
    /// Adds clients.
    Add {
        /// Their key packages.
        key_packages: Vec<VerifiedKeyPackage>,
        /// The room afterwards.
        state: Option<RoomState>,
    },
    /// Removes clients.
    Remove {
        /// Which.
        clients: BTreeSet<ClientId>,
        /// The room afterwards: only roles and participants may differ.
        state: Option<RoomState>,
    },
    /// New keys for the own leaf.
    Update,
    /// Removes and adds a client in one, so that it can join anew.
    Repair {
        /// Which.
        client: ClientId,
        /// A fresh key package of the same client, with the same certificate.
        key_package: Box<VerifiedKeyPackage>,
    },
    /// Another room state, same members.
    SetState(RoomState),
}

/// Shows no person and no content.
impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Add { .. } => "Change::Add",
            Self::Remove { .. } => "Change::Remove",
            Self::Update => "Change::Update",
            Self::Repair { .. } => "Change::Repair",
            Self::SetState(_) => "Change::SetState",
        })
    }
}

/// An own commit, pending until the log shows it.
pub struct Staged {
    /// The envelope's body.
    pub body: Vec<u8>,
    /// The Welcome of those it adds, to be sealed with [`crate::welcome::seal`].
    pub welcome: Option<Vec<u8>>,
}

/// What a commit does.
#[derive(Clone, PartialEq, Eq)]
pub struct CommitSummary {
    /// Clients that were not in the room.
    pub added: Vec<ClientCertificate>,
    /// Clients that are no longer in the room.
    pub removed: Vec<ClientCertificate>,
    /// Clients removed and added in one.
    pub repaired: Vec<ClientCertificate>,
    /// Whether the author's leaf has new keys.
    pub updated: bool,
    /// The room afterwards, where it differs.
    pub state: Option<Box<RoomState>>,
}

/// Shows no person and no content.
impl fmt::Debug for CommitSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommitSummary")
            .field("added", &self.added.len())
            .field("removed", &self.removed.len())
            .field("repaired", &self.repaired.len())
            .field("updated", &self.updated)
            .field("state", &self.state)
            .finish()
    }
}

/// A commit of another member that is valid and not yet merged.
pub struct StagedCommit {
    pub(super) inner: openmls::prelude::StagedCommit,
    /// The epoch in which it was made.
    pub(super) epoch: u64,
}

/// Shows no person and no content.
impl fmt::Debug for StagedCommit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StagedCommit({})", self.epoch)
    }
}

impl Group {
    /// Makes a commit and keeps it pending. `leaving` are the clients whose messages of leaving the
    /// log holds. Store the changes before the body leaves.
    ///
    /// # Errors
    /// [`GroupError::Pending`] if a commit is pending: merge or discard it. [`GroupError::Refused`]
    /// if every member would skip it. Others as their texts say. Nothing is pending then.
    pub fn stage(
        &mut self,
        change: Change,
        position: LogPosition,
        leaving: &BTreeSet<ClientId>,
    ) -> Result<Staged, GroupError> {
        if self.has_pending() {
            return Err(GroupError::Pending);
        }
        let plan = self.plan(change)?;
        self.attempt(|group| {
            let bundle = group.commit(plan, position)?;
            group.judge_pending(leaving)?;
            let body = bundle
                .commit()
                .tls_serialize_detached()
                .map_err(|_| GroupError::Mls("encode"))?;
            let welcome = bundle
                .to_welcome_msg()
                .map(|welcome| welcome.tls_serialize_detached())
                .transpose()
                .map_err(|_| GroupError::Mls("encode"))?;
            if let Some(len) = welcome
                .as_ref()
                .map(Vec::len)
                .filter(|&len| len > MAX_WELCOME)
            {
                return Err(GroupError::TooLong { len });
            }
            let body = group.seal(&body)?;
            Ok(Staged { body, welcome })
        })
    }

    /// Whether an own commit is pending.
    #[must_use]
    pub fn has_pending(&self) -> bool {
        self.mls.pending_commit().is_some()
    }

    /// Merges the pending commit: the log has shown it, known by envelope id and body hash.
    ///
    /// # Errors
    /// [`GroupError::NothingPending`] if there is none.
    pub fn merge_pending(&mut self) -> Result<CommitSummary, GroupError> {
        let pending = self
            .mls
            .pending_commit()
            .ok_or(GroupError::NothingPending)?;
        let view = self
            .view_own(pending)
            .map_err(|_| GroupError::Mls("read the pending commit"))?;
        // It was judged when it was staged, with those who were leaving then.
        let everybody = self.members.iter().map(super::Member::client).collect();
        let verdict = self.judge(&view, &everybody)?;
        let summary = self.summarise(&view, verdict);
        self.attempt(|group| {
            group
                .mls
                .merge_pending_commit(&group.provider)
                .map_err(|_| GroupError::Mls("merge"))?;
            group.enter_epoch()
        })?;
        Ok(summary)
    }

    /// Drops the pending commit, if any: the log has shown that another one won.
    ///
    /// # Errors
    /// [`GroupError::Mls`] if openmls fails.
    pub fn discard_pending(&mut self) -> Result<(), GroupError> {
        self.attempt(|group| {
            group
                .mls
                .clear_pending_commit(group.provider.storage())
                .map_err(|_| GroupError::Mls("discard"))
        })
    }

    /// Merges a valid commit of another member. An own pending commit has lost and is dropped.
    ///
    /// # Errors
    /// [`GroupError::WrongEpoch`] if the group has moved on since it was processed.
    pub fn merge(&mut self, staged: StagedCommit) -> Result<(), GroupError> {
        if staged.epoch != self.epoch() {
            return Err(GroupError::WrongEpoch);
        }
        self.attempt(|group| {
            group
                .mls
                .merge_staged_commit(&group.provider, staged.inner)
                .map_err(|_| GroupError::Mls("merge"))?;
            group.enter_epoch()
        })
    }

    /// Judges a commit as read by [`View`].
    pub(super) fn judge(
        &self,
        view: &View,
        leaving: &BTreeSet<ClientId>,
    ) -> Result<Verdict, Violation> {
        let members = view::seats(&self.members);
        let room = Room {
            state: &self.state,
            mailbox: &self.mailbox,
            members: &members,
            max_members: ciphersuite::max_members(self.suite()),
        };
        policy::judge(&room, &view.commit, leaving)
    }

    /// A verdict with the certificates of those it is about.
    pub(super) fn summarise(&self, view: &View, verdict: Verdict) -> CommitSummary {
        let known = |clients: Vec<ClientId>| {
            clients
                .iter()
                .filter_map(|client| self.members.find(client))
                .map(|member| member.certificate.clone())
                .collect()
        };
        CommitSummary {
            added: verdict
                .added
                .iter()
                .filter_map(|client| view.added.get(client).cloned())
                .collect(),
            removed: known(verdict.removed),
            repaired: known(verdict.repaired),
            updated: view.commit.path.is_some(),
            state: (verdict.state != self.state).then(|| Box::new(verdict.state)),
        }
    }

    /// Has openmls build the commit and keep it pending.
    fn commit(
        &mut self,
        plan: Plan,
        position: LogPosition,
    ) -> Result<CommitMessageBundle, GroupError> {
        let failed = |_| GroupError::Mls("build the commit");
        self.mls.set_aad(position.encode());
        let mut builder = self
            .mls
            .commit_builder()
            .consume_proposal_store(false)
            .force_self_update(plan.updates)
            .propose_adds(plan.add)
            .propose_removals(plan.remove);
        if let Some(state) = plan.state {
            builder = builder
                .propose_group_context_extensions(state)
                .map_err(failed)?;
        }
        let provider = &self.provider;
        builder
            .load_psks(provider.storage())
            .map_err(failed)?
            .create_group_info(false)
            .build(
                provider.rand(),
                provider.crypto(),
                self.client.keys(),
                |_| true,
            )
            .map_err(failed)?
            .stage_commit(provider)
            .map_err(|_| GroupError::Mls("stage the commit"))
    }

    fn judge_pending(&self, leaving: &BTreeSet<ClientId>) -> Result<(), GroupError> {
        let pending = self
            .mls
            .pending_commit()
            .ok_or(GroupError::NothingPending)?;
        let view = self.view_own(pending).map_err(|skip| match skip {
            Skip::Policy(violation) => GroupError::Refused(violation),
            _ => GroupError::Mls("read the commit"),
        })?;
        self.judge(&view, leaving)?;
        Ok(())
    }

    fn view_own(&self, pending: &openmls::prelude::StagedCommit) -> Result<View, Skip> {
        let own = self.mls.own_leaf_index();
        View::read(&self.members, own, pending, self.client.verified())
    }

    /// What a change proposes.
    fn plan(&self, change: Change) -> Result<Plan, GroupError> {
        let mut plan = Plan::default();
        match change {
            Change::Update => plan.updates = true,
            Change::SetState(state) => plan.state = self.new_extensions(&state)?,
            Change::Add {
                key_packages,
                state,
            } => {
                let added: BTreeMap<ClientId, VerifiedKeyPackage> = key_packages
                    .into_iter()
                    .map(|package| (package.certificate.body.client, package))
                    .collect();
                let state = state.unwrap_or_else(|| {
                    let packages = added.values();
                    let accounts = packages.map(|package| package.certificate.body.account.clone());
                    self.state_with(&BTreeSet::new(), accounts)
                });
                plan.state = self.new_extensions(&state)?;
                plan.add = added
                    .into_values()
                    .map(|package| self.fitting(package))
                    .collect::<Result<_, _>>()?;
            }
            Change::Remove { clients, state } => {
                let state = state.unwrap_or_else(|| self.state_with(&clients, []));
                plan.state = self.new_extensions(&state)?;
                plan.remove = clients
                    .iter()
                    .map(|client| self.leaf_index(client))
                    .collect::<Result<_, _>>()?;
            }
            Change::Repair {
                client,
                key_package,
            } => {
                plan.remove = vec![self.leaf_index(&client)?];
                plan.add = vec![self.fitting(*key_package)?];
            }
        }
        let is_empty = plan.add.is_empty() && plan.remove.is_empty() && plan.state.is_none();
        if is_empty && !plan.updates {
            return Err(GroupError::NothingToCommit);
        }
        Ok(plan)
    }

    /// The key package, if it is of this group's suite.
    fn fitting(&self, package: VerifiedKeyPackage) -> Result<KeyPackage, GroupError> {
        let got = ciphersuite::code_point(package.inner.ciphersuite());
        if got == self.suite() {
            Ok(package.inner)
        } else {
            Err(KeyPackageError::WrongSuite { got }.into())
        }
    }

    /// The room's state after these removals and additions, roles kept.
    fn state_with(
        &self,
        removed: &BTreeSet<ClientId>,
        added: impl IntoIterator<Item = AccountId>,
    ) -> RoomState {
        let staying = self
            .members
            .iter()
            .filter(|member| !removed.contains(&member.client()))
            .map(|member| {
                (
                    member.certificate.body.account.clone(),
                    Some(member.leaf_index),
                )
            });
        let added = added.into_iter().map(|account| (account, None));
        let members: Vec<_> = staying.chain(added).collect();
        RoomState {
            participants: policy::participants_for(&self.state, &members),
            ..self.state.clone()
        }
    }

    /// The extensions to propose, if the state is another one.
    fn new_extensions(
        &self,
        state: &RoomState,
    ) -> Result<Option<Extensions<GroupContext>>, GroupError> {
        (*state != self.state)
            .then(|| extensions(state))
            .transpose()
    }

    fn leaf_index(&self, client: &ClientId) -> Result<LeafNodeIndex, GroupError> {
        self.members
            .find(client)
            .map(|member| LeafNodeIndex::new(member.leaf_index))
            .ok_or(GroupError::UnknownMember)
    }
}

/// What a commit proposes.
#[derive(Default)]
struct Plan {
    add: Vec<KeyPackage>,
    remove: Vec<LeafNodeIndex>,
    state: Option<Extensions<GroupContext>>,
    /// Whether the commit must have a path though nothing asks for one.
    updates: bool,
}

/// Longest Welcome whose sealed and padded form the relay takes: Padmé adds at most an eighth.
const MAX_WELCOME: usize = limits::MAX_WELCOME / 9 * 8 - 64;
