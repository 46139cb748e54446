//! What commands say: results on standard output, complaints on standard error.

use std::{
    error::Error,
    io::{self, Write},
};

/// Writes a line and sends it at once; a reader that went away is no failure.
pub(super) fn say(line: &str) {
    let mut output = io::stdout().lock();
    drop(writeln!(output, "{line}").and_then(|()| output.flush()));
}

/// Says why a command failed.
pub(super) fn complain(failure: &dyn Error) {
    drop(writeln!(io::stderr(), "restante-server: {failure}"));
}
