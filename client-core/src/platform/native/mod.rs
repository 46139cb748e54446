//! Desktop and server systems: clock, directories and files here, the rest beside.

mod calendar;
mod files;
mod http;
mod picture;
mod socket;
mod strength;
mod task;
mod trust;
mod url;

use std::{
    env,
    fs::{File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use rusqlite::Connection;

use super::Clock;
use crate::{Error, ErrorKind, engine::io::Time};

pub use self::{calendar::instant, picture::make_jpeg, task::MaybeSend};
pub(crate) use self::{
    calendar::{date, time_in_utc},
    files::{
        HomeFile, at_home, create_home_file, find_home_file, home_files, keep_home_file,
        open_home_file, remove_home_file,
    },
    http::Http,
    picture::jpeg_of,
    socket::WebSocket,
    strength::check_password,
    task::{Instant, Runtime, Task, blocking, run_engine, sleep, timeout},
    url::parse_url,
};

/// On what this client runs, as its person's other clients show it.
pub const NAME: &str = env::consts::OS;

/// Name of the lock file in a home. It holds nothing.
const LEASE: &str = "lease";

/// Name of the file by which it is found out whether a home can be written.
const PROBE: &str = "probe";

/// Bytes that are written there: more than a file system keeps beside a name.
const PROBE_BYTES: [u8; 8192] = [0; 8192];

/// The right to open the database of a home: one owner at a time, given up when dropped or when the
/// process ends.
#[derive(Debug)]
pub(crate) struct Lease {
    _file: File,
}

impl Lease {
    /// Takes the lease, or says `home_in_use` at once.
    ///
    /// # Errors
    /// `home_in_use`, `disk_full`, `read_only`, `storage`.
    pub(crate) fn take(home: &Path) -> Result<Self, Error> {
        let file = open_private(&home.join(LEASE))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(ErrorKind::HomeInUse.into()),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }
}

/// What a database needs to be told on this machine before it is read: nothing.
///
/// # Errors
/// None here.
#[expect(clippy::unnecessary_wraps, reason = "other machines can fail")]
pub(crate) const fn prepare(_connection: &Connection) -> Result<(), Error> {
    Ok(())
}

/// Length of a file in bytes; of none, nothing.
pub(crate) fn file_len(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}

/// Whether there is such a file.
pub(crate) fn exists(path: &Path) -> bool {
    path.exists()
}

/// Removes a file; none is as good.
///
/// # Errors
/// `disk_full`, `read_only`, `storage`.
pub(crate) fn remove_file(path: &Path) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Whether a home takes another file: the error says more than a database does.
///
/// # Errors
/// `disk_full`, `read_only`, `storage`.
pub(crate) fn can_write(home: &Path) -> Result<(), Error> {
    let path = home.join(PROBE);
    let written = File::create(&path).and_then(|mut file| {
        file.write_all(&PROBE_BYTES)?;
        file.sync_all()
    });
    // Where it could not be made, there is nothing to remove.
    let _ = std::fs::remove_file(&path);
    Ok(written?)
}

/// The operating system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where the clock is read")]
    fn now(&self) -> Time {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let ms = since.map_or(0, |since| since.as_millis());
        Time(u64::try_from(ms).unwrap_or(u64::MAX))
    }
}

/// Where a home lies if nobody says where: the platform's place for a program's own data. None where
/// the environment does not tell.
#[must_use]
pub fn default_home() -> Option<PathBuf> {
    let base = if cfg!(target_os = "windows") {
        directory("APPDATA")?
    } else if cfg!(target_os = "macos") {
        directory("HOME")?.join("Library/Application Support")
    } else {
        directory("XDG_DATA_HOME").or_else(|| Some(directory("HOME")?.join(".local/share")))?
    };
    Some(base.join("restante"))
}

fn directory(variable: &str) -> Option<PathBuf> {
    env::var_os(variable)
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
}

/// Makes a home that only its owner can look into; one that exists is left as it is.
///
/// # Errors
/// `not_a_directory`, `disk_full`, `read_only`, `storage`.
pub fn create_home(home: &Path) -> Result<(), Error> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(home) {
        Err(_) if is_other(home) => Err(ErrorKind::NotADirectory.into()),
        made => Ok(made?),
    }
}

/// Whether something is there that is no directory, such as a file.
pub fn is_other(home: &Path) -> bool {
    std::fs::metadata(home).is_ok_and(|found| !found.is_dir())
}

/// Makes a file that only its owner can read, whatever the rights of its folder; one that exists is
/// left as it is. For libraries that open files by their names.
///
/// # Errors
/// `disk_full`, `read_only`, `storage`.
pub fn ensure_private(path: &Path) -> Result<(), Error> {
    match path.exists() {
        true => Ok(()),
        false => Ok(open_private(path).map(drop)?),
    }
}

/// Waits until the person or the system wants this process to end: Ctrl-C, and on Unix SIGTERM.
/// Where neither can be heard, it waits for ever.
pub async fn told_to_stop() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminated) => {
                terminated.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
}

/// Makes a folder that only its owner can look into; one that exists is left as it is.
///
/// # Errors
/// `storage`.
pub fn private_dir(folder: &Path) -> Result<(), Error> {
    create_home(folder)
}

/// Makes a file that only its owner can read; there must be none.
///
/// # Errors
/// What the operating system says.
pub fn create_private(path: &Path) -> io::Result<File> {
    private().write(true).create_new(true).open(path)
}

/// Opens such a file for reading and appending, or makes it.
///
/// # Errors
/// What the operating system says.
pub fn open_private(path: &Path) -> io::Result<File> {
    private().read(true).append(true).create(true).open(path)
}

/// Opens a file for reading, and tells its length. What is no ordinary file (a folder, a device, a
/// pipe, which might never end) is refused.
///
/// # Errors
/// What the operating system says.
pub fn open_regular(path: &Path) -> io::Result<(File, u64)> {
    // Before it is opened: opening a pipe waits for somebody who writes.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let file = File::open(path)?;
    let found = file.metadata()?;
    match found.is_file() {
        true => Ok((file, found.len())),
        false => Err(io::ErrorKind::InvalidInput.into()),
    }
}

/// Makes the names in a folder durable.
///
/// # Errors
/// What the operating system says.
pub fn flush_dir(folder: &Path) -> io::Result<()> {
    // Only Unix lets a folder be opened.
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    // Elsewhere new files have the rights of their folder.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
