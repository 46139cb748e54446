//! Waiting for something to happen, and giving up loudly.

use std::{future::Future, time::Duration};

/// Time in which everything that a test waits for must have happened, on a busy build machine too.
pub const DEADLINE: Duration = Duration::from_secs(240);

/// How often a condition that nobody announces is looked at.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Waits for a future.
///
/// # Panics
/// With the name of what did not happen in time.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(DEADLINE, future).await {
        Ok(value) => value,
        Err(_) => panic!("{what} did not happen within {DEADLINE:?}"),
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
