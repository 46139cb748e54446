//! `sync`.

use std::time::Duration;

use restante_client::{
    driver::{Client, Heard},
    engine::io::Event,
};
use serde_json::json;

use super::{files::tell_transfer, listen};
use crate::{files::Progress, screen::Screen, texts::Text, trouble::Trouble};

pub(super) async fn run(
    client: &Client,
    screen: &mut Screen,
    timeout_seconds: u64,
) -> Result<(), Trouble> {
    let mut events = client.events();
    let mut progress = Progress::default();
    let syncing = client.sync(Duration::from_secs(timeout_seconds));
    tokio::pin!(syncing);
    let synced = loop {
        tokio::select! {
            synced = &mut syncing => break synced,
            Some(heard) = events.next() => tell(screen, &mut progress, &heard)?,
        }
    };
    while let Some(heard) = events.next_now() {
        tell(screen, &mut progress, &heard)?;
    }
    synced?;
    let said = screen.language().say(Text::Synced);
    screen.answer(&json!({ "state": "settled" }), said)?;
    Ok(())
}

/// Files on their way, and commands of earlier runs that turned out to be impossible.
fn tell(screen: &mut Screen, progress: &mut Progress, heard: &Heard) -> Result<(), Trouble> {
    tell_transfer(screen, progress, heard)?;
    match heard {
        Heard::Event(event)
            if matches!(
                **event,
                Event::TaskEnded { error: Some(_), .. } | Event::TransferFailed(_)
            ) =>
        {
            listen::tell(screen, heard)
        }
        _ => Ok(()),
    }
}
