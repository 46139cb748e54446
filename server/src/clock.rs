//! Where the relay reads the time, the only place that may, and how delivery gets its randomness.
//!
//! Owns: [`Clock`] and [`Entropy`], the system's and those that tests and the simulator hand in.
//! Never does: sleeping or timers. Read next: [`crate::delivery`], which takes both as values.

use std::{
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use restante_wire::Day;

use crate::random;

/// Milliseconds of a day.
pub const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// Milliseconds since 1970-01-01 UTC. Never stored beside a mailbox (R7).
    fn now_ms(&self) -> u64;

    /// Time that never goes back, from an arbitrary start: for rates and for what ends.
    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.now_ms())
    }

    /// The day on which [`Clock::now_ms`] lies.
    fn day(&self) -> Day {
        day_of(self.now_ms())
    }
}

/// The day of a time in milliseconds since 1970-01-01 UTC.
#[must_use]
pub fn day_of(now_ms: u64) -> Day {
    Day(u32::try_from(now_ms / DAY_MS).unwrap_or(u32::MAX))
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the place that reads it")]
    fn now_ms(&self) -> u64 {
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |time| {
                u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
            })
    }

    #[expect(clippy::disallowed_methods, reason = "this is the place that reads it")]
    fn monotonic(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed()
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    /// A clock that shows this time.
    #[must_use]
    pub const fn at_ms(now_ms: u64) -> Self {
        Self(AtomicU64::new(now_ms))
    }

    /// Moves the clock forward.
    pub fn advance_ms(&self, by_ms: u64) {
        self.0.fetch_add(by_ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Draws randomness.
pub trait Entropy: Send + Sync + 'static {
    /// 16 bytes that nobody can guess.
    fn bytes(&self) -> [u8; 16];
}

/// The machine's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn bytes(&self) -> [u8; 16] {
        random::bytes()
    }
}

/// The same bytes for the same seed (SplitMix64): for tests and the simulator, never for secrets.
#[derive(Debug)]
pub struct SeededEntropy(Mutex<u64>);

impl SeededEntropy {
    /// Randomness that this seed determines.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }
}

impl Entropy for SeededEntropy {
    fn bytes(&self) -> [u8; 16] {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = || {
            *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            mixed ^ (mixed >> 31)
        };
        (u128::from(next()) << 64 | u128::from(next())).to_le_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = ManualClock::at_ms(DAY_MS - 1);
        assert_eq!(clock.day(), Day(0));
        clock.advance_ms(1);
        assert_eq!((clock.now_ms(), clock.day()), (DAY_MS, Day(1)));
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let (one, two) = (SeededEntropy::new(7), SeededEntropy::new(7));
        let first = one.bytes();
        assert_eq!(first, two.bytes());
        assert_ne!(first, one.bytes());
    }
}
