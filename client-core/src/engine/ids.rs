//! Names of rooms and messages: bytes inside, hexadecimal for shells, hidden from logs.

macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// Lower-case hexadecimal, for shells.
            #[must_use]
            pub fn to_hex(&self) -> String {
                self.0.iter().map(|byte| format!("{byte:02x}")).collect()
            }

            /// From hexadecimal; `None` if it is not exactly that.
            #[must_use]
            pub fn from_hex(hex: &str) -> Option<Self> {
                if hex.len() != 2 * $len || !hex.is_ascii() {
                    return None;
                }
                let mut bytes = [0; $len];
                for (index, byte) in bytes.iter_mut().enumerate() {
                    *byte = u8::from_str_radix(hex.get(2 * index..2 * index + 2)?, 16).ok()?;
                }
                Some(Self(bytes))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                serde_bytes::Serialize::serialize(serde_bytes::Bytes::new(&self.0), out)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
                let bytes: serde_bytes::ByteArray<$len> = serde::Deserialize::deserialize(input)?;
                Ok(Self(bytes.into_array()))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

hex_id!(
    /// A room, the same for all its members and across successor groups.
    RoomId, 32
);
hex_id!(
    /// A MIMI message id: stays the same when a message is encrypted again.
    MessageId, 32
);
