//! `cargo xtask bench`: builds the benchmark and its subject alone in release, then runs it.

use std::process::Command;

use crate::{error::Failure, shell};

/// Options of `bench`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// What is measured.
    #[arg(value_enum)]
    subject: Subject,
    /// Handed to the benchmark: `--help` lists what it takes.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Subject {
    /// Messages a second, CPU and latency of the released relay.
    Relay,
    /// From append to hand-over at push gateways, with all of them up and with one that hangs.
    Push,
    /// Memory of a client that a push woke, in a large room.
    Visit,
    /// Bytes written, catch-up and search of the client.
    Client,
    /// Adding, joining, sending and removing in groups, beside openmls alone.
    Groups,
}

/// Builds and runs one benchmark.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let mut command = shell::cargo(["run", "--release", "--quiet", "--package", "restante-bench"]);
    match options.subject {
        Subject::Relay => with_relay(&mut command, "bench-relay")?,
        Subject::Push => with_relay(&mut command, "bench-push")?,
        Subject::Visit => {
            build_alone("restante-server")?;
            build_alone("restante-cli")?;
            let programs = shell::target_folder()?.join("release");
            command
                .env("HARNESS_PROGRAMS", programs)
                .args(["--bin", "bench-visit", "--"]);
        }
        Subject::Client => {
            command.args(["--bin", "bench-client", "--"]);
        }
        Subject::Groups => {
            command.args(["--bin", "bench-groups", "--"]);
        }
    }
    shell::run(command.args(&options.arguments))
}

/// Has a benchmark measure the relay.
fn with_relay(command: &mut Command, benchmark: &str) -> Result<(), Failure> {
    build_alone("restante-server")?;
    let relay = shell::target_folder()?.join("release/restante-server");
    command
        .args(["--bin", benchmark, "--", "--program"])
        .arg(relay);
    Ok(())
}

/// Builds a program by itself: together with the benchmark it would not be the one that ships.
fn build_alone(package: &str) -> Result<(), Failure> {
    shell::run(&mut shell::cargo([
        "build",
        "--release",
        "--package",
        package,
    ]))
}
