//! Reader threads, each with a connection of its own.

use std::{
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
};

use rusqlite::Connection;

use super::{Options, open};
use crate::store::{OpenError, StoreError};

type Read = Box<dyn FnOnce(&Connection) + Send>;

pub(super) struct Readers {
    queue: Option<SyncSender<Read>>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    pub(super) fn start(path: &Path, options: &Options) -> Result<Self, OpenError> {
        let (queue, reads) = sync_channel(options.reader_queue);
        let reads = Arc::new(Mutex::new(reads));
        let mut threads = Vec::new();
        for _ in 0..options.readers.max(1) {
            let connection = open::reader(path, options)?;
            let reads = Arc::clone(&reads);
            let thread = std::thread::Builder::new()
                .name("store-reader".into())
                .spawn(move || run(&connection, &reads))?;
            threads.push(thread);
        }
        Ok(Self {
            queue: Some(queue),
            threads,
        })
    }

    pub(super) fn submit(
        &self,
        read: impl FnOnce(&Connection) + Send + 'static,
    ) -> Result<(), StoreError> {
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        queue.try_send(Box::new(read)).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Overloaded,
            TrySendError::Disconnected(_) => StoreError::Closed,
        })
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.queue = None;
        super::writer::join_all(self.threads.drain(..));
    }
}

fn run(connection: &Connection, reads: &Mutex<Receiver<Read>>) {
    loop {
        let next = reads.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            Ok(read) => read(connection),
            Err(_) => return,
        }
    }
}
