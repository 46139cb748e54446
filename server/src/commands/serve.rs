//! `serve`: the relay until a signal ends it.

use std::{net::SocketAddr, os::unix::fs::MetadataExt, path::Path, sync::Arc};

use clap::Args;
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

use super::{Failure, Flags, Place, output::say};
use crate::{
    app::{App, RunningApp},
    clock::SystemClock,
    config::Config,
    first_start, telemetry,
};

/// Arguments of `serve`.
#[derive(Args)]
pub struct Serve {
    #[command(flatten)]
    place: Place,
    /// Address and port for clients.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Base URL under which clients reach this relay.
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Begins anew where a relay has run whose database is gone: without accounts and messages.
    #[arg(long)]
    new_database: bool,
}

impl Serve {
    pub(super) fn run(self) -> Result<(), Failure> {
        let config = self.place.load(Flags {
            listen: self.listen,
            public_url: self.public_url,
        })?;
        telemetry::start_log(&config.log)?;
        if !self.new_database {
            first_start::check(&config)?;
        }
        warn_of_readers(&config.data_dir);
        raise_open_files();
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?
            .block_on(serve(config))
    }
}

async fn serve(config: Config) -> Result<(), Failure> {
    // Before the start, so that no signal in between is lost.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let relay = App::start(config, Arc::new(SystemClock)).await?;
    announce(&relay);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("going down: no new connections, answers on their way still leave");
    if !relay.shutdown().await {
        tracing::warn!("some connections did not end in time and were cut");
    }
    Ok(())
}

/// Files that are made now are this user's alone; older ones in an open directory may not be.
fn warn_of_readers(dir: &Path) {
    let is_open = std::fs::metadata(dir).is_ok_and(|found| found.mode() & 0o077 != 0);
    if is_open {
        tracing::warn!("others may look into the data directory: chmod 700 it and 600 its files");
    }
}

/// Takes what the system allows: its default for a program is below one connection a member of a
/// large room.
fn raise_open_files() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if setrlimit(Resource::Nofile, limit).is_err() {
        tracing::warn!("the system does not let this program raise its open-file limit");
    }
}

fn announce(relay: &RunningApp) {
    // The socket's own address: with port 0 nobody else knows it.
    let scheme = if relay.serves_tls() { "https" } else { "http" };
    say(&format!("listening on {scheme}://{}", relay.local_addr()));
    say(&format!(
        "next: restante register --relay {} --username NAME",
        relay.url()
    ));
}
