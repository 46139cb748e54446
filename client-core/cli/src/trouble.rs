//! What can go wrong, and the exit status that says so.

use std::{io, process::ExitCode};

use restante_client::{Error, ErrorKind, Retry};
use serde_json::json;

use crate::{
    screen::Screen,
    shown,
    texts::{self, Text},
};

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
    /// Refused as `ambiguous`: the name may mean each of these.
    #[error("ambiguous")]
    Ambiguous(Vec<Candidate>),
    /// Refused as `suite_not_supported`: clients of these people lack the suite.
    #[error("suite not supported")]
    Lacking(Vec<String>),
    /// Refused as `bad_input`, and this is what the input should have been.
    #[error("{0:?}")]
    BadInput(Text),
    /// Something is missing from the command line or the environment.
    #[error("{0}")]
    Usage(String),
    /// Standard input or output failed.
    #[error("standard input or output")]
    Io(#[from] io::Error),
}

/// A room that an ambiguous name may mean.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// Its whole id.
    pub(crate) id: String,
    /// Its title, or who it is with.
    pub(crate) title: String,
    /// Whether it is one-to-one.
    pub(crate) direct: bool,
}

impl From<ErrorKind> for Trouble {
    fn from(kind: ErrorKind) -> Self {
        Self::Refused(Error::new(kind))
    }
}

impl Trouble {
    /// A refusal; where it is `bad_input`, this is what the input should have been.
    pub(crate) fn of_input(self, should_be: Text) -> Self {
        match self {
            Self::Refused(error) if error.kind == ErrorKind::BadInput => Self::BadInput(should_be),
            other => other,
        }
    }

    /// Tells the person or the script.
    pub(crate) fn tell(&self, screen: &mut Screen) -> ExitCode {
        // Where even this cannot be written, the exit status is all that is left to say.
        match self {
            Self::Refused(error) => {
                let _ = tell_refusal(error, screen);
                ExitCode::from(REFUSED)
            }
            Self::Ambiguous(candidates) => {
                let _ = tell_candidates(candidates, screen);
                ExitCode::from(REFUSED)
            }
            Self::Lacking(people) => {
                let _ = tell_lacking(people, screen);
                ExitCode::from(REFUSED)
            }
            Self::BadInput(text) => {
                let said = (screen.language().say(*text), "");
                let _ = tell_error(ErrorKind::BadInput.code(), said, None, screen);
                ExitCode::from(REFUSED)
            }
            Self::Usage(text) => {
                let _ = match screen.is_json() {
                    true => tell_error("usage", (text, ""), None, screen),
                    false => screen.complain(&format!("restante: {text}")),
                };
                ExitCode::from(USAGE)
            }
            // Whoever read the output has seen enough (`restante history … | head`).
            Self::Io(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            Self::Io(_) => {
                let said = (screen.language().say(Text::StreamsFailed), "");
                let _ = tell_error("input_output", said, None, screen);
                ExitCode::from(REFUSED)
            }
        }
    }
}

fn tell_candidates(candidates: &[Candidate], screen: &mut Screen) -> io::Result<()> {
    let kind = ErrorKind::Ambiguous;
    let (message, _) = texts::refusal(screen.language(), kind);
    if screen.is_json() {
        let listed: Vec<_> = candidates
            .iter()
            .map(|room| json!({ "id": room.id, "title": room.title, "direct": room.direct }))
            .collect();
        let told = json!({ "error": {
            "code": kind.code(),
            "message": message,
            "retry_after_ms": null,
            "candidates": listed,
        }});
        return screen.answer(&told, "");
    }
    let advice = screen.language().say(Text::Candidates);
    tell_error(kind.code(), (message, advice), None, screen)?;
    for Candidate { id, title, direct } in candidates {
        let what = screen.language().say(match direct {
            true => Text::OneToOne,
            false => Text::GroupRoom,
        });
        screen.complain(&format!("    {id}  {} ({what})", shown::clean_line(title)))?;
    }
    Ok(())
}

fn tell_lacking(people: &[String], screen: &mut Screen) -> io::Result<()> {
    let kind = ErrorKind::SuiteNotSupported;
    let (message, _) = texts::refusal(screen.language(), kind);
    if screen.is_json() {
        let told = json!({ "error": {
            "code": kind.code(),
            "message": message,
            "retry_after_ms": null,
            "people": people,
        }});
        return screen.answer(&told, "");
    }
    let advice = screen.language().say(Text::LackingPeople);
    tell_error(kind.code(), (message, advice), None, screen)?;
    for username in people {
        screen.complain(&format!("    {}", shown::clean_line(username)))?;
    }
    Ok(())
}

fn tell_refusal(error: &Error, screen: &mut Screen) -> io::Result<()> {
    let said = texts::refusal(screen.language(), error.kind);
    let retry_after_ms = match error.retry {
        Retry::Now => Some(0),
        Retry::AfterMs(ms) => Some(ms),
        Retry::Never => None,
    };
    tell_error(error.code(), said, retry_after_ms, screen)
}

/// An error in the form that was asked for: what is wrong, and what to do.
fn tell_error(
    code: &str,
    (message, advice): (&str, &str),
    retry_after_ms: Option<u64>,
    screen: &mut Screen,
) -> io::Result<()> {
    if screen.is_json() {
        let told = json!({ "error": {
            "code": code,
            "message": message,
            "retry_after_ms": retry_after_ms,
        }});
        return screen.answer(&told, "");
    }
    screen.complain(&format!("restante: {message} ({code})"))?;
    if !advice.is_empty() {
        screen.complain(&format!("  {advice}"))?;
    }
    if let Some(ms) = retry_after_ms.filter(|ms| *ms > 0) {
        let seconds = ms.div_ceil(1000).to_string();
        let wait = texts::fill(screen.language().say(Text::RetryAfter), &[&seconds]);
        screen.complain(&format!("  {wait}"))?;
    }
    Ok(())
}
