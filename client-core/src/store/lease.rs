//! The lease of a home: one owner at a time, given up when dropped or when the process ends.

use std::{
    fs::{File, TryLockError},
    path::Path,
};

use crate::{Error, ErrorKind, platform::open_private};

/// Name of the lock file in a home. It holds nothing.
const FILE: &str = "lease";

/// The right to open the database of a home.
#[derive(Debug)]
pub(super) struct Lease {
    _file: File,
}

impl Lease {
    /// Takes the lease, or says `home_in_use` at once.
    pub(super) fn take(home: &Path) -> Result<Self, Error> {
        let file = open_private(&home.join(FILE))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(ErrorKind::HomeInUse.into()),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }
}
