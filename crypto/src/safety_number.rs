//! Safety numbers: what two people compare to know that nobody stands between them.
//!
//! Sixty digits, thirty for each account, made like Signal's numeric fingerprint: an iterated
//! SHA-512 over identity key and stable id, so that finding an account whose half looks alike costs
//! 5,200 hashes a try. Source: libsignal, `rust/protocol/src/fingerprint.rs`; Dechand et al., "An
//! Empirical Study of Textual Key-Fingerprint Representations", USENIX Security 2016.

use restante_wire::{IdentityKey, account::AccountId, codec};
use sha2::{Digest, Sha512};

const VERSION: [u8; 2] = [0, 1];
const ITERATIONS: u32 = 5_200;

/// Digits of each group.
const GROUP_DIGITS: usize = 5;

/// Groups of each account's half; each takes five bytes of its hash.
const GROUPS: usize = 6;

/// The number for two accounts, the same whichever comes first: twelve groups of five digits.
#[must_use]
pub fn safety_number(a: (&AccountId, &IdentityKey), b: (&AccountId, &IdentityKey)) -> String {
    let mut halves = [half(a), half(b)];
    halves.sort_unstable();
    halves.concat().join(" ")
}

/// The groups of one account.
fn half((account, key): (&AccountId, &IdentityKey)) -> Vec<String> {
    let mut hash = Sha512::new()
        .chain_update(VERSION)
        .chain_update(key.0)
        .chain_update(codec::encode(account))
        .finalize();
    for _ in 1..ITERATIONS {
        hash = Sha512::new()
            .chain_update(hash)
            .chain_update(key.0)
            .finalize();
    }
    hash.chunks_exact(5)
        .take(GROUPS)
        .map(|bytes| {
            let number = bytes
                .iter()
                .fold(0_u64, |sum, &byte| sum << 8 | u64::from(byte));
            format!("{:0GROUP_DIGITS$}", number % 100_000)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::AccountIdentity;

    #[test]
    fn both_people_see_the_same_twelve_groups() {
        let (a, b) = (
            AccountIdentity::from_seed(&[1; 32]),
            AccountIdentity::from_seed(&[2; 32]),
        );
        let (alice, bob) = (
            a.account("https://a.example"),
            b.account("https://b.example"),
        );
        let number = safety_number((&alice, &a.key()), (&bob, &b.key()));
        assert_eq!(number, safety_number((&bob, &b.key()), (&alice, &a.key())));
        let groups: Vec<&str> = number.split(' ').collect();
        assert_eq!(groups.len(), 12);
        assert!(groups.iter().all(|group| {
            group.len() == GROUP_DIGITS && group.bytes().all(|byte| byte.is_ascii_digit())
        }));
    }

    #[test]
    fn another_key_or_account_changes_one_half() {
        let (a, b, c) = (
            AccountIdentity::from_seed(&[1; 32]),
            AccountIdentity::from_seed(&[2; 32]),
            AccountIdentity::from_seed(&[3; 32]),
        );
        let alice = a.account("https://a.example");
        let moved = a.account("https://b.example");
        let bob = b.account("https://a.example");
        let number = safety_number((&alice, &a.key()), (&bob, &b.key()));
        assert_ne!(number, safety_number((&moved, &a.key()), (&bob, &b.key())));
        assert_ne!(number, safety_number((&alice, &a.key()), (&bob, &c.key())));
    }
}
