//! A small world for the stories: people with clients, and one log per room.

use std::collections::BTreeSet;

use restante_wire::{
    ClientId, Kind, LogHash, MailboxAddress,
    account::{AccountId, CertificateBody},
    key_package::Suite,
};

use crate::{
    AccountIdentity, Change, Client, ClientKeys, Group, Joined, LogPosition, Processed, Randomness,
    RoomState, Rows, SeatKey, Skip, Staged,
    key_package::{self, NewKeyPackage},
};

pub(super) const SUITE: Suite = Suite::X25519_CHACHA20;
pub(super) const MAILBOX: MailboxAddress = MailboxAddress([7; 32]);

/// Somebody with an account and any number of clients.
pub(super) struct Person {
    pub(super) name: String,
    pub(super) identity: AccountIdentity,
}

impl Person {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            identity: AccountIdentity::generate(&Randomness::os()),
        }
    }

    pub(super) fn account(&self) -> AccountId {
        self.identity.account("https://relay.example")
    }

    /// A new client of this person.
    pub(super) fn client(&self) -> Client {
        self.certify(ClientKeys::generate(&Randomness::os()), &self.name)
    }

    /// Certifies keys under a username.
    pub(super) fn certify(&self, keys: ClientKeys, username: &str) -> Client {
        let body = CertificateBody {
            account: self.account(),
            identity_key: self.identity.key(),
            username: username.into(),
            client: keys.client(),
            signature_key: keys.signature_key(),
            inbox: MailboxAddress(Randomness::os().bytes()),
            inbox_key: keys.inbox_key(),
        };
        let certificate = self.identity.certify(body);
        Client::new(keys, certificate, Randomness::os()).unwrap()
    }
}

/// A room state with its creator as the only, admin, participant.
pub(super) fn new_room(creator: &Person) -> RoomState {
    let randomness = Randomness::os();
    let (room_id, seat_key) = (randomness.bytes(), SeatKey::generate(&randomness));
    RoomState::new(room_id, "Hiking", creator.account(), seat_key)
}

pub(super) fn key_package_of(client: &Client) -> NewKeyPackage {
    key_package::generate(client, SUITE, false).unwrap()
}

/// The change that adds the clients of these key packages, as verified by `client`.
pub(super) fn addition<'a>(
    client: &Client,
    suite: Suite,
    packages: impl IntoIterator<Item = &'a NewKeyPackage>,
) -> Change {
    let verify =
        |package: &NewKeyPackage| key_package::verify(client, &package.public, suite).unwrap();
    Change::Add {
        key_packages: packages.into_iter().map(verify).collect(),
        state: None,
    }
}

/// The change that repairs `repaired` by this key package, as verified by `client`.
pub(super) fn repair(
    client: &Client,
    suite: Suite,
    repaired: ClientId,
    package: &NewKeyPackage,
) -> Change {
    Change::Repair {
        client: repaired,
        key_package: Box::new(key_package::verify(client, &package.public, suite).unwrap()),
    }
}

pub(super) fn at(n: u64) -> LogPosition {
    LogPosition {
        n,
        hash: LogHash([n.to_le_bytes()[0]; 32]),
    }
}

pub(super) fn nobody() -> BTreeSet<ClientId> {
    BTreeSet::new()
}

/// Takes what changed and checks that a group loaded from rows is the same.
pub(super) fn rows_of(group: &Group) -> Rows {
    group.provider.rows().snapshot()
}

pub(super) fn reload(client: &Client, group: &Group) -> Group {
    let again = Group::load(client, MAILBOX, rows_of(group)).unwrap();
    assert_eq!(again.epoch_authenticator(), group.epoch_authenticator());
    assert_eq!(again.room_state(), group.room_state());
    again
}

/// Processes a body that must be noise, and checks that it left no trace.
pub(super) fn skips(group: &mut Group, kind: Kind, body: &[u8]) -> Skip {
    skips_while(group, kind, body, &nobody())
}

pub(super) fn skips_while(
    group: &mut Group,
    kind: Kind,
    body: &[u8],
    leaving: &BTreeSet<ClientId>,
) -> Skip {
    let before = rows_of(group);
    let authenticator = group.epoch_authenticator();
    let skip = group.process(kind, body, leaving).unwrap_err();
    assert!(rows_of(group) == before, "noise changed rows: {skip:?}");
    assert_eq!(group.epoch_authenticator(), authenticator);
    skip
}

/// A group whose members all are here, each with its own loaded group.
pub(super) struct World {
    pub(super) suite: Suite,
    pub(super) clients: Vec<Client>,
    pub(super) groups: Vec<Group>,
}

impl World {
    /// The first client creates the room; the others are added in one commit.
    pub(super) fn with(people: &[&Person]) -> Self {
        Self::of(SUITE, people)
    }

    /// The same in a group of this suite.
    pub(super) fn of(suite: Suite, people: &[&Person]) -> Self {
        let clients: Vec<Client> = people.iter().map(|person| person.client()).collect();
        let state = new_room(people[0]);
        let creator = Group::create(&clients[0], MAILBOX, &state, suite).unwrap();
        let mut world = Self {
            suite,
            clients: vec![clients[0].clone()],
            groups: vec![creator],
        };
        if clients.len() > 1 {
            world.add(0, &clients[1..]);
        }
        world
    }

    /// Member `author` adds clients; everybody processes it and they join.
    pub(super) fn add(&mut self, author: usize, clients: &[Client]) {
        let packages: Vec<_> = clients
            .iter()
            .map(|client| key_package::generate(client, self.suite, false).unwrap())
            .collect();
        let change = addition(&self.clients[author], self.suite, &packages);
        let staged = self.commits(author, change);
        let welcome = staged.welcome.unwrap();
        for (client, package) in clients.iter().zip(packages) {
            let Joined { group, .. } =
                Group::join(client, MAILBOX, &welcome, package.rows).unwrap();
            self.clients.push(client.clone());
            self.groups.push(group);
        }
        self.agree();
    }

    /// Member `author` commits, and all others process and merge it.
    pub(super) fn commits(&mut self, author: usize, change: Change) -> Staged {
        self.commits_while(author, change, &nobody())
    }

    pub(super) fn commits_while(
        &mut self,
        author: usize,
        change: Change,
        leaving: &BTreeSet<ClientId>,
    ) -> Staged {
        let staged = self.groups[author].stage(change, at(1), leaving).unwrap();
        for (index, group) in self.groups.iter_mut().enumerate() {
            if index == author {
                group.merge_pending().unwrap();
            } else {
                receive_commit(group, &staged.body, leaving);
            }
        }
        staged
    }

    /// Member `author` says something that all others read.
    pub(super) fn says(&mut self, author: usize, text: &str) {
        let body = self.groups[author].encrypt(text.as_bytes(), at(2)).unwrap();
        let sender = self.clients[author].id();
        for (index, group) in self.groups.iter_mut().enumerate() {
            if index == author {
                continue;
            }
            match group.process(Kind::Message, &body, &nobody()).unwrap() {
                Processed::Message {
                    sender: from,
                    payload,
                    position,
                } => {
                    assert_eq!(from.client(), sender);
                    assert_eq!(payload, text.as_bytes());
                    assert_eq!(position, at(2));
                }
                other => panic!("not a message: {other:?}"),
            }
        }
    }

    /// C3: everybody agrees.
    pub(super) fn agree(&self) {
        for group in &self.groups[1..] {
            assert_eq!(group.epoch(), self.groups[0].epoch());
            assert_eq!(
                group.epoch_authenticator(),
                self.groups[0].epoch_authenticator()
            );
            assert_eq!(group.room_state(), self.groups[0].room_state());
            assert!(group.members().eq(self.groups[0].members()));
        }
    }
}

/// Processes and merges a commit of another member.
pub(super) fn receive_commit(group: &mut Group, body: &[u8], leaving: &BTreeSet<ClientId>) {
    match group.process(Kind::Commit, body, leaving).unwrap() {
        Processed::Commit {
            staged, position, ..
        } => {
            assert_eq!(position, at(1));
            group.merge(*staged).unwrap();
        }
        other => panic!("not a commit: {other:?}"),
    }
}
