//! A mailbox in memory, our client beside it, and the two brought together.

use std::collections::{BTreeMap, BTreeSet};

use restante_client::engine::letters::{self, Letter};
use restante_crypto::{
    AccountIdentity, Change, Client, ClientKeys, Group, LogPosition, Processed, Randomness, Rows,
    SeatKey, Skip, Staged, SymmetricKey,
    group::room_state::RoomState as OurState,
    inbox,
    key_package::{self, VerifiedKeyPackage},
    seat_id, welcome,
};
use restante_interop::{Identity, Invitation, Outgoing, Peer, Received, Room, letter};
use restante_wire::{
    ClientId, Day, Envelope, EnvelopeId, Kind, LogHash, MailboxAddress, SeatOutcome, SeatSecret,
    account::{CertificateBody, ClientCertificate},
    codec,
    key_package::Suite,
};
use serde::{Deserialize, Serialize};

pub(crate) const RELAY: &str = "https://relay.example";
pub(crate) const MAILBOX: MailboxAddress = MailboxAddress([7; 32]);
pub(crate) const SUITE: Suite = Suite::X25519_CHACHA20;

/// The log of one mailbox.
#[derive(Default)]
pub(crate) struct Mailbox {
    pub(crate) log: Vec<Envelope>,
}

impl Mailbox {
    /// Appends as a relay does, and returns what every reader sees.
    pub(crate) fn append(
        &mut self,
        id: EnvelopeId,
        kind: Kind,
        body: Vec<u8>,
        welcome: Option<Vec<u8>>,
    ) -> Envelope {
        let commits = self.log.iter().rev();
        let last_commit = commits
            .filter(|envelope| envelope.kind == Kind::Commit)
            .map(|envelope| envelope.number)
            .next();
        let envelope = Envelope {
            number: self.log.len() as u64 + 1,
            id,
            kind,
            after_commit: last_commit.unwrap_or(0),
            day: Day(20_779),
            author: None,
            seats: SeatOutcome::default(),
            welcome,
            body,
        };
        self.log.push(envelope.clone());
        envelope
    }
}

/// What an envelope was to our client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Read {
    Message(ClientId, Vec<u8>),
    Commit,
    Removal { repaired: bool },
}

/// Our client, with its place in the log.
pub(crate) struct Ours {
    pub(crate) client: Client,
    pub(crate) group: Option<Group>,
    hashes: BTreeMap<u64, LogHash>,
}

impl Ours {
    pub(crate) fn new(name: &str) -> Self {
        let identity = AccountIdentity::generate(&Randomness::os());
        let keys = ClientKeys::generate(&Randomness::os());
        let body = CertificateBody {
            account: identity.account(RELAY),
            identity_key: identity.key(),
            username: name.into(),
            client: keys.client(),
            signature_key: keys.signature_key(),
            inbox: MailboxAddress(Randomness::os().bytes()),
            inbox_key: keys.inbox_key(),
        };
        let certificate = identity.certify(body);
        Self {
            client: Client::new(keys, certificate, Randomness::os()).unwrap(),
            group: None,
            hashes: BTreeMap::from([(0, LogHash::start(&MAILBOX))]),
        }
    }

    /// With a new room in which it is alone.
    pub(crate) fn with_room(name: &str) -> Self {
        Self::with_room_of(name, SUITE)
    }

    pub(crate) fn with_room_of(name: &str, suite: Suite) -> Self {
        let mut ours = Self::new(name);
        let account = ours.client.certificate().body.account.clone();
        let seat_key = SeatKey::generate(&Randomness::os());
        let state = OurState::new([9; 32], "Hiking", account, seat_key);
        ours.group = Some(Group::create(&ours.client, MAILBOX, &state, suite).unwrap());
        ours
    }

    pub(crate) fn group(&mut self) -> &mut Group {
        self.group.as_mut().expect("our client is in the room")
    }

    pub(crate) fn id(&self) -> ClientId {
        self.client.id()
    }

    pub(crate) fn position(&self) -> LogPosition {
        let (&n, &hash) = self.hashes.last_key_value().unwrap();
        LogPosition { n, hash }
    }

    fn read(&mut self, envelope: &Envelope) {
        let LogPosition { n, hash } = self.position();
        assert_eq!(envelope.number, n + 1);
        self.hashes.insert(envelope.number, hash.next(envelope));
    }

    /// Whether a sender saw the log that we saw.
    fn agrees_with(&self, position: LogPosition) -> bool {
        self.hashes
            .get(&position.n)
            .is_none_or(|hash| *hash == position.hash)
    }

    /// Processes, and merges a commit.
    pub(crate) fn receive(&mut self, envelope: &Envelope) -> Result<Read, Skip> {
        let processed = self
            .group()
            .process(envelope.kind, &envelope.body, &BTreeSet::new());
        let (read, position) = match processed {
            Ok(Processed::Message {
                sender,
                payload,
                position,
            }) => (Ok(Read::Message(sender.client(), payload)), Some(position)),
            Ok(Processed::Commit {
                staged, position, ..
            }) => {
                self.group().merge(*staged).unwrap();
                (Ok(Read::Commit), Some(position))
            }
            Ok(Processed::OwnRemoval {
                repaired, position, ..
            }) => (Ok(Read::Removal { repaired }), Some(position)),
            Err(skip) => (Err(skip), None),
        };
        assert!(position.is_none_or(|position| self.agrees_with(position)));
        self.read(envelope);
        read
    }

    pub(crate) fn says(&mut self, mailbox: &mut Mailbox, text: &str) -> Envelope {
        self.sends(mailbox, text.as_bytes())
    }

    pub(crate) fn sends(&mut self, mailbox: &mut Mailbox, payload: &[u8]) -> Envelope {
        let position = self.position();
        let body = self.group().encrypt(payload, position).unwrap();
        let envelope = mailbox.append(
            EnvelopeId(Randomness::os().bytes()),
            Kind::Message,
            body,
            None,
        );
        self.read(&envelope);
        envelope
    }

    /// The change that adds the clients of these key packages.
    pub(crate) fn addition(&mut self, key_packages: &[Vec<u8>]) -> Change {
        let packages = key_packages.iter();
        Change::Add {
            key_packages: packages.map(|package| self.verified(package)).collect(),
            state: None,
        }
    }

    /// The change that repairs a client by this key package.
    pub(crate) fn repair(&mut self, client: ClientId, key_package: &[u8]) -> Change {
        Change::Repair {
            client,
            key_package: Box::new(self.verified(key_package)),
        }
    }

    fn verified(&mut self, public: &[u8]) -> VerifiedKeyPackage {
        let suite = self.group().suite();
        key_package::verify(&self.client, public, suite).unwrap()
    }

    /// Commits, appends and merges. The key opens the Welcome, if there is one.
    pub(crate) fn commits(
        &mut self,
        mailbox: &mut Mailbox,
        change: Change,
    ) -> (Envelope, Option<SymmetricKey>) {
        let position = self.position();
        let Staged { body, welcome } = self
            .group()
            .stage(change, position, &BTreeSet::new())
            .unwrap();
        let (welcome, key) = welcome
            .map(|bytes| welcome::seal(&bytes, &Randomness::os()))
            .unzip();
        let id = EnvelopeId(Randomness::os().bytes());
        let envelope = mailbox.append(id, Kind::Commit, body, welcome);
        self.group().merge_pending().unwrap();
        self.read(&envelope);
        (envelope, key)
    }

    /// A letter that invites the peer, as our clients write it.
    pub(crate) fn invites(
        &mut self,
        to: &ClientCertificate,
        envelope: &Envelope,
        key: SymmetricKey,
    ) -> Vec<u8> {
        let state = self.group().room_state().clone();
        let letter = Letter::Invitation(letters::Invitation {
            relay: RELAY.into(),
            mailbox: MAILBOX,
            room: restante_client::engine::io::RoomId(state.room_id),
            direct: state.direct,
            title: state.title,
            seat: seat_id(&state.seat_key, &to.body.client),
            seat_secret: Some(SeatSecret([5; 32])),
            line: 0,
            commit: envelope.number,
            log_hash: *self.hashes.get(&(envelope.number - 1)).unwrap(),
            welcome_key: key,
            words: "come along".into(),
        });
        let signed = [&to.body.inbox.0[..], &codec::encode(&letter)].concat();
        let signature = self.client.keys().sign("restante letter v1", &signed);
        let content = codec::encode(&SignedLetter {
            certificate: self.client.certificate().clone(),
            letter,
            signature,
        });
        inbox::seal_letter(&to.body.inbox_key, &to.body.inbox, &content).unwrap()
    }

    /// Joins by a letter of the peer.
    pub(crate) fn joins(
        &mut self,
        letter: &[u8],
        envelope: &Envelope,
        rows: Rows,
    ) -> restante_crypto::Member {
        let me = self.client.certificate().clone();
        let content = inbox::open_letter(self.client.keys(), &me.body.inbox, letter).unwrap();
        let signed: SignedLetter = codec::decode(&content).unwrap();
        let bytes = [&me.body.inbox.0[..], &codec::encode(&signed.letter)].concat();
        restante_crypto::certificate::verify(&signed.certificate).unwrap();
        restante_crypto::certificate::verify_client_signature(
            &signed.certificate,
            "restante letter v1",
            &bytes,
            &signed.signature,
        )
        .unwrap();
        let Letter::Invitation(invitation) = signed.letter else {
            panic!("not an invitation");
        };
        let sealed = envelope.welcome.as_ref().unwrap();
        let bytes = welcome::open(&invitation.welcome_key, sealed).unwrap();
        let joined = Group::join(&self.client, invitation.mailbox, &bytes, rows).unwrap();
        let state = joined.group.room_state();
        assert_eq!(seat_id(&state.seat_key, &self.id()), invitation.seat);
        self.group = Some(joined.group);
        self.hashes = BTreeMap::from([(invitation.commit - 1, invitation.log_hash)]);
        self.read(envelope);
        joined.inviter
    }

    pub(crate) fn key_package(&self) -> key_package::NewKeyPackage {
        self.key_package_of(SUITE)
    }

    pub(crate) fn key_package_of(&self, suite: Suite) -> key_package::NewKeyPackage {
        key_package::generate(&self.client, suite, false).unwrap()
    }
}

#[derive(Serialize, Deserialize)]
struct SignedLetter {
    certificate: ClientCertificate,
    letter: Letter,
    signature: restante_wire::Signature,
}

pub(crate) fn new_peer(name: &str) -> Peer {
    Peer::new(Identity::generate(RELAY, name).unwrap())
}

/// Appends what the peer wants appended, and lets the peer read it.
pub(crate) fn append(mailbox: &mut Mailbox, room: &mut Room, outgoing: Outgoing) -> Envelope {
    let welcome = outgoing.welcome.map(|(sealed, _)| sealed);
    let envelope = mailbox.append(outgoing.id, outgoing.kind, outgoing.body, welcome);
    assert_eq!(envelope.after_commit, outgoing.after_commit);
    let read = room.receive(&envelope).unwrap();
    assert!(matches!(read, Received::Commit { .. } | Received::Echo));
    envelope
}

/// The invitation in a letter to the peer, and who wrote it.
pub(crate) fn opened(peer: &Peer, letter: &[u8]) -> (ClientCertificate, Invitation) {
    let (from, content) = letter::open(peer.identity(), letter).unwrap();
    let letter::LetterContent::Invitation(invitation) = content else {
        panic!("not an invitation");
    };
    (from, invitation)
}

/// Adds the peer to the room of our client, by letter and Welcome.
pub(crate) fn add_peer(mailbox: &mut Mailbox, ours: &mut Ours, peer: &Peer) -> Room {
    let change = ours.addition(&[peer.key_package().unwrap()]);
    let (envelope, key) = ours.commits(mailbox, change);
    let letter = ours.invites(peer.identity().certificate(), &envelope, key.unwrap());
    let (from, invitation) = opened(peer, &letter);
    assert_eq!(from.body.client, ours.id());
    Room::join(peer, &invitation, &envelope).unwrap()
}

/// Both are in the same epoch, with the same keys, room and log.
pub(crate) fn agree(ours: &mut Ours, room: &Room) {
    let position = ours.position();
    let theirs = room.position().unwrap();
    assert_eq!((theirs.n, theirs.hash), (position.n, position.hash));
    let group = ours.group();
    assert_eq!(
        room.epoch_authenticator().unwrap(),
        group.epoch_authenticator()
    );
    for label in ["restante envelope v1", "restante ephemeral v1", "another"] {
        assert_eq!(
            room.export(label.as_bytes()).unwrap(),
            *group.export(label, &[]).unwrap()
        );
    }
    let state = room.state().unwrap();
    assert_eq!(state.encode(), group.room_state().encode().unwrap());
    let members: Vec<_> = group
        .members()
        .map(|member| (member.leaf_index, member.certificate.clone()))
        .collect();
    assert_eq!(room.members().unwrap(), members);
    for (_, certificate) in members {
        let client = certificate.body.client;
        assert_eq!(
            restante_interop::seat::seat_id(&state.seat_key, &client).unwrap(),
            seat_id(&group.room_state().seat_key, &client)
        );
    }
}
