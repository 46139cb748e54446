//! Stories of people at browsers: `tests/browser`, in headless Chromium against the relay that Cargo
//! built. Read next: `tests/browser/src/person.ts`.

use std::{path::PathBuf, process::Command};

use crate::{
    error::Failure,
    setup,
    shell::{self, Output},
};

/// Runs every story; the programs and the web client are built already.
pub(crate) fn run(output: Output) -> Result<(), Failure> {
    setup::browser()?;
    let programs = shell::target_folder()?.join("debug");
    shell::stream(&mut npm(&["ci", "--no-audit", "--no-fund"]), output, |_| ())?;
    shell::stream(&mut npm(&["run", "--silent", "check"]), output, |_| ())?;
    let mut stories = npm(&["run", "--silent", "test"]);
    stories.env("HARNESS_PROGRAMS", programs);
    shell::stream(&mut stories, output, |_| ())
}

fn npm(arguments: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.args(arguments).current_dir(folder());
    command
}

fn folder() -> PathBuf {
    shell::root().join("tests/browser")
}
