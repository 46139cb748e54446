//! Frames of the two WebSocket streams. Each binary message is one encoded frame.
//!
//! `/v1/stream` carries mailbox requests ([`crate::mailbox::Request`]) and no account; seats only.
//! `/v1/account/stream` carries inbox requests ([`crate::inbox::InboxRequest`]) of the session whose
//! token its first frame shows; it never carries seats.

use serde::{Deserialize, Serialize};

use crate::{
    envelope::Envelope,
    error::Outcome,
    ids::{MailboxAddress, RestoreId},
    inbox::Letter,
};

/// From client to relay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClientFrame<R> {
    /// Chosen by the client; comes back with the answer. Answers may overtake each other.
    pub request: u64,
    /// What is asked.
    pub body: R,
}

/// From relay to client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ServerFrame<A> {
    /// First frame of every connection.
    Greeting(Greeting),
    /// Answer to a request.
    Answer {
        /// The client's number.
        request: u64,
        /// The answer.
        result: Outcome<A>,
    },
    /// Something happened in a watched mailbox.
    Event(Event),
}

/// What a relay says first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Greeting {
    /// Changes when the relay was restored from a backup.
    pub restore_id: RestoreId,
    /// The relay's day, for the retention only.
    pub day: crate::Day,
}

/// What a watch streams.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Event {
    /// Contiguous envelopes of one mailbox.
    Envelopes {
        /// Which mailbox.
        mailbox: MailboxAddress,
        /// At least one.
        envelopes: Vec<Envelope>,
    },
    /// Not stored, and not repeated.
    Ephemeral {
        /// Which mailbox.
        mailbox: MailboxAddress,
        /// The sealed body.
        #[serde(with = "serde_bytes")]
        #[cfg_attr(feature = "openapi", schema(value_type = String, format = "bytes"))]
        body: Vec<u8>,
    },
    /// The watch ended; what could be read has been sent before this.
    Ended {
        /// Which mailbox.
        mailbox: MailboxAddress,
        /// Why.
        reason: Ended,
    },
    /// Letters in the session's inbox (account stream only).
    Letters(Vec<Letter>),
}

/// Why a watch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Ended {
    /// The seat was dropped, or its secret replaced.
    NoSuchSeat,
    /// The cursor lies below what is stored.
    Trimmed {
        /// Lowest number still stored, or the next to be given.
        first: u64,
    },
}
