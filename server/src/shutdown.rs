//! Ending in good order: everybody is told once, and somebody waits until all are gone.

use std::time::Duration;

use tokio_util::{
    sync::{CancellationToken, WaitForCancellationFuture},
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};

/// How long answers on their way and streams may take to end.
const GRACE: Duration = Duration::from_secs(10);

/// Shared by everything that runs until the relay ends. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    token: CancellationToken,
    running: TaskTracker,
}

impl Shutdown {
    /// Nobody is told yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the relay is going down: new work is refused with `shutting_down`.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Returns once the relay is going down.
    pub fn begun(&self) -> WaitForCancellationFuture<'_> {
        self.token.cancelled()
    }

    /// The end waits until the token is dropped: held by connections, streams and jobs.
    pub fn running(&self) -> TaskTrackerToken {
        self.running.token()
    }

    /// Tells everybody, and waits until all are gone; says whether they went in time.
    pub async fn finish(&self) -> bool {
        self.token.cancel();
        self.running.close();
        tokio::time::timeout(GRACE, self.running.wait())
            .await
            .is_ok()
    }
}
