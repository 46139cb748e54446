//! What can go wrong below the rules, as facts with stable codes.

use restante_wire::{ErrorCode, WireError};
use rusqlite::ffi;

/// After this many milliseconds a full queue may have room.
const OVERLOADED_RETRY_MS: u64 = 250;

/// After this many milliseconds somebody may have made room, or brought the database back.
const STORAGE_RETRY_MS: u64 = 5_000;

/// Why a read or write failed. Nothing of a failed write is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The disk, or the quota of the database, is full.
    #[error("disk full")]
    Full,
    /// The database is locked, removed, damaged or does not answer.
    #[error("database unavailable, SQLite code {code}")]
    Unavailable {
        /// Extended result code of SQLite, 0 where SQLite was not asked.
        code: i32,
    },
    /// A queue is full: try again later.
    #[error("queue full")]
    Overloaded,
    /// The store was closed.
    #[error("store closed")]
    Closed,
    /// A `UNIQUE`, `CHECK` or foreign key refused the change. Callers map it to their own code.
    #[error("constraint refused the change")]
    Constraint,
    /// The work itself refused, with the code that the client gets.
    #[error("refused: {0}")]
    Refused(WireError),
    /// A fault of this program.
    #[error("internal, SQLite code {code}")]
    Internal {
        /// Extended result code of SQLite, 0 where SQLite was not asked.
        code: i32,
    },
}

impl StoreError {
    /// Whether everything else of the transaction is lost with this.
    #[must_use]
    pub(crate) const fn ends_transaction(&self) -> bool {
        matches!(self, Self::Full | Self::Unavailable { .. })
    }
}

impl From<WireError> for StoreError {
    fn from(error: WireError) -> Self {
        Self::Refused(error)
    }
}

impl From<ErrorCode> for StoreError {
    fn from(code: ErrorCode) -> Self {
        Self::Refused(code.into())
    }
}

impl From<StoreError> for WireError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => Self::retry(ErrorCode::StorageFull, STORAGE_RETRY_MS),
            StoreError::Unavailable { .. } => {
                Self::retry(ErrorCode::StorageUnavailable, STORAGE_RETRY_MS)
            }
            StoreError::Overloaded => Self::retry(ErrorCode::Overloaded, OVERLOADED_RETRY_MS),
            StoreError::Closed => Self::retry(ErrorCode::ShuttingDown, OVERLOADED_RETRY_MS),
            StoreError::Refused(error) => error,
            StoreError::Constraint | StoreError::Internal { .. } => {
                // Said here, once: the client learns nothing of it.
                tracing::error!(fault = %error, "a request met a fault of the relay");
                Self::new(ErrorCode::Internal)
            }
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        let rusqlite::Error::SqliteFailure(failure, _) = error else {
            return Self::Internal { code: 0 };
        };
        let code = failure.extended_code;
        match failure.code {
            Code::DiskFull => Self::Full,
            Code::SystemIoFailure if is_failed_write(code) => Self::Full,
            Code::SystemIoFailure
            | Code::DatabaseBusy
            | Code::DatabaseLocked
            | Code::DatabaseCorrupt
            | Code::NotADatabase
            | Code::CannotOpen
            | Code::ReadOnly
            | Code::PermissionDenied
            | Code::FileLockingProtocolFailed => Self::Unavailable { code },
            Code::ConstraintViolation => Self::Constraint,
            _ => Self::Internal { code },
        }
    }
}

/// Failures with which SQLite reports a disk that took no more, beside `SQLITE_FULL`.
const fn is_failed_write(extended_code: i32) -> bool {
    matches!(
        extended_code,
        ffi::SQLITE_IOERR_WRITE | ffi::SQLITE_IOERR_SHMSIZE | ffi::SQLITE_IOERR_TRUNCATE
    )
}

/// Why a database was not opened. The file is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another relay has this database open.
    #[error("another relay has this database open")]
    InUse,
    /// It was written by a newer version of this program.
    #[error("format {found} is newer than {known}, the newest this version knows")]
    NewerFormat {
        /// Format of the database.
        found: u32,
        /// Newest format of this build.
        known: u32,
    },
    /// It is an SQLite database, but not a relay's.
    #[error("not a relay's database")]
    ForeignFormat,
    /// It is no database, or a damaged one.
    #[error("not a database, or a damaged one")]
    NotADatabase,
    /// The file or its directory cannot be used.
    #[error("database file")]
    File(#[source] std::io::Error),
    /// SQLite failed.
    #[error("database, SQLite code {code}")]
    Database {
        /// Extended result code.
        code: i32,
    },
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        let Some(failure) = error.sqlite_error() else {
            return Self::Database { code: 0 };
        };
        match failure.code {
            Code::NotADatabase | Code::DatabaseCorrupt => Self::NotADatabase,
            Code::DatabaseBusy | Code::DatabaseLocked => Self::InUse,
            _ => Self::Database {
                code: failure.extended_code,
            },
        }
    }
}

impl From<std::io::Error> for OpenError {
    fn from(error: std::io::Error) -> Self {
        Self::File(error)
    }
}
