//! How long to wait before the next attempt.

use std::time::Duration;

use restante_crypto::Randomness;

/// Longest wait after a first failure.
const FIRST: Duration = Duration::from_millis(250);

/// Longest wait of all. A relay that restarts is found again within this time.
const LONGEST: Duration = Duration::from_secs(30);

/// Doubles with each failure and is spread at random, so that the clients of a relay that comes back
/// do not come all at once.
#[derive(Debug)]
pub(super) struct Backoff {
    failures: u32,
    randomness: Randomness,
}

impl Backoff {
    pub(super) fn new(randomness: Randomness) -> Self {
        Self {
            failures: 0,
            randomness,
        }
    }

    /// Counts a failure; the wait is between half and the whole of the limit that applies.
    pub(super) fn next(&mut self) -> Duration {
        let limit = FIRST
            .saturating_mul(1 << self.failures.min(16))
            .min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        let share = f64::from(u16::from_le_bytes(self.randomness.bytes())) / f64::from(u16::MAX);
        limit.mul_f64(0.5 + share / 2.0)
    }

    /// Failures in a row.
    pub(super) const fn failures(&self) -> u32 {
        self.failures
    }

    /// It went well.
    pub(super) const fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_to_a_limit_and_are_spread() {
        let mut backoff = Backoff::new(Randomness::seeded([5; 32]));
        for expected_ms in [250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000] {
            let wait = backoff.next();
            let limit = Duration::from_millis(expected_ms);
            assert!(wait <= limit && wait >= limit / 2, "{wait:?} of {limit:?}");
        }
        assert_eq!(backoff.failures(), 9);
        backoff.reset();
        assert!(backoff.next() <= FIRST);
    }
}
