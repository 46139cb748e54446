//! What the vault holds: all that a new client of the account could not do without, and no more.
//! No seat secrets and no MLS state ever go in.

use std::collections::BTreeMap;

use restante_wire::{MailboxAddress, account::AccountId, codec};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    Error,
    engine::io::{ContactPhase, RoomId},
    redacted::redacted_debug,
};

/// The content of the vault. Encoded behind the number of its format.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultContent {
    /// People this account deals with, or refuses to.
    pub contacts: Vec<VaultContact>,
    /// Rooms this account is in.
    pub rooms: Vec<VaultRoom>,
    /// What the person chose, for all clients.
    pub settings: VaultSettings,
}

/// A contact.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultContact {
    /// Who.
    pub account: AccountId,
    /// Username as last certified.
    pub username: String,
    /// The one-to-one room.
    pub room: RoomId,
    /// How far it has come.
    pub phase: VaultPhase,
}

/// [`ContactPhase`] as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum VaultPhase {
    /// We asked.
    Asked,
    /// Both agreed.
    Accepted,
    /// Blocked here.
    Blocked,
}

impl From<ContactPhase> for VaultPhase {
    fn from(phase: ContactPhase) -> Self {
        match phase {
            ContactPhase::Asked => Self::Asked,
            ContactPhase::Accepted => Self::Accepted,
            ContactPhase::Blocked => Self::Blocked,
        }
    }
}

impl From<VaultPhase> for ContactPhase {
    fn from(phase: VaultPhase) -> Self {
        match phase {
            VaultPhase::Asked => Self::Asked,
            VaultPhase::Accepted => Self::Accepted,
            VaultPhase::Blocked => Self::Blocked,
        }
    }
}

/// A room and where its mailbox is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultRoom {
    /// Which.
    pub room: RoomId,
    /// Its name; empty for one-to-one rooms.
    pub title: String,
    /// Whether it is one-to-one.
    pub direct: bool,
    /// Base URL of the relay of its mailbox.
    pub relay: String,
    /// Its mailbox.
    pub mailbox: MailboxAddress,
    /// Who is in it, with the username as last certified.
    pub people: Vec<(AccountId, String)>,
}

/// What the person chose.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultSettings {
    /// By name; unknown names are kept.
    pub values: BTreeMap<String, String>,
}

redacted_debug!(VaultContent, VaultContact, VaultRoom, VaultSettings);

/// The stored form. A later format becomes a further variant; this build then says so.
#[derive(Serialize, Deserialize)]
enum Stored {
    V1(VaultContent),
}

impl VaultContent {
    /// The plaintext to seal.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(codec::encode(&Stored::V1(self.clone())))
    }

    /// Reads [`Self::encode`].
    ///
    /// # Errors
    /// `storage`: written by a newer client, or damaged before it was sealed.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let Stored::V1(content) = codec::decode(bytes)?;
        Ok(content)
    }

    /// Joins what two clients of the account wrote: everything that either has, `self` winning where
    /// both speak of the same thing, except that a block is never undone.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        for theirs in other.contacts {
            match self
                .contacts
                .iter_mut()
                .find(|ours| ours.account == theirs.account)
            {
                Some(ours) => ours.phase = ours.phase.max(theirs.phase),
                None => self.contacts.push(theirs),
            }
        }
        for theirs in other.rooms {
            if !self.rooms.iter().any(|ours| ours.room == theirs.room) {
                self.rooms.push(theirs);
            }
        }
        for (name, value) in other.settings.values {
            self.settings.values.entry(name).or_insert(value);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use restante_wire::AccountKeyHash;

    use super::*;

    fn contact(key: u8, phase: VaultPhase) -> VaultContact {
        VaultContact {
            account: AccountId {
                relay: "https://relay.example".into(),
                key_hash: AccountKeyHash([key; 32]),
            },
            username: format!("person{key}"),
            room: RoomId([key; 32]),
            phase,
        }
    }

    fn room(key: u8, title: &str) -> VaultRoom {
        VaultRoom {
            room: RoomId([key; 32]),
            title: title.into(),
            direct: false,
            relay: "https://relay.example".into(),
            mailbox: MailboxAddress([key; 32]),
            people: vec![(contact(key, VaultPhase::Asked).account, "somebody".into())],
        }
    }

    prop_compose! {
        fn content()(
            contacts in prop::collection::btree_map(any::<u8>(), 0..3u8, 0..6),
            rooms in prop::collection::btree_map(any::<u8>(), "[a-z]{0,9}", 0..6),
            values in prop::collection::btree_map("[a-z]{1,9}", "[a-z]{0,9}", 0..4),
        ) -> VaultContent {
            let phases = [VaultPhase::Asked, VaultPhase::Accepted, VaultPhase::Blocked];
            VaultContent {
                contacts: contacts
                    .into_iter()
                    .map(|(key, phase)| contact(key, phases[usize::from(phase)]))
                    .collect(),
                rooms: rooms.iter().map(|(key, title)| room(*key, title)).collect(),
                settings: VaultSettings { values },
            }
        }
    }

    proptest! {
        #[test]
        fn the_vault_round_trips(content in content()) {
            prop_assert_eq!(VaultContent::decode(&content.encode()).unwrap(), content);
        }

        #[test]
        fn a_cut_or_foreign_vault_is_an_error(content in content(), cut in any::<prop::sample::Index>()) {
            let bytes = content.encode();
            prop_assert!(VaultContent::decode(&bytes[..cut.index(bytes.len())]).is_err());
        }

        #[test]
        fn merging_loses_nobody_and_no_block(ours in content(), theirs in content()) {
            let merged = ours.clone().merge(theirs.clone());
            for contact in ours.contacts.iter().chain(&theirs.contacts) {
                let kept = merged.contacts.iter().find(|kept| kept.account == contact.account);
                prop_assert!(kept.is_some_and(|kept| kept.phase >= contact.phase));
            }
            for room in ours.rooms.iter().chain(&theirs.rooms) {
                prop_assert!(merged.rooms.iter().any(|kept| kept.room == room.room));
            }
            prop_assert_eq!(merged.clone().merge(theirs), merged);
        }
    }
}
