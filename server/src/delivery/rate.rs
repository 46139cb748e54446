//! Token buckets: bursts are allowed, a steady flood is not.

use restante_wire::{ErrorCode, WireError};

/// How often something may happen: at once up to `burst`, then evenly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many at once after a pause.
    pub burst: u32,
    /// How many a minute in the long run.
    pub per_minute: u32,
}

const MINUTE_MS: u64 = 60_000;

/// How much of a rate is used. Kept in memory only: no stored time is finer than a day (R7).
///
/// **Units**: `debt` is in events times milliseconds of a minute, so that whole numbers suffice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bucket {
    debt: u64,
    at_ms: u64,
}

impl Bucket {
    /// Counts one event.
    ///
    /// # Errors
    /// `rate_limited`, with the time after which the next one passes; nothing is counted then.
    pub fn take(&mut self, rate: Rate, now_ms: u64) -> Result<(), WireError> {
        let per_minute = u64::from(rate.per_minute.max(1));
        let repaid = now_ms.saturating_sub(self.at_ms).saturating_mul(per_minute);
        let debt = self.debt.saturating_sub(repaid);
        let most = u64::from(rate.burst.max(1)) * MINUTE_MS;
        let over = (debt + MINUTE_MS).saturating_sub(most);
        if over > 0 {
            let wait_ms = over.div_ceil(per_minute);
            return Err(WireError::retry(ErrorCode::RateLimited, wait_ms));
        }
        self.debt = debt + MINUTE_MS;
        self.at_ms = now_ms;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        burst: 3,
        per_minute: 2,
    };

    #[test]
    fn a_burst_passes_and_what_follows_waits_its_turn() {
        let mut bucket = Bucket::default();
        for _ in 0..3 {
            bucket.take(RATE, 1_000).unwrap();
        }
        let refused = bucket.take(RATE, 1_000).unwrap_err();
        assert_eq!(refused, WireError::retry(ErrorCode::RateLimited, 30_000));
        bucket.take(RATE, 30_999).unwrap_err();
        bucket.take(RATE, 31_000).unwrap();
        bucket.take(RATE, 31_000).unwrap_err();
    }

    #[test]
    fn a_clock_that_goes_back_forgives_nothing_and_blocks_nothing() {
        let mut bucket = Bucket::default();
        for _ in 0..3 {
            bucket.take(RATE, 90_000).unwrap();
        }
        assert!(bucket.take(RATE, 10_000).is_err());
        bucket.take(RATE, 120_000).unwrap();
    }
}
