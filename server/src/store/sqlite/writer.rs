//! The writer thread: takes what waits, up to a limit, and hands it to the core as one group.

use std::{
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    thread::JoinHandle,
    time::Duration,
};

use super::{
    Options,
    core::{Core, Job},
};
use crate::store::{OpenError, StoreError};

/// After so long without work the writer deletes what was left to be deleted.
const TIDY_AFTER: Duration = Duration::from_millis(500);

pub(super) struct Writer {
    queue: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(core: Core, options: &Options) -> Result<Self, OpenError> {
        let (queue, jobs) = sync_channel(options.writer_queue);
        let max_group = options.max_group.max(1);
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || run(core, &jobs, max_group))?;
        Ok(Self {
            queue: Some(queue),
            thread: Some(thread),
        })
    }

    /// Has a job run, or refuses it at once.
    pub(super) fn submit(&self, job: Job) {
        let Some(queue) = &self.queue else {
            return job.refuse(StoreError::Closed);
        };
        match queue.try_send(job) {
            Ok(()) => {}
            Err(TrySendError::Full(job)) => job.refuse(StoreError::Overloaded),
            Err(TrySendError::Disconnected(job)) => job.refuse(StoreError::Closed),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        join_all(self.thread.take());
    }
}

/// Waits for threads whose queue was closed, except the one that runs this.
pub(super) fn join_all(threads: impl IntoIterator<Item = JoinHandle<()>>) {
    for thread in threads {
        if thread.thread().id() != std::thread::current().id() {
            // A thread that panicked has nothing left to finish.
            drop(thread.join());
        }
    }
}

fn run(mut core: Core, jobs: &Receiver<Job>, max_group: usize) {
    let mut group = Vec::new();
    loop {
        let next = if core.is_untidy() {
            jobs.recv_timeout(TIDY_AFTER)
        } else {
            jobs.recv().map_err(RecvTimeoutError::from)
        };
        match next {
            Ok(first) => {
                group.push(first);
                group.extend(jobs.try_iter().take(max_group - 1));
                core.apply(&mut group);
            }
            Err(RecvTimeoutError::Timeout) => core.tidy(),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}
