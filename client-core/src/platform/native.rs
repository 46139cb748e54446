//! Clock, directories and files of desktop and server systems.

use std::{
    env,
    fs::{File, OpenOptions},
    io,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use super::Clock;
use crate::{Error, ErrorKind, engine::io::Time};

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
