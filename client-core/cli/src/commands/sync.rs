//! `sync`.

use std::time::Duration;

use restante_client::{
    driver::{Client, Heard},
    engine::io::{Event, MessageState},
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

/// Files on their way, and what failed.
fn tell(screen: &mut Screen, progress: &mut Progress, heard: &Heard) -> Result<(), Trouble> {
    tell_transfer(screen, progress, heard)?;
    tell_failed(screen, heard)
}

/// Commands and messages, of earlier runs too, that turned out to be impossible.
pub(super) fn tell_failed(screen: &mut Screen, heard: &Heard) -> Result<(), Trouble> {
    let Heard::Event(event) = heard else {
        return Ok(());
    };
    let has_failed = match &**event {
        Event::TaskEnded { error, .. } => error.is_some(),
        Event::TransferFailed(_) => true,
        Event::Message(message) => message.own && message.state == MessageState::Failed,
        _ => false,
    };
    match has_failed {
        true => listen::tell(screen, heard),
        false => Ok(()),
    }
}
