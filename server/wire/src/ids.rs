//! Fixed-length identifiers, keys and bearer secrets.
//!
//! Identifiers never print their bytes: a log line that formats one shows its type only, so that no
//! log can relate a person to a mailbox (invariant R7). Secrets are wiped when dropped and compared
//! in constant time.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

macro_rules! fixed_bytes {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

        fixed_bytes!(@common $name, $len);
    };
    (secret $(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(pub [u8; $len]);

        impl Drop for $name {
            fn drop(&mut self) {
                self.0.zeroize();
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.ct_eq(&other.0).into()
            }
        }

        impl Eq for $name {}

        fixed_bytes!(@common $name, $len);
    };
    (@common $name:ident, $len:literal) => {
        impl $name {
            /// Length in bytes.
            pub const LEN: usize = $len;

            /// The bytes, for hashing and storage.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }

            /// Reads exactly `LEN` bytes; `None` for any other length.
            #[must_use]
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                Some(Self(bytes.try_into().ok()?))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serde_bytes::Bytes::new(&self.0).serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                serde_bytes::ByteArray::<$len>::deserialize(deserializer)
                    .map(|bytes| Self(bytes.into_array()))
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                crate::codec::byte_string_schema(Some($len))
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}
    };
}

fixed_bytes!(
    /// Address of a mailbox on its relay: 32 random bytes chosen by its creator.
    MailboxAddress, 32
);
fixed_bytes!(
    /// Id of a seat: HMAC-SHA256(seat key, client id). The relay can link none.
    SeatId, 32
);
fixed_bytes!(
    /// SHA-256 of a [`SeatSecret`]: all the relay keeps of it.
    SecretHash, 32
);
fixed_bytes!(
    /// SHA-256(owner secret ‖ seat id): who shows the owner secret may drop the seat.
    OwnerTag, 32
);
fixed_bytes!(
    /// 16 random bytes by which the sender makes an append safe to retry.
    EnvelopeId, 16
);
fixed_bytes!(
    /// Name of a blob: 32 random bytes. Who knows it may read the blob.
    BlobId, 32
);
fixed_bytes!(
    /// SHA-256 of a [`BlobId`]: all the relay keeps of it.
    BlobKey, 32
);
fixed_bytes!(
    /// 16 random bytes that name one client of an account.
    ClientId, 16
);
fixed_bytes!(
    /// SHA-256 of the account identity key: the account id without its home relay.
    AccountKeyHash, 32
);
fixed_bytes!(
    /// Ed25519 public key that signs an account's certificates and records.
    IdentityKey, 32
);
fixed_bytes!(
    /// Ed25519 public key of one client: signs its MLS leaf and its account requests.
    SignatureKey, 32
);
fixed_bytes!(
    /// X25519 public key to which letters for one client's inbox are sealed (HPKE, RFC 9180).
    InboxKey, 32
);
fixed_bytes!(
    /// Ed25519 signature.
    Signature, 64
);
fixed_bytes!(
    /// X25519 public key to which wake-up handles are sealed (HPKE, RFC 9180).
    PushKey, 32
);
fixed_bytes!(
    /// Beginning of the SHA-256 of a [`PushKey`].
    PushKeyId, 8
);
fixed_bytes!(
    /// Public key on P-256, an uncompressed point: of a subscriber of Web Push (RFC 8291), or of who
    /// sends to it (RFC 8292).
    P256Key, 65
);
fixed_bytes!(secret
    /// Authentication secret of a subscription (RFC 8291 section 3.2).
    PushAuth, 16
);
fixed_bytes!(
    /// Names one life of a relay's database; a restore from a backup makes a new one.
    RestoreId, 16
);
fixed_bytes!(secret
    /// Bearer secret of a seat.
    SeatSecret, 32
);
fixed_bytes!(secret
    /// Derived from the vault key and the mailbox address; shown to drop a seat of one's account.
    OwnerSecret, 32
);
fixed_bytes!(secret
    /// Told to accepted contacts only; opens the second lane of an inbox.
    ContactToken, 32
);
fixed_bytes!(secret
    /// Proves a session to the relay for as long as the relay says.
    SessionToken, 32
);

impl SeatSecret {
    /// The hash the relay stores and compares.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.0).into())
    }
}

impl BlobId {
    /// The hash under which the relay keeps the blob.
    #[must_use]
    pub fn key(&self) -> BlobKey {
        BlobKey(Sha256::digest(self.0).into())
    }
}

impl ContactToken {
    /// The hash the relay stores and compares.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.0).into())
    }
}

impl OwnerSecret {
    /// The tag that a seat of this owner carries.
    #[must_use]
    pub fn tag(&self, seat: &SeatId) -> OwnerTag {
        OwnerTag(
            Sha256::new()
                .chain_update(self.0)
                .chain_update(seat.0)
                .finalize()
                .into(),
        )
    }
}

impl IdentityKey {
    /// The account id that this key certifies.
    #[must_use]
    pub fn account(&self) -> AccountKeyHash {
        AccountKeyHash(Sha256::digest(self.0).into())
    }
}
