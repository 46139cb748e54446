//! What it costs that people come and go: processor time and bytes of adding, joining, removing and
//! sending, in either suite, beside openmls alone. Nothing is stored.

use std::collections::BTreeSet;

use restante_bench::stopwatch::Stopwatch;
use restante_crypto::{Change, Group, key_package};
use restante_wire::{Kind, key_package::Suite};

use crate::{
    bare,
    members::{self, MAILBOX, group_of, position},
    storage::PAYLOAD,
};

/// What is measured, in the order of [`Costs`].
pub(crate) const STEPS: [&str; 6] = [
    "add one",
    "add, by others",
    "join",
    "remove one",
    "remove, by others",
    "send and read",
];

/// Time and bytes of each of [`STEPS`], over all rounds.
pub(crate) type Costs = [Cost; STEPS.len()];

/// What one step cost.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cost {
    /// Time.
    pub(crate) watch: Stopwatch,
    /// Bytes that went to the relay.
    pub(crate) bytes: usize,
}

impl Cost {
    fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        self.watch.time(work)
    }
}

/// Ours, in a group of `size`, which one client after another joins and leaves again.
pub(crate) fn ours(size: usize, suite: Suite, rounds: u32) -> Costs {
    let (mut alice, mut bob) = group_of(size, suite);
    let nobody = BTreeSet::new();
    let mut costs = Costs::default();
    let [add, follow, join, remove, unfollow, send] = &mut costs;
    // Keys for every inner node that the two use: the first commits after many came in are long.
    settle(&mut alice, &mut bob);
    for round in 0..rounds {
        let carol = members::client(size + round as usize);
        let package = key_package::generate(&carol, suite, false).expect("valid");
        let change = Change::Add {
            key_packages: vec![package.public],
            state: None,
        };
        let staged = add.time(|| {
            let staged = alice.stage(change, position(), &nobody).expect("valid");
            alice.merge_pending().expect("valid");
            staged
        });
        let welcome = staged.welcome.expect("valid");
        add.bytes += staged.body.len();
        follow.time(|| members::receive(&mut bob, &staged.body));
        join.bytes += welcome.len();
        join.time(|| Group::join(&carol, MAILBOX, &welcome, package.rows).expect("valid"));
        let body = send.time(|| {
            let body = alice.encrypt(&PAYLOAD, position()).expect("valid");
            bob.process(Kind::Message, &body, &nobody).expect("valid");
            body
        });
        send.bytes += body.len();
        let change = Change::Remove {
            clients: BTreeSet::from([carol.id()]),
            state: None,
        };
        let staged = remove.time(|| {
            let staged = alice.stage(change, position(), &nobody).expect("valid");
            alice.merge_pending().expect("valid");
            staged
        });
        remove.bytes += staged.body.len();
        unfollow.time(|| members::receive(&mut bob, &staged.body));
        drop([alice.take_changes(), bob.take_changes()]);
    }
    costs
}

fn settle(alice: &mut Group, bob: &mut Group) {
    for _ in 0..2 {
        let staged = alice
            .stage(Change::Update, position(), &BTreeSet::new())
            .expect("valid");
        alice.merge_pending().expect("valid");
        members::receive(bob, &staged.body);
    }
}

/// The same by openmls alone.
pub(crate) fn bare(size: usize, suite: Suite, rounds: u32) -> Costs {
    let (mut alice, mut bob) = bare::group_of(size, suite);
    let mut costs = Costs::default();
    let [add, follow, join, remove, unfollow, send] = &mut costs;
    for _ in 0..2 {
        let commit = alice.stage();
        alice.merge();
        bob.process(&commit);
    }
    for round in 0..rounds {
        let (provider, _, package) = bare::newcomer(size + round as usize, suite);
        let (commit, welcome) = add.time(|| {
            let added = alice.add(&package);
            alice.merge();
            added
        });
        add.bytes += commit.len();
        follow.time(|| bob.process(&commit));
        join.bytes += welcome.len();
        join.time(|| bare::join(&provider, &welcome));
        let message = send.time(|| {
            let message = alice.encrypt();
            bob.process(&message);
            message
        });
        send.bytes += message.len();
        let commit = remove.time(|| {
            let commit = alice.remove_last();
            alice.merge();
            commit
        });
        remove.bytes += commit.len();
        unfollow.time(|| bob.process(&commit));
    }
    costs
}
