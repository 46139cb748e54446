//! The relay's pool of key packages, one per client and ciphersuite.

use serde::{Deserialize, Serialize};

use crate::{
    envelope::Day,
    ids::{AccountKeyHash, ClientId},
    mailbox::Stamp,
};

/// Code point of an MLS ciphersuite (RFC 9420 section 17.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Suite(pub u16);

impl Suite {
    /// `MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519`.
    pub const X25519_CHACHA20: Self = Self(0x0003);

    /// `MLS_128_MLKEM768X25519_AES128GCM_SHA256_Ed25519`: hybrid, its KEM being X-Wing.
    /// Source: draft-ietf-mls-pq-ciphersuites; the code point is provisional.
    pub const MLKEM768X25519_AES128: Self = Self(0x004F);
}

/// A key package and what its MLS lifetime cannot say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PooledKeyPackage {
    /// Its ciphersuite.
    pub suite: Suite,
    /// Last day on which it may be used; MLS lifetimes are always valid.
    pub expires: Day,
    /// Given out again and again when the pool is empty; one per suite.
    pub last_resort: bool,
    /// MLS `KeyPackage`, TLS-encoded without the `MLSMessage` frame.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "bytes"))]
    pub bytes: Vec<u8>,
}

/// Adds to the pool of the session's client. A last-resort package replaces the one of its suite;
/// bytes that are already there are not stored twice.
/// Errors: `too_many`, `too_large`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UploadKeyPackages {
    /// At most [`crate::limits::MAX_KEY_PACKAGES`].
    pub packages: Vec<PooledKeyPackage>,
    /// Forgets all earlier ones first: after a restore of the relay, or when keys were lost.
    pub replace_all: bool,
}

/// Asks for the state of the pool. The answer is [`KeyPackagePool`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReadKeyPackagePool {}

/// State of one client's pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeyPackagePool {
    /// One entry a suite that has any.
    pub suites: Vec<SuitePool>,
}

/// State of the pool of one suite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SuitePool {
    /// Which.
    pub suite: Suite,
    /// Single-use packages left.
    pub single_use: u32,
    /// Whether there is a last resort.
    pub has_last_resort: bool,
    /// Whether it was given out since it was uploaded: time to replace it.
    pub last_resort_used: bool,
}

/// Claims one key package of every client of an account. Anonymous.
/// Errors: `no_such_user`, `stamp_refused`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Claim {
    /// Pays for the claim.
    pub stamp: Stamp,
    /// Whose.
    pub account: AccountKeyHash,
    /// For a group of this suite.
    pub suite: Suite,
    /// Only of these clients; empty for all.
    pub clients: Vec<ClientId>,
}

/// Answer to [`Claim`]: one entry a client asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Claimed {
    /// By client; none where the client has no key package of the suite.
    pub clients: Vec<(ClientId, Option<PooledKeyPackage>)>,
}
