//! The one error of the client: a stable code, whether a retry helps, and a private source.

use restante_wire::{ErrorCode, WireError};

use crate::engine::io::Failure;

/// Whether, and when, the same call may succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// At once.
    Now,
    /// After this many milliseconds.
    AfterMs(u64),
    /// Not unchanged.
    Never,
}

/// What went wrong, as a stable code. The same code reaches every language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The relay refused, by this code.
    Relay(ErrorCode),
    /// The relay cannot be reached.
    Offline,
    /// Whoever answers at the relay's address shows no certificate that is trusted.
    TlsUntrusted,
    /// The relay said something that a relay must not say.
    RelayFault,
    /// Another process owns this home.
    HomeInUse,
    /// The passphrase does not open this home.
    WrongPassphrase,
    /// What was named as the home is no directory.
    NotADirectory,
    /// There is no account in this home.
    NoAccount,
    /// Which account of this home is meant cannot be read, and there are several.
    NoDefault,
    /// There is an account in this home already.
    AccountExists,
    /// A registration of another name, or at another relay, is under way in this home.
    RegistrationPending,
    /// The relay does not know this account, or this client of it, any more.
    UnknownAccount,
    /// The home was written by a newer version.
    NewerVersion,
    /// The disk is full; nothing was accepted.
    DiskFull,
    /// The home cannot be written: a read-only file system, or a missing permission.
    ReadOnly,
    /// The browser gives no durable storage: a private window, or an old browser.
    NoStorage,
    /// The files of this home are damaged.
    DamagedHome,
    /// The home cannot be read or written.
    Storage,
    /// No room, contact or request of that name, or more than one.
    NotFound,
    /// The name fits more than one room.
    Ambiguous,
    /// Not allowed by the room's policy or roles.
    NotAllowed,
    /// A room must have an admin: make somebody else one first.
    LastAdmin,
    /// Only who wrote a message may change it.
    NotYours,
    /// A file of that name is there already.
    FileExists,
    /// A file cannot be written where the person wants it.
    CannotWrite,
    /// The room takes nothing now: it was left, or its invitation is not accepted yet.
    RoomClosed,
    /// The room stands still on this client: see its `halted`.
    RoomHalted,
    /// The person is there already.
    AlreadyThere,
    /// The person was asked to be a contact within the last day.
    AskedAlready,
    /// The person registered under another URL of the relay.
    OtherRelayUrl,
    /// A record, certificate or key package does not verify: nothing was sent.
    NotTrusted,
    /// The person's clients have no key package for this room.
    NoKeyPackage,
    /// The person's clients do not offer the ciphersuite of this room.
    SuiteNotSupported,
    /// The room has as many clients as its ciphersuite allows.
    RoomFull,
    /// The room has more clients than a room that turns hybrid may have.
    RoomTooLarge,
    /// The password is too weak.
    WeakPassword,
    /// Another client changed the password meanwhile: the one that it set is valid.
    PasswordChanged,
    /// The recovery phrase is not that of the account.
    WrongPhrase,
    /// Too long, empty, or not of the expected form.
    BadInput,
    /// No picture, or none that can be shown: damaged, or too large to be looked at.
    NotAPicture,
    /// More than a message may hold, or than the relay takes in one envelope.
    TooLong,
    /// A file to send is no file, or cannot be read.
    FileUnreadable,
    /// A file to send is too long.
    FileTooLarge,
    /// A file changed while it was read.
    FileChanged,
    /// The sealed copy of a file to send is gone from the home.
    FileLost,
    /// A folder takes no file.
    FileUnwritable,
    /// An attachment is said to be at a place that is no blob of the room's relay.
    AttachmentForeign,
    /// An attachment is sealed in a way that this build does not know.
    AttachmentUnsupported,
    /// An attachment has another size than its sender says.
    AttachmentSize,
    /// An attachment is no longer at the relay.
    AttachmentGone,
    /// An attachment was cut, changed or mixed up, or its key does not open it.
    AttachmentDamaged,
    /// An attachment is something else than its sender says.
    AttachmentType,
    /// Waited too long for an answer.
    TimedOut,
    /// This client was removed from its account: it can neither send nor fetch any more.
    ClientRemoved,
    /// The account of this client was deleted.
    AccountDeleted,
    /// A fault of this program.
    Internal,
}

impl ErrorKind {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Relay(code) => code.code(),
            Self::Offline => "offline",
            Self::TlsUntrusted => "tls_untrusted",
            Self::RelayFault => "relay_fault",
            Self::HomeInUse => "home_in_use",
            Self::WrongPassphrase => "wrong_passphrase",
            Self::NotADirectory => "not_a_directory",
            Self::NoAccount => "no_account",
            Self::NoDefault => "no_default",
            Self::AccountExists => "account_exists",
            Self::RegistrationPending => "registration_pending",
            Self::UnknownAccount => "unknown_account",
            Self::NewerVersion => "newer_version",
            Self::DiskFull => "disk_full",
            Self::ReadOnly => "read_only",
            Self::NoStorage => "no_storage",
            Self::DamagedHome => "damaged_home",
            Self::Storage => "storage",
            Self::NotFound => "not_found",
            Self::Ambiguous => "ambiguous",
            Self::NotAllowed => "not_allowed",
            Self::LastAdmin => "last_admin",
            Self::NotYours => "not_yours",
            Self::FileExists => "file_exists",
            Self::CannotWrite => "cannot_write",
            Self::RoomClosed => "room_closed",
            Self::RoomHalted => "room_halted",
            Self::AlreadyThere => "already_there",
            Self::AskedAlready => "asked_already",
            Self::OtherRelayUrl => "other_relay_url",
            Self::NotTrusted => "not_trusted",
            Self::NoKeyPackage => "no_key_package",
            Self::SuiteNotSupported => "suite_not_supported",
            Self::RoomFull => "room_full",
            Self::RoomTooLarge => "room_too_large",
            Self::WeakPassword => "weak_password",
            Self::PasswordChanged => "password_changed",
            Self::WrongPhrase => "wrong_phrase",
            Self::BadInput => "bad_input",
            Self::NotAPicture => "not_a_picture",
            Self::TooLong => "too_long",
            Self::FileUnreadable => "file_unreadable",
            Self::FileTooLarge => "file_too_large",
            Self::FileChanged => "file_changed",
            Self::FileLost => "file_lost",
            Self::FileUnwritable => "file_unwritable",
            Self::AttachmentForeign => "attachment_foreign",
            Self::AttachmentUnsupported => "attachment_unsupported",
            Self::AttachmentSize => "attachment_size",
            Self::AttachmentGone => "attachment_gone",
            Self::AttachmentDamaged => "attachment_damaged",
            Self::AttachmentType => "attachment_type",
            Self::TimedOut => "timed_out",
            Self::ClientRemoved => "client_removed",
            Self::AccountDeleted => "account_deleted",
            Self::Internal => "internal_client",
        }
    }
}

/// An error with its code. The source is for debugging and is never shown or logged.
#[derive(Debug, thiserror::Error)]
#[error("{}", kind.code())]
pub struct Error {
    /// What went wrong.
    pub kind: ErrorKind,
    /// Whether a retry helps.
    pub retry: Retry,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error that a retry will not change.
    #[must_use]
    pub const fn new(kind: ErrorKind) -> Self {
        Self {
            kind,
            retry: Retry::Never,
            source: None,
        }
    }

    /// The same with its cause.
    #[must_use]
    pub fn caused(
        kind: ErrorKind,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            kind,
            retry: Retry::Never,
            source: Some(source.into()),
        }
    }

    /// The same error, for a retry.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Whether this says that something may not be done, rather than that it could not.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        !matches!(
            self.kind,
            ErrorKind::Storage
                | ErrorKind::DiskFull
                | ErrorKind::ReadOnly
                | ErrorKind::DamagedHome
                | ErrorKind::HomeInUse
                | ErrorKind::Internal
        )
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.kind.code()
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self::new(kind)
    }
}

impl From<WireError> for Error {
    fn from(error: WireError) -> Self {
        let retry = error.retry_after_ms.map_or(Retry::Never, Retry::AfterMs);
        Self::new(ErrorKind::Relay(error.code)).with_retry(retry)
    }
}

/// Of a request that was made for somebody who waits for it.
impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(error) => error.into(),
            Failure::Lost => Self::new(ErrorKind::Offline).with_retry(Retry::Now),
            // The same until its operator, or this machine's list of authorities, changes.
            Failure::Untrusted => ErrorKind::TlsUntrusted.into(),
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Sqlite;
        let is_extended = |code| {
            let extended = error.sqlite_error().map(|error| error.extended_code);
            extended == Some(code)
        };
        let kind = match error.sqlite_error_code() {
            Some(Sqlite::DiskFull) => ErrorKind::DiskFull,
            // The index of the write-ahead log cannot grow.
            _ if is_extended(rusqlite::ffi::SQLITE_IOERR_SHMSIZE) => ErrorKind::DiskFull,
            Some(Sqlite::ReadOnly) => ErrorKind::ReadOnly,
            Some(Sqlite::DatabaseCorrupt) => ErrorKind::DamagedHome,
            Some(Sqlite::NotADatabase) => ErrorKind::WrongPassphrase,
            Some(Sqlite::DatabaseBusy | Sqlite::DatabaseLocked) => ErrorKind::HomeInUse,
            _ => ErrorKind::Storage,
        };
        Self::caused(kind, error)
    }
}

/// Of a file of the home, outside the database.
impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind as Io;
        let kind = match error.kind() {
            Io::StorageFull | Io::QuotaExceeded => ErrorKind::DiskFull,
            Io::ReadOnlyFilesystem | Io::PermissionDenied => ErrorKind::ReadOnly,
            _ => ErrorKind::Storage,
        };
        Self::caused(kind, error)
    }
}

impl From<restante_wire::codec::CodecError> for Error {
    fn from(error: restante_wire::codec::CodecError) -> Self {
        Self::caused(ErrorKind::Storage, error)
    }
}
