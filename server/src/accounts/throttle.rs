//! Slows down who guesses the password of one username.
//!
//! An OPAQUE client learns from the relay's first answer whether its password was right and may then
//! stay silent. So every started login counts as a failure until it ends well. After a few free ones
//! each costs twice the wait of the one before, up to a bound that still lets the owner in.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use restante_wire::{ErrorCode, WireError, fault};

/// Attempts without a wait: typing mistakes of a person.
const FREE_ATTEMPTS: u32 = 5;

/// Wait after the first attempt that is not free; doubles with each that follows.
const FIRST_WAIT: Duration = Duration::from_secs(2);

/// Longest wait: a stranger who guesses on must not lock the owner out for longer.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// After so long without an attempt everything is forgiven.
const FORGIVEN_AFTER: Duration = Duration::from_secs(3600);

/// Most usernames that are remembered: some 3 MB.
const MAX_REMEMBERED: usize = 50_000;

/// Failed attempts by username; holds no name, only its hash under a key of the process.
pub struct Throttle {
    hash: RandomState,
    failures: HashMap<u64, Failures>,
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    last: Duration,
}

impl Failures {
    /// When the next attempt may start.
    fn open_at(&self) -> Duration {
        match self.count.checked_sub(FREE_ATTEMPTS) {
            None => self.last,
            Some(beyond) => {
                let wait = FIRST_WAIT.saturating_mul(1u32.checked_shl(beyond).unwrap_or(u32::MAX));
                self.last + wait.min(LONGEST_WAIT)
            }
        }
    }
}

impl Throttle {
    /// Nobody failed yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            hash: RandomState::new(),
            failures: HashMap::new(),
        }
    }

    /// Counts an attempt that starts now.
    ///
    /// # Errors
    /// `rate_limited` with the time until the next attempt may start; this one does not count.
    pub fn start(&mut self, username: &[u8], now: Duration) -> Result<(), WireError> {
        let key = self.hash.hash_one(username);
        let failures = self
            .failures
            .get(&key)
            .filter(|failures| now < failures.last + FORGIVEN_AFTER)
            .copied()
            .unwrap_or(Failures {
                count: 0,
                last: now,
            });
        let open_at = failures.open_at();
        if now < open_at && !fault::planted("login_unthrottled") {
            let after_ms = u64::try_from((open_at - now).as_millis()).unwrap_or(u64::MAX);
            return Err(WireError::retry(ErrorCode::RateLimited, after_ms));
        }
        self.make_room(now);
        self.failures.insert(
            key,
            Failures {
                count: failures.count.saturating_add(1),
                last: now,
            },
        );
        Ok(())
    }

    /// Forgives a username whose password was shown.
    pub fn succeed(&mut self, username: &[u8]) {
        let key = self.hash.hash_one(username);
        self.failures.remove(&key);
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

impl Default for Throttle {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn wait_ms(throttle: &mut Throttle, now: Duration) -> u64 {
        let refused = throttle.start(b"alice", now).unwrap_err();
        assert_eq!(refused.code, ErrorCode::RateLimited);
        refused.retry_after_ms.unwrap()
    }

    fn guess(throttle: &mut Throttle, times: u32, mut now: Duration) -> Duration {
        for _ in 0..times {
            while let Err(refused) = throttle.start(b"alice", now) {
                now += Duration::from_millis(refused.retry_after_ms.unwrap());
            }
        }
        now
    }

    #[test]
    fn each_further_guess_waits_longer_up_to_a_bound() {
        let mut throttle = Throttle::new();
        let mut now = guess(&mut throttle, FREE_ATTEMPTS, at(0));
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
    fn a_right_password_forgives() {
        let mut throttle = Throttle::new();
        for _ in 0..100 {
            throttle.start(b"alice", at(0)).unwrap();
            throttle.succeed(b"alice");
        }
    }

    #[test]
    fn names_do_not_pay_for_each_other_and_time_forgives() {
        let mut throttle = Throttle::new();
        let now = guess(&mut throttle, 20, at(0));
        wait_ms(&mut throttle, now);
        throttle.start(b"bob", now).unwrap();
        throttle.start(b"alice", now + FORGIVEN_AFTER).unwrap();
        throttle.start(b"alice", now + FORGIVEN_AFTER).unwrap();
    }

    #[test]
    fn r8_invented_names_neither_grow_memory_nor_wash_out_a_guessed_one() {
        let mut throttle = Throttle::new();
        let now = guess(&mut throttle, 10, at(0));
        for name in 0..3 * MAX_REMEMBERED {
            throttle.start(name.to_string().as_bytes(), now).unwrap();
        }
        assert!(throttle.failures.len() <= MAX_REMEMBERED);
        wait_ms(&mut throttle, now);
    }
}
