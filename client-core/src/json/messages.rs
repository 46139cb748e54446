//! Messages and hits.

use serde_json::{Value, json};

use super::{attachment_json, timestamp};
use crate::engine::{
    io::{Expiry, Message},
    search::Hit,
};

/// A message, as `history`, `listen`, `chat` and `export` print it.
#[must_use]
pub fn message_json(message: &Message) -> Value {
    let reply = message.reply.as_ref().map(|quote| {
        json!({
            "id": quote.id.to_hex(),
            "n": quote.number,
            "sender": quote.sender,
            "snippet": quote.snippet,
        })
    });
    let reactions = message.reactions.iter().map(|reaction| {
        json!({ "emoji": reaction.emoji, "people": reaction.people, "own": reaction.own })
    });
    let (expires_at, expires_after) = match message.expires {
        None => (None, None),
        Some(Expiry::At(time)) => (Some(timestamp(time)), None),
        Some(Expiry::AfterReading(seconds)) => (None, Some(seconds)),
    };
    json!({
        "id": message.id.to_hex(),
        "room": message.room.to_hex(),
        "n": message.number,
        "sender": message.sender,
        "own": message.own,
        "sent_at": timestamp(message.sent_at),
        "text": message.text,
        "state": message.state.name(),
        "reply": reply,
        "edited": message.edited,
        "deleted": message.deleted,
        "reactions": reactions.collect::<Vec<_>>(),
        "mentions": message.mentions,
        "expires_at": expires_at,
        "expires_after_seconds": expires_after,
        "muted": message.muted,
        "attachments": message.attachments.iter().map(attachment_json).collect::<Vec<_>>(),
    })
}

/// A hit, as `search` prints it.
#[must_use]
pub fn hit_json(hit: &Hit, title: &str) -> Value {
    json!({
        "room": hit.room.to_hex(),
        "title": title,
        "n": hit.number,
        "id": hit.id.to_hex(),
        "sender": hit.sender,
        "own": hit.own,
        "sent_at": timestamp(hit.sent_at),
        "snippet": hit.snippet,
    })
}
