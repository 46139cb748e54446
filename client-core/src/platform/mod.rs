//! What differs between the machines this client runs on: the clock, and where things lie.
//!
//! The only place that names a target. Randomness is [`restante_crypto::Randomness`], which knows the
//! operating systems' and the browsers' generators itself.

mod native;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use crate::engine::io::Time;

pub use native::{
    SystemClock, create_home, create_private, default_home, ensure_private, flush_dir, is_other,
    open_private, open_regular, private_dir, told_to_stop,
};

/// On what this client runs, as its person's other clients show it.
pub const NAME: &str = std::env::consts::OS;

/// Reads the time: for showing and waiting, never for deciding what is valid.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Time;
}

/// A clock that stands still until it is moved: for tests and simulations. Clones share the time.
#[derive(Debug, Clone, Default)]
pub struct ManualClock(Arc<AtomicU64>);

impl ManualClock {
    /// A clock that shows this time.
    #[must_use]
    pub fn at(time: Time) -> Self {
        Self(Arc::new(AtomicU64::new(time.0)))
    }

    /// Moves it on.
    pub fn advance_ms(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Time {
        Time(self.0.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = ManualClock::at(Time(5));
        let same = clock.clone();
        assert_eq!(clock.now(), Time(5));
        same.advance_ms(10);
        assert_eq!(clock.now(), Time(15));
    }

    #[test]
    fn the_system_clock_is_past_2025() {
        assert!(SystemClock.now() > Time(1_735_689_600_000));
    }
}
