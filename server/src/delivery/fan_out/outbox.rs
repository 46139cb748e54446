//! What waits to be written to one connection. Bounded: live events beyond the bounds are left out,
//! and answers are bounded by the requests that a connection may have open.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use tokio::sync::Notify;

use super::Watch;

/// Most frames that wait for one connection before its watches fall behind.
const MAX_FRAMES: usize = 256;

/// Most bytes that wait for one connection before its watches fall behind.
const MAX_BYTES: usize = 128 * 1024;

/// Frames for one connection, and its watches that must read from the log.
#[derive(Default)]
pub struct Outbox {
    queue: Mutex<Queue>,
    ready: Notify,
}

#[derive(Default)]
struct Queue {
    frames: VecDeque<Bytes>,
    bytes: usize,
    behind: VecDeque<Arc<Watch>>,
    open_requests: usize,
    is_signalled: bool,
    is_closed: bool,
}

/// What an [`Outbox`] held.
#[derive(Default)]
pub struct Queued {
    /// To be written in this order.
    pub frames: VecDeque<Bytes>,
    /// A watch that must read a page, after the frames were written.
    pub behind: Option<Arc<Watch>>,
}

impl Outbox {
    /// Waits until there is something to take.
    pub async fn ready(&self) {
        self.ready.notified().await;
    }

    /// Takes all frames, and one watch that is behind. If there are more such watches, the outbox
    /// stays ready.
    #[must_use]
    pub fn take(&self) -> Queued {
        let mut queue = self.lock();
        let queued = Queued {
            frames: std::mem::take(&mut queue.frames),
            behind: queue.behind.pop_front(),
        };
        queue.bytes = 0;
        queue.is_signalled = false;
        if !queue.behind.is_empty() {
            self.signal(&mut queue);
        }
        queued
    }

    /// Counts a request whose answer will be pushed; says how many are open now.
    pub fn open_request(&self) -> usize {
        let mut queue = self.lock();
        queue.open_requests += 1;
        queue.open_requests
    }

    /// How many requests wait for their answers.
    #[must_use]
    pub fn open_requests(&self) -> usize {
        self.lock().open_requests
    }

    /// Queues the answer to a request that was counted.
    pub fn push_answer(&self, frame: Bytes) {
        let mut queue = self.lock();
        queue.open_requests = queue.open_requests.saturating_sub(1);
        self.push(&mut queue, frame);
    }

    /// Queues a live event if there is room for it.
    pub(super) fn offer(&self, frame: &Bytes) -> bool {
        let mut queue = self.lock();
        let has_room =
            queue.frames.len() < MAX_FRAMES && queue.bytes.saturating_add(frame.len()) <= MAX_BYTES;
        if has_room {
            self.push(&mut queue, frame.clone());
        }
        has_room
    }

    /// Queues a watch that must read from the log.
    pub(super) fn push_behind(&self, watch: Arc<Watch>) {
        let mut queue = self.lock();
        if !queue.is_closed {
            queue.behind.push_back(watch);
            self.signal(&mut queue);
        }
    }

    /// Drops what waits, and whatever comes from now on: the connection is gone.
    pub fn close(&self) {
        let mut queue = self.lock();
        *queue = Queue {
            is_closed: true,
            ..Queue::default()
        };
    }

    fn push(&self, queue: &mut Queue, frame: Bytes) {
        if !queue.is_closed {
            queue.bytes += frame.len();
            queue.frames.push_back(frame);
            self.signal(queue);
        }
    }

    /// Wakes the connection once for everything that it has not taken yet.
    fn signal(&self, queue: &mut Queue) {
        if !queue.is_signalled {
            queue.is_signalled = true;
            self.ready.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
