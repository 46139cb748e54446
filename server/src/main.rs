//! `restante-server`: the relay as a program.

use std::process::ExitCode;

use clap::Parser;
use restante_server::commands::Command;

/// The Restante relay: mailboxes of ciphertext, accounts, a directory of key packages.
#[derive(Parser)]
#[command(name = "restante-server", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    Arguments::parse().command.run()
}
