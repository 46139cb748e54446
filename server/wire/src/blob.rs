//! Blobs: sealed files that lie beside the mailboxes until their retention ends.
//!
//! A blob's name is 32 random bytes that its uploader chooses: whoever knows it may read the blob,
//! and until the blob is complete, add to it. It is made with its whole size and filled by parts of
//! [`MAX_BLOB_PART`] bytes, the last one shorter; complete, it never changes again. All requests are
//! anonymous, and the relay keeps nothing of who made them.
//!
//! [`MAX_BLOB_PART`]: crate::limits::MAX_BLOB_PART

use serde::{Deserialize, Serialize};

use crate::{ids::BlobId, mailbox::Stamp};

/// Makes room for a blob. Made again with the same size, it is answered with how far it is.
/// Errors: `stamp_refused`; `rate_limited` for one of the address's limits; `too_large`;
/// `storage_full`; `conflict` if there is one of this name and another size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateBlob {
    /// Pays for the blob.
    pub stamp: Stamp,
    /// 32 random bytes.
    pub blob: BlobId,
    /// Its whole length in bytes, at least 1.
    pub size: u64,
}

/// Asks how far a blob is. Errors: `no_such_blob`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReadBlobState {
    /// Which.
    pub blob: BlobId,
}

/// How far a blob is: what is counted here is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BlobState {
    /// Its whole length.
    pub size: u64,
    /// So many bytes from its start are there; all of them when it is complete.
    pub received: u64,
}

impl BlobState {
    /// Whether it can be read.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.received == self.size
    }
}

/// Adds the next part. One that is there already is answered like the first time.
/// Errors: `no_such_blob`; `conflict` if it is not the next one: ask how far the blob is;
/// `bad_request` for a part of a wrong length or place; `storage_full`, `overloaded`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AppendBlob {
    /// Which.
    pub blob: BlobId,
    /// Where the part begins: a multiple of [`crate::limits::MAX_BLOB_PART`].
    pub offset: u64,
    /// Exactly [`crate::limits::MAX_BLOB_PART`] bytes, or all that is left.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "bytes"))]
    pub bytes: Vec<u8>,
}

/// Reads a range of a complete blob.
/// Errors: `no_such_blob`, also while it is incomplete and when its retention has ended;
/// `bad_request` for a range that begins behind its end; `overloaded`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReadBlob {
    /// Which.
    pub blob: BlobId,
    /// First byte.
    pub offset: u64,
    /// Most bytes; never more than [`crate::limits::MAX_BLOB_PART`] are given.
    pub limit: u32,
}

/// Answer to [`ReadBlob`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BlobPart {
    /// Length of the whole blob.
    pub size: u64,
    /// The bytes; fewer than asked for at the end.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "bytes"))]
    pub bytes: Vec<u8>,
}
