//! `sync`.

use std::time::Duration;

use restante_client::{
    driver::{Client, Events, Heard},
    engine::io::Event,
};
use serde_json::json;

use super::listen;
use crate::{screen::Screen, texts::Text, trouble::Trouble};

pub(super) async fn run(
    client: &Client,
    screen: &mut Screen,
    timeout_seconds: u64,
) -> Result<(), Trouble> {
    let mut events = client.events();
    let synced = client.sync(Duration::from_secs(timeout_seconds)).await;
    tell_failures(screen, &mut events)?;
    synced?;
    let said = screen.language().say(Text::Synced);
    screen.answer(&json!({ "state": "settled" }), said)?;
    Ok(())
}

/// Commands of earlier runs that turned out to be impossible.
fn tell_failures(screen: &mut Screen, events: &mut Events) -> Result<(), Trouble> {
    while let Some(heard) = events.next_now() {
        let Heard::Event(event) = &heard else {
            continue;
        };
        if matches!(**event, Event::TaskEnded { error: Some(_), .. }) {
            listen::tell(screen, &heard)?;
        }
    }
    Ok(())
}
