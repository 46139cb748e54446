//! Where in the log a sender stood: carried in the authenticated data of every MLS message.

use restante_wire::{
    LogHash, MailboxAddress,
    codec::{self, CodecError},
};
use serde::{Deserialize, Serialize};

/// A place in a mailbox's log and the hash over all up to it. Members compare it with their own: a
/// relay that drops, reorders or shows two members different logs is found out.
///
/// **Shape** on the wire: [`codec`]'s version byte, `n` as a varint, 32 bytes of hash behind their
/// length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogPosition {
    /// Number of the last envelope the sender had processed or skipped; 0 for none.
    pub n: u64,
    /// `H_n`.
    pub hash: LogHash,
}

impl LogPosition {
    /// Before the first envelope.
    #[must_use]
    pub fn start(mailbox: &MailboxAddress) -> Self {
        Self {
            n: 0,
            hash: LogHash::start(mailbox),
        }
    }

    /// As authenticated data.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// From authenticated data.
    ///
    /// # Errors
    /// A [`CodecError`]: the message is skipped.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        codec::decode(bytes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn positions_survive_encoding(n: u64, hash: [u8; 32]) {
            let position = LogPosition { n, hash: LogHash(hash) };
            prop_assert_eq!(LogPosition::decode(&position.encode()), Ok(position));
        }

        #[test]
        fn other_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(position) = LogPosition::decode(&bytes) {
                prop_assert!(position.encode().len() <= bytes.len());
            }
        }
    }
}
