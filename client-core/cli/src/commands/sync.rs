//! `sync`.

use std::time::Duration;

use restante_client::driver::Client;
use serde_json::json;

use crate::{screen::Screen, texts::Text, trouble::Trouble};

pub(super) async fn run(
    client: &Client,
    screen: &mut Screen,
    timeout_seconds: u64,
) -> Result<(), Trouble> {
    client.sync(Duration::from_secs(timeout_seconds)).await?;
    let said = screen.language().say(Text::Synced);
    screen.answer(&json!({ "state": "settled" }), said)?;
    Ok(())
}
