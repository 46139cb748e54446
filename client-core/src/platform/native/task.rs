//! Time and tasks, by tokio.

use std::future::Future;

use tokio::{runtime, task::JoinHandle};

pub(crate) use tokio::time::{Instant, sleep, timeout};

use crate::{Error, ErrorKind};

/// Carries the network of a client.
#[derive(Debug, Clone)]
pub(crate) struct Runtime(runtime::Handle);

impl Runtime {
    /// That of the caller.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub(crate) fn current() -> Self {
        Self(runtime::Handle::current())
    }

    /// Runs something beside everything else.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) -> Task {
        Task(self.0.spawn(work))
    }
}

/// Something that runs beside everything else. Dropped, it goes on.
#[derive(Debug)]
pub(crate) struct Task(JoinHandle<()>);

impl Task {
    /// Ends it at the next point at which it waits.
    pub(crate) fn abort(&self) {
        self.0.abort();
    }

    /// Whether it has ended.
    pub(crate) fn is_finished(&self) -> bool {
        self.0.is_finished()
    }

    /// Waits until it has ended.
    pub(crate) async fn finished(&mut self) {
        // Aborted is ended, too.
        let _ = (&mut self.0).await;
    }
}

/// Runs what takes long or waits for the disk where it holds up no connection.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::caused(ErrorKind::Internal, error))?
}

/// Runs the loop of an engine on a thread of its own: it writes to disk, and must not do so on one
/// that serves connections.
///
/// # Errors
/// `internal_client` if the system gives no thread.
pub(crate) fn run_engine<F: Future<Output = ()>>(
    engine: impl FnOnce() -> F + Send + 'static,
) -> Result<(), Error> {
    let internal = |error: std::io::Error| Error::caused(ErrorKind::Internal, error);
    let runtime = runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(internal)?;
    std::thread::Builder::new()
        .name("restante-engine".into())
        .spawn(move || runtime.block_on(engine()))
        .map_err(internal)?;
    Ok(())
}

/// What may run beside everything else: here it may move to another thread.
pub trait MaybeSend: Send {}

impl<T: Send> MaybeSend for T {}
