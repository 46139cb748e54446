//! What is on a disk after a power cut: a model without any I/O but its last step.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Bytes that a disk writes as one.
const SECTOR: usize = 512;

/// Something that happened to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// Bytes were written.
    Write {
        /// Which file.
        file: PathBuf,
        /// Where.
        offset: usize,
        /// What.
        bytes: Vec<u8>,
    },
    /// The file was cut to a length.
    Truncate {
        /// Which file.
        file: PathBuf,
        /// How long it is now.
        length: usize,
    },
    /// The file was flushed.
    Flush {
        /// Which file.
        file: PathBuf,
    },
    /// The file was deleted, and its directory flushed.
    Delete {
        /// Which file.
        file: PathBuf,
    },
}

/// Files, each with what is safe and what is not.
#[derive(Debug, Clone)]
pub struct Disk {
    files: BTreeMap<PathBuf, File>,
    random: u64,
}

#[derive(Debug, Clone, Default)]
struct File {
    flushed: Vec<u8>,
    pending: Vec<Operation>,
    is_safe: bool,
}

impl Disk {
    /// An empty disk. The seed chooses what a cut leaves of what was not flushed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            files: BTreeMap::new(),
            random: seed,
        }
    }

    /// A disk that has the files of a directory, all of them safe.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn with_files_of(directory: &Path, seed: u64) -> std::io::Result<Self> {
        let mut disk = Self::new(seed);
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                let file = File {
                    flushed: fs::read(entry.path())?,
                    pending: Vec::new(),
                    is_safe: true,
                };
                disk.files.insert(entry.file_name().into(), file);
            }
        }
        Ok(disk)
    }

    /// Takes an operation.
    pub fn apply(&mut self, operation: &Operation) {
        match operation {
            Operation::Write { file, .. } | Operation::Truncate { file, .. } => {
                let file = self.files.entry(file.clone()).or_default();
                file.pending.push(operation.clone());
            }
            Operation::Flush { file } => {
                let file = self.files.entry(file.clone()).or_default();
                for pending in std::mem::take(&mut file.pending) {
                    replay(&mut file.flushed, &pending, |_| true);
                }
                file.is_safe = true;
            }
            Operation::Delete { file } => drop(self.files.remove(file)),
        }
    }

    /// Cuts the power, and writes what is left into a directory.
    ///
    /// # Errors
    /// If files cannot be written.
    pub fn cut(mut self, into: &Path) -> std::io::Result<()> {
        for (name, mut file) in std::mem::take(&mut self.files) {
            // How much of this file the disk happened to get to: nothing, everything, or a part.
            let share = self.next() % 5;
            for pending in &file.pending {
                replay(&mut file.flushed, pending, |_| self.next() % 4 < share);
            }
            if file.is_safe || share > 0 {
                fs::write(into.join(name), file.flushed)?;
            }
        }
        Ok(())
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

/// Applies an operation to a file's content, as far as `reaches` lets each of its sectors.
fn replay(content: &mut Vec<u8>, operation: &Operation, mut reaches: impl FnMut(usize) -> bool) {
    match operation {
        Operation::Write { offset, bytes, .. } => {
            let mut from = 0;
            while from < bytes.len() {
                let place = offset + from;
                let to = (from + SECTOR - place % SECTOR).min(bytes.len());
                if reaches(place) {
                    let end = offset + to;
                    if content.len() < end {
                        content.resize(end, 0);
                    }
                    content[place..end].copy_from_slice(&bytes[from..to]);
                }
                from = to;
            }
        }
        Operation::Truncate { length, .. } => {
            if reaches(*length) {
                content.resize(*length, 0);
            }
        }
        Operation::Flush { .. } | Operation::Delete { .. } => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(offset: usize, bytes: &[u8]) -> Operation {
        Operation::Write {
            file: "a".into(),
            offset,
            bytes: bytes.to_vec(),
        }
    }

    fn left(operations: &[Operation], seed: u64) -> Option<Vec<u8>> {
        let mut disk = Disk::new(seed);
        for operation in operations {
            disk.apply(operation);
        }
        let dir = tempfile::tempdir().expect("a directory");
        disk.cut(dir.path()).expect("files");
        fs::read(dir.path().join("a")).ok()
    }

    #[test]
    fn what_was_flushed_stays_and_what_was_not_may_go_sector_by_sector() {
        let flush = Operation::Flush { file: "a".into() };
        let old = write(0, &[1; 4 * SECTOR]);
        let new = write(0, &[2; 4 * SECTOR]);
        let operations = [old, flush, new];
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..200 {
            let content = left(&operations, seed).expect("the file was flushed");
            assert_eq!(content.len(), 4 * SECTOR);
            for sector in content.chunks(SECTOR) {
                assert!(
                    sector.iter().all(|byte| *byte == sector[0]),
                    "a torn sector"
                );
            }
            seen.insert(content.iter().step_by(SECTOR).copied().collect::<Vec<_>>());
        }
        assert!(seen.contains(&vec![1; 4]) && seen.contains(&vec![2; 4]));
        assert!(seen.len() > 6, "parts of every kind");
    }

    #[test]
    fn a_file_that_was_never_flushed_may_be_gone() {
        let operations = [write(0, &[1; 10])];
        let gone = (0..50).filter(|seed| left(&operations, *seed).is_none());
        assert!((1..50).contains(&gone.count()));
    }
}
