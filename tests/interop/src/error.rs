//! What can go wrong for the peer.

use mls_rs::error::{IntoAnyError, MlsError};
use restante_wire::codec::CodecError;

/// Why the peer did not do something. Nothing of a room has changed then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PeerError {
    /// The system gives no random bytes.
    #[error("no random bytes")]
    Randomness,
    /// Bytes are not the structure that the page says.
    #[error("structure does not decode")]
    Encoding(#[from] CodecError),
    /// Decodes, but encodes to other bytes.
    #[error("structure is not in canonical encoding")]
    NotCanonical,
    /// A text or list is beyond its limit.
    #[error("structure is beyond a limit")]
    Limits,
    /// A certificate or signature does not hold.
    #[error("certificate or signature does not hold")]
    Certificate,
    /// A sealed value does not open.
    #[error("sealed value does not open")]
    Sealed,
    /// The room state is missing, malformed or does not fit the tree.
    #[error("room state does not fit the tree")]
    RoomState,
    /// Not a message of the envelope's kind, of this group and epoch.
    #[error("not a message of this kind, group and epoch")]
    Header,
    /// An envelope that does not follow the last one.
    #[error("gap in the log")]
    Gap,
    /// No such member, or none with this role.
    #[error("no such member")]
    UnknownMember,
    /// MLS refuses it.
    #[error("MLS refuses it: {0}")]
    Mls(#[from] MlsError),
    /// A primitive of the MLS library failed.
    #[error("cryptography failed")]
    Crypto,
}

impl IntoAnyError for PeerError {
    fn into_dyn_error(self) -> Result<Box<dyn std::error::Error + Send + Sync>, Self> {
        Ok(self.into())
    }
}
