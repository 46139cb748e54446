//! What an MLS application message of a room carries.

use restante_wire::{ContactToken, codec};
use serde::{Deserialize, Serialize};

/// Plaintext of an application message, encoded with [`codec`]. Kinds that a build does not know
/// fail to decode and are shown as "needs an update".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Payload {
    /// MIMI content: a message, or a message status.
    Content(#[serde(with = "serde_bytes")] Vec<u8>),
    /// The sender leaves. Its append drops its seat.
    Leave,
    /// Opens the contacts' lane of the sender's inbox. In one-to-one rooms only.
    ContactToken(ContactToken),
}

impl Payload {
    /// The bytes to encrypt.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// From decrypted bytes.
    ///
    /// # Errors
    /// Not a payload this build knows.
    pub fn decode(bytes: &[u8]) -> Result<Self, codec::CodecError> {
        codec::decode(bytes)
    }
}
