//! `cargo xtask simulate`: builds the simulator and runs random simulations.

use std::process::Command;

use crate::{error::Failure, shell};

/// Options of `simulate`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Handed to the simulator: `--help` lists what it takes.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Builds it, with all packages at once as the tests are built, and runs it.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    shell::run(&mut shell::cargo([
        "build",
        "--workspace",
        "--bin",
        "simulate",
        "--quiet",
    ]))?;
    let simulator = shell::target_folder()?.join("debug/simulate");
    let mut command = Command::new(simulator);
    shell::run(command.args(&options.arguments).current_dir(shell::root()))
}
