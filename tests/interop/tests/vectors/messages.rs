//! Every kind of MIMI content that our client writes: what stands behind `Payload::Content`.

use restante_client::engine::{
    attachments::Waveform,
    content::{
        self, Content, Expiration, MARKDOWN, NestedPart, Salt, Status, StatusReport,
        attachment::FilePart,
    },
    io::{MessageId, Time},
};
use restante_crypto::attachment::AttachmentKey;
use restante_vectors::{hex, unhex};
use restante_wire::BlobId;
use serde_json::{Value, json};

use super::content::{RELAY, ROOM, account};

const SALT: Salt = Salt([0x74; 16]);
const WRITTEN: Time = Time(1_795_333_000_123);
const TARGET: MessageId = MessageId([0x01; 32]);
const OTHER: MessageId = MessageId([0x02; 32]);

pub(crate) fn vectors() -> Vec<Value> {
    let text = || Content::text(SALT, "hello, *Zoë*", WRITTEN).unwrap();
    let report = StatusReport(vec![(TARGET, Status::Read), (OTHER, Status::Delivered)]);
    let files = |text, files: &[FilePart]| Content::files(SALT, text, files, WRITTEN).unwrap();
    let contents = [
        ("text", text()),
        (
            "reply",
            Content {
                in_reply_to: Some(TARGET),
                ..text()
            },
        ),
        (
            "edit",
            Content {
                replaces: Some(TARGET),
                ..text()
            },
        ),
        ("deletion", Content::deletion(SALT, TARGET, None, WRITTEN)),
        (
            "reaction",
            Content::reaction(SALT, TARGET, "👍", WRITTEN).unwrap(),
        ),
        (
            "reaction taken back",
            Content::deletion(SALT, OTHER, Some(TARGET), WRITTEN),
        ),
        (
            "gone a minute after reading",
            expiring(text(), Expiration::AfterReading(60)),
        ),
        (
            "gone at a time",
            expiring(text(), Expiration::At(1_800_000_000)),
        ),
        ("receipt", Content::status(SALT, &report, WRITTEN).unwrap()),
        ("file", files(None, &[file("notes.pdf", "application/pdf")])),
        ("voice message", files(None, &[voice()])),
        ("photo with words", files(Some(caption()), &[photo()])),
    ];
    contents
        .into_iter()
        .map(|(what, content)| vector(what, &content))
        .collect()
}

fn expiring(content: Content, expires: Expiration) -> Content {
    Content {
        expires: Some(expires),
        ..content
    }
}

fn caption() -> NestedPart {
    let words = "at the lake".as_bytes().to_vec();
    NestedPart::single(content::Disposition::Render, MARKDOWN, words)
}

/// The sealed file is the attachment of `sealed.json`.
fn file(name: &str, media_type: &str) -> FilePart {
    FilePart {
        name: name.into(),
        media_type: media_type.into(),
        size: 12,
        relay: RELAY.into(),
        blob: BlobId([0x7d; 32]),
        key: AttachmentKey::from_parts(&[0x67; 32], &[0x68; 7]).unwrap(),
        hash: [0x7e; 32],
        thumbnail: None,
        waveform: None,
    }
}

fn photo() -> FilePart {
    FilePart {
        thumbnail: Some(vec![0xff, 0xd8, 0xff]),
        ..file("lake.jpg", "image/jpeg")
    }
}

fn voice() -> FilePart {
    FilePart {
        waveform: Waveform::new(1_500, vec![0, 128, 255]),
        ..file("voice.ogg", "audio/ogg")
    }
}

fn vector(what: &str, content: &Content) -> Value {
    let bytes = content.encode().unwrap();
    let (sender, room) = (content::sender_uri(&account()), content::room_uri(&ROOM));
    json!({
        "what": what,
        "content": hex(&bytes),
        "message_id": content::message_id(&sender, &room, &bytes).to_hex(),
    })
}

/// The encoded content of a vector.
pub(crate) fn content_of(vector: &Value) -> Vec<u8> {
    unhex(vector["content"].as_str().unwrap())
}
