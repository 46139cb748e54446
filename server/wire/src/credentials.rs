//! What opens an account: a new password, the recovery phrase, and the end of both.
//!
//! A session without a client, opened by password ([`crate::account::LoginFinish`]) or by the identity
//! ([`ProveIdentity`]), may set the password and delete the account; a client's own may not.

use serde::{Deserialize, Serialize};

use crate::{
    account::{AccountRecord, labelled},
    ids::{AccountKeyHash, Signature},
};

/// Opens a change of the password. Errors: `unauthorized` (also for a session of a client).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasswordStart {
    /// OPAQUE `RegistrationRequest`.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "bytes"))]
    pub opaque: Vec<u8>,
}

/// Answer to [`PasswordStart`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasswordStarted {
    /// OPAQUE `RegistrationResponse`.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "bytes"))]
    pub opaque: Vec<u8>,
}

/// Sets password and its wrap at once, and ends every session without a client, its own too.
/// Errors: `unauthorized`, `bad_request`, `too_large`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasswordFinish {
    /// OPAQUE `RegistrationUpload`.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "bytes"))]
    pub opaque: Vec<u8>,
    /// The identity, wrapped under the new password. The wrap under the phrase stays.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "bytes"))]
    pub wrap: Vec<u8>,
}

/// Reads what the recovery phrase opens. The answer is [`PhraseWrap`]. Errors: `no_such_user`,
/// `rate_limited`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReadPhraseWrap {
    /// As typed.
    pub username: String,
}

/// The identity wrapped under 256 random bits: whoever has it and not the phrase has nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PhraseWrap {
    /// The wrap.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "bytes"))]
    pub wrap: Vec<u8>,
}

/// Signs in by the account identity key. The answer is [`crate::account::LoggedIn`]. Errors:
/// `unauthorized`, `rate_limited`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProveIdentity {
    /// The account.
    pub account: AccountKeyHash,
    /// From [`crate::account::Challenge`].
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "bytes"))]
    pub nonce: Vec<u8>,
    /// By the account identity key, over [`identity_signing_bytes`].
    pub signature: Signature,
}

/// What the account identity key signs to sign in: relay URL, account and nonce, behind a label.
#[must_use]
pub fn identity_signing_bytes(relay: &str, account: &AccountKeyHash, nonce: &[u8]) -> Vec<u8> {
    labelled(
        b"restante identity v1\0",
        &(relay, account, serde_bytes::Bytes::new(nonce)),
    )
}

/// Deletes the account. Its username stays taken, and its record says to everybody that it has no
/// client any more. It ends every session, its own too.
/// Errors: those of [`crate::account::PublishRecord`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeleteAccount {
    /// The last record: the next sequence, without clients.
    pub record: AccountRecord,
}
