//! Bytes that one address may have kept in a day: what a stamp does not yet pay for.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Mutex, PoisonError},
};

use restante_wire::{Day, ErrorCode, WireError};

use crate::{
    clock::{DAY_MS, day_of},
    rate_limit::ClientAddress,
};

/// Buckets that addresses fall into: no number of addresses makes this grow (R8).
const BUCKETS: u64 = 65_536;

/// Counts in memory, for one day. Like every limit it keeps no address (R7): a bucket is chosen by a
/// hash whose key lives and dies with the process.
pub(super) struct Allowance {
    bytes_per_day: u64,
    hash: RandomState,
    today: Mutex<Today>,
}

struct Today {
    day: Day,
    taken: HashMap<u64, u64>,
}

impl Today {
    fn of(day: Day) -> Self {
        Self {
            day,
            taken: HashMap::new(),
        }
    }
}

impl Allowance {
    pub(super) fn new(bytes_per_day: u64) -> Self {
        Self {
            bytes_per_day,
            hash: RandomState::new(),
            today: Mutex::new(Today::of(Day(0))),
        }
    }

    /// Takes so many bytes of an address's allowance.
    ///
    /// # Errors
    /// `rate_limited` until tomorrow.
    pub(super) fn take(
        &self,
        address: ClientAddress,
        bytes: u64,
        now_ms: u64,
    ) -> Result<(), WireError> {
        let bucket = self.hash.hash_one(address) % BUCKETS;
        let mut today = self.today.lock().unwrap_or_else(PoisonError::into_inner);
        if today.day != day_of(now_ms) {
            *today = Today::of(day_of(now_ms));
        }
        let taken = today.taken.entry(bucket).or_default();
        if taken.saturating_add(bytes) > self.bytes_per_day {
            let tomorrow_ms = DAY_MS - now_ms % DAY_MS;
            return Err(WireError::retry(ErrorCode::RateLimited, tomorrow_ms));
        }
        *taken += bytes;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> ClientAddress {
        ClientAddress::of(text.parse().unwrap())
    }

    #[test]
    fn r8_an_address_has_so_many_bytes_a_day_and_is_told_when_the_day_ends() {
        let allowance = Allowance::new(100);
        let (one, other) = (address("192.0.2.1"), address("2001:db8::1"));
        allowance.take(one, 60, 5).unwrap();
        let refused = allowance.take(one, 41, 5).unwrap_err();
        assert_eq!(refused.code, ErrorCode::RateLimited);
        assert_eq!(refused.retry_after_ms, Some(DAY_MS - 5));
        allowance.take(one, 40, 5).unwrap();
        allowance.take(other, 100, 5).unwrap();
        allowance.take(one, 100, DAY_MS).unwrap();
    }
}
