//! How far a file is, for shells.

use crate::{
    ErrorKind,
    engine::io::{MessageId, RoomId},
};

/// A file on its way. Told after each part, and never stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Room of its message.
    pub room: RoomId,
    /// Its message.
    pub message: MessageId,
    /// Its name.
    pub name: String,
    /// Which way it goes.
    pub way: Way,
    /// Sealed bytes that are there.
    pub done: u64,
    /// Sealed bytes in all.
    pub total: u64,
}

/// Which way a file goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To the relay.
    Up,
    /// From the relay.
    Down,
}

impl Way {
    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// A message was given up because one of its files cannot be uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferFailed {
    /// Room of the message.
    pub room: RoomId,
    /// The message.
    pub message: MessageId,
    /// Why.
    pub error: ErrorKind,
}
