//! Encoding of stored values: a version byte, then MessagePack with structs as arrays and byte
//! sequences as `bin`.
//!
//! Self-describing, as openmls's types need; a third of the size of JSON or less.

use rmp_serde::config::BytesMode;
use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use super::StorageError;

const VERSION: u8 = 1;

/// Encodes a value.
pub(crate) fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Zeroizing<Vec<u8>>, StorageError> {
    let mut bytes = Zeroizing::new(vec![VERSION]);
    let mut serializer =
        rmp_serde::Serializer::new(&mut *bytes).with_bytes(BytesMode::ForceIterables);
    value
        .serialize(&mut serializer)
        .map_err(|_| StorageError::Encode)?;
    Ok(bytes)
}

/// Decodes exactly one value.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StorageError> {
    match bytes.split_first() {
        Some((&VERSION, rest)) => rmp_serde::from_slice(rest).map_err(|_| StorageError::Decode),
        Some((&got, _)) => Err(StorageError::Version { got }),
        None => Err(StorageError::Decode),
    }
}
