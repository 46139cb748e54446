//! One round, the same for every implementation.

use crate::figures::{Figures, Step};

/// Bytes of a message, about as long as a sentence with its frame.
pub(crate) const PAYLOAD: [u8; 200] = [7; 200];

/// Messages of a round. All but the first find their sender's ratchet unfolded, as most do.
const MESSAGES: usize = 5;

/// Two members of one group, and clients that come and go: what [`round`] works with.
pub(crate) trait Pair {
    /// A client with a key package.
    type Newcomer;
    /// A client that has joined.
    type Joined;

    /// Makes a client.
    fn newcomer(&self, number: usize) -> Self::Newcomer;
    /// The first member adds it.
    fn add(&mut self, newcomer: &Self::Newcomer) -> Added;
    /// It joins.
    fn join(&self, newcomer: Self::Newcomer, welcome: &[u8]) -> Self::Joined;
    /// Verifies the certificates of all members; nothing where leaves carry no chain to verify.
    fn certificates(&self, _joined: &Self::Joined) {}
    /// The first member encrypts [`PAYLOAD`].
    fn send(&mut self) -> Vec<u8>;
    /// The second member decrypts a message.
    fn read(&mut self, message: &[u8]);
    /// The first member removes the client.
    fn remove(&mut self, joined: &Self::Joined) -> Vec<u8>;
    /// The second member takes a commit of the first.
    fn follow(&mut self, commit: &[u8]);
}

/// What adds a client.
pub(crate) struct Added {
    /// For those who are in.
    pub(crate) commit: Vec<u8>,
    /// For the one that comes in.
    pub(crate) welcome: Vec<u8>,
}

/// A client comes, messages are sent, and it goes.
pub(crate) fn round<P: Pair>(pair: &mut P, number: usize, figures: &mut Figures) {
    let newcomer = pair.newcomer(number);
    let Added { commit, welcome } = figures.time_making(
        Step::Add,
        || pair.add(&newcomer),
        |added| added.commit.len(),
    );
    figures.time(Step::FollowAdd, commit.len(), || pair.follow(&commit));
    let joined = figures.time(Step::Join, welcome.len(), || pair.join(newcomer, &welcome));
    figures.time(Step::Certificates, 0, || pair.certificates(&joined));
    for _ in 0..MESSAGES {
        let message = figures.time_making(Step::Send, || pair.send(), Vec::len);
        figures.time(Step::Read, message.len(), || pair.read(&message));
    }
    let commit = figures.time_making(Step::Remove, || pair.remove(&joined), Vec::len);
    figures.time(Step::FollowRemove, commit.len(), || pair.follow(&commit));
}
