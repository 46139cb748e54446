//! `send --file`, `send --voice` and `save`.

use std::{path::PathBuf, time::Duration};

use restante_client::{
    ErrorKind,
    driver::{Client, Events, FileToSend, Heard},
    engine::{
        attachments::Waveform,
        io::{Command, Draft, Event, MessageId, MessageState, Outcome, RoomId},
    },
};
use tokio::time::timeout;

use super::{
    find_message, find_room, listen, read,
    send::{answered, tell_sent},
};
use crate::{
    args::{Files, Send},
    files::{Progress, saved_json},
    outcome::{is_for_good, out_of_reach},
    screen::Screen,
    shown,
    trouble::Trouble,
};

/// How long nothing may happen before the message is left in the outbox.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) async fn send(
    client: &Client,
    screen: &mut Screen,
    options: Send,
) -> Result<(), Trouble> {
    let room = find_room(client, options.room).await?;
    let files = client.seal_files(to_send(options.files)?).await?;
    let mut events = client.events();
    let draft = Draft {
        text: options.text.unwrap_or_default(),
        reply_to: answered(client, room, options.reply_to).await?,
        lifetime_s: options.expires,
        files,
    };
    let command = Command::SendDraft { room, draft };
    let Outcome::Message(id) = client.command(command).await? else {
        return Err(ErrorKind::Internal.into());
    };
    client.go_online().await?;
    let (state, reason) = tokio::select! {
        followed = follow(client, screen, &mut events, room, id) => followed?,
        error = out_of_reach(client) => match is_for_good(error.kind) {
            true => return Err(error.into()),
            false => (MessageState::Queued, Some(error.kind)),
        },
    };
    if state == MessageState::Failed {
        return Err(reason.unwrap_or(ErrorKind::RoomClosed).into());
    }
    tell_sent(screen, id, state, reason)
}

pub(super) async fn save(
    client: &Client,
    screen: &mut Screen,
    room: String,
    id: String,
    dir: PathBuf,
) -> Result<(), Trouble> {
    let room = find_room(client, room).await?;
    let id = find_message(client, room, id).await?;
    let mut events = client.events();
    let mut progress = Progress::default();
    let saving = client.save_files(room, id, &dir);
    tokio::pin!(saving);
    let saved = loop {
        tokio::select! {
            saved = &mut saving => break saved?,
            Some(heard) = events.next() => tell_transfer(screen, &mut progress, &heard)?,
        }
    };
    while let Some(heard) = events.next_now() {
        tell_transfer(screen, &mut progress, &heard)?;
    }
    for file in saved {
        screen.answer(&saved_json(&file), &file.path.to_string_lossy())?;
    }
    Ok(())
}

/// Prints how far a file is, if that is what was heard.
pub(super) fn tell_transfer(
    screen: &mut Screen,
    progress: &mut Progress,
    heard: &Heard,
) -> Result<(), Trouble> {
    let Heard::Event(event) = heard else {
        return Ok(());
    };
    let Event::Transfer(transfer) = &**event else {
        return Ok(());
    };
    let line = progress.line(screen.language(), transfer);
    if screen.is_json() || line.is_some() {
        screen.answer(&shown::event_json(event), &line.unwrap_or_default())?;
    }
    Ok(())
}

fn to_send(files: Files) -> Result<Vec<FileToSend>, Trouble> {
    let waveform = match files.waveform.is_empty() {
        true => None,
        false => {
            let given = Waveform::new(files.duration_ms, files.waveform);
            Some(given.ok_or(ErrorKind::BadInput)?)
        }
    };
    let plain = files.paths.into_iter().map(|path| FileToSend {
        path,
        ..FileToSend::default()
    });
    let photos = files.photos.into_iter().map(|path| FileToSend {
        path,
        photo: true,
        ..FileToSend::default()
    });
    let voice = files.voice.map(|path| FileToSend {
        path,
        voice: true,
        waveform,
        ..FileToSend::default()
    });
    Ok(plain.chain(photos).chain(voice).collect())
}

/// Tells how far the files are until the relay has the message, or nothing happens any more.
async fn follow(
    client: &Client,
    screen: &mut Screen,
    events: &mut Events,
    room: RoomId,
    id: MessageId,
) -> Result<(MessageState, Option<ErrorKind>), Trouble> {
    let mut progress = Progress::default();
    let mut is_given_up = false;
    loop {
        let Ok(Some(heard)) = timeout(PATIENCE, events.next()).await else {
            return Ok(match is_given_up {
                // The event that tells why was missed, or there is none: the room ended.
                true => (MessageState::Failed, None),
                false => (MessageState::Queued, Some(ErrorKind::TimedOut)),
            });
        };
        tell_transfer(screen, &mut progress, &heard)?;
        let state = match &heard {
            Heard::Missed => read(client, move |engine| engine.message_state(&room, &id)).await?,
            Heard::Event(event) => match &**event {
                Event::Message(message) if message.id == id => Some(message.state),
                Event::TransferFailed(failed) if failed.message == id => {
                    listen::tell(screen, &heard)?;
                    return Ok((MessageState::Failed, Some(failed.error)));
                }
                _ => None,
            },
        };
        match state {
            // Why it failed is told by the event behind this.
            Some(MessageState::Failed) => is_given_up = true,
            Some(MessageState::Queued) | None => {}
            Some(state) => return Ok((state, None)),
        }
    }
}
