//! Calls about messages.

use std::collections::HashMap;

use js_sys::Array;
use restante_client::{
    Error, ErrorKind,
    driver::{Client, Original},
    engine::{
        attachments::{SealedFile, Waveform},
        io::{Command, Draft as EngineDraft},
    },
    json::{hit_json, message_json, notice_json},
};
use serde::Deserialize;

use crate::{
    call::{Given, done, list, message, put, read, room},
    files::{BlobReader, blob},
};

/// Most messages that are given at once.
const MAX_PAGE: u32 = 500;

/// What may be said.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Call {
    History {
        room: String,
        before: Option<u64>,
        after: Option<u64>,
        limit: u32,
    },
    Notices {
        room: String,
        from: u64,
        limit: u32,
    },
    Send {
        room: String,
        draft: Draft,
    },
    Edit {
        room: String,
        message: String,
        text: String,
    },
    Delete {
        room: String,
        message: String,
    },
    React {
        room: String,
        message: String,
        emoji: String,
    },
    Unreact {
        room: String,
        message: String,
        emoji: String,
    },
    MarkRead {
        room: String,
        n: u64,
    },
    Search {
        text: String,
        room: Option<String>,
        limit: u32,
    },
}

/// A message to send. Its files are the blobs that come with the call, in the same order.
#[derive(Deserialize)]
pub(crate) struct Draft {
    text: String,
    reply_to: Option<String>,
    expires_after_seconds: Option<u32>,
    files: Vec<File>,
}

/// What is said of a blob.
#[derive(Deserialize)]
struct File {
    name: String,
    /// Whether the pixels alone are to be sent.
    photo: bool,
    voice: Option<Voice>,
}

/// The shape of a voice message.
#[derive(Deserialize)]
struct Voice {
    duration_ms: u32,
    levels: Vec<u8>,
}

pub(crate) async fn carry_out(client: &Client, call: Call, blobs: &Array) -> Result<Given, Error> {
    match call {
        Call::History {
            room: id,
            before,
            after,
            limit,
        } => {
            let (room, limit) = (room(&id)?, limit.min(MAX_PAGE));
            let found = read(client, move |engine| match after {
                Some(after) => engine.history_after(&room, after, limit),
                None => engine.history_before(&room, before, limit),
            });
            Ok(list(&found.await?, message_json))
        }
        Call::Notices {
            room: id,
            from,
            limit,
        } => {
            let (room, limit) = (room(&id)?, limit.min(MAX_PAGE));
            let found = read(client, move |engine| engine.notices(&room, from, limit));
            Ok(list(&found.await?, notice_json))
        }
        Call::Send { room: id, draft } => {
            let (room, draft) = (room(&id)?, ready(client, draft, blobs).await?);
            put(client, Command::SendDraft { room, draft }).await
        }
        Call::Edit {
            room: id,
            message: of,
            text,
        } => {
            let (room, id) = (room(&id)?, message(&of)?);
            put(client, Command::Edit { room, id, text }).await
        }
        Call::Delete {
            room: id,
            message: of,
        } => {
            let (room, id) = (room(&id)?, message(&of)?);
            put(client, Command::Delete { room, id }).await
        }
        Call::React {
            room: id,
            message: of,
            emoji,
        } => {
            let (room, id) = (room(&id)?, message(&of)?);
            put(client, Command::React { room, id, emoji }).await
        }
        Call::Unreact {
            room: id,
            message: of,
            emoji,
        } => {
            let (room, id) = (room(&id)?, message(&of)?);
            put(client, Command::Unreact { room, id, emoji }).await
        }
        Call::MarkRead { room: id, n } => {
            let (room, number) = (room(&id)?, n);
            done(client, Command::MarkRead { room, number }).await
        }
        Call::Search {
            text,
            room: id,
            limit,
        } => search(client, text, id, limit).await,
    }
}

async fn search(
    client: &Client,
    text: String,
    id: Option<String>,
    limit: u32,
) -> Result<Given, Error> {
    let within = id.as_deref().map(room).transpose()?;
    let (hits, rooms) = read(client, move |engine| {
        let hits = engine.search(&text, within.as_ref(), limit)?;
        Ok((hits, engine.rooms()?))
    })
    .await?;
    let titles: HashMap<_, _> = rooms
        .into_iter()
        .map(|room| (room.id, room.title))
        .collect();
    Ok(list(&hits, |hit| {
        hit_json(hit, titles.get(&hit.room).map_or("", String::as_str))
    }))
}

/// Seals the files of a draft.
async fn ready(client: &Client, draft: Draft, blobs: &Array) -> Result<EngineDraft, Error> {
    let mut files = Vec::new();
    for (index, file) in (0..).zip(draft.files) {
        files.push(seal(client, file, blobs, index).await?);
    }
    Ok(EngineDraft {
        text: draft.text,
        reply_to: draft.reply_to.as_deref().map(message).transpose()?,
        lifetime_s: draft.expires_after_seconds,
        files,
    })
}

async fn seal(client: &Client, file: File, blobs: &Array, index: u32) -> Result<SealedFile, Error> {
    let content = BlobReader::new(blob(blobs, index).ok_or(ErrorKind::FileUnreadable)?)?;
    let waveform = file
        .voice
        .map(|voice| Waveform::new(voice.duration_ms, voice.levels).ok_or(ErrorKind::BadInput))
        .transpose()?;
    let original = Original {
        size: content.len(),
        content,
        name: file.name,
        photo: file.photo,
        voice: waveform.is_some(),
        waveform,
    };
    client.seal(original).await
}
