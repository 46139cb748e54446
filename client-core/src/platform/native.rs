//! Clock and directories of desktop and server systems.

use std::{
    env,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use super::Clock;
use crate::{Error, engine::io::Time};

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
/// `disk_full`, `read_only`, `storage`.
pub fn create_home(home: &Path) -> Result<(), Error> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    Ok(builder.create(home)?)
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
