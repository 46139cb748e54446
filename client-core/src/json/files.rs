//! Files and their way.

use serde_json::{Value, json};

use crate::engine::attachments::{Attachment, Transfer, TransferFailed, Waveform};

/// A file of a message, as `history`, `listen` and `chat` print it.
#[must_use]
pub fn attachment_json(file: &Attachment) -> Value {
    let thumbnail = file.thumbnail.as_ref();
    let waveform = file.waveform.as_ref();
    json!({
        "name": file.name,
        "kind": file.kind.name(),
        "media_type": file.media_type,
        "size": file.size,
        "thumbnail": thumbnail.map(|small| json!({ "width": small.width, "height": small.height })),
        "duration_ms": waveform.map(Waveform::duration_ms),
        "waveform": waveform.map(Waveform::levels),
    })
}

/// How far a file is, as every command prints it that moves one.
#[must_use]
pub fn transfer_json(transfer: &Transfer) -> Value {
    json!({
        "room": transfer.room.to_hex(),
        "message": transfer.message.to_hex(),
        "name": transfer.name,
        "way": transfer.way.name(),
        "done": transfer.done,
        "total": transfer.total,
    })
}

/// A message that was given up for one of its files.
#[must_use]
pub fn failed_json(failed: &TransferFailed) -> Value {
    json!({
        "room": failed.room.to_hex(),
        "message": failed.message.to_hex(),
        "error": { "code": failed.error.code() },
    })
}
