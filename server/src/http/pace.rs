//! How fast something must arrive, so that nobody holds a connection or memory by dawdling (R8).

use std::time::Duration;

use tokio::time::Instant;

/// Slowest rate that is borne in the long run, in bytes a second: a bad mobile network does more.
const SLOWEST: u32 = 16 * 1024;

/// The arrival of one body or frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    stall: Duration,
    began: Instant,
    progressed: Instant,
    received: usize,
}

impl Pace {
    /// An arrival that begins now and may pause for `stall`.
    #[must_use]
    pub(super) fn begin(stall: Duration) -> Self {
        let now = Instant::now();
        Self {
            stall,
            began: now,
            progressed: now,
            received: 0,
        }
    }

    /// Counts bytes that have arrived now.
    pub(super) fn progress(&mut self, bytes: usize) {
        self.received = self.received.saturating_add(bytes);
        self.progressed = Instant::now();
    }

    /// When the next bytes must be there: no pause may be longer than `stall`, and all pauses
    /// together not much longer than the slowest rate takes.
    #[must_use]
    pub(super) fn deadline(&self) -> Instant {
        let received = u32::try_from(self.received).unwrap_or(u32::MAX);
        let allowed = Duration::from_secs(received.into()) / SLOWEST;
        (self.progressed + self.stall).min(self.began + self.stall + allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STALL: Duration = Duration::from_secs(15);

    #[tokio::test(start_paused = true)]
    async fn a_pause_ends_what_was_fast_before() {
        let mut pace = Pace::begin(STALL);
        pace.progress(6 * 1024 * 1024);
        assert_eq!(pace.deadline(), Instant::now() + STALL);
    }

    #[tokio::test(start_paused = true)]
    async fn a_trickle_ends_although_it_never_pauses() {
        let mut pace = Pace::begin(STALL);
        let began = Instant::now();
        while Instant::now() < pace.deadline() {
            tokio::time::advance(Duration::from_secs(1)).await;
            pace.progress(1);
        }
        assert_eq!(began.elapsed(), STALL + Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn the_slowest_rate_that_is_borne_arrives() {
        let mut pace = Pace::begin(STALL);
        for _ in 0..400 {
            tokio::time::advance(Duration::from_secs(1)).await;
            assert!(Instant::now() < pace.deadline());
            pace.progress(SLOWEST as usize);
        }
    }
}
