//! The directory: exact usernames only.

use serde::{Deserialize, Serialize};

use crate::{account::AccountRecord, mailbox::Stamp};

/// Finds an account. Anonymous. Errors: `no_such_user`, `stamp_refused`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Lookup {
    /// Pays for the look-up.
    pub stamp: Stamp,
    /// As typed; matched exactly after normalisation.
    pub username: String,
}

/// Answer to [`Lookup`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Found {
    /// The account's record, to be verified by the client.
    pub record: AccountRecord,
    /// Key-transparency proof, on relays that keep a transparency log.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = "bytes"))]
    pub proof: Option<Vec<u8>>,
}
