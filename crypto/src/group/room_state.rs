//! Room state: what all members of a room agree on, in a GroupContext extension (RFC 9420 section
//! 12.1.7) of private-use type [`crate::ciphersuite::ROOM_STATE_EXTENSION`].
//!
//! **Shape**: [`codec`]'s encoding of `Encoded` below, canonical: participants in ascending order, relay
//! URLs once each in ascending order. A version of the protocol that changes this encoding is first
//! announced by a commit in the present one that raises [`RoomState::version`], so that clients which
//! do not know the new one pause instead of taking it for noise.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use hmac::{Hmac, KeyInit, Mac};
use restante_wire::{
    AccountKeyHash, ClientId, MailboxAddress, OwnerSecret, SeatId, account::AccountId, codec,
    limits,
};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::secret::{self, SeatKey, VaultKey};

/// The protocol version that this build speaks.
pub const PROTOCOL_VERSION: u16 = 1;

/// Longest title in bytes of UTF-8.
pub const MAX_TITLE: usize = 256;

/// Longest picture in bytes: it travels in every Welcome and in every commit that changes who is in
/// the room (docs/decisions/0021).
pub const MAX_PICTURE: usize = 4096;

/// Most clients of one group: what [`limits::MAX_WELCOME`] is made for.
pub const MAX_MEMBERS: usize = 2000;

/// A room's picture; which bytes are one is the engine's to say, and no commit is invalid for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture(#[serde(with = "serde_bytes")] pub Vec<u8>);

/// What a participant may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ParticipantRole {
    /// What the policy gives to everyone.
    Member,
    /// All that the policy has to give, and the roles, the policy and the version.
    Admin,
}

/// An account in the room.
#[derive(Clone, PartialEq, Eq)]
pub struct Participant {
    /// The account; its key hash is its key in [`RoomState::participants`].
    pub account: AccountId,
    /// Its role.
    pub role: ParticipantRole,
}

/// Shows no person and no content.
impl fmt::Debug for Participant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Participant({:?})", self.role)
    }
}

/// Who may do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Permission {
    /// Every participant.
    Everyone,
    /// Admins only.
    Admins,
}

/// Who may do what beyond what roles imply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Add people. (Clients of people already in the room are added by any member.)
    pub add: Permission,
    /// Remove people. (Own clients, and those that said they leave, are removed by any member.)
    pub remove: Permission,
    /// Change title and picture.
    pub rename: Permission,
    /// Send content. Content is opaque to this crate: the engine judges it, see
    /// [`RoomState::may_post`].
    pub post: Permission,
}

impl Default for Policy {
    /// Everyone posts; admins do the rest.
    fn default() -> Self {
        Self {
            add: Permission::Admins,
            remove: Permission::Admins,
            rename: Permission::Admins,
            post: Permission::Everyone,
        }
    }
}

/// The group in which a room goes on: its mailbox, whose address is its MLS group id.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Successor {
    /// Base URL of the mailbox's relay.
    pub relay: String,
    /// Its mailbox.
    pub mailbox: MailboxAddress,
}

/// Shows no address.
impl fmt::Debug for Successor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Successor(..)")
    }
}

/// The group that a room was in before.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Predecessor {
    /// Its mailbox.
    pub mailbox: MailboxAddress,
    /// The epoch that whoever made this group had reached there; 0 of a client that was never in it.
    pub epoch: u64,
}

/// Shows no address.
impl fmt::Debug for Predecessor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Predecessor({})", self.epoch)
    }
}

/// What all members of a room agree on.
#[derive(Clone, PartialEq, Eq)]
pub struct RoomState {
    /// Protocol version of the room: a client that speaks only lower ones pauses the room.
    pub version: u16,
    /// Names the room through all its groups.
    pub room_id: [u8; 32],
    /// A chat of two people.
    pub direct: bool,
    /// Title, empty for none.
    pub title: String,
    /// Picture.
    pub picture: Option<Picture>,
    /// Who may do what.
    pub policy: Policy,
    /// The accounts whose clients are the group's members.
    pub participants: BTreeMap<AccountKeyHash, Participant>,
    /// From which every member computes every seat id.
    pub seat_key: SeatKey,
    /// The group that this one follows.
    pub predecessor: Option<Predecessor>,
    /// The group that follows this one, once an admin has named it.
    pub successor: Option<Successor>,
}

/// Shows no person and no content.
impl fmt::Debug for RoomState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RoomState(..)")
    }
}

/// Bytes that are not a room state, or one beyond its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RoomStateError {
    /// Does not decode, or not canonically.
    #[error("room state does not decode")]
    Malformed,
    /// A text, the picture or the list of participants is too long, or a relay URL is empty.
    #[error("room state is beyond its limits")]
    Limits,
}

/// The encoded form: relay URLs stand once, participants refer to them.
#[derive(Serialize, Deserialize)]
struct Encoded {
    version: u16,
    #[serde(with = "serde_bytes")]
    room_id: [u8; 32],
    direct: bool,
    title: String,
    picture: Option<Picture>,
    policy: Policy,
    seat_key: SeatKey,
    relays: Vec<String>,
    participants: Vec<(AccountKeyHash, u16, ParticipantRole)>,
    predecessor: Option<Predecessor>,
    successor: Option<Successor>,
}

impl RoomState {
    /// A new room of this build's version, in which its creator is alone and the only admin: no
    /// picture, the default policy, and not a chat of two.
    #[must_use]
    pub fn new(room_id: [u8; 32], title: &str, creator: AccountId, seat_key: SeatKey) -> Self {
        let key_hash = creator.key_hash;
        let creator = Participant {
            account: creator,
            role: ParticipantRole::Admin,
        };
        Self {
            version: PROTOCOL_VERSION,
            room_id,
            direct: false,
            title: title.to_owned(),
            picture: None,
            policy: Policy::default(),
            participants: BTreeMap::from([(key_hash, creator)]),
            seat_key,
            predecessor: None,
            successor: None,
        }
    }

    /// Encodes the state.
    ///
    /// # Errors
    /// [`RoomStateError::Limits`]: the caller put too much into it.
    pub fn encode(&self) -> Result<Vec<u8>, RoomStateError> {
        self.check_limits()?;
        let relays: BTreeSet<&str> = self
            .participants
            .values()
            .map(|participant| participant.account.relay.as_str())
            .collect();
        let relays: Vec<String> = relays.into_iter().map(str::to_owned).collect();
        let participants = self
            .participants
            .iter()
            .map(|(&hash, participant)| {
                let relay = relays
                    .binary_search(&participant.account.relay)
                    .ok()
                    .and_then(|index| u16::try_from(index).ok())
                    .ok_or(RoomStateError::Limits)?;
                Ok((hash, relay, participant.role))
            })
            .collect::<Result<_, RoomStateError>>()?;
        Ok(codec::encode(&Encoded {
            version: self.version,
            room_id: self.room_id,
            direct: self.direct,
            title: self.title.clone(),
            picture: self.picture.clone(),
            policy: self.policy,
            seat_key: self.seat_key.clone(),
            relays,
            participants,
            predecessor: self.predecessor,
            successor: self.successor.clone(),
        }))
    }

    /// Decodes a canonical encoding.
    ///
    /// # Errors
    /// A [`RoomStateError`]: a commit that carries it is invalid.
    pub fn decode(bytes: &[u8]) -> Result<Self, RoomStateError> {
        let encoded: Encoded = codec::decode(bytes).map_err(|_| RoomStateError::Malformed)?;
        let participants = encoded
            .participants
            .iter()
            .map(|&(key_hash, relay, role)| {
                let relay = encoded.relays.get(usize::from(relay))?.clone();
                let account = AccountId { relay, key_hash };
                Some((key_hash, Participant { account, role }))
            })
            .collect::<Option<_>>()
            .ok_or(RoomStateError::Malformed)?;
        let state = Self {
            version: encoded.version,
            room_id: encoded.room_id,
            direct: encoded.direct,
            title: encoded.title,
            picture: encoded.picture,
            policy: encoded.policy,
            participants,
            seat_key: encoded.seat_key,
            predecessor: encoded.predecessor,
            successor: encoded.successor,
        };
        if state.encode()? == bytes {
            Ok(state)
        } else {
            Err(RoomStateError::Malformed)
        }
    }

    /// Whether an account is an admin of the room.
    #[must_use]
    pub fn is_admin(&self, account: &AccountKeyHash) -> bool {
        self.participants
            .get(account)
            .is_some_and(|participant| participant.role == ParticipantRole::Admin)
    }

    /// Whether a permission holds for an account of the room.
    #[must_use]
    pub fn permits(&self, permission: Permission, account: &AccountKeyHash) -> bool {
        match permission {
            Permission::Everyone => self.participants.contains_key(account),
            Permission::Admins => self.is_admin(account),
        }
    }

    /// Whether content of an account is to be shown. In a chat of two both may always speak.
    #[must_use]
    pub fn may_post(&self, account: &AccountKeyHash) -> bool {
        let permission = match self.direct {
            true => Permission::Everyone,
            false => self.policy.post,
        };
        self.permits(permission, account)
    }

    fn check_limits(&self) -> Result<(), RoomStateError> {
        let mut relays = self
            .participants
            .values()
            .map(|participant| &participant.account.relay)
            .chain(self.successor.iter().map(|successor| &successor.relay));
        let relays_fit = relays.all(|relay| (1..=limits::MAX_RELAY_URL).contains(&relay.len()));
        let fits = self.title.len() <= MAX_TITLE
            && self.participants.len() <= MAX_MEMBERS
            && self
                .picture
                .as_ref()
                .is_none_or(|picture| picture.0.len() <= MAX_PICTURE)
            && relays_fit;
        fits.then_some(()).ok_or(RoomStateError::Limits)
    }
}

/// The id of a client's seat: HMAC-SHA256 (RFC 2104) of the client id under the seat key. Every
/// member computes every id; the relay can link none.
#[must_use]
pub fn seat_id(key: &SeatKey, client: &ClientId) -> SeatId {
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes());
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = mac.expect("HMAC takes a key of 32 bytes");
    mac.update(client.as_bytes());
    SeatId(mac.finalize().into_bytes().into())
}

/// The secret that drops seats of one's own account in a mailbox, known to every client that holds
/// the vault key.
#[must_use]
pub fn owner_secret(vault: &VaultKey, mailbox: &MailboxAddress) -> OwnerSecret {
    OwnerSecret(*secret::derive(
        vault.as_bytes(),
        &[b"restante owner secret v1\0", mailbox.as_bytes()],
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn state(participants: &[(u8, &str, ParticipantRole)]) -> RoomState {
        let account = |id, relay: &str| AccountId {
            relay: relay.into(),
            key_hash: AccountKeyHash([id; 32]),
        };
        let seat_key = SeatKey::from_bytes([2; 32]);
        let creator = account(0, "https://relay.example");
        let participants = participants.iter().map(|&(id, relay, role)| {
            let account = account(id, relay);
            (account.key_hash, Participant { account, role })
        });
        RoomState {
            participants: participants.collect(),
            ..RoomState::new([1; 32], "Hiking", creator, seat_key)
        }
    }

    #[test]
    fn permissions_follow_roles() {
        let state = state(&[
            (1, "https://a.example", ParticipantRole::Admin),
            (2, "https://a.example", ParticipantRole::Member),
        ]);
        let (admin, member, stranger) = (
            AccountKeyHash([1; 32]),
            AccountKeyHash([2; 32]),
            AccountKeyHash([3; 32]),
        );
        assert!(state.permits(Permission::Admins, &admin));
        assert!(!state.permits(Permission::Admins, &member));
        assert!(state.may_post(&member));
        assert!(!state.may_post(&stranger));
    }

    #[test]
    fn where_admins_post_members_do_not_but_in_a_chat_of_two_both_do() {
        let mut state = state(&[
            (1, "https://a.example", ParticipantRole::Admin),
            (2, "https://a.example", ParticipantRole::Member),
        ]);
        state.policy.post = Permission::Admins;
        assert!(state.may_post(&AccountKeyHash([1; 32])));
        assert!(!state.may_post(&AccountKeyHash([2; 32])));
        state.direct = true;
        assert!(state.may_post(&AccountKeyHash([2; 32])));
    }

    #[test]
    fn texts_beyond_their_limits_are_refused() {
        let mut long = state(&[]);
        long.title = "x".repeat(MAX_TITLE + 1);
        assert_eq!(long.encode(), Err(RoomStateError::Limits));
        let mut large = state(&[]);
        large.picture = Some(Picture(vec![0; MAX_PICTURE + 1]));
        assert_eq!(large.encode(), Err(RoomStateError::Limits));
        let nameless = state(&[(1, "", ParticipantRole::Member)]);
        assert_eq!(nameless.encode(), Err(RoomStateError::Limits));
        let mut nowhere = state(&[]);
        nowhere.successor = Some(Successor {
            relay: String::new(),
            mailbox: MailboxAddress([3; 32]),
        });
        assert_eq!(nowhere.encode(), Err(RoomStateError::Limits));
    }

    #[test]
    fn debug_shows_no_title_and_no_person() {
        let shown = format!(
            "{:?}",
            state(&[(1, "https://a.example", ParticipantRole::Admin)])
        );
        assert_eq!(shown, "RoomState(..)");
    }

    #[test]
    fn seat_ids_depend_on_key_and_client() {
        let key = SeatKey::from_bytes([1; 32]);
        let id = seat_id(&key, &ClientId([1; 16]));
        assert_ne!(id, seat_id(&key, &ClientId([2; 16])));
        assert_ne!(
            id,
            seat_id(&SeatKey::from_bytes([2; 32]), &ClientId([1; 16]))
        );
    }

    #[test]
    fn owner_secrets_depend_on_vault_key_and_mailbox() {
        let key = VaultKey::from_bytes([1; 32]);
        let secret = owner_secret(&key, &MailboxAddress([1; 32]));
        assert_ne!(secret, owner_secret(&key, &MailboxAddress([2; 32])));
        assert_ne!(
            secret,
            owner_secret(&VaultKey::from_bytes([2; 32]), &MailboxAddress([1; 32]))
        );
    }

    proptest! {
        #[test]
        fn states_survive_encoding_and_are_canonical(
            title in ".{0,60}",
            ids in proptest::collection::btree_map(any::<u8>(), any::<(bool, bool)>(), 0..20),
            groups in any::<(Option<u64>, Option<u8>)>(),
            flip in any::<(prop::sample::Index, u8)>(),
        ) {
            let participants: Vec<_> = ids
                .iter()
                .map(|(&id, &(first, admin))| {
                    let relay = if first { "https://a.example" } else { "https://b.example" };
                    let role = if admin { ParticipantRole::Admin } else { ParticipantRole::Member };
                    (id, relay, role)
                })
                .collect();
            let mut state = state(&participants);
            state.title = title;
            let mailbox = MailboxAddress([8; 32]);
            state.predecessor = groups.0.map(|epoch| Predecessor { mailbox, epoch });
            state.successor = groups.1.map(|byte| Successor {
                relay: "https://a.example".into(),
                mailbox: MailboxAddress([byte; 32]),
            });
            let bytes = state.encode().unwrap();
            prop_assert_eq!(RoomState::decode(&bytes), Ok(state));
            let mut changed = bytes.clone();
            let at = flip.0.index(changed.len());
            changed[at] ^= flip.1;
            if let Ok(other) = RoomState::decode(&changed) {
                prop_assert_eq!(other.encode().unwrap(), changed);
            }
        }

        #[test]
        fn any_bytes_decode_without_a_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..400),
        ) {
            if let Ok(state) = RoomState::decode(&bytes) {
                prop_assert_eq!(state.encode().unwrap(), bytes);
            }
        }
    }
}
