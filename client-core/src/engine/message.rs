//! A message as shells show it: what is current of it, not how it came about.

use super::{
    attachments::{Attachment, SealedFile},
    io::{MessageId, RoomId, Time},
};

/// How far a message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MessageState {
    /// Somebody else's, here and readable.
    Received,
    /// Own: in the outbox.
    Queued,
    /// Own: the relay has it durably, and this client has seen it in the log.
    Sent,
    /// Own: on a client of every other participant.
    Delivered,
    /// Own: every other participant has read it.
    Read,
    /// Own: given up; the person may send it again.
    Failed,
    /// Own: the room ended while the relay's answer was awaited: whether it has it cannot be known.
    Unknown,
}

impl MessageState {
    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// A message as shells show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Its room.
    pub room: RoomId,
    /// Its place in the log, none while queued.
    pub number: Option<u64>,
    /// Username of the sender as certified.
    pub sender: String,
    /// Whether this account sent it.
    pub own: bool,
    /// By the sender's clock.
    pub sent_at: Time,
    /// Markdown as last edited; a notice for people in square brackets where the content is not
    /// text, and nothing once it was deleted.
    pub text: String,
    /// Its files.
    pub attachments: Vec<Attachment>,
    /// How far it has come.
    pub state: MessageState,
    /// The message that it answers.
    pub reply: Option<Quote>,
    /// Whether its sender has changed it.
    pub edited: bool,
    /// Whether its sender has deleted it for all.
    pub deleted: bool,
    /// What others and this account think of it, in the order in which it was first said.
    pub reactions: Vec<Reaction>,
    /// Usernames of those it speaks of, as certified.
    pub mentions: Vec<String>,
    /// When it vanishes from this client.
    pub expires: Option<Expiry>,
    /// Whether the person asked not to be told of it.
    pub muted: bool,
}

/// What a message answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// The message that is answered.
    pub id: MessageId,
    /// Its place in the log, none if it is not here.
    pub number: Option<u64>,
    /// Username of its sender as certified; empty if it is not here.
    pub sender: String,
    /// Its first words on one line; empty if it is not here, or no longer.
    pub snippet: String,
}

/// One emoji, and who said it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    /// The emoji, or a few letters.
    pub emoji: String,
    /// Usernames as certified, each once.
    pub people: Vec<String>,
    /// Whether this account is among them.
    pub own: bool,
}

/// When a message vanishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// At this time.
    At(Time),
    /// Seconds after the person will have read it.
    AfterReading(u32),
}

/// A text to send, with what goes with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// Markdown. `@name` of a participant becomes a mention.
    pub text: String,
    /// The message that it answers.
    pub reply_to: Option<MessageId>,
    /// Seconds after reading, or for the sender after sending, until it vanishes everywhere.
    pub lifetime_s: Option<u32>,
    /// Sealed files, at most [`MAX_FILES`](super::content::attachment::MAX_FILES). With files the
    /// text may be empty.
    pub files: Vec<SealedFile>,
}
