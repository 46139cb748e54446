//! `typing` and `presence`.

use std::time::Duration;

use clap::Subcommand;
use restante_client::{
    ErrorKind,
    driver::Client,
    engine::{Engine, io::Command},
    platform::{Clock, SystemClock},
};
use serde_json::json;

use super::{find_room, read, tell_state};
use crate::{outcome::State, screen::Screen, shown, texts::Text, trouble::Trouble};

/// How long the relay may take: what comes late is not worth sending.
const PATIENCE: Duration = Duration::from_secs(10);

/// Commands about presence.
#[derive(Debug, Subcommand)]
pub(crate) enum Presence {
    /// Let contacts see, coarsely, when you are there
    On,
    /// Let nobody see it
    Off,
    /// Show what contacts let you see
    Show {
        /// A contact's name; all where it is not given
        name: Option<String>,
    },
}

/// Tells those connected now that the person is writing.
pub(super) async fn typing(
    client: &Client,
    screen: &mut Screen,
    name: String,
    stop: bool,
) -> Result<(), Trouble> {
    let room = find_room(client, name).await?;
    client.sync(PATIENCE).await?;
    let typing = !stop;
    client.command(Command::Typing { room, typing }).await?;
    client.sync(PATIENCE).await?;
    tell_state(screen, State::Done)
}

pub(super) async fn presence(
    client: &Client,
    screen: &mut Screen,
    command: Presence,
) -> Result<(), Trouble> {
    match command {
        Presence::On => share(client, screen, true).await,
        Presence::Off => share(client, screen, false).await,
        Presence::Show { name } => show(client, screen, name).await,
    }
}

async fn share(client: &Client, screen: &mut Screen, share: bool) -> Result<(), Trouble> {
    client.command(Command::SharePresence { share }).await?;
    let text = match share {
        true => Text::PresenceOn,
        false => Text::PresenceOff,
    };
    screen.answer(&json!({ "shared": share }), screen.language().say(text))?;
    Ok(())
}

async fn show(client: &Client, screen: &mut Screen, name: Option<String>) -> Result<(), Trouble> {
    let now = SystemClock.now();
    let mut shown = read(client, move |engine| engine.presence(now)).await?;
    if let Some(name) = name {
        shown.retain(|(username, _)| *username == name);
        if shown.is_empty() {
            return Err(ErrorKind::NotFound.into());
        }
    }
    let language = screen.language();
    for (username, presence) in shown {
        let told = shown::presence_json(&username, presence);
        screen.answer(&told, &shown::presence_line(language, &username, presence))?;
    }
    let text = match read(client, Engine::shares_presence).await? {
        true => Text::PresenceOn,
        false => Text::PresenceOff,
    };
    screen.remark(language.say(text))?;
    Ok(())
}

/// The person is at this client from now on.
pub(super) async fn arrive(client: &Client) -> Result<(), Trouble> {
    client.command(Command::Here { here: true }).await?;
    Ok(())
}

/// The person goes: who was told that it is there is told so, if that can be done at once.
pub(super) async fn depart(client: &Client) -> Result<(), Trouble> {
    client.command(Command::Here { here: false }).await?;
    if read(client, Engine::shares_presence).await? {
        let _ = client.sync(Duration::from_secs(1)).await;
    }
    Ok(())
}
