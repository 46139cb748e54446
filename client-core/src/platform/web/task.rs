//! Time and tasks of the one thread there is.

use std::{future::Future, time::Duration};

use futures_util::future::{AbortHandle, Abortable};
use tokio::sync::watch;
use wasm_bindgen_futures::spawn_local;

pub(crate) use web_time::Instant;

use crate::Error;

/// Longest wait that a browser's timers take.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Waited too long.
#[derive(Debug)]
pub(crate) struct Elapsed;

/// What may run beside everything else: anything, on the one thread.
pub trait MaybeSend {}

impl<T> MaybeSend for T {}

/// Carries the network of a client.
#[derive(Debug, Clone)]
pub(crate) struct Runtime;

impl Runtime {
    /// That of this worker.
    pub(crate) const fn current() -> Self {
        Self
    }

    /// Runs something beside everything else.
    #[expect(clippy::unused_self, reason = "other machines have several")]
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + 'static) -> Task {
        let (abort, registration) = AbortHandle::new_pair();
        let (running, ended) = watch::channel(());
        spawn_local(async move {
            // Aborted is ended, too.
            let _ = Abortable::new(work, registration).await;
            drop(running);
        });
        Task { abort, ended }
    }
}

/// Something that runs beside everything else. Dropped, it goes on.
#[derive(Debug)]
pub(crate) struct Task {
    abort: AbortHandle,
    /// Closed when it has ended.
    ended: watch::Receiver<()>,
}

impl Task {
    /// Ends it at the next point at which it waits.
    pub(crate) fn abort(&self) {
        self.abort.abort();
    }

    /// Whether it has ended.
    pub(crate) fn is_finished(&self) -> bool {
        self.ended.has_changed().is_err()
    }

    /// Waits until it has ended.
    pub(crate) async fn finished(&mut self) {
        while self.ended.changed().await.is_ok() {}
    }
}

/// Waits.
pub(crate) async fn sleep(duration: Duration) {
    gloo_timers::future::sleep(duration.min(LONGEST)).await;
}

/// Waits for something, but no longer than this.
///
/// # Errors
/// [`Elapsed`].
pub(crate) async fn timeout<F: Future>(limit: Duration, work: F) -> Result<F::Output, Elapsed> {
    tokio::select! {
        biased;
        done = work => Ok(done),
        () = sleep(limit) => Err(Elapsed),
    }
}

/// Runs what takes long. There is no other thread for it: whatever else waits for this one, timers and
/// messages too, has its turn first.
///
/// # Errors
/// Those of the work.
pub(crate) async fn blocking<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    sleep(Duration::ZERO).await;
    work()
}

/// Runs the loop of an engine.
///
/// # Errors
/// None here.
#[expect(clippy::unnecessary_wraps, reason = "other machines can fail")]
pub(crate) fn run_engine<F: Future<Output = ()> + 'static>(
    engine: impl FnOnce() -> F,
) -> Result<(), Error> {
    spawn_local(engine());
    Ok(())
}
