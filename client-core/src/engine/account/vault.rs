//! What the vault holds: all that a new client of the account could not do without, and no more.
//! No seat secrets and no MLS state ever go in.

use std::{cmp::Reverse, collections::BTreeMap};

use restante_crypto::{Randomness, VaultKey, vault};
use restante_wire::{IdentityKey, MailboxAddress, account::AccountId, codec};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    Error, ErrorKind,
    engine::io::{ContactPhase, RoomId},
    redacted::redacted_debug,
};

/// Bytes before the sealed content that name the generation of the key.
const PREFIX: usize = 4;

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
    /// The identity key, whose hash names the account.
    pub identity_key: IdentityKey,
    /// Username as last certified.
    pub username: String,
    /// The one-to-one room; none of somebody blocked who never was a contact.
    pub room: Option<RoomId>,
    /// How far it has come.
    pub phase: VaultPhase,
    /// How often they were blocked, or asked anew after a block or after an earlier room with them.
    pub renewed: u32,
}

impl VaultContact {
    /// Of two words about one contact the higher counts.
    #[must_use]
    pub const fn rank(&self) -> (u32, VaultPhase) {
        (self.renewed, self.phase)
    }
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
    /// How many groups of this room came before this one.
    pub line: u32,
    /// Who is in it, with the username as last certified.
    pub people: Vec<(AccountId, String)>,
}

impl VaultRoom {
    /// Which of two mailboxes of a room its members keep to: the higher is.
    #[must_use]
    pub const fn rank(&self) -> (u32, Reverse<MailboxAddress>) {
        (self.line, Reverse(self.mailbox))
    }
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
    /// Seals this as `version` of the vault.
    #[must_use]
    pub fn seal(
        &self,
        (generation, key): &(u32, VaultKey),
        version: u64,
        randomness: &Randomness,
    ) -> Vec<u8> {
        let mut sealed = generation.to_be_bytes().to_vec();
        sealed.extend(vault::seal(key, version, &self.encode(), randomness));
        sealed
    }

    /// Opens [`Self::seal`] with the key of the generation that it names.
    ///
    /// # Errors
    /// `not_trusted` where it is not that, or there is no such key; `storage` as [`Self::decode`].
    pub fn open(
        sealed: &[u8],
        version: u64,
        key_of: impl FnOnce(u32) -> Option<VaultKey>,
    ) -> Result<(u32, Self), Error> {
        let (generation, content) = sealed
            .split_first_chunk::<PREFIX>()
            .ok_or(ErrorKind::NotTrusted)?;
        let generation = u32::from_be_bytes(*generation);
        let key = key_of(generation).ok_or(ErrorKind::NotTrusted)?;
        let content = vault::open(&key, version, content)
            .map_err(|error| Error::caused(ErrorKind::NotTrusted, error))?;
        Ok((generation, Self::decode(&content)?))
    }

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
    /// both speak of the same thing, except that of a contact the further phase counts, unless it was
    /// begun anew since, and of a room's mailboxes the one to which its members keep.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        for theirs in other.contacts {
            match self
                .contacts
                .iter_mut()
                .find(|ours| ours.account == theirs.account)
            {
                Some(ours) if ours.rank() < theirs.rank() => *ours = theirs,
                Some(_) => {}
                None => self.contacts.push(theirs),
            }
        }
        for theirs in other.rooms {
            match self.rooms.iter_mut().find(|ours| ours.room == theirs.room) {
                Some(ours) if ours.rank() < theirs.rank() => *ours = theirs,
                Some(_) => {}
                None => self.rooms.push(theirs),
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
            identity_key: IdentityKey([key; 32]),
            username: format!("person{key}"),
            room: Some(RoomId([key; 32])),
            phase,
            renewed: 0,
        }
    }

    fn room(key: u8, title: &str) -> VaultRoom {
        VaultRoom {
            room: RoomId([key; 32]),
            title: title.into(),
            direct: false,
            relay: "https://relay.example".into(),
            mailbox: MailboxAddress([key; 32]),
            line: u32::from(key % 3),
            people: vec![(contact(key, VaultPhase::Asked).account, "somebody".into())],
        }
    }

    prop_compose! {
        fn content()(
            contacts in prop::collection::btree_map(any::<u8>(), (0..3u8, 0..2u32), 0..6),
            rooms in prop::collection::btree_map(any::<u8>(), "[a-z]{0,9}", 0..6),
            values in prop::collection::btree_map("[a-z]{1,9}", "[a-z]{0,9}", 0..4),
        ) -> VaultContent {
            let phases = [VaultPhase::Asked, VaultPhase::Accepted, VaultPhase::Blocked];
            VaultContent {
                contacts: contacts
                    .into_iter()
                    .map(|(key, (phase, renewed))| VaultContact {
                        renewed,
                        ..contact(key, phases[usize::from(phase)])
                    })
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
        fn merging_loses_nobody_no_block_and_no_end_of_one(ours in content(), theirs in content()) {
            let merged = ours.clone().merge(theirs.clone());
            for contact in ours.contacts.iter().chain(&theirs.contacts) {
                let kept = merged.contacts.iter().find(|kept| kept.account == contact.account);
                prop_assert!(kept.is_some_and(|kept| kept.rank() >= contact.rank()));
            }
            for room in ours.rooms.iter().chain(&theirs.rooms) {
                prop_assert!(merged.rooms.iter().any(|kept| kept.room == room.room));
            }
            prop_assert_eq!(merged.clone().merge(theirs), merged);
        }
    }
}
