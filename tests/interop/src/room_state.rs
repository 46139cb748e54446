//! Room state (protocol/groups.md, "Room state").

use restante_wire::{AccountKeyHash, MailboxAddress, account::AccountId, codec};
use serde::{Deserialize, Serialize};

use crate::PeerError;

/// Type of the GroupContext extension that holds it.
pub const EXTENSION: u16 = 0xF0A1;

/// Who may do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Permission {
    /// Everybody in the room.
    Everyone,
    /// Admins.
    Admins,
}

/// What a participant is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MemberRole {
    /// As the policy says.
    Member,
    /// Everything.
    Admin,
}

/// Who may do what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Add people.
    pub add: Permission,
    /// Remove people.
    pub remove: Permission,
    /// Change title and picture.
    pub rename: Permission,
    /// Send content.
    pub post: Permission,
}

/// What all members agree on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomState {
    /// Protocol version.
    pub version: u16,
    /// The room.
    #[serde(with = "serde_bytes")]
    pub room_id: [u8; 32],
    /// A chat of two.
    pub direct: bool,
    /// Title.
    pub title: String,
    /// Picture.
    #[serde(with = "serde_bytes")]
    pub picture: Option<Vec<u8>>,
    /// Who may do what.
    pub policy: Policy,
    /// Seat ids come from it.
    #[serde(with = "serde_bytes")]
    pub seat_key: [u8; 32],
    relays: Vec<String>,
    participants: Vec<(AccountKeyHash, u16, MemberRole)>,
    /// The group that this one follows: its mailbox, and the epoch in which it was left.
    pub predecessor: Option<(MailboxAddress, u64)>,
    /// The group that follows this one: relay and mailbox.
    pub successor: Option<(String, MailboxAddress)>,
}

impl RoomState {
    /// A new room of one admin.
    #[must_use]
    pub fn new(room_id: [u8; 32], seat_key: [u8; 32], title: &str, creator: &AccountId) -> Self {
        Self {
            version: 1,
            room_id,
            direct: false,
            title: title.to_owned(),
            picture: None,
            policy: Policy {
                add: Permission::Admins,
                remove: Permission::Admins,
                rename: Permission::Admins,
                post: Permission::Everyone,
            },
            seat_key,
            relays: vec![creator.relay.clone()],
            participants: vec![(creator.key_hash, 0, MemberRole::Admin)],
            predecessor: None,
            successor: None,
        }
    }

    /// Reads the extension.
    ///
    /// # Errors
    /// A [`PeerError`]: a commit that carries it is noise.
    pub fn decode(bytes: &[u8]) -> Result<Self, PeerError> {
        let state: Self = codec::decode(bytes)?;
        let sorted = state.relays.is_sorted_by(|a, b| a < b)
            && state.participants.is_sorted_by(|a, b| a.0 < b.0);
        let used = (0..state.relays.len()).all(|index| {
            state
                .participants
                .iter()
                .any(|entry| usize::from(entry.1) == index)
        });
        if !sorted || !used || codec::encode(&state) != bytes {
            return Err(PeerError::NotCanonical);
        }
        let fits = state.title.len() <= 256
            && state
                .picture
                .as_ref()
                .is_none_or(|bytes| bytes.len() <= 4096)
            && state.participants.len() <= 2000
            && state
                .relays
                .iter()
                .chain(state.successor.iter().map(|(relay, _)| relay))
                .all(|url| (1..=255).contains(&url.len()));
        if !fits || state.people().count() != state.participants.len() {
            return Err(PeerError::Limits);
        }
        Ok(state)
    }

    /// As the extension's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// Everybody in the room, with their roles.
    pub fn people(&self) -> impl Iterator<Item = (AccountId, MemberRole)> {
        self.participants
            .iter()
            .filter_map(|&(key_hash, relay, role)| {
                let relay = self.relays.get(usize::from(relay))?.clone();
                Some((AccountId { relay, key_hash }, role))
            })
    }

    /// The same state with other people.
    ///
    /// # Errors
    /// [`PeerError::Limits`] beyond 65,535 relays.
    pub fn with_people(&self, people: &[(AccountId, MemberRole)]) -> Result<Self, PeerError> {
        let mut relays: Vec<String> = people
            .iter()
            .map(|(account, _)| account.relay.clone())
            .collect();
        relays.sort();
        relays.dedup();
        let mut participants = people
            .iter()
            .map(|(account, role)| {
                let index = relays
                    .iter()
                    .position(|relay| *relay == account.relay)
                    .and_then(|index| u16::try_from(index).ok())
                    .ok_or(PeerError::Limits)?;
                Ok((account.key_hash, index, *role))
            })
            .collect::<Result<Vec<_>, PeerError>>()?;
        participants.sort_by_key(|entry| entry.0);
        Ok(Self {
            relays,
            participants,
            ..self.clone()
        })
    }

    /// The role of an account, if it is in the room.
    #[must_use]
    pub fn role(&self, account: &AccountKeyHash) -> Option<MemberRole> {
        self.participants
            .iter()
            .find(|entry| entry.0 == *account)
            .map(|entry| entry.2)
    }
}
