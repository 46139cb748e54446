//! A disk that loses what was not flushed.
//!
//! [`Recorder::install`] puts a layer under SQLite that passes every call on to the real files and
//! notes, in one order for all files and threads, each write, truncation, flush and deletion below
//! one directory. [`Recorder::cut`] then lays out, in another directory, what a power cut after any
//! of these operations may have left: all that was flushed, and of everything else an arbitrary part,
//! sector by sector, in no order. A database that was acknowledged too early is found out.
//!
//! Owns: the record and its replay. Never does: locks, shared memory or reading (the real layer
//! does), nor changing what SQLite sees. Read next: [`disk`], which is the model, then `layer.rs`.

pub mod disk;
mod layer;

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use disk::{Disk, Operation};

static RECORD: Mutex<Record> = Mutex::new(Record {
    directory: None,
    operations: Vec::new(),
    disks: Vec::new(),
});

struct Record {
    directory: Option<PathBuf>,
    operations: Vec<Operation>,
    disks: Vec<(PathBuf, Disk)>,
}

/// A disk under one directory, which may lose its power now. Many may be watched in one process, and
/// nothing is kept of what is flushed but the files.
#[derive(Debug)]
pub struct WatchedDisk {
    directory: PathBuf,
}

impl WatchedDisk {
    /// Watches a directory from now on; what lies there is taken to be safe. The seed chooses what a
    /// cut leaves of what was not flushed.
    ///
    /// # Errors
    /// If the files that lie there cannot be read.
    ///
    /// # Panics
    /// If SQLite has no file layer, or refuses this one.
    pub fn new(directory: &Path, seed: u64) -> std::io::Result<Self> {
        let disk = Disk::with_files_of(directory, seed)?;
        record().disks.push((directory.to_owned(), disk));
        layer::install();
        Ok(Self {
            directory: directory.to_owned(),
        })
    }

    /// Lays out in `into` what a power cut now may leave.
    ///
    /// # Errors
    /// If files cannot be written.
    pub fn cut(&self, into: &Path) -> std::io::Result<()> {
        let disk = record()
            .disks
            .iter()
            .find(|(directory, _)| *directory == self.directory)
            .map(|(_, disk)| disk.clone());
        disk.map_or(Ok(()), |disk| disk.cut(into))
    }
}

impl Drop for WatchedDisk {
    fn drop(&mut self) {
        let mut record = record();
        record
            .disks
            .retain(|(directory, _)| *directory != self.directory);
    }
}

/// The record of one directory. There is one in a process.
#[derive(Debug, Clone, Copy)]
pub struct Recorder(());

impl Recorder {
    /// Puts the layer under every database that is opened from now on, and records what happens
    /// below `directory`.
    ///
    /// # Panics
    /// If SQLite has no file layer, or refuses this one.
    #[must_use]
    pub fn install(directory: &Path) -> Self {
        record().directory = Some(directory.to_owned());
        layer::install();
        Self(())
    }

    /// How many operations there were so far. What was acknowledged before this call must survive a
    /// cut at this place.
    #[must_use]
    pub fn operations(&self) -> usize {
        record().operations.len()
    }

    /// Lays out in `into` what a power cut after so many operations may have left; `seed` chooses
    /// what remains of all that was not flushed.
    ///
    /// # Errors
    /// If files cannot be written.
    pub fn cut(&self, after: usize, seed: u64, into: &Path) -> std::io::Result<()> {
        let mut disk = Disk::new(seed);
        for operation in record().operations.iter().take(after) {
            disk.apply(operation);
        }
        disk.cut(into)
    }
}

/// Notes an operation on a file below the recorded directory.
fn note(file: &Path, operation: impl FnOnce(PathBuf) -> Operation) {
    let mut record = record();
    let below = record
        .directory
        .as_deref()
        .and_then(|directory| file.strip_prefix(directory).ok())
        .map(Path::to_owned);
    if let Some(name) = below {
        record.operations.push(operation(name));
        return;
    }
    let disk = record.disks.iter_mut().find_map(|(directory, disk)| {
        let name = file.strip_prefix(directory).ok()?.to_owned();
        Some((name, disk))
    });
    if let Some((name, disk)) = disk {
        disk.apply(&operation(name));
    }
}

fn record() -> MutexGuard<'static, Record> {
    RECORD.lock().unwrap_or_else(PoisonError::into_inner)
}
