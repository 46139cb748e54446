//! `send`: durable in the outbox first, then a short attempt to get it to the relay.

use std::{
    io::{self, IsTerminal, Read},
    time::Duration,
};

use restante_client::{
    ErrorKind,
    driver::{Client, Events, Heard},
    engine::{
        content::MAX_TEXT,
        io::{Command, Event, MessageId, MessageState, Outcome, RoomId},
    },
};
use serde_json::json;
use tokio::time::timeout;

use super::{find_room, read};
use crate::{outcome::out_of_reach, screen::Screen, shown, texts::Text, trouble::Trouble};

/// How long the relay may take before the message is left in the outbox.
const PATIENCE: Duration = Duration::from_secs(5);

/// Messages among which a missed one is looked for.
const RECENT: u32 = 50;

pub(super) async fn run(
    client: &Client,
    screen: &mut Screen,
    room: String,
    text: Option<String>,
) -> Result<(), Trouble> {
    let room = find_room(client, room).await?;
    let text = match text {
        Some(text) => text,
        None => from_stdin(screen)?,
    };
    let mut events = client.events();
    let id = put(client, room, text).await?;
    client.go_online().await?;
    let sent = tokio::select! {
        state = timeout(PATIENCE, leaves_outbox(client, &mut events, room, id)) => state.ok(),
        error = out_of_reach(client) => match error.kind {
            // It would wait for ever.
            ErrorKind::UnknownAccount => return Err(error.into()),
            _ => None,
        },
    };
    let state = sent.transpose()?.unwrap_or(MessageState::Queued);
    if state == MessageState::Failed {
        // The room ended before the message could be sent: nothing of it is at the relay.
        return Err(ErrorKind::RoomClosed.into());
    }
    let told = json!({ "id": id.to_hex(), "state": state.name() });
    screen.answer(&told, shown::state_text(screen.language(), state))?;
    Ok(())
}

/// Puts a text into the outbox.
pub(super) async fn put(client: &Client, room: RoomId, text: String) -> Result<MessageId, Trouble> {
    let done = client.command(Command::SendText { room, text }).await;
    match done.map_err(|error| Trouble::from(error).of_input(Text::NotSendable))? {
        Outcome::Message(id) => Ok(id),
        Outcome::Done | Outcome::Task(_) => Err(ErrorKind::Internal.into()),
    }
}

/// Waits until the relay has a message, or it was given up.
async fn leaves_outbox(
    client: &Client,
    events: &mut Events,
    room: RoomId,
    id: MessageId,
) -> Result<MessageState, Trouble> {
    loop {
        let state = match events.next().await {
            None => return Ok(MessageState::Queued),
            Some(Heard::Event(event)) => match *event {
                Event::Message(message) if message.id == id => Some(message.state),
                _ => None,
            },
            Some(Heard::Missed) => {
                let recent = read(client, move |engine| engine.history(&room, RECENT)).await?;
                let found = recent.iter().find(|message| message.id == id);
                found.map(|message| message.state)
            }
        };
        if let Some(state) = state.filter(|state| *state > MessageState::Queued) {
            return Ok(state);
        }
    }
}

/// All of standard input, without the line break at its end.
fn from_stdin(screen: &Screen) -> Result<String, Trouble> {
    let input = io::stdin();
    if input.is_terminal() {
        return Err(Trouble::Usage(
            screen.language().say(Text::NothingToSend).to_owned(),
        ));
    }
    let mut bytes = Vec::new();
    // One byte more tells that it is too long without reading all of it.
    input
        .lock()
        .take(MAX_TEXT as u64 + 2)
        .read_to_end(&mut bytes)?;
    let text = String::from_utf8(bytes).map_err(|_| Trouble::BadInput(Text::NotSendable))?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}
