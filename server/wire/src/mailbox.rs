//! Requests to a mailbox. They carry seat secrets, never an account's authentication, and travel on
//! connections that carry none (protocol.md, "Mailboxes").

use serde::{Deserialize, Serialize};

use crate::{
    envelope::{Envelope, Kind, Role},
    error::{Done, Outcome, WireError},
    ids::{EnvelopeId, MailboxAddress, OwnerSecret, OwnerTag, SeatId, SeatSecret, SecretHash},
};

/// Bytes that pay for a request without saying who pays (protocol.md, "Stamps"). Empty while relays
/// limit by address only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, format = "bytes"))]
pub struct Stamp(#[serde(with = "serde_bytes")] pub Vec<u8>);

/// Platform token sealed to the relay's push module, freshly for one seat and of one fixed size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, format = "bytes"))]
pub struct SealedHandle(#[serde(with = "serde_bytes")] pub Vec<u8>);

/// Whether sleeping devices should be woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Wake {
    /// No.
    None,
    /// When the platform sees fit.
    Normal,
    /// At once: something rings.
    Urgent,
}

/// The right of one client in one mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SeatAccess {
    /// Which mailbox.
    pub mailbox: MailboxAddress,
    /// Which seat.
    pub seat: SeatId,
    /// Its bearer secret.
    pub secret: SeatSecret,
}

/// Makes a mailbox whose one seat is an admin seat with its secret already rotated.
/// Errors: `mailbox_exists`, `stamp_refused`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Create {
    /// Pays for the mailbox.
    pub stamp: Stamp,
    /// 32 random bytes.
    pub mailbox: MailboxAddress,
    /// Id of the creator's seat.
    pub seat: SeatId,
    /// Hash of its secret.
    pub secret_hash: SecretHash,
    /// Its owner tag.
    pub owner_tag: OwnerTag,
}

/// A seat to make, or to give a fresh secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SeatGrant {
    /// Which seat.
    pub seat: SeatId,
    /// Hash of the secret that travels in the invitation.
    pub secret_hash: SecretHash,
}

/// A seat dropped by its own account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OwnedDrop {
    /// Which seat.
    pub seat: SeatId,
    /// Must hash with the seat id to the seat's owner tag.
    pub owner_secret: OwnerSecret,
}

/// What an append asks to change about seats. A `message` may only set `drop_self`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SeatChanges {
    /// New member seats; never over an id that has a live seat.
    pub add: Vec<SeatGrant>,
    /// Fresh secrets for seats that have appended no commit; with [`Self::list`] for any seat.
    pub refresh: Vec<SeatGrant>,
    /// Seats of the author's own account.
    pub drop_owned: Vec<OwnedDrop>,
    /// Drops the author's seat after this append.
    pub drop_self: bool,
    /// Admin seats only: the whole list of seats (those of `add` included); every live seat not on
    /// it is dropped, and none is revived.
    pub list: Option<Vec<(SeatId, Role)>>,
}

/// One envelope to append.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AppendItem {
    /// 16 random bytes; the same for every retry of the same bytes.
    pub id: EnvelopeId,
    /// Number of the last commit that the sender has processed or skipped.
    pub after_commit: u64,
    /// Message or commit.
    pub kind: Kind,
    /// Whether sleeping devices should be woken.
    pub wake: Wake,
    /// Changes to seats.
    pub changes: SeatChanges,
    /// For commits: the sealed Welcome.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = "bytes"))]
    pub welcome: Option<Vec<u8>>,
    /// The outer envelope.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "bytes"))]
    pub body: Vec<u8>,
}

/// Appends a batch. The relay takes a prefix and refuses the rest.
/// Errors: `no_such_seat`, `seat_not_rotated`, `rate_limited`, `storage_full`, `overloaded`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Append {
    /// Who appends.
    pub access: SeatAccess,
    /// At most [`crate::limits::MAX_BATCH`] items.
    pub items: Vec<AppendItem>,
}

/// Answer to [`Append`], sent only after the accepted prefix is durable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Appended {
    /// Numbers of the accepted prefix, in the order of the items.
    pub numbers: Vec<u64>,
    /// Why the next item was refused, if one was.
    pub refused: Option<Refusal>,
}

/// Why an item of a batch was not appended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Refusal {
    /// `after_commit` is not the mailbox's last commit: catch up and encrypt again.
    Stale {
        /// Number of the mailbox's last commit.
        last_commit: u64,
        /// The log from `after_commit + 1` on, as far as a page goes: it holds the missing commits.
        missing: Vec<Envelope>,
    },
    /// Anything else, with its code.
    Error(WireError),
}

/// Reads a page. Errors: `no_such_seat`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Fetch {
    /// Who reads.
    pub access: SeatAccess,
    /// Envelopes with numbers above this.
    pub cursor: u64,
    /// At most this many, and at most [`crate::limits::MAX_PAGE_BYTES`].
    pub limit: u32,
}

/// Answer to [`Fetch`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Fetched {
    /// Contiguous envelopes from `cursor + 1` on.
    Page {
        /// The envelopes.
        envelopes: Vec<Envelope>,
        /// Highest number this seat may read now.
        last: u64,
    },
    /// What was asked for is gone.
    Trimmed {
        /// Lowest number still stored, or the next number to be given if none is.
        first: u64,
    },
}

/// One mailbox of a [`Heads`] or [`Watch`] request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Position {
    /// Who reads.
    pub access: SeatAccess,
    /// Highest number the reader has.
    pub cursor: u64,
}

/// Asks which of many mailboxes have something new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Heads {
    /// At most [`crate::limits::MAX_POSITIONS`].
    pub positions: Vec<Position>,
}

/// A mailbox with something new, or whose seat was refused. Others are left out of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Head {
    /// Index into the request's positions.
    pub index: u32,
    /// Highest readable number, or why there is none.
    pub last: Outcome<u64>,
}

/// Streams many mailboxes: first what is stored, then what arrives, without a gap between. A second
/// watch of a mailbox on the same connection replaces the first. Stream only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Watch {
    /// At most [`crate::limits::MAX_POSITIONS`]; several requests may follow each other.
    pub positions: Vec<Position>,
}

/// Ends watches. Stream only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Unwatch {
    /// Which mailboxes.
    pub mailboxes: Vec<MailboxAddress>,
}

/// Moves cursors of seats, after the client's own commit to disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Ack {
    /// At most [`crate::limits::MAX_POSITIONS`]. A cursor never moves back, and a number beyond the
    /// log is refused (`beyond_log`).
    pub positions: Vec<Position>,
}

/// Replaces a seat's secret. The old one is accepted until the new one was used.
/// Errors: `no_such_seat`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rotate {
    /// Shown with the old secret (or, on a retry, the new one).
    pub access: SeatAccess,
    /// Hash of the new secret.
    pub secret_hash: SecretHash,
    /// The owner tag from now on.
    pub owner_tag: OwnerTag,
}

/// Sets or clears the sealed wake-up handle of a seat. Errors: `no_such_seat`, `too_large`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetWakeHandle {
    /// Whose handle.
    pub access: SeatAccess,
    /// The handle, or none.
    pub handle: Option<SealedHandle>,
}

/// Sends something that is not stored to the seats connected now.
/// Errors: `no_such_seat`, `seat_not_rotated`, `rate_limited`, `too_large`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Ephemeral {
    /// Who sends.
    pub access: SeatAccess,
    /// Sealed under an exporter key of the epoch.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "bytes"))]
    pub body: Vec<u8>,
}

/// Every mailbox request, as it travels on the stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Request {
    /// See [`Create`].
    Create(Create),
    /// See [`Append`].
    Append(Append),
    /// See [`Fetch`].
    Fetch(Fetch),
    /// See [`Heads`].
    Heads(Heads),
    /// See [`Watch`].
    Watch(Watch),
    /// See [`Unwatch`].
    Unwatch(Unwatch),
    /// See [`Ack`].
    Ack(Ack),
    /// See [`Rotate`].
    Rotate(Rotate),
    /// See [`SetWakeHandle`].
    SetWakeHandle(SetWakeHandle),
    /// See [`Ephemeral`].
    Ephemeral(Ephemeral),
}

/// Every answer, by the request it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Answer {
    /// Done, and durable where the request changes something.
    Done,
    /// To [`Append`].
    Appended(Appended),
    /// To [`Fetch`].
    Fetched(Fetched),
    /// To [`Heads`].
    Heads(Vec<Head>),
    /// To [`Watch`]: for each position, in order, the highest number readable when the watch began.
    Watching(Vec<Outcome<u64>>),
    /// To [`Ack`]: one result a position, in order.
    Acked(Vec<Outcome<Done>>),
}
