//! `cargo xtask`: everything a developer or a build machine does with this workspace.
//!
//! Owns: the commands below, their set-up and their summary. Never does: anything that ships.
//! Read next: [`steps`] for what `test` runs, `docs/testing.md` for why.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line program speaks through its output"
)]

mod arrows;
mod bench;
mod browser;
mod coverage;
mod error;
mod faults;
mod fuzz;
mod serve;
mod setup;
mod shell;
mod simulate;
mod steps;
mod tidy;
mod vectors;
mod wasm;
mod web;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::error::Failure;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Developer commands of this workspace")]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build the relay in release and run it on the embedded database.
    Serve(serve::Options),
    /// Install what is missing, then run every check and every test.
    Test(steps::Options),
    /// The same as `test`, printing the output of failed steps only.
    Ci(steps::Options),
    /// Check which package may depend on which.
    Arrows {
        /// Check another workspace than this one.
        #[arg(long)]
        manifest_path: Option<PathBuf>,
    },
    /// Check sizes, words, paths, links and features of the tree.
    Tidy,
    /// Break each invariant on purpose and see that its test fails.
    Faults {
        /// Only faults whose name contains this.
        filter: Option<String>,
    },
    /// Fuzz every decoder.
    Fuzz(fuzz::Options),
    /// Measure the relay or the client.
    Bench(bench::Options),
    /// Which lines of the core run in the simulation alone.
    Coverage(coverage::Options),
    /// Build the web client, which the relay then embeds.
    Web,
    /// Run random simulations.
    Simulate(simulate::Options),
    /// Write the test vectors anew.
    Vectors,
}

fn main() -> ExitCode {
    if coverage::is_compiler() {
        return coverage::compile();
    }
    let outcome = match Arguments::parse().command {
        Task::Serve(options) => serve::run(&options),
        Task::Test(options) => steps::run(&options, shell::Output::Shown),
        Task::Ci(options) => steps::run(&options, shell::Output::OnFailure),
        Task::Arrows { manifest_path } => arrows::run(manifest_path.as_deref()),
        Task::Tidy => tidy::run(),
        Task::Faults { filter } => faults::run(filter.as_deref()).and_then(faults::Table::verdict),
        Task::Fuzz(options) => fuzz::run(&options),
        Task::Bench(options) => bench::run(&options),
        Task::Coverage(options) => coverage::run(&options),
        Task::Web => web::run(),
        Task::Simulate(options) => simulate::run(&options),
        Task::Vectors => vectors::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

/// Prints what a check found, and fails if it found anything.
fn verdict(check: &'static str, findings: Vec<String>) -> Result<(), Failure> {
    if findings.is_empty() {
        println!("{check}: nothing to report");
        return Ok(());
    }
    Err(Failure::Findings { check, findings })
}
