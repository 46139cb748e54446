//! Inboxes: one seat, two lanes, read on the account's own connection.

use serde::{Deserialize, Serialize};

use crate::{
    envelope::Day,
    ids::{ContactToken, EnvelopeId, MailboxAddress, SessionToken},
    mailbox::{SealedHandle, Stamp, Wake},
};

/// Puts a letter into somebody's inbox. Anonymous.
/// Errors: `no_such_inbox`, `inbox_full`, `stamp_refused`, `too_large`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Deliver {
    /// Pays for the delivery.
    pub stamp: Stamp,
    /// From the addressee's certificate.
    pub inbox: MailboxAddress,
    /// The same for every retry: a letter is stored once.
    pub id: EnvelopeId,
    /// Opens the contacts' lane; a wrong one is refused (`contact_token_refused`).
    pub contact_token: Option<ContactToken>,
    /// Whether to wake the addressee's device.
    pub wake: Wake,
    /// HPKE-sealed to the inbox key; exactly [`crate::limits::LETTER_LEN`] bytes.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "bytes"))]
    pub body: Vec<u8>,
}

/// By which lane a letter came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Lane {
    /// Stamp alone.
    Stranger,
    /// Stamp and contact token.
    Contact,
}

/// A delivered letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Letter {
    /// Place in the inbox's log, contiguous.
    pub number: u64,
    /// The sender's id.
    pub id: EnvelopeId,
    /// Day of delivery.
    pub day: Day,
    /// Its lane.
    pub lane: Lane,
    /// The sealed body.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "bytes"))]
    pub body: Vec<u8>,
}

/// Requests on the account stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum InboxRequest {
    /// Must come first: names the session. Errors: `unauthorized`.
    Open {
        /// From `/v1/sessions`.
        token: SessionToken,
    },
    /// Streams letters above the cursor, stored ones first.
    Watch {
        /// Highest number the client has.
        cursor: u64,
    },
    /// Letters up to this number are on the client's disk; the relay forgets them.
    Ack {
        /// Highest such number.
        number: u64,
    },
    /// Sets or clears the inbox's sealed wake-up handle.
    SetWakeHandle {
        /// The handle, or none.
        handle: Option<SealedHandle>,
    },
}

/// Answers on the account stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum InboxAnswer {
    /// Done, and durable where the request changes something.
    Done,
    /// To [`InboxRequest::Watch`].
    Watching {
        /// Highest number stored when the watch began, 0 if there never was one.
        last: u64,
    },
}
