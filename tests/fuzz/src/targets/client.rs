//! Decoders behind encryption: what a member, or a damaged store, hands to the client.

use std::io::Cursor;

use restante_client::{
    engine::{
        account::VaultContent,
        attachments::thumbnail::{Bounds, PREVIEW, Thumbnail},
        content::{self, StatusReport},
        letters::Letter,
        messages::ContentKind,
        payload::Payload,
        picture,
    },
    platform::make_jpeg,
};

use super::wire::is_stable;

/// MIMI content of a message.
pub fn content(bytes: &[u8]) {
    if let Ok(content) = content::decode(bytes) {
        let _ = content.shown();
        let _ = ContentKind::of(Some(&content));
        let _ = content.sent_at();
        if let Ok(encoded) = content.encode() {
            assert_eq!(
                content::decode(&encoded),
                Ok(content),
                "decoding changed content"
            );
        }
    }
}

/// Reports of delivery and reading.
pub fn status_report(bytes: &[u8]) {
    if let Ok(report) = StatusReport::decode(bytes)
        && let Ok(encoded) = report.encode()
    {
        assert!(
            StatusReport::decode(&encoded).is_ok(),
            "an encoded report does not decode"
        );
    }
}

/// The vault's content, behind its seal.
pub fn vault(bytes: &[u8]) {
    if let Ok(vault) = VaultContent::decode(bytes) {
        assert!(
            VaultContent::decode(&vault.encode()).is_ok(),
            "an encoded vault does not decode"
        );
    }
}

/// Application messages, behind MLS.
pub fn payload(bytes: &[u8]) {
    is_stable::<Payload>(bytes);
}

/// Pictures: what members put into messages and room states, and what a person chooses to send.
pub fn picture(bytes: &[u8]) {
    let is_small = |bytes: &[u8], bounds: Bounds| {
        Thumbnail::parse(bytes, bounds).is_some_and(|small| {
            small.width.max(small.height) <= bounds.edge && small.jpeg.len() <= bounds.len
        })
    };
    for bounds in [PREVIEW, picture::BOUNDS] {
        if Thumbnail::parse(bytes, bounds).is_some() {
            assert!(is_small(bytes, bounds), "a picture beyond its bounds");
        }
        if let Some(made) = make_jpeg(Cursor::new(bytes), bounds) {
            assert!(is_small(&made, bounds), "what was made is not taken");
        }
    }
}

/// Letters, behind HPKE and the sender's signature.
pub fn letter(bytes: &[u8]) {
    is_stable::<Letter>(bytes);
}
