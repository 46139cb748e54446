//! The time, handed in by whoever runs the module.

use std::time::Duration;

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// Seconds since 1970-01-01 UTC: for tokens, which gateways compare with their own clocks.
    fn unix_s(&self) -> u64;

    /// Time that never goes back, from an arbitrary start.
    fn monotonic(&self) -> Duration;
}

#[cfg(test)]
pub(crate) mod testing {
    use std::{
        sync::atomic::{AtomicU64, Ordering},
        time::Duration,
    };

    /// A clock that stands still until it is moved.
    #[derive(Debug, Default)]
    pub(crate) struct ManualClock(AtomicU64);

    impl ManualClock {
        pub(crate) const fn at_s(now: u64) -> Self {
            Self(AtomicU64::new(now * 1_000))
        }

        pub(crate) fn advance(&self, by: Duration) {
            let by = u64::try_from(by.as_millis()).unwrap();
            self.0.fetch_add(by, Ordering::SeqCst);
        }
    }

    impl super::Clock for ManualClock {
        fn unix_s(&self) -> u64 {
            self.0.load(Ordering::SeqCst) / 1_000
        }

        fn monotonic(&self) -> Duration {
            Duration::from_millis(self.0.load(Ordering::SeqCst))
        }
    }
}
