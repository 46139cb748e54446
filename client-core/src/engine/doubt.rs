//! Doubt: what a client knows about commits that it skipped.
//!
//! A commit that fails is noise to every honest client, unless its author poisoned it for one reader
//! alone. So a client that skipped a commit is *in doubt* until it has opened later envelopes of two
//! other accounts, or of all others in a smaller room; an envelope that does not open puts it back.
//! A commit that removes this very client proves nothing to it, and is only *claimed*
//! (protocol.md, "Valid and invalid commits"). Pure; who asks whom is in `questions`.

use std::collections::BTreeSet;

use restante_wire::{AccountKeyHash, fault::planted};
use serde::{Deserialize, Serialize};

/// How many accounts must be understood before doubt ends in a large room.
const WITNESSES: usize = 2;

/// Most skipped commits to ask about: an insider's garbage must not grow our state.
const MAX_SKIPPED: usize = 16;

/// A client's standing in one room.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Commits skipped in this epoch, oldest first.
    pub skipped: Vec<u64>,
    /// While in doubt: the accounts whose envelopes opened since.
    pub witnesses: Option<BTreeSet<AccountKeyHash>>,
    /// The commit that claims to remove this client.
    pub claimed: Option<Claim>,
    /// How often members were asked since doubt began.
    pub asked: u32,
}

/// A commit that claims to remove this client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Its number.
    pub number: u64,
    /// Whose client made it.
    pub author: AccountKeyHash,
    /// Whether it adds this client anew.
    pub repairs: bool,
}

impl Standing {
    /// Whether this client may be seeing the room differently from others.
    #[must_use]
    pub const fn in_doubt(&self) -> bool {
        self.witnesses.is_some() || self.claimed.is_some()
    }

    /// Number of the commit that claims to remove this client.
    #[must_use]
    pub fn claimed_at(&self) -> Option<u64> {
        self.claimed.as_ref().map(|claim| claim.number)
    }

    /// A commit was skipped.
    pub fn skip(&mut self, number: u64) {
        if self.skipped.len() < MAX_SKIPPED {
            self.skipped.push(number);
        }
        if !planted("c3_doubt_never_begins") {
            self.begin();
        }
    }

    /// Whether a commit claims to remove this client, and not to add it anew.
    #[must_use]
    pub fn is_claimed_out(&self) -> bool {
        let is_out = |claim: &Claim| !claim.repairs || planted("c4_repair_is_a_removal");
        self.claimed.as_ref().is_some_and(is_out)
    }

    /// A commit, valid by all rules, says that this client is out, or that it comes in anew.
    pub fn claim(&mut self, number: u64, author: AccountKeyHash, repairs: bool) {
        self.claimed.get_or_insert(Claim {
            number,
            author,
            repairs,
        });
        self.begin();
    }

    /// An envelope of another account opened. `others` are all other accounts in the room.
    /// Returns whether this ended the doubt.
    pub fn opened(&mut self, from: AccountKeyHash, others: &BTreeSet<AccountKeyHash>) -> bool {
        let Some(witnesses) = &mut self.witnesses else {
            return false;
        };
        if others.contains(&from) {
            witnesses.insert(from);
        }
        let enough = WITNESSES.min(others.len());
        let ended = witnesses.intersection(others).count() >= enough;
        if ended {
            self.end();
        }
        ended
    }

    /// An envelope did not open.
    pub fn not_opened(&mut self) {
        if !self.skipped.is_empty() || self.claimed.is_some() {
            self.begin();
        }
    }

    /// A member has the same authenticator behind commit `number`. Returns whether this ended the
    /// doubt: it does if no later commit was skipped or claimed.
    pub fn agreed(&mut self, number: u64) -> bool {
        let latest = self.skipped.iter().copied().chain(self.claimed_at()).max();
        let ended = self.in_doubt() && latest.is_some_and(|latest| latest <= number);
        if ended {
            self.end();
        }
        ended
    }

    /// A valid commit was merged: without doubt, what was skipped before it is settled.
    pub fn merged(&mut self) {
        if !self.in_doubt() {
            self.skipped.clear();
        }
    }

    fn begin(&mut self) {
        self.witnesses = Some(BTreeSet::new());
    }

    fn end(&mut self) {
        self.witnesses = None;
        self.claimed = None;
        self.asked = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(byte: u8) -> AccountKeyHash {
        AccountKeyHash([byte; 32])
    }

    fn others(count: u8) -> BTreeSet<AccountKeyHash> {
        (1..=count).map(account).collect()
    }

    #[test]
    fn doubt_ends_with_the_only_other_account_in_a_room_of_two() {
        let mut standing = Standing::default();
        standing.skip(4);
        assert!(standing.in_doubt());
        assert!(standing.opened(account(1), &others(1)));
        assert!(!standing.in_doubt());
    }

    #[test]
    fn doubt_needs_two_accounts_in_a_larger_room_and_counts_each_once() {
        let mut standing = Standing::default();
        standing.skip(4);
        assert!(!standing.opened(account(1), &others(3)));
        assert!(!standing.opened(account(1), &others(3)));
        assert!(standing.opened(account(2), &others(3)));
    }

    #[test]
    fn an_account_outside_the_room_is_no_witness() {
        let mut standing = Standing::default();
        standing.skip(4);
        assert!(!standing.opened(account(9), &others(2)));
        assert!(!standing.opened(account(1), &others(2)));
        assert!(standing.in_doubt());
    }

    #[test]
    fn an_envelope_that_does_not_open_puts_doubt_back() {
        let mut standing = Standing::default();
        standing.not_opened();
        assert!(!standing.in_doubt(), "noise alone is no reason to doubt");
        standing.skip(4);
        assert!(!standing.opened(account(1), &others(2)));
        standing.not_opened();
        assert!(!standing.opened(account(2), &others(2)));
        assert!(standing.opened(account(1), &others(2)));
        standing.not_opened();
        assert!(standing.in_doubt(), "the skipped commit is not settled yet");
    }

    #[test]
    fn a_merged_commit_settles_what_was_skipped_once_doubt_is_over() {
        let mut standing = Standing::default();
        standing.skip(4);
        standing.merged();
        assert_eq!(standing.skipped, [4]);
        standing.opened(account(1), &others(1));
        standing.merged();
        standing.not_opened();
        assert!(!standing.in_doubt());
    }

    #[test]
    fn agreement_about_an_older_commit_does_not_end_doubt_about_a_newer() {
        let mut standing = Standing::default();
        standing.skip(4);
        standing.claim(6, account(1), false);
        assert!(!standing.agreed(4));
        assert!(standing.agreed(6));
        assert_eq!(standing.claimed, None);
    }

    #[test]
    fn garbage_does_not_grow_the_state() {
        let mut standing = Standing::default();
        (0..10_000).for_each(|number| standing.skip(number));
        assert_eq!(standing.skipped.len(), MAX_SKIPPED);
    }
}
