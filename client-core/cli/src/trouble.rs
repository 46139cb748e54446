//! What can go wrong, and the exit status that says so.

use std::{io, process::ExitCode};

use restante_client::{Error, ErrorKind, Retry};
use serde_json::json;

use crate::{screen::Screen, texts};

/// Exit status of a refusal.
const REFUSED: u8 = 1;

/// Exit status of a command that was not understood.
const USAGE: u8 = 2;

/// Why a command ended without being done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// Refused by the client or the relay.
    #[error(transparent)]
    Refused(#[from] Error),
    /// Something is missing from the command line or the environment.
    #[error("{0}")]
    Usage(String),
    /// Standard input or output failed.
    #[error("standard input or output")]
    Io(#[from] io::Error),
}

impl From<ErrorKind> for Trouble {
    fn from(kind: ErrorKind) -> Self {
        Self::Refused(Error::new(kind))
    }
}

impl Trouble {
    /// Tells the person or the script.
    pub(crate) fn tell(&self, screen: &mut Screen) -> ExitCode {
        // Where even this cannot be written, the exit status is all that is left to say.
        match self {
            Self::Refused(error) => {
                let _ = tell_refusal(error, screen);
                ExitCode::from(REFUSED)
            }
            Self::Usage(text) => {
                let _ = screen.complain(&format!("restante: {text}"));
                ExitCode::from(USAGE)
            }
            // Whoever read the output has seen enough (`restante history … | head`).
            Self::Io(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            Self::Io(_) => {
                let _ = screen.complain("restante: standard input or output failed");
                ExitCode::from(REFUSED)
            }
        }
    }
}

fn tell_refusal(error: &Error, screen: &mut Screen) -> io::Result<()> {
    let (message, advice) = texts::refusal(screen.language(), error.kind);
    let retry_after_ms = match error.retry {
        Retry::Now => Some(0),
        Retry::AfterMs(ms) => Some(ms),
        Retry::Never => None,
    };
    if screen.is_json() {
        let told = json!({ "error": {
            "code": error.code(),
            "message": message,
            "retry_after_ms": retry_after_ms,
        }});
        return screen.answer(&told, "");
    }
    screen.complain(&format!("restante: {message} ({})", error.code()))?;
    if !advice.is_empty() {
        screen.complain(&format!("  {advice}"))?;
    }
    Ok(())
}
