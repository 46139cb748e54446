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

use super::{Options, core, open};
use crate::store::{OpenError, StoreError};

/// A read, called once: with a connection, or with the reason why there is none for it.
type Read = Box<dyn FnOnce(Result<&Connection, StoreError>) + Send>;

pub(super) struct Readers {
    handle: Option<Handle>,
    threads: Vec<JoinHandle<()>>,
}

/// Where reads are put. The threads run as long as there is one.
#[derive(Clone)]
pub(super) struct Handle(SyncSender<Read>);

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
            handle: Some(Handle(queue)),
            threads,
        })
    }

    /// For work that lives shorter than these readers.
    pub(super) fn handle(&self) -> Option<Handle> {
        self.handle.clone()
    }

    pub(super) fn submit<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
        answer: impl FnOnce(Result<T, StoreError>) + Send + 'static,
    ) {
        match &self.handle {
            Some(handle) => handle.submit(work, answer),
            None => answer(Err(StoreError::Closed)),
        }
    }
}

impl Handle {
    /// Reads in one read transaction; `answer` gets the result, or why there was none.
    pub(super) fn submit<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
        answer: impl FnOnce(Result<T, StoreError>) + Send + 'static,
    ) {
        let read: Read = Box::new(move |connection| {
            answer(connection.and_then(|connection| core::read(connection, work)));
        });
        match self.0.try_send(read) {
            Ok(()) => {}
            Err(TrySendError::Full(read)) => read(Err(StoreError::Overloaded)),
            Err(TrySendError::Disconnected(read)) => read(Err(StoreError::Closed)),
        }
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.handle = None;
        super::writer::join_all(self.threads.drain(..));
    }
}

fn run(connection: &Connection, reads: &Mutex<Receiver<Read>>) {
    loop {
        let next = reads.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            Ok(read) => read(Ok(connection)),
            Err(_) => return,
        }
    }
}
