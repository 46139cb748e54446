//! A wire value as JSON that a person reads: structs by the names of their fields, enums by the names
//! of their variants, byte strings in hexadecimal.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

/// The readable form of a value.
///
/// JSON itself cannot tell a byte string from a list of numbers, so the way leads over MessagePack,
/// which can.
///
/// # Panics
/// If the value does not serialise, which wire types do.
#[must_use]
pub fn readable<T: Serialize>(value: &T) -> Value {
    let packed = rmp_serde::to_vec_named(value).expect("wire types serialise");
    let Readable(value) = rmp_serde::from_slice(&packed).expect("MessagePack reads itself");
    value
}

struct Readable(Value);

impl<'de> Deserialize<'de> for Readable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyVisitor).map(Self)
    }
}

struct AnyVisitor;

impl<'de> Visitor<'de> for AnyVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<Value, E> {
        Ok(crate::hex(value).into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Readable(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(items.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Map::new();
        while let Some((key, Readable(value))) = map.next_entry::<String, Readable>()? {
            entries.insert(key, value);
        }
        Ok(entries.into())
    }
}
