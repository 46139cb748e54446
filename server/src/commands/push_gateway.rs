//! `push-gateway`: the push module alone, which holds the keys and knows no mailbox. `push-key`: a new
//! key for handles.

use std::sync::Arc;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::{Failure, Flags, Place, output::say};
use crate::{
    app,
    clock::{Clock, SystemClock},
    config::Config,
    push::{gateway, setup},
    shutdown::Shutdown,
    telemetry,
};

/// Arguments of `push-gateway`.
#[derive(Args)]
pub struct PushGateway {
    #[command(flatten)]
    place: Place,
}

/// Arguments of `push-key`.
#[derive(Args)]
pub struct PushKey {
    #[command(flatten)]
    place: Place,
}

impl PushGateway {
    pub(super) fn run(self) -> Result<(), Failure> {
        let config = self.place.load(Flags::default())?;
        telemetry::start_log(&config.log)?;
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?
            .block_on(serve(config))
    }
}

impl PushKey {
    pub(super) fn run(self) -> Result<(), Failure> {
        let config = self.place.load(Flags::default())?;
        if config.push.gateway.is_some() {
            return Err("this relay holds no keys: run push-key where push-gateway runs".into());
        }
        app::make_data_dir(&config.data_dir)?;
        let file = setup::ring_file(&config);
        let keys = setup::rotate(&file)?;
        say(&format!("{} has {keys} keys now", file.display()));
        say("next: restart; clients seal to the new key when they connect");
        Ok(())
    }
}

async fn serve(config: Config) -> Result<(), Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let listen = config
        .push
        .listen
        .ok_or("set push.listen: the address and port for the relay")?;
    if config.push.gateway.is_some() {
        return Err("push.gateway is set: that is for the relay, not for the gateway".into());
    }
    let token = setup::gateway_token(&config)?;
    app::make_data_dir(&config.data_dir)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let module = setup::module(&config, &clock)?;
    let shutdown = Shutdown::new();
    let gateway = app::serve_gateway(
        &config,
        listen,
        gateway::router(module, &token),
        shutdown.clone(),
    );
    let bound = gateway.await?;
    say(&format!("listening on http://{bound}"));
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    shutdown.finish().await;
    Ok(())
}
