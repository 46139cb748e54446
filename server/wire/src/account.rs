//! Accounts: certificates, records, OPAQUE registration and login, sessions, the vault.
//!
//! The relay checks signatures of records and sessions with the same signing bytes as clients do;
//! certificates are checked by clients on every Add, Update and Welcome.

use serde::{Deserialize, Serialize};

use crate::{
    codec,
    envelope::Day,
    ids::{
        AccountKeyHash, ClientId, IdentityKey, InboxKey, MailboxAddress, SecretHash, SessionToken,
        Signature, SignatureKey,
    },
};

/// An account: its home relay and the hash of its identity key. Certifies itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountId {
    /// Base URL of the home relay, without a trailing slash.
    pub relay: String,
    /// SHA-256 of the account identity key.
    pub key_hash: AccountKeyHash,
}

/// What a [`ClientCertificate`] binds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CertificateBody {
    /// The account, whose `key_hash` is that of `identity_key`.
    pub account: AccountId,
    /// The key that signs this certificate.
    pub identity_key: IdentityKey,
    /// Username at issue, normalised.
    pub username: String,
    /// The client.
    pub client: ClientId,
    /// Its MLS and account-request key.
    pub signature_key: SignatureKey,
    /// Its inbox, on the account's home relay.
    pub inbox: MailboxAddress,
    /// The key letters are sealed to.
    pub inbox_key: InboxKey,
}

/// The identity in a client's MLS `BasicCredential`, byte for byte as [`codec::encode`] gives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClientCertificate {
    /// What is certified.
    pub body: CertificateBody,
    /// By the account identity key, over [`CertificateBody::signing_bytes`].
    pub signature: Signature,
}

impl CertificateBody {
    /// What the account identity key signs: a label, then the encoded body.
    #[must_use]
    pub fn signing_bytes(&self) -> Vec<u8> {
        labelled(b"restante client certificate v1\0", self)
    }
}

/// What an [`AccountRecord`] says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecordBody {
    /// The account.
    pub account: AccountId,
    /// The key that signs.
    pub identity_key: IdentityKey,
    /// Its username, normalised.
    pub username: String,
    /// 1 for the first record, and one more for each that follows.
    pub sequence: u64,
    /// Clients whose certificates hold today, by client id.
    pub clients: Vec<ClientCertificate>,
}

/// The signed list of an account's clients, kept in the directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountRecord {
    /// What is said.
    pub body: RecordBody,
    /// By the account identity key, over [`RecordBody::signing_bytes`].
    pub signature: Signature,
}

impl RecordBody {
    /// What the account identity key signs: a label, then the encoded body.
    #[must_use]
    pub fn signing_bytes(&self) -> Vec<u8> {
        labelled(b"restante account record v1\0", self)
    }
}

/// The account identity key's seed, sealed twice on the client; the relay can open neither.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IdentityWraps {
    /// Under a key derived from the OPAQUE export key; holds identity seed and vault key.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "bytes"))]
    pub password: Vec<u8>,
    /// The same under a key derived from the recovery phrase.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "bytes"))]
    pub phrase: Vec<u8>,
}

/// The account's sealed state, compare-and-swap by version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Vault {
    /// 1 for the first, and one more for each that follows.
    pub version: u64,
    /// Day of the last write.
    pub day: Day,
    /// Sealed under the vault key.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "bytes"))]
    pub sealed: Vec<u8>,
}

/// Opens a registration. Errors: `username_invalid`, `username_taken`, `invite_required`,
/// `invite_invalid`, `rate_limited`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegisterStart {
    /// As typed; the relay normalises it (PRECIS UsernameCaseMapped) and answers with the result.
    pub username: String,
    /// Where the relay wants one.
    pub invite: Option<String>,
    /// OPAQUE `RegistrationRequest`.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "bytes"))]
    pub opaque: Vec<u8>,
}

/// Answer to [`RegisterStart`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegisterStarted {
    /// The normalised username: what certificates and records carry.
    pub username: String,
    /// OPAQUE `RegistrationResponse`.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "bytes"))]
    pub opaque: Vec<u8>,
}

/// Makes the account, its first client and that client's inbox, all or nothing. A retry of the same
/// bytes by the same account identity key is answered as the first was.
/// Errors: those of [`RegisterStart`], `bad_signature`, `bad_request`, `conflict` (the account is there
/// already), `mailbox_exists` (draw another inbox address and client id).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegisterFinish {
    /// Normalised.
    pub username: String,
    /// The same invite.
    pub invite: Option<String>,
    /// OPAQUE `RegistrationUpload`.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "bytes"))]
    pub opaque: Vec<u8>,
    /// Sequence 1, with exactly one client.
    pub record: AccountRecord,
    /// The wrapped identity.
    pub wraps: IdentityWraps,
    /// Version 1 of the vault.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "bytes"))]
    pub vault: Vec<u8>,
}

/// Opens a login. An unknown username is answered like a known one (RFC 9807 section 6.3.2.2).
/// Errors: `rate_limited`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoginStart {
    /// As typed.
    pub username: String,
    /// OPAQUE `KE1`.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "bytes"))]
    pub opaque: Vec<u8>,
}

/// Answer to [`LoginStart`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoginStarted {
    /// Names this attempt for [`LoginFinish`].
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "bytes"))]
    pub attempt: Vec<u8>,
    /// OPAQUE `KE2`.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "bytes"))]
    pub opaque: Vec<u8>,
}

/// Closes a login. Errors: `bad_credentials`, `rate_limited`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoginFinish {
    /// From [`LoginStarted`].
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "bytes"))]
    pub attempt: Vec<u8>,
    /// OPAQUE `KE3`.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "bytes"))]
    pub opaque: Vec<u8>,
}

/// Answer to [`LoginFinish`]: all that a new client needs to certify itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoggedIn {
    /// Session of the account by password, without a client.
    pub token: SessionToken,
    /// The wrapped identity.
    pub wraps: IdentityWraps,
    /// The record to extend.
    pub record: AccountRecord,
    /// The vault.
    pub vault: Vault,
}

/// Asks for something to sign. The answer is [`Challenge`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChallengeRequest {}

/// 32 random bytes, valid once and for a minute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Challenge {
    /// The bytes.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "bytes"))]
    pub nonce: Vec<u8>,
}

/// Opens a session of a client. Errors: `unauthorized`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionRequest {
    /// The account.
    pub account: AccountKeyHash,
    /// One of the clients of its record.
    pub client: ClientId,
    /// From [`Challenge`].
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "bytes"))]
    pub nonce: Vec<u8>,
    /// By the client's signature key, over [`session_signing_bytes`].
    pub signature: Signature,
}

/// What a client signs to open a session: relay URL, account, client and nonce, behind a label.
#[must_use]
pub fn session_signing_bytes(
    relay: &str,
    account: &AccountKeyHash,
    client: &ClientId,
    nonce: &[u8],
) -> Vec<u8> {
    labelled(
        b"restante session v1\0",
        &(relay, account, client, serde_bytes::Bytes::new(nonce)),
    )
}

/// A session, presented as `Authorization: Bearer` (base64url without padding).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Session {
    /// The bearer token. Relays keep sessions in memory: one that restarted answers
    /// `unauthorized`, and the client opens another.
    pub token: SessionToken,
    /// Seconds for which it holds.
    pub valid_seconds: u32,
}

/// Reads the vault. The answer is [`Vault`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReadVault {}

/// Replaces the vault. Errors: `conflict` (read it, merge, try again), `too_large`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WriteVault {
    /// The version this one replaces.
    pub expected: u64,
    /// The new content.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "bytes"))]
    pub sealed: Vec<u8>,
}

/// Reads the account's own record. The answer is [`AccountRecord`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReadRecord {}

/// Publishes the next record of the account. Makes the inboxes of clients that are new in it and
/// removes inbox and key packages of those that are gone.
/// Errors: `conflict` (its sequence is not the next), `bad_signature`, `bad_request`, `too_many`
/// clients, `mailbox_exists` (draw another inbox address and client id).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PublishRecord {
    /// The record.
    pub record: AccountRecord,
}

/// Sets the contact token of the session's client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetContactToken {
    /// Its hash.
    pub token_hash: SecretHash,
    /// Whether the one before opens the lane until the end of the next day: for contacts who have not
    /// heard of this one. If not, all earlier tokens end.
    pub keeps_earlier: bool,
}

pub(crate) fn labelled<T: Serialize>(label: &[u8], value: &T) -> Vec<u8> {
    let mut bytes = label.to_vec();
    bytes.extend(codec::encode(value));
    bytes
}
