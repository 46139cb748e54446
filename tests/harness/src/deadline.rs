//! Waiting for something to happen, and giving up loudly.

use std::{future::Future, time::Duration};

/// Seconds in which everything that a test waits for must have happened, on a busy build machine too.
const DEADLINE_SECONDS: u64 = 240;

/// Sets other seconds: a test that is expected to fail need not wait as long for what never comes.
const DEADLINE_VARIABLE: &str = "HARNESS_DEADLINE_SECONDS";

/// How often a condition that nobody announces is looked at.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Time in which everything that a test waits for must have happened.
#[must_use]
pub fn deadline() -> Duration {
    let set = std::env::var(DEADLINE_VARIABLE).ok();
    let seconds = set.and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(DEADLINE_SECONDS))
}

/// Waits for a future.
///
/// # Panics
/// With the name of what did not happen in time.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(deadline(), future).await {
        Ok(value) => value,
        Err(_) => panic!("{what} did not happen within {:?}", deadline()),
    }
}

/// Waits for a condition outside this process: a file, a port, a row of a database.
///
/// # Panics
/// With the name of the condition if it does not come true in time.
pub async fn until<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    within(what, async {
        loop {
            looks.tick().await;
            if let Some(value) = condition() {
                return value;
            }
        }
    })
    .await
}
