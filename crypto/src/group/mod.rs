//! Groups: the cryptographic side of a room.
//!
//! A [`Group`] is an MLS group (RFC 9420) whose members are clients, bound to one mailbox: the
//! mailbox address is the MLS group id. It lives in rows that its caller loads, and every operation
//! either succeeds, with changes to take and store, or leaves rows and group as they were.
//!
//! An own commit is staged, sent, and merged when the log shows it; anything else that the log shows
//! goes through [`Group::process`], which gives a message, a commit to merge, the claim of one's own
//! removal, or the reason to skip. What openmls lets through and Restante does not is refused there.
//! Read next: [`policy`] (which commits are valid), then `process.rs` and `commit.rs`.

mod commit;
pub(crate) mod ephemeral;
mod error;
mod join;
pub(crate) mod member;
mod message;
pub mod policy;
mod position;
mod process;
pub mod room_state;
#[cfg(test)]
mod tests;
mod view;

use openmls::{
    prelude::{
        Extension, Extensions, GroupContext, GroupId, LeafNode, LeafNodeIndex, MlsGroup,
        MlsGroupCreateConfig, MlsGroupJoinConfig, OpenMlsProvider,
        PURE_CIPHERTEXT_WIRE_FORMAT_POLICY, SenderRatchetConfiguration, UnknownExtension,
    },
    treesync::LeafNodeSource,
};
use restante_wire::{ClientId, MailboxAddress, fault::planted, key_package::Suite};
use zeroize::Zeroizing;

pub use commit::{Change, CommitSummary, Staged, StagedCommit};
pub use ephemeral::Ephemeral;
pub use error::{GroupError, JoinError, Skip};
pub use join::Joined;
pub use member::Member;
pub use position::LogPosition;
pub use process::Processed;

use crate::{
    ciphersuite::{self, ROOM_STATE_EXTENSION},
    client::Client,
    envelope, key_package,
    provider::{
        Provider,
        rows::{Changes, Rows},
    },
    secret::SymmetricKey,
};
use ephemeral::Counters;
use member::Members;
use room_state::RoomState;

/// One group of this client, loaded.
pub struct Group {
    client: Client,
    mailbox: MailboxAddress,
    provider: Provider,
    mls: MlsGroup,
    /// Read from the tree and the context whenever they change.
    members: Members,
    state: RoomState,
    /// Outer key of the current epoch; earlier ones are wiped.
    envelope_key: SymmetricKey,
    counters: Counters,
}

impl Group {
    /// Makes a group with this client as its only member. `state` must list exactly its account, as
    /// an admin.
    ///
    /// # Errors
    /// A [`GroupError`]; nothing is left behind.
    pub fn create(
        client: &Client,
        mailbox: MailboxAddress,
        state: &RoomState,
        suite: Suite,
    ) -> Result<Self, GroupError> {
        let account = client.certificate().body.account.key_hash;
        if state.participants.len() != 1 || !state.is_admin(&account) {
            return Err(GroupError::Refused(policy::Violation::ParticipantsMismatch));
        }
        let provider = Provider::new(client.randomness().clone(), Rows::new());
        let config = MlsGroupCreateConfig::builder()
            .ciphersuite(ciphersuite::mls(suite)?)
            .capabilities(ciphersuite::capabilities(client.suites()))
            .lifetime(key_package::always())
            .wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
            .max_past_epochs(max_past_epochs())
            .number_of_resumption_psks(0)
            .use_ratchet_tree_extension(true)
            .sender_ratchet_configuration(sender_ratchet())
            .with_group_context_extensions(extensions(state)?)
            .build();
        MlsGroup::new_with_group_id(
            &provider,
            client.keys(),
            &config,
            group_id(&mailbox),
            client.credential(),
        )
        .map_err(|_| GroupError::Mls("create"))?;
        // The created value keeps room for old resumption keys; what was stored does not.
        Self::open(client.clone(), mailbox, provider)
    }

    /// Loads a group from all its rows.
    ///
    /// # Errors
    /// [`GroupError::Stored`]: the rows are damaged, incomplete, of a newer build or not of this
    /// client and mailbox.
    pub fn load(client: &Client, mailbox: MailboxAddress, rows: Rows) -> Result<Self, GroupError> {
        let provider = Provider::new(client.randomness().clone(), rows);
        Self::open(client.clone(), mailbox, provider)
    }

    fn open(
        client: Client,
        mailbox: MailboxAddress,
        provider: Provider,
    ) -> Result<Self, GroupError> {
        let mls = load_mls(&provider, &mailbox)?;
        let members = Members::read_stored(mls.members()).map_err(|_| GroupError::Stored)?;
        let own = members.get(mls.own_leaf_index());
        if own.map(|member| &member.certificate) != Some(client.certificate()) {
            return Err(GroupError::Stored);
        }
        let state = read_state(mls.extensions()).ok_or(GroupError::Stored)?;
        Self::with(client, mailbox, provider, mls, members, state)
    }

    /// A group that openmls holds in memory, with what was read from it.
    fn with(
        client: Client,
        mailbox: MailboxAddress,
        provider: Provider,
        mls: MlsGroup,
        members: Members,
        state: RoomState,
    ) -> Result<Self, GroupError> {
        let envelope_key = export_key(&mls, &provider, envelope::EXPORTER_LABEL)?;
        Ok(Self {
            client,
            mailbox,
            provider,
            mls,
            members,
            state,
            envelope_key,
            counters: Counters::default(),
        })
    }

    /// The mailbox this group lives in.
    #[must_use]
    pub fn mailbox(&self) -> &MailboxAddress {
        &self.mailbox
    }

    /// The ciphersuite, fixed for the group's life.
    #[must_use]
    pub fn suite(&self) -> Suite {
        ciphersuite::code_point(self.mls.ciphersuite())
    }

    /// Number of the current epoch: how many commits were merged.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.mls.epoch().as_u64()
    }

    /// The epoch authenticator (RFC 9420 section 8.7): two members with the same one agree on the
    /// whole history of the group.
    #[must_use]
    pub fn epoch_authenticator(&self) -> Vec<u8> {
        self.mls.epoch_authenticator().as_slice().to_vec()
    }

    /// All members, by leaf index.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.iter()
    }

    /// Members that have made no commit since they came in: their leaf is still that of a key package.
    ///
    /// **Source:** RFC 9420, section 7.2, `leaf_node_source`.
    pub fn newcomers(&self) -> impl Iterator<Item = &Member> {
        let tree = self.mls.public_group();
        self.members.iter().filter(|member| {
            let leaf = tree.leaf(LeafNodeIndex::new(member.leaf_index));
            let source = leaf.map(LeafNode::leaf_node_source);
            matches!(source, Some(LeafNodeSource::KeyPackage(_)))
        })
    }

    /// The member that a client is.
    #[must_use]
    pub fn member(&self, client: &ClientId) -> Option<&Member> {
        self.members.find(client)
    }

    /// This client as a member.
    #[must_use]
    pub fn me(&self) -> &Member {
        #[expect(
            clippy::expect_used,
            reason = "opening a group checks its own leaf, and what removes it is never merged"
        )]
        self.members
            .get(self.mls.own_leaf_index())
            .expect("the own leaf is in the tree")
    }

    /// What all members agree on.
    #[must_use]
    pub fn room_state(&self) -> &RoomState {
        &self.state
    }

    /// Rows that changed since the last call, for the transaction of the work that changed them.
    #[must_use]
    pub fn take_changes(&mut self) -> Changes {
        self.provider.rows().take_changes()
    }

    /// A secret of the current epoch for another use (RFC 9420 section 8.5).
    ///
    /// # Errors
    /// [`GroupError::Mls`] if openmls fails.
    pub fn export(&self, label: &str, context: &[u8]) -> Result<Zeroizing<[u8; 32]>, GroupError> {
        export(&self.mls, &self.provider, label, context)
    }

    /// Forgets the group: the changes delete every row. For a member that was removed, instead of
    /// merging the commit, and before joining the same mailbox again.
    #[must_use]
    pub fn delete(self) -> Changes {
        self.provider.rows().delete_all();
        self.provider.rows().take_changes()
    }

    /// Runs an operation that may change rows and group; on an error both are as before.
    fn attempt<T, E: From<GroupError>>(
        &mut self,
        operation: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.provider.rows().begin();
        let result = operation(self);
        match &result {
            Ok(_) => self.provider.rows().keep(),
            Err(_) => self.revert()?,
        }
        result
    }

    /// Undoes what changed since `begin`, in the rows and in the loaded group.
    fn revert(&mut self) -> Result<(), GroupError> {
        self.provider.rows().roll_back();
        self.mls = load_mls(&self.provider, &self.mailbox)?;
        Ok(())
    }

    /// Reads members, state and keys of the epoch that a merge has led to.
    fn enter_epoch(&mut self) -> Result<(), GroupError> {
        let verified = self.client.verified();
        let members = Members::read(self.mls.members(), &self.members, verified)
            .map_err(|_| GroupError::Mls("tree"))?;
        let state = read_state(self.mls.extensions()).ok_or(GroupError::Mls("room state"))?;
        let key = export_key(&self.mls, &self.provider, envelope::EXPORTER_LABEL)?;
        self.members = members;
        self.state = state;
        self.envelope_key = key;
        self.counters = Counters::default();
        Ok(())
    }
}

impl std::fmt::Debug for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Group(..)")
    }
}

/// Out-of-order tolerance and forward distance of every sender ratchet. The log is in order, so no
/// skipped key is kept; refused appends leave gaps, so a reader may have to jump.
fn sender_ratchet() -> SenderRatchetConfiguration {
    SenderRatchetConfiguration::new(0, 10_000)
}

/// Past epochs whose message keys are kept: none, for every stored message was encrypted in exactly
/// the epoch in force at its place.
fn max_past_epochs() -> usize {
    if planted("c5_past_epochs_kept") { 3 } else { 0 }
}

/// How this client joins groups.
fn join_config() -> MlsGroupJoinConfig {
    MlsGroupJoinConfig::builder()
        .wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
        .max_past_epochs(max_past_epochs())
        .number_of_resumption_psks(0)
        .use_ratchet_tree_extension(true)
        .sender_ratchet_configuration(sender_ratchet())
        .build()
}

fn group_id(mailbox: &MailboxAddress) -> GroupId {
    GroupId::from_slice(mailbox.as_bytes())
}

fn load_mls(provider: &Provider, mailbox: &MailboxAddress) -> Result<MlsGroup, GroupError> {
    MlsGroup::load(provider.storage(), &group_id(mailbox))
        .ok()
        .flatten()
        .filter(|mls| *mls.group_id() == group_id(mailbox))
        .ok_or(GroupError::Stored)
}

/// The GroupContext extensions of a room in this state: required capabilities, then the state.
fn extensions(state: &RoomState) -> Result<Extensions<GroupContext>, GroupError> {
    let list = vec![
        Extension::RequiredCapabilities(ciphersuite::required_capabilities()),
        Extension::Unknown(ROOM_STATE_EXTENSION, UnknownExtension(state.encode()?)),
    ];
    Extensions::from_vec(list).map_err(|_| GroupError::Mls("extensions"))
}

/// The state in GroupContext extensions, which must be exactly those of [`extensions`].
fn read_state(found: &Extensions<GroupContext>) -> Option<RoomState> {
    let UnknownExtension(bytes) = found.unknown(ROOM_STATE_EXTENSION)?;
    let state = RoomState::decode(bytes).ok()?;
    (extensions(&state).ok()? == *found).then_some(state)
}

fn export(
    mls: &MlsGroup,
    provider: &Provider,
    label: &str,
    context: &[u8],
) -> Result<Zeroizing<[u8; 32]>, GroupError> {
    let secret = mls
        .export_secret(provider.crypto(), label, context, 32)
        .map(Zeroizing::new)
        .map_err(|_| GroupError::Mls("export"))?;
    secret
        .as_slice()
        .try_into()
        .map(Zeroizing::new)
        .map_err(|_| GroupError::Mls("export"))
}

fn export_key(
    mls: &MlsGroup,
    provider: &Provider,
    label: &str,
) -> Result<SymmetricKey, GroupError> {
    export(mls, provider, label, &[]).map(|secret| SymmetricKey::from_bytes(*secret))
}
