//! Slows down who guesses the password of one username.
//!
//! An OPAQUE client learns from the relay's first answer whether its password was right and may then
//! stay silent. So every started login counts as a failure until it ends well. After a few free ones
//! each costs twice the wait of the one before, up to a bound.
//!
//! Attempts of one address at one name are counted strictly; those of all addresses together only far
//! above, or a stranger could hold the login of any name shut for its owner.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, RandomState},
    time::Duration,
};

use restante_wire::{ErrorCode, WireError, fault};

use crate::rate_limit::ClientAddress;

/// One address at one name: typing mistakes of a person are free, a stranger who guesses on waits.
const PER_CALLER: Schedule = Schedule {
    free: 5,
    first_wait: Duration::from_secs(2),
    longest_wait: Duration::from_secs(300),
};

/// All addresses at one name: so many that a stranger needs dozens of addresses to reach it, and waits
/// that its owner can sit out.
const PER_NAME: Schedule = Schedule {
    free: 200,
    first_wait: Duration::from_secs(2),
    longest_wait: Duration::from_secs(30),
};

/// After so long without an attempt everything is forgiven.
const FORGIVEN_AFTER: Duration = Duration::from_secs(3600);

/// Most names, and most pairs of address and name, that are remembered: some 3 MB each.
const MAX_REMEMBERED: usize = 50_000;

/// What attempts cost.
#[derive(Clone, Copy)]
struct Schedule {
    /// Attempts without a wait.
    free: u32,
    /// Wait after the first attempt that is not free; doubles with each that follows.
    first_wait: Duration,
    longest_wait: Duration,
}

/// Failed attempts by name, and by address and name.
pub struct Throttle {
    by_caller: Ledger,
    by_name: Ledger,
}

impl Throttle {
    /// Nobody failed yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            by_caller: Ledger::new(PER_CALLER),
            by_name: Ledger::new(PER_NAME),
        }
    }

    /// Counts an attempt that starts now.
    ///
    /// # Errors
    /// `rate_limited` with the time until the next attempt may start; this one does not count.
    pub fn start(
        &mut self,
        address: ClientAddress,
        username: &[u8],
        now: Duration,
    ) -> Result<(), WireError> {
        let caller = (address, username);
        let open_at = self
            .by_caller
            .open_at(caller, now)
            .max(self.by_name.open_at(username, now));
        if now < open_at && !fault::planted("login_unthrottled") {
            let after_ms = u64::try_from((open_at - now).as_millis()).unwrap_or(u64::MAX);
            return Err(WireError::retry(ErrorCode::RateLimited, after_ms));
        }
        self.by_caller.count(caller, now);
        self.by_name.count(username, now);
        Ok(())
    }

    /// Forgives an address the attempts at a username whose password it has shown.
    pub fn succeed(&mut self, address: ClientAddress, username: &[u8]) {
        let forgiven = self.by_caller.forget((address, username));
        self.by_name.forgive(username, forgiven);
    }
}

impl Default for Throttle {
    fn default() -> Self {
        Self::new()
    }
}

/// Failed attempts by something; holds only its hash under a key of the process.
struct Ledger {
    schedule: Schedule,
    hash: RandomState,
    failures: HashMap<u64, Failures>,
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    last: Duration,
}

impl Ledger {
    fn new(schedule: Schedule) -> Self {
        Self {
            schedule,
            hash: RandomState::new(),
            failures: HashMap::new(),
        }
    }

    /// When the next attempt may start.
    fn open_at(&self, who: impl Hash, now: Duration) -> Duration {
        let Some(failures) = self.remembered(self.hash.hash_one(who), now) else {
            return now;
        };
        let Schedule {
            free,
            first_wait,
            longest_wait,
        } = self.schedule;
        let Some(beyond) = failures.count.checked_sub(free) else {
            return failures.last;
        };
        let wait = first_wait.saturating_mul(1u32.checked_shl(beyond).unwrap_or(u32::MAX));
        failures.last + wait.min(longest_wait)
    }

    fn count(&mut self, who: impl Hash, now: Duration) {
        let key = self.hash.hash_one(who);
        let before = self
            .remembered(key, now)
            .map_or(0, |failures| failures.count);
        self.make_room(now);
        self.failures.insert(
            key,
            Failures {
                count: before.saturating_add(1),
                last: now,
            },
        );
    }

    /// Forgets somebody; gives how many attempts that were.
    fn forget(&mut self, who: impl Hash) -> u32 {
        let key = self.hash.hash_one(who);
        self.failures
            .remove(&key)
            .map_or(0, |failures| failures.count)
    }

    fn forgive(&mut self, who: impl Hash, count: u32) {
        let key = self.hash.hash_one(who);
        if let Some(failures) = self.failures.get_mut(&key) {
            failures.count = failures.count.saturating_sub(count);
        }
    }

    fn remembered(&self, key: u64, now: Duration) -> Option<Failures> {
        self.failures
            .get(&key)
            .filter(|failures| now < failures.last + FORGIVEN_AFTER)
            .copied()
    }

    /// At the bound, forgets who is forgiven, then whoever failed least: a flood of invented names
    /// does not wash out the one that is being guessed.
    fn make_room(&mut self, now: Duration) {
        if self.failures.len() < MAX_REMEMBERED {
            return;
        }
        self.failures
            .retain(|_, failures| now < failures.last + FORGIVEN_AFTER);
        let mut least = 1;
        while self.failures.len() >= MAX_REMEMBERED {
            self.failures.retain(|_, failures| failures.count > least);
            least += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn address(last: u8) -> ClientAddress {
        ClientAddress::of(std::net::IpAddr::V4(std::net::Ipv4Addr::new(
            192, 0, 2, last,
        )))
    }

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn wait_ms(throttle: &mut Throttle, now: Duration) -> u64 {
        let refused = throttle.start(address(1), b"alice", now).unwrap_err();
        assert_eq!(refused.code, ErrorCode::RateLimited);
        refused.retry_after_ms.unwrap()
    }

    fn guess(throttle: &mut Throttle, times: u32, mut now: Duration) -> Duration {
        for _ in 0..times {
            while let Err(refused) = throttle.start(address(1), b"alice", now) {
                now += Duration::from_millis(refused.retry_after_ms.unwrap());
            }
        }
        now
    }

    #[test]
    fn each_further_guess_waits_longer_up_to_a_bound() {
        let mut throttle = Throttle::new();
        let mut now = guess(&mut throttle, PER_CALLER.free, at(0));
        assert_eq!(now, at(0), "typing mistakes are free");
        let mut last = 0;
        for _ in 0..8 {
            let wait = wait_ms(&mut throttle, now);
            assert!(wait > last || wait == 300_000, "{wait} after {last}");
            last = wait;
            now = guess(&mut throttle, 1, now);
        }
        assert_eq!(last, 256_000);
        now = guess(&mut throttle, 100, now);
        assert_eq!(wait_ms(&mut throttle, now), 300_000);
    }

    #[test]
    fn a_stranger_does_not_hold_the_login_of_a_name_shut_for_its_owner() {
        let mut throttle = Throttle::new();
        let now = guess(&mut throttle, 100, at(0));
        wait_ms(&mut throttle, now);
        throttle.start(address(2), b"alice", now).unwrap();
    }

    #[test]
    fn strangers_of_many_addresses_wait_and_the_owner_not_for_long() {
        let mut throttle = Throttle::new();
        let mut guesses = 0;
        let shut = (0..=255).find_map(|last| {
            (0..PER_CALLER.free).find_map(|_| {
                guesses += 1;
                throttle.start(address(last), b"alice", at(0)).err()
            })
        });
        assert_eq!(shut.unwrap().retry_after_ms, Some(2_000));
        assert_eq!(guesses, PER_NAME.free + 1);
        throttle
            .start(address(255), b"alice", at(0) + PER_NAME.longest_wait)
            .unwrap();
    }

    #[test]
    fn a_right_password_forgives() {
        let mut throttle = Throttle::new();
        for _ in 0..100 {
            throttle.start(address(1), b"alice", at(0)).unwrap();
            throttle.succeed(address(1), b"alice");
        }
    }

    #[test]
    fn names_do_not_pay_for_each_other_and_time_forgives() {
        let mut throttle = Throttle::new();
        let now = guess(&mut throttle, 20, at(0));
        wait_ms(&mut throttle, now);
        throttle.start(address(1), b"bob", now).unwrap();
        throttle
            .start(address(1), b"alice", now + FORGIVEN_AFTER)
            .unwrap();
        throttle
            .start(address(1), b"alice", now + FORGIVEN_AFTER)
            .unwrap();
    }

    #[test]
    fn r8_invented_names_neither_grow_memory_nor_wash_out_a_guessed_one() {
        let mut throttle = Throttle::new();
        let now = guess(&mut throttle, 10, at(0));
        for name in 0..3 * MAX_REMEMBERED {
            throttle
                .start(address(1), name.to_string().as_bytes(), now)
                .unwrap();
        }
        assert!(throttle.by_caller.failures.len() <= MAX_REMEMBERED);
        assert!(throttle.by_name.failures.len() <= MAX_REMEMBERED);
        wait_ms(&mut throttle, now);
    }
}
