//! Joining by a Welcome: all or nothing.

use std::collections::BTreeSet;

use openmls::prelude::{StagedWelcome, WelcomeError};
use openmls_traits::OpenMlsProvider;
use restante_wire::{MailboxAddress, account::AccountId};

use super::{
    Group, JoinError, Member, group_id, join_config,
    member::{Members, certificate_of_leaf},
    read_state,
    room_state::RoomState,
};
use crate::{
    certificate::CertificateError,
    client::Client,
    provider::{Provider, rows::Rows},
    welcome,
};

/// A group just joined.
#[derive(Debug)]
pub struct Joined {
    /// The group; all its rows are changes to take.
    pub group: Group,
    /// Who made the Welcome.
    pub inviter: Member,
    /// Reference of the key package that was used: delete its rows in the same transaction, unless
    /// it is the last resort.
    pub key_package: Vec<u8>,
    /// Whether it is the last resort: keep its rows, and replace it soon.
    pub last_resort: bool,
}

impl Group {
    /// Joins the group of a mailbox by a Welcome, with the rows of the key packages that it names
    /// ([`welcome::references`]). Checks every member's certificate, that the room state fits the
    /// tree, and that the own leaf is ours.
    ///
    /// # Errors
    /// A [`JoinError`]. The caller's rows are untouched, so the key package is not burnt.
    pub fn join(
        client: &Client,
        mailbox: MailboxAddress,
        welcome: &[u8],
        key_package_rows: Rows,
    ) -> Result<Joined, JoinError> {
        let welcome = welcome::parse(welcome).map_err(|_| JoinError::NotAWelcome)?;
        let provider = Provider::new(client.randomness().clone(), key_package_rows);
        let builder = StagedWelcome::build_from_welcome(&provider, &join_config(), welcome)
            .map_err(|error| match error {
                WelcomeError::NoMatchingKeyPackage => JoinError::NoKeyPackage,
                _ => JoinError::Invalid,
            })?;
        let own = builder
            .processed_welcome()
            .own_key_package()
            .ok_or(JoinError::NoKeyPackage)?;
        let last_resort = own.last_resort();
        let key_package = own
            .hash_ref(provider.crypto())
            .map_err(|_| JoinError::Invalid)?
            .as_slice()
            .to_vec();
        let staged = builder
            .skip_lifetime_validation()
            .build()
            .map_err(|_| JoinError::Invalid)?;
        if *staged.group_context().group_id() != group_id(&mailbox) {
            return Err(JoinError::WrongMailbox);
        }
        let own_leaf = staged.own_leaf_node().ok_or(JoinError::OwnLeaf)?;
        if certificate_of_leaf(own_leaf, client.verified())?.0 != *client.certificate() {
            return Err(JoinError::OwnLeaf);
        }
        let members = Members::read(staged.members(), &Members::default(), client.verified())?;
        let state = read_state(staged.group_context().extensions()).ok_or(JoinError::RoomState)?;
        check_room(&state, &members)?;
        let inviter = members
            .get(staged.welcome_sender_index())
            .ok_or(JoinError::Invalid)?
            .clone();
        // Only the group's own rows are its changes; the key package's belong to the caller.
        provider.rows().take_all();
        let mls = staged
            .into_group(&provider)
            .map_err(|_| JoinError::Invalid)?;
        let group = Self::with(client.clone(), mailbox, provider, mls, members, state)?;
        Ok(Joined {
            group,
            inviter,
            key_package,
            last_resort,
        })
    }
}

/// Participants are the accounts in the tree, and no two leaves are of one client.
fn check_room(state: &RoomState, members: &Members) -> Result<(), JoinError> {
    let clients: BTreeSet<_> = members.iter().map(Member::client).collect();
    if clients.len() != members.iter().count() {
        return Err(JoinError::Certificate(CertificateError::ClientOrder));
    }
    let in_tree: BTreeSet<&AccountId> = members
        .iter()
        .map(|member| &member.certificate.body.account)
        .collect();
    let listed: BTreeSet<&AccountId> = state
        .participants
        .values()
        .map(|participant| &participant.account)
        .collect();
    if in_tree == listed {
        Ok(())
    } else {
        Err(JoinError::RoomState)
    }
}
