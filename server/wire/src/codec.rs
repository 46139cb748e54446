//! The one encoding of everything that crosses the wire or is signed.
//!
//! **Shape**: one version byte ([`VERSION`]), then the value in postcard's wire format: integers are
//! LEB128 varints, byte strings and sequences carry their length first, an `Option` is 0 or 1, an
//! enum is the index of its variant, and struct fields follow each other in the order in which they
//! are declared. Nothing may follow the value.

use serde::{Serialize, de::DeserializeOwned};

/// First byte of every request, answer, event and stored body of protocol version 1.
pub const VERSION: u8 = 1;

/// Why bytes are not a value of the expected type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// There was not even a version byte.
    #[error("empty input")]
    Empty,
    /// The version byte is not one this build speaks.
    #[error("version {got}, expected {VERSION}")]
    Version {
        /// The byte that was found.
        got: u8,
    },
    /// Truncated, or not a value of this type.
    #[error("malformed value")]
    Malformed,
    /// A value, and then something else.
    #[error("{0} bytes after the value")]
    Trailing(usize),
}

/// Encodes a value behind its version byte.
#[must_use]
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let encoded = postcard::to_extend(value, vec![VERSION]);
    #[expect(
        clippy::expect_used,
        reason = "a Vec grows, and our types serialise without errors"
    )]
    encoded.expect("wire types always serialise")
}

/// Decodes exactly one value behind its version byte.
///
/// # Errors
/// A [`CodecError`]; the sender is at fault and a retry of the same bytes is useless.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    match bytes.split_first() {
        None => Err(CodecError::Empty),
        Some((&VERSION, rest)) => match postcard::take_from_bytes(rest) {
            Ok((value, [])) => Ok(value),
            Ok((_, left)) => Err(CodecError::Trailing(left.len())),
            Err(_) => Err(CodecError::Malformed),
        },
        Some((&got, _)) => Err(CodecError::Version { got }),
    }
}

/// OpenAPI description of a byte string.
#[cfg(feature = "openapi")]
#[must_use]
pub fn byte_string_schema(
    len: Option<usize>,
) -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
    use utoipa::openapi::schema::{ObjectBuilder, SchemaFormat, Type};
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::Custom("bytes".into())))
        .min_length(len)
        .max_length(len)
        .into()
}
