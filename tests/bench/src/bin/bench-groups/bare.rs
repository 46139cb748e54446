//! openmls alone.

use restante_bench::bare::{Member, Newcomer, group_of};
use restante_wire::key_package::Suite;

use crate::pair::{Added, PAYLOAD, Pair};

/// Two members and what the clients that come have in common.
pub(crate) struct Bare {
    suite: Suite,
    alice: Member,
    bob: Member,
}

impl Bare {
    /// A group of so many clients, with so many bytes in its GroupContext.
    pub(crate) fn new(size: usize, suite: Suite, context: Option<usize>) -> Self {
        let (alice, bob) = group_of(size, suite, context);
        Self { suite, alice, bob }
    }
}

impl Pair for Bare {
    type Newcomer = Newcomer;
    type Joined = Member;

    fn newcomer(&self, number: usize) -> Newcomer {
        Newcomer::new(number, self.suite)
    }

    fn add(&mut self, newcomer: &Newcomer) -> Added {
        let (commit, welcome) = self.alice.add(std::slice::from_ref(&newcomer.key_package));
        self.alice.merge();
        Added { commit, welcome }
    }

    fn join(&self, newcomer: Newcomer, welcome: &[u8]) -> Member {
        newcomer.join(welcome)
    }

    fn send(&mut self) -> Vec<u8> {
        self.alice.encrypt(&PAYLOAD)
    }

    fn read(&mut self, message: &[u8]) {
        self.bob.process(message);
    }

    fn remove(&mut self, joined: &Member) -> Vec<u8> {
        let commit = self.alice.remove(joined.signature_key());
        self.alice.merge();
        commit
    }

    fn follow(&mut self, commit: &[u8]) {
        self.bob.process(commit);
    }
}
