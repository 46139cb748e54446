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
        io::{Command, Draft, Event, MessageId, MessageState, Outcome, RoomId},
    },
};
use serde_json::json;
use tokio::time::timeout;

use super::{files, find_message, find_room, read, tell_state};
use crate::{
    args::Send,
    outcome::{State, is_for_good, out_of_reach},
    screen::Screen,
    shown,
    texts::{self, Text, fill},
    trouble::Trouble,
};

/// How long the relay may take before the message is left in the outbox.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn run(
    client: &Client,
    screen: &mut Screen,
    options: Send,
) -> Result<(), Trouble> {
    if !options.files.is_empty() {
        return files::send(client, screen, options).await;
    }
    let room = find_room(client, options.room).await?;
    let draft = Draft {
        text: given_or_stdin(screen, options.text)?,
        reply_to: answered(client, room, options.reply_to).await?,
        lifetime_s: options.expires,
        files: Vec::new(),
    };
    deliver(client, screen, room, Command::SendDraft { room, draft }).await
}

/// The message that another answers, if it answers one.
pub(super) async fn answered(
    client: &Client,
    room: RoomId,
    name: Option<String>,
) -> Result<Option<MessageId>, Trouble> {
    match name {
        Some(name) => Ok(Some(find_message(client, room, name).await?)),
        None => Ok(None),
    }
}

/// Puts something into the outbox of a room, and says how far it comes in a short time.
pub(super) async fn deliver(
    client: &Client,
    screen: &mut Screen,
    room: RoomId,
    command: Command,
) -> Result<(), Trouble> {
    let mut events = client.events();
    let Some(id) = put(client, command).await? else {
        return tell_state(screen, State::Done);
    };
    client.go_online().await?;
    let sent = tokio::select! {
        state = timeout(PATIENCE, leaves_outbox(client, &mut events, room, id)) => {
            state.map_err(|_| ErrorKind::TimedOut)
        }
        error = out_of_reach(client) => match is_for_good(error.kind) {
            true => return Err(error.into()),
            false => Err(error.kind),
        },
    };
    let (state, reason) = match sent {
        Ok(state) => (state?, None),
        Err(reason) => (MessageState::Queued, Some(reason)),
    };
    if state == MessageState::Failed {
        // The room ended before the message could be sent: nothing of it is at the relay.
        return Err(ErrorKind::RoomClosed.into());
    }
    tell_sent(screen, id, state, reason)
}

/// Says how far a message has come, and why no further.
pub(super) fn tell_sent(
    screen: &mut Screen,
    id: MessageId,
    state: MessageState,
    reason: Option<ErrorKind>,
) -> Result<(), Trouble> {
    let language = screen.language();
    let mut line = shown::state_text(language, state).to_owned();
    if let Some(reason) = reason {
        let (why, _) = texts::refusal(language, reason);
        line = fill(language.say(Text::WaitsFor), &[&line, why]);
    }
    let reason = reason.map(ErrorKind::code);
    let told = json!({ "id": id.to_hex(), "state": state.name(), "reason": reason });
    screen.answer(&told, &line)?;
    Ok(())
}

/// Puts something into the outbox; none if there was nothing to send.
pub(super) async fn put(client: &Client, command: Command) -> Result<Option<MessageId>, Trouble> {
    let expected = match &command {
        Command::React { .. } => Text::NotAReaction,
        _ => Text::NotSendable,
    };
    let done = client.command(command).await;
    match done.map_err(|error| Trouble::from(error).of_input(expected))? {
        Outcome::Message(id) => Ok(Some(id)),
        Outcome::Done => Ok(None),
        Outcome::Task(_) | Outcome::Room { .. } => Err(ErrorKind::Internal.into()),
    }
}

/// The text of the command line, or all of standard input.
pub(super) fn given_or_stdin(screen: &Screen, text: Option<String>) -> Result<String, Trouble> {
    text.map_or_else(|| from_stdin(screen), Ok)
}

/// Waits until the relay has something of this account, or it was given up.
async fn leaves_outbox(
    client: &Client,
    events: &mut Events,
    room: RoomId,
    id: MessageId,
) -> Result<MessageState, Trouble> {
    loop {
        let matters = match events.next().await {
            None => return Ok(MessageState::Queued),
            Some(Heard::Missed) => true,
            Some(Heard::Event(event)) => {
                matches!(*event, Event::Message(message) if message.room == room)
            }
        };
        if !matters {
            continue;
        }
        let state = read(client, move |engine| engine.message_state(&room, &id)).await?;
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
