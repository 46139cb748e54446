//! The commands of `restante-server`.
//!
//! Exit status 0; 1 when something is refused or wrong, with the reason and what to do on standard
//! error; 2 for wrong usage.

mod doctor;
mod doctor_push;
mod init;
mod invite;
mod output;
mod push_gateway;
mod restored;
mod serve;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Subcommand};
use serde::Serialize;

use crate::config::{self, Config, ConfigError};

/// What the program is asked to do.
#[derive(Subcommand)]
pub enum Command {
    /// Writes a commented configuration and the relay's keys; overwrites nothing.
    Init(init::Init),
    /// Runs the relay until it is told to stop (SIGTERM, Ctrl-C).
    Serve(serve::Serve),
    /// Checks configuration, files, database and system, one line a check.
    Doctor(doctor::Doctor),
    /// Runs the push module alone: it holds the keys, and the relay none.
    PushGateway(push_gateway::PushGateway),
    /// Makes a new key for wake-up handles; the two before still open.
    PushKey(push_gateway::PushKey),
    /// Makes, lists and revokes invite codes; works beside a running relay.
    Invite(invite::Invite),
    /// Says that the database was restored from a backup; the relay must not run.
    Restored(restored::Restored),
}

impl Command {
    /// Runs the command.
    #[must_use]
    pub fn run(self) -> ExitCode {
        // Whatever is made from here on is this user's alone, in whichever directory it lies.
        rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
        let ran = match self {
            Self::Init(init) => init.run(),
            Self::Serve(serve) => serve.run(),
            Self::Doctor(doctor) => return doctor.run(),
            Self::PushGateway(gateway) => gateway.run(),
            Self::PushKey(key) => key.run(),
            Self::Invite(invite) => invite.run(),
            Self::Restored(restored) => restored.run(),
        };
        match ran {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                output::complain(failure.as_ref());
                ExitCode::FAILURE
            }
        }
    }
}

/// Why a command failed, for the person at the terminal.
type Failure = Box<dyn std::error::Error>;

/// Where the configuration comes from; the same for every command.
#[derive(Args)]
struct Place {
    /// Directory of the database and its keys.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Configuration file, if not restante.toml in the data directory.
    #[arg(long, value_name = "FILE", env = "RESTANTE_CONFIG")]
    config: Option<PathBuf>,
}

/// Settings that flags give; what was not given stays out.
#[derive(Default, Serialize)]
struct Flags {
    #[serde(skip_serializing_if = "Option::is_none")]
    listen: Option<SocketAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_url: Option<String>,
}

impl Place {
    fn load(&self, flags: Flags) -> Result<Config, ConfigError> {
        config::load(self.config.as_deref(), self.data_dir(), flags)
    }

    fn data_dir(&self) -> Option<&Path> {
        self.data.as_deref()
    }
}
