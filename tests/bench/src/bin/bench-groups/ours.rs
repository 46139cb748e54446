//! Ours: what the engine calls for the same steps, with everything that Restante puts around MLS.
//! Certificates, the validity of commits, room state, envelope, log position, seal of the Welcome,
//! and the rows that a transaction would write.

use std::collections::BTreeSet;

use restante_bench::members::{MAILBOX, client, group_of, position, receive};
use restante_crypto::{
    Change, Client, Group, GroupError, SymmetricKey,
    key_package::{self, NewKeyPackage},
    verify_certificate, welcome,
};
use restante_wire::{ClientId, Kind, codec, key_package::Suite};

use crate::pair::{Added, PAYLOAD, Pair};

/// Two members and what the clients that come have in common.
pub(crate) struct Ours {
    suite: Suite,
    /// Who adds and writes.
    client: Client,
    alice: Group,
    bob: Group,
    /// Opens the latest Welcome; travels in a letter.
    welcome_key: SymmetricKey,
}

/// A client with a key package.
pub(crate) struct Newcomer {
    client: Client,
    key_package: NewKeyPackage,
}

impl Ours {
    /// A group of so many clients.
    pub(crate) fn new(size: usize, suite: Suite) -> Result<Self, GroupError> {
        let client = client(0);
        let (mut alice, mut bob) = group_of(&client, size, suite)?;
        drop([alice.take_changes(), bob.take_changes()]);
        Ok(Self {
            suite,
            client,
            alice,
            bob,
            welcome_key: SymmetricKey::from_bytes([0; 32]),
        })
    }

    /// Bytes of the room state, which stands in the GroupContext.
    pub(crate) fn context(&self) -> usize {
        self.alice.room_state().encode().expect("a state").len()
    }

    /// Stores what is staged, and merges when the log shows it.
    fn commit(&mut self, change: Change) -> (Vec<u8>, Option<Vec<u8>>) {
        let staged = self
            .alice
            .stage(change, position(), &BTreeSet::new())
            .expect("a commit");
        drop(self.alice.take_changes());
        self.alice.merge_pending().expect("a merge");
        drop(self.alice.take_changes());
        (staged.body, staged.welcome)
    }
}

impl Pair for Ours {
    type Newcomer = Newcomer;
    type Joined = Group;

    fn newcomer(&self, number: usize) -> Newcomer {
        let client = client(number);
        let key_package = key_package::generate(&client, self.suite, false);
        Newcomer {
            client,
            key_package: key_package.expect("a key package"),
        }
    }

    fn add(&mut self, newcomer: &Newcomer) -> Added {
        let public = &newcomer.key_package.public;
        let verify =
            || key_package::verify(&self.client, public, self.suite).expect("a valid key package");
        drop(verify());
        let verified = verify();
        let (commit, welcome) = self.commit(Change::Add {
            key_packages: vec![verified],
            state: None,
        });
        let welcome = welcome.expect("a Welcome");
        let (welcome, key) = welcome::seal(&welcome, newcomer.client.randomness());
        self.welcome_key = key;
        Added { commit, welcome }
    }

    fn join(&self, newcomer: Newcomer, welcome: &[u8]) -> Group {
        let welcome = welcome::open(&self.welcome_key, welcome).expect("a Welcome");
        let references = welcome::references(&welcome).expect("a Welcome");
        let Newcomer {
            client,
            key_package,
        } = newcomer;
        assert!(references.contains(&key_package.reference));
        let joined = Group::join(&client, MAILBOX, &welcome, key_package.rows);
        let mut group = joined.expect("a group").group;
        drop(group.take_changes());
        group
    }

    fn certificates(&self, joined: &Group) {
        for member in joined.members() {
            let bytes = codec::encode(&member.certificate);
            verify_certificate(&bytes).expect("a valid certificate");
        }
    }

    fn send(&mut self) -> Vec<u8> {
        let body = self.alice.encrypt(&PAYLOAD, position()).expect("a message");
        drop(self.alice.take_changes());
        body
    }

    fn read(&mut self, message: &[u8]) {
        self.bob
            .process(Kind::Message, message, &BTreeSet::new())
            .expect("a message");
        drop(self.bob.take_changes());
    }

    fn remove(&mut self, joined: &Group) -> Vec<u8> {
        let client: ClientId = joined.me().client();
        let (body, _) = self.commit(Change::Remove {
            clients: BTreeSet::from([client]),
            state: None,
        });
        body
    }

    fn follow(&mut self, commit: &[u8]) {
        receive(&mut self.bob, commit);
        drop(self.bob.take_changes());
    }
}
