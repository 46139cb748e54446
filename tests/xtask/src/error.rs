//! Why a command did not succeed.

use std::{io, path::PathBuf};

/// What went wrong, and where to look.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A program could not be started.
    #[error("cannot run {program}: {source}")]
    Spawn {
        /// As typed.
        program: String,
        /// From the system.
        source: io::Error,
    },
    /// A program ended with an error.
    #[error("failed: {command}")]
    Command {
        /// The whole command line.
        command: String,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// From the system.
        source: io::Error,
    },
    /// A tool printed something else than expected.
    #[error("unexpected output of {0}")]
    Unexpected(&'static str),
    /// A check found something.
    #[error("{check}: {} finding(s)\n  {}", findings.len(), findings.join("\n  "))]
    Findings {
        /// Which check.
        check: &'static str,
        /// One line each.
        findings: Vec<String>,
    },
    /// The person has to do something first.
    #[error("{0}")]
    Advice(String),
}
