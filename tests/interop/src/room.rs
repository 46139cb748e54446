//! A room as the peer has it: one MLS group over one log.
//!
//! Envelopes go in by [`Room::receive`], one after the other. What the peer wants to append comes out
//! as [`Outgoing`]; an own commit is in force when the log shows it, known by id and body.

use std::collections::BTreeMap;

use mls_rs::{
    ExtensionList, Group, MlsMessage, WireFormat,
    extension::built_in::RequiredCapabilitiesExt,
    group::{CommitEffect, ReceivedMessage},
    identity::CredentialType,
};
use restante_wire::{
    ClientId, Envelope, EnvelopeId, Kind, MailboxAddress,
    account::{AccountId, ClientCertificate},
    codec,
};
use sha2::{Digest, Sha256};

use crate::{
    Invitation, Log, LogPosition, Peer, PeerError, RoomState,
    mls::{self, Config, ROOM_STATE},
    random, sealed,
};

const ENVELOPE_LABEL: &[u8] = b"restante envelope v1";
const ENVELOPE_CONTEXT: &[u8] = b"restante envelope v1\0";
const WELCOME_CONTEXT: &[u8] = b"restante welcome v1\0";

/// A room of the peer.
pub struct Room {
    pub(crate) group: Group<Config>,
    pub(crate) mailbox: MailboxAddress,
    pub(crate) me: ClientId,
    log: Log,
    log_mismatch: bool,
    /// Own appends that the log has not shown, by id and SHA-256 of the body.
    sent: BTreeMap<EnvelopeId, [u8; 32]>,
}

/// What a commit of the peer does.
pub enum Change {
    /// New keys for the own leaf.
    Update,
    /// Adds these key packages.
    Add {
        /// As the pool gives them.
        key_packages: Vec<Vec<u8>>,
        /// The room afterwards.
        state: RoomState,
    },
    /// Removes a client.
    Remove {
        /// Which.
        client: ClientId,
        /// The room afterwards, if it differs.
        state: Option<RoomState>,
    },
    /// Removes and adds a client in one.
    Repair {
        /// Which.
        client: ClientId,
        /// A fresh key package of it.
        key_package: Vec<u8>,
    },
    /// Another room state.
    State(RoomState),
}

/// Something to append.
pub struct Outgoing {
    /// Name of the append.
    pub id: EnvelopeId,
    /// The commit it follows.
    pub after_commit: u64,
    /// What it is.
    pub kind: Kind,
    /// The outer envelope.
    pub body: Vec<u8>,
    /// The sealed Welcome and its key, of a commit that adds.
    pub welcome: Option<(Vec<u8>, [u8; 32])>,
}

/// What an envelope was.
#[derive(Debug, PartialEq, Eq)]
pub enum Received {
    /// An application message.
    Message {
        /// Who sent it.
        sender: ClientId,
        /// Its payload.
        payload: Vec<u8>,
    },
    /// A commit, now in force.
    Commit {
        /// Who made it.
        author: ClientId,
    },
    /// A commit that claims to remove this client: nothing was merged.
    RemovalClaimed,
    /// An own message that the log now holds.
    Echo,
}

impl Room {
    /// Makes a room with this client alone in it.
    ///
    /// # Errors
    /// [`PeerError::Mls`].
    pub fn create(
        peer: &Peer,
        mailbox: MailboxAddress,
        state: &RoomState,
    ) -> Result<Self, PeerError> {
        let group = peer
            .client
            .group_builder()?
            .with_group_id(mailbox.0.to_vec())
            .with_group_context_extensions(extensions(state)?)
            .with_now_time(mls::beginning())
            .build()?;
        Ok(Self::over(peer, mailbox, group, Log::start(&mailbox)))
    }

    /// Joins at the commit that an invitation names.
    ///
    /// # Errors
    /// A [`PeerError`]: what anything about Welcome, tree or state is wrong with.
    pub fn join(
        peer: &Peer,
        invitation: &Invitation,
        envelope: &Envelope,
    ) -> Result<Self, PeerError> {
        let sealed = envelope.welcome.as_ref().ok_or(PeerError::Header)?;
        let padded = sealed::open(&invitation.welcome_key, WELCOME_CONTEXT, sealed)?;
        let welcome = MlsMessage::from_bytes(&sealed::unpad(&padded)?)?;
        let (group, _) = peer.client.join_group(None, &welcome, None)?;
        if group.group_id() != invitation.mailbox.0 || envelope.number != invitation.commit {
            return Err(PeerError::Header);
        }
        let mut log = Log::at(invitation.commit - 1, invitation.log_hash);
        log.read(envelope)?;
        let room = Self::over(peer, invitation.mailbox, group, log);
        if room.state()?.room_id != invitation.room {
            return Err(PeerError::RoomState);
        }
        room.check_people()?;
        Ok(room)
    }

    fn over(peer: &Peer, mailbox: MailboxAddress, group: Group<Config>, log: Log) -> Self {
        Self {
            group,
            mailbox,
            me: peer.identity().client(),
            log,
            log_mismatch: false,
            sent: BTreeMap::new(),
        }
    }

    /// What all members agree on.
    ///
    /// # Errors
    /// [`PeerError::RoomState`] if the extensions are not those of a room.
    pub fn state(&self) -> Result<RoomState, PeerError> {
        let found = &self.group.context().extensions;
        let bytes = found.get(ROOM_STATE).ok_or(PeerError::RoomState)?;
        let state = RoomState::decode(&bytes.extension_data)?;
        if extensions(&state)? == *found {
            Ok(state)
        } else {
            Err(PeerError::RoomState)
        }
    }

    /// Everybody in the tree, by leaf index.
    ///
    /// # Errors
    /// [`PeerError::Certificate`].
    pub fn members(&self) -> Result<Vec<(u32, ClientCertificate)>, PeerError> {
        let leaves = self.group.roster().members_iter();
        leaves
            .map(|leaf| Ok((leaf.index, mls::certificate(&leaf.signing_identity)?)))
            .collect()
    }

    /// The epoch authenticator.
    ///
    /// # Errors
    /// [`PeerError::Mls`].
    pub fn epoch_authenticator(&self) -> Result<Vec<u8>, PeerError> {
        Ok(self.group.epoch_authenticator()?.to_vec())
    }

    /// 32 bytes of the epoch's exporter.
    ///
    /// # Errors
    /// [`PeerError::Mls`].
    pub fn export(&self, label: &[u8]) -> Result<[u8; 32], PeerError> {
        let secret = self.group.export_secret(label, b"", 32)?;
        secret.as_bytes().try_into().map_err(|_| PeerError::Crypto)
    }

    /// Where this reader stands in the log.
    ///
    /// # Errors
    /// [`PeerError::Gap`], which does not happen.
    pub fn position(&self) -> Result<LogPosition, PeerError> {
        self.log.position()
    }

    /// Whether a sender saw another log than this reader, ever.
    #[must_use]
    pub fn log_mismatch(&self) -> bool {
        self.log_mismatch
    }

    /// An application message.
    ///
    /// # Errors
    /// [`PeerError::Mls`].
    pub fn say(&mut self, payload: &[u8]) -> Result<Outgoing, PeerError> {
        let aad = codec::encode(&self.log.position()?);
        let message = self.group.encrypt_application_message(payload, aad)?;
        self.outgoing(Kind::Message, &message, None)
    }

    /// A commit, pending until the log shows it or another one.
    ///
    /// # Errors
    /// [`PeerError::Mls`] where MLS refuses it.
    pub fn commit(&mut self, change: Change) -> Result<Outgoing, PeerError> {
        let aad = codec::encode(&self.log.position()?);
        let (add, remove, state) = self.plan(change)?;
        let mut builder = self.group.commit_builder().authenticated_data(aad);
        for key_package in add {
            builder = builder.add_member(mls::framed(&key_package)?)?;
        }
        if let Some(index) = remove {
            builder = builder.remove_member(index)?;
        }
        if let Some(state) = state {
            builder = builder.set_group_context_ext(extensions(&state)?)?;
        }
        let output = builder.build()?;
        let welcome = output
            .welcome_messages
            .first()
            .map(|welcome| {
                let key = random()?;
                let padded = sealed::pad(&welcome.to_bytes()?)?;
                Ok::<_, PeerError>((sealed::seal(&key, WELCOME_CONTEXT, &padded)?, key))
            })
            .transpose()?;
        self.outgoing(Kind::Commit, &output.commit_message, welcome)
    }

    /// Reads the next envelope of the log.
    ///
    /// # Errors
    /// [`PeerError::Gap`] if it is not the next. Any other error makes it noise: it is skipped, and
    /// what the next append names moves on.
    pub fn receive(&mut self, envelope: &Envelope) -> Result<Received, PeerError> {
        let mut log = self.log.clone();
        log.read(envelope)?;
        let result = self.process(envelope);
        self.log = log;
        if envelope.kind == Kind::Commit {
            // What has not come back by now never will.
            self.sent.clear();
            self.group.clear_pending_commit();
        }
        result
    }

    /// Reads the next envelope as noise, whatever it holds: for commits that a rule of rooms refuses,
    /// by which this peer does not judge.
    ///
    /// # Errors
    /// [`PeerError::Gap`] if it is not the next.
    pub fn pass_over(&mut self, envelope: &Envelope) -> Result<(), PeerError> {
        self.log.read(envelope)?;
        self.sent.clear();
        self.group.clear_pending_commit();
        Ok(())
    }

    fn process(&mut self, envelope: &Envelope) -> Result<Received, PeerError> {
        let body_hash: [u8; 32] = Sha256::digest(&envelope.body).into();
        if self.sent.get(&envelope.id) == Some(&body_hash) {
            self.sent.remove(&envelope.id);
            return self.own(envelope.kind);
        }
        let message = self.open(envelope)?;
        // A failed check must leave the group as it was.
        let mut group = self.group.clone();
        group.clear_pending_commit();
        let received = group.process_incoming_message(message)?;
        let before = self.members()?;
        let client = |index: u32| {
            let member = before.iter().find(|(leaf, _)| *leaf == index);
            member
                .map(|(_, certificate)| certificate.body.client)
                .ok_or(PeerError::UnknownMember)
        };
        match received {
            ReceivedMessage::ApplicationMessage(message) => {
                self.compare(&message.authenticated_data)?;
                self.group = group;
                Ok(Received::Message {
                    sender: client(message.sender_index)?,
                    payload: message.data().to_vec(),
                })
            }
            ReceivedMessage::Commit(commit) => {
                self.compare(&commit.authenticated_data)?;
                if let CommitEffect::Removed { .. } = commit.effect {
                    return Ok(Received::RemovalClaimed);
                }
                let author = client(commit.committer)?;
                let before = std::mem::replace(&mut self.group, group);
                if let Err(error) = self.check_people() {
                    self.group = before;
                    return Err(error);
                }
                Ok(Received::Commit { author })
            }
            _ => Err(PeerError::Header),
        }
    }

    /// A message without a position is noise; one with another hash marks the room.
    fn compare(&mut self, authenticated_data: &[u8]) -> Result<(), PeerError> {
        let position = codec::decode(authenticated_data)?;
        self.log_mismatch |= !self.log.agrees_with(&position)?;
        Ok(())
    }

    fn own(&mut self, kind: Kind) -> Result<Received, PeerError> {
        if kind == Kind::Message {
            return Ok(Received::Echo);
        }
        self.group.apply_pending_commit()?;
        Ok(Received::Commit { author: self.me })
    }

    /// Opens the outer envelope and looks at the header inside.
    fn open(&self, envelope: &Envelope) -> Result<MlsMessage, PeerError> {
        let context = [ENVELOPE_CONTEXT, &self.mailbox.0].concat();
        let padded = sealed::open(&self.export(ENVELOPE_LABEL)?, &context, &envelope.body)?;
        let message = MlsMessage::from_bytes(&sealed::unpad(&padded)?)?;
        let is_here = message.wire_format() == WireFormat::PrivateMessage
            && message.group_id() == Some(&self.mailbox.0[..])
            && message.epoch() == Some(self.group.current_epoch());
        if is_here {
            Ok(message)
        } else {
            Err(PeerError::Header)
        }
    }

    fn outgoing(
        &mut self,
        kind: Kind,
        message: &MlsMessage,
        welcome: Option<(Vec<u8>, [u8; 32])>,
    ) -> Result<Outgoing, PeerError> {
        let context = [ENVELOPE_CONTEXT, &self.mailbox.0].concat();
        let padded = sealed::pad(&message.to_bytes()?)?;
        let outgoing = Outgoing {
            id: EnvelopeId(random()?),
            after_commit: self.log.last_commit(),
            kind,
            body: sealed::seal(&self.export(ENVELOPE_LABEL)?, &context, &padded)?,
            welcome,
        };
        let body_hash = Sha256::digest(&outgoing.body).into();
        self.sent.insert(outgoing.id, body_hash);
        Ok(outgoing)
    }

    fn plan(&self, change: Change) -> Result<Plan, PeerError> {
        Ok(match change {
            Change::Update => (Vec::new(), None, None),
            Change::Add {
                key_packages,
                state,
            } => (key_packages, None, Some(state)),
            Change::Remove { client, state } => (Vec::new(), Some(self.leaf(&client)?), state),
            Change::Repair {
                client,
                key_package,
            } => (vec![key_package], Some(self.leaf(&client)?), None),
            Change::State(state) => (Vec::new(), None, Some(state)),
        })
    }

    fn leaf(&self, client: &ClientId) -> Result<u32, PeerError> {
        self.members()?
            .iter()
            .find(|(_, certificate)| certificate.body.client == *client)
            .map(|(index, _)| *index)
            .ok_or(PeerError::UnknownMember)
    }

    /// Participants are exactly the accounts in the tree.
    fn check_people(&self) -> Result<(), PeerError> {
        let members = self.members()?;
        let mut in_tree: Vec<&AccountId> = members
            .iter()
            .map(|(_, member)| &member.body.account)
            .collect();
        in_tree.sort();
        in_tree.dedup();
        let mut listed: Vec<AccountId> =
            self.state()?.people().map(|(account, _)| account).collect();
        listed.sort();
        if in_tree.into_iter().eq(listed.iter()) {
            Ok(())
        } else {
            Err(PeerError::RoomState)
        }
    }
}

/// Key packages to add, leaf to remove, state to propose.
type Plan = (Vec<Vec<u8>>, Option<u32>, Option<RoomState>);

/// The GroupContext extensions of a room, in the order of the page.
fn extensions(state: &RoomState) -> Result<ExtensionList, PeerError> {
    let mut list = ExtensionList::new();
    list.set_from(RequiredCapabilitiesExt::new(
        vec![ROOM_STATE],
        Vec::new(),
        vec![CredentialType::BASIC],
    ))
    .map_err(|_| PeerError::RoomState)?;
    list.set(mls_rs::Extension::new(ROOM_STATE, state.encode()));
    Ok(list)
}
