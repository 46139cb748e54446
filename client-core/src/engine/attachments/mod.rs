//! Files beside messages: what a person sends, what others say they sent, and getting the sealed
//! bytes to the relay.
//!
//! Owns: what a found file must be before anything of it is fetched ([`source`]), what is shown of it
//! ([`view`]), names that are safe on a disk ([`file_name`]), types by content ([`media_type`]),
//! previews ([`thumbnail`], [`waveform`]), and uploads as rows ([`uploads`]). Never does: files or
//! sockets (the driver), or fetch what nobody asked for.
//!
//! The walk of a file: the driver seals a copy and hands over what it made; the message is stored and
//! shown with a row for each upload, in one transaction; the outbox holds the message back until the
//! rows are gone. A row goes when the relay has the whole blob.

mod compose;
pub mod file_name;
pub mod media_type;
pub mod source;
pub mod thumbnail;
pub mod transfer;
mod uploads;
pub mod view;
pub mod waveform;

pub use source::Source;
pub use transfer::{Transfer, TransferFailed, Way};
pub use view::{Attachment, FileKind};
pub use waveform::Waveform;

use restante_crypto::attachment::AttachmentKey;
use restante_wire::BlobId;

use crate::redacted::redacted_debug;

/// Longest file that this client sends.
pub const MAX_FILE: u64 = 2 * 1024 * 1024 * 1024;

/// A file that the driver has sealed for sending.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedFile {
    /// Name of the sealed copy in the home's folder of outgoing files.
    pub copy: String,
    /// Length of the sealed copy.
    pub sealed_len: u64,
    /// SHA-256 of the sealed copy.
    pub hash: [u8; 32],
    /// Name that the blob will have.
    pub blob: BlobId,
    /// Opens it.
    pub key: AttachmentKey,
    /// Name of the file, without its folder.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Its length.
    pub size: u64,
    /// A small JPEG, if it is a picture.
    pub thumbnail: Option<Vec<u8>>,
    /// If it is a voice message.
    pub waveform: Option<Waveform>,
}

redacted_debug!(SealedFile);
