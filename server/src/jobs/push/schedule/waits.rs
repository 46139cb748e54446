//! How long one waits that failed, or whose gateway was busy.

use std::time::Duration;

/// Wait behind the first failure; twice as long behind each that follows, up to the longest.
const RETRY_FIRST: Duration = Duration::from_secs(2);
pub(super) const RETRY_LONGEST: Duration = Duration::from_secs(30 * 60);

/// The same of one that met a busy gateway: asking costs the gateway nothing, but this relay.
pub(super) const BUSY_FIRST: Duration = Duration::from_millis(50);
const BUSY_LONGEST: Duration = Duration::from_secs(2);

/// Wait behind so many earlier failures.
pub(super) fn backoff(failures: u32) -> Duration {
    doubled(RETRY_FIRST, failures, RETRY_LONGEST)
}

/// Wait behind so many earlier meetings with a busy gateway.
pub(super) fn busy_wait(before: u32) -> Duration {
    doubled(BUSY_FIRST, before, BUSY_LONGEST)
}

fn doubled(first: Duration, times: u32, longest: Duration) -> Duration {
    let factor = 2_u32.saturating_pow(times.min(16));
    first.saturating_mul(factor).min(longest)
}

/// A wait, and up to half of it more.
pub(super) fn jittered(wait: Duration, spread: u64) -> Duration {
    let half_ms = u64::try_from(wait.as_millis() / 2).unwrap_or(u64::MAX);
    wait + Duration::from_millis(spread % (half_ms + 1))
}
