//! Several things that run beside everything else.

use std::future::Future;

use crate::platform::{MaybeSend, Runtime, Task};

/// Dropped, it ends all of them.
#[derive(Debug, Default)]
pub(super) struct Tasks(Vec<Task>);

impl Tasks {
    /// Runs one more.
    pub(super) fn spawn(
        &mut self,
        runtime: &Runtime,
        work: impl Future<Output = ()> + MaybeSend + 'static,
    ) {
        self.0.retain(|task| !task.is_finished());
        self.0.push(runtime.spawn(work));
    }

    /// How many run.
    pub(super) fn running(&self) -> usize {
        self.0.iter().filter(|task| !task.is_finished()).count()
    }

    /// Ends all of them.
    pub(super) fn abort_all(&mut self) {
        for task in self.0.drain(..) {
            task.abort();
        }
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        self.abort_all();
    }
}
