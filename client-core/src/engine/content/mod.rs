//! MIMI content: what is inside an encrypted message.
//!
//! Owns: the container of draft-ietf-mimi-content-08 (CBOR), its limits, message ids, status reports
//! of draft-mahy-mimi-message-status-01 and what people see of content that this build does not
//! understand. Never does: encryption, storage, and it trusts nothing that content says about its
//! sender: that comes from the certificate (C6).
//!
//! The sender's clock travels in the private extension [`SENT_AT`]. The extensions `senderUri` and
//! `roomUri` are read past and never written: both are derived from the certificate and the room.
//!
//! Read next: [`part`] for bodies, [`shown`] for what a person sees.

pub mod attachment;
mod decode;
mod encode;
pub mod extension;
mod message_id;
pub mod part;
pub mod shown;
pub mod status;

pub use decode::decode;
pub use extension::{ExtensionKey, Extensions, SENT_AT};
pub use message_id::{message_id, room_uri, sender_uri};
pub use part::{Body, Disposition, External, NestedPart, Semantics};
pub use shown::Shown;
pub use status::{Status, StatusReport};

use crate::{
    engine::io::{MessageId, Time},
    redacted::redacted_debug,
};

/// Longest text in bytes of UTF-8.
pub const MAX_TEXT: usize = 64 * 1024;

/// Longest encoded content: a text, its alternatives and a thumbnail, well within an envelope.
pub const MAX_CONTENT: usize = 512 * 1024;

/// Deepest nesting of parts; the outermost part is at depth 1.
pub const MAX_DEPTH: usize = 4;

/// Most parts of one content, containers included.
pub const MAX_PARTS: usize = 64;

/// Longest short text field: languages, media types, file names, topic ids.
pub const MAX_FIELD: usize = 1024;

/// Longest URL of an external part.
pub const MAX_URL: usize = 4096;

/// Media type of the text that this client writes.
pub const MARKDOWN: &str = "text/markdown;variant=GFM-MIMI";

/// Media type of the reactions that this client writes.
const PLAIN_TEXT: &str = "text/plain;charset=utf-8";

/// Why content is not what the draft describes, or goes beyond a limit. The sender is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContentError {
    /// Not CBOR, or not the expected item.
    #[error("malformed CBOR")]
    Malformed,
    /// An array of a wrong number of items.
    #[error("array of {got} items, expected {expected}")]
    Shape {
        /// What the draft says.
        expected: u64,
        /// What was found.
        got: u64,
    },
    /// A byte string of a wrong length.
    #[error("byte string of {got} bytes, expected {expected}")]
    Length {
        /// What the draft says.
        expected: usize,
        /// What was found.
        got: usize,
    },
    /// Beyond one of this module's limits.
    #[error("{0} beyond the limit")]
    TooLarge(&'static str),
    /// Two extensions of one name.
    #[error("an extension appears twice")]
    DuplicateExtension,
    /// A number that stands for nothing the draft names.
    #[error("unknown part semantics {0}")]
    UnknownSemantics(u64),
    /// A value, and then something else.
    #[error("{0} bytes after the content")]
    Trailing(usize),
}

/// 16 random bytes that make message ids unguessable and unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Salt(pub [u8; 16]);

/// When a message should vanish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiration {
    /// Seconds after it was read.
    AfterReading(u32),
    /// Seconds since 1970-01-01 UTC.
    At(u32),
}

/// A decoded message.
///
/// **Source**: draft-ietf-mimi-content-08 section 4, `mimiContent`.
#[derive(Clone, PartialEq, Eq)]
pub struct Content {
    /// Random, different for every message.
    pub salt: Salt,
    /// The first version of the message that this one edits or deletes.
    pub replaces: Option<MessageId>,
    /// Groups messages of one thread; empty for none.
    pub topic: Vec<u8>,
    /// When it should vanish.
    pub expires: Option<Expiration>,
    /// The message that this one answers or reacts to.
    pub in_reply_to: Option<MessageId>,
    /// Everything else, by name.
    pub extensions: Extensions,
    /// What it says.
    pub part: NestedPart,
}

redacted_debug!(Content);

impl Content {
    /// A Markdown text.
    ///
    /// # Errors
    /// [`ContentError::TooLarge`] beyond [`MAX_TEXT`].
    pub fn text(salt: Salt, text: &str, sent_at: Time) -> Result<Self, ContentError> {
        if text.len() > MAX_TEXT {
            return Err(ContentError::TooLarge("text"));
        }
        let part = NestedPart::single(Disposition::Render, MARKDOWN, text.as_bytes().to_vec());
        Ok(Self::of(salt, part, sent_at))
    }

    /// A reaction to a message.
    ///
    /// # Errors
    /// [`ContentError::TooLarge`] beyond [`MAX_FIELD`].
    ///
    /// **Source**: draft-ietf-mimi-content-08 section 5, reactions.
    pub fn reaction(
        salt: Salt,
        target: MessageId,
        emoji: &str,
        sent_at: Time,
    ) -> Result<Self, ContentError> {
        if emoji.len() > MAX_FIELD {
            return Err(ContentError::TooLarge("reaction"));
        }
        let part = NestedPart::single(Disposition::Reaction, PLAIN_TEXT, emoji.as_bytes().to_vec());
        Ok(Self {
            in_reply_to: Some(target),
            ..Self::of(salt, part, sent_at)
        })
    }

    /// Deletes a message, or takes back a reaction to `reacted_to`.
    ///
    /// **Source**: draft-ietf-mimi-content-08 section 5, delete and unlike.
    #[must_use]
    pub fn deletion(
        salt: Salt,
        target: MessageId,
        reacted_to: Option<MessageId>,
        sent_at: Time,
    ) -> Self {
        let disposition = match reacted_to {
            Some(_) => Disposition::Reaction,
            None => Disposition::Render,
        };
        let part = NestedPart {
            disposition,
            language: String::new(),
            body: Body::Null,
        };
        Self {
            replaces: Some(target),
            in_reply_to: reacted_to,
            ..Self::of(salt, part, sent_at)
        }
    }

    /// A status report: delivery and read receipts.
    ///
    /// # Errors
    /// [`ContentError::TooLarge`] beyond [`status::MAX_STATUSES`].
    pub fn status(salt: Salt, report: &StatusReport, sent_at: Time) -> Result<Self, ContentError> {
        let part = NestedPart::single(
            Disposition::Unspecified,
            status::MEDIA_TYPE,
            report.encode()?,
        );
        Ok(Self::of(salt, part, sent_at))
    }

    /// The encoded form: deterministic CBOR (RFC 8949 section 4.2.1).
    ///
    /// # Errors
    /// [`ContentError`] where a limit is exceeded; what this function accepts, [`decode`] accepts.
    pub fn encode(&self) -> Result<Vec<u8>, ContentError> {
        let bytes = encode::encode(self);
        decode(&bytes)?;
        Ok(bytes)
    }

    /// The sender's clock when the message was written; none in content of other implementations.
    #[must_use]
    pub fn sent_at(&self) -> Option<Time> {
        self.extensions.sent_at()
    }

    fn of(salt: Salt, part: NestedPart, sent_at: Time) -> Self {
        Self {
            salt,
            replaces: None,
            topic: Vec::new(),
            expires: None,
            in_reply_to: None,
            extensions: Extensions::with_sent_at(sent_at),
            part,
        }
    }
}

#[cfg(test)]
mod tests;
