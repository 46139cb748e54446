//! How long to wait before the next attempt.

use std::time::Duration;

use restante_crypto::Randomness;
use restante_wire::ErrorCode;

use crate::engine::io::Failure;

/// Longest wait after a first failure.
const FIRST: Duration = Duration::from_millis(250);

/// Longest wait of all. A relay that restarts is found again within this time.
pub(super) const LONGEST: Duration = Duration::from_secs(30);

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

/// How long one request is made again and again because the relay asks for a little time, before
/// whoever waits for it is told.
const PATIENCE: Duration = Duration::from_secs(5);

/// The shortest wait: a relay that asks for none must not be asked without end.
const SHORTEST: Duration = Duration::from_millis(50);

/// What is left of the patience with one request.
#[derive(Debug)]
pub(super) struct Patience(Duration);

impl Patience {
    pub(super) const fn new() -> Self {
        Self(PATIENCE)
    }

    /// How long to wait before the same request is made again; none where that would take too long, or
    /// would not help. Only what certainly was not carried out is asked again: a gateway's answer says
    /// nothing about that.
    pub(super) fn wait(&mut self, failure: &Failure) -> Option<Duration> {
        if failure.code() != Some(ErrorCode::RateLimited) {
            return None;
        }
        let wait = Duration::from_millis(failure.wait_ms()?).max(SHORTEST);
        self.0 = self.0.checked_sub(wait)?;
        Some(wait)
    }
}

#[cfg(test)]
mod tests {
    use restante_wire::WireError;

    use super::*;

    fn refused(retry_after_ms: u64) -> Failure {
        Failure::Refused(WireError::retry(ErrorCode::RateLimited, retry_after_ms))
    }

    #[test]
    fn short_refusals_are_waited_out_and_long_ones_are_told() {
        let mut patience = Patience::new();
        for _ in 0..49 {
            let wait = patience.wait(&refused(100));
            assert_eq!(wait, Some(Duration::from_millis(100)));
        }
        assert_eq!(patience.wait(&refused(101)), None);
        assert_eq!(Patience::new().wait(&refused(60_000)), None);
        assert_eq!(Patience::new().wait(&refused(u64::MAX)), None);
        assert_eq!(Patience::new().wait(&Failure::Lost), None);
        let final_word = Failure::Refused(ErrorCode::UsernameTaken.into());
        assert_eq!(Patience::new().wait(&final_word), None);
        let gateway = Failure::Refused(WireError::retry(ErrorCode::Overloaded, 100));
        assert_eq!(Patience::new().wait(&gateway), None);
        assert_eq!(Patience::new().wait(&refused(0)), Some(SHORTEST));
    }

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
