//! Symmetric secrets with types of their own: wiped when dropped, redacted when printed, compared in
//! constant time.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use crate::randomness::Randomness;

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name([u8; 32]);

        impl $name {
            /// Takes 32 bytes that came from storage or from a derivation.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// 32 fresh bytes.
            #[must_use]
            pub fn generate(randomness: &Randomness) -> Self {
                Self(randomness.bytes())
            }

            /// The bytes, for storage and derivation.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

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
                serde_bytes::ByteArray::<32>::deserialize(deserializer)
                    .map(|bytes| Self(bytes.into_array()))
            }
        }
    };
}

secret!(
    /// Held by every client of an account; seals its vault and its history archives.
    VaultKey
);
secret!(
    /// In the room state: with it every member computes every seat id of the room.
    SeatKey
);
secret!(
    /// A key for one ChaCha20-Poly1305 purpose.
    SymmetricKey
);

/// HKDF-SHA256 (RFC 5869) without salt, to 32 bytes.
pub(crate) fn derive(secret: &[u8], info: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    let expanded =
        hkdf::Hkdf::<sha2::Sha256>::new(None, secret).expand_multi_info(info, key.as_mut_slice());
    #[expect(
        clippy::expect_used,
        reason = "32 bytes are far below 255 times the hash length (RFC 5869 section 2.3)"
    )]
    expanded.expect("HKDF gives one block");
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_type_only() {
        let key = VaultKey::from_bytes([0xab; 32]);
        assert_eq!(format!("{key:?}"), "VaultKey(..)");
    }

    #[test]
    fn derivations_differ_by_info() {
        assert_ne!(*derive(&[1; 32], &[b"a"]), *derive(&[1; 32], &[b"b"]));
    }
}
