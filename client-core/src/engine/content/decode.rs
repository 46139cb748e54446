//! CBOR to content. Strict about shape and limits, lenient about what later drafts may add: unknown
//! dispositions, cardinalities and extensions decode.

use minicbor::{Decoder, data::Type};
use zeroize::Zeroizing;

use super::{
    Body, Content, ContentError, Disposition, Expiration, ExtensionKey, Extensions, External,
    MAX_CONTENT, MAX_DEPTH, MAX_FIELD, MAX_PARTS, MAX_URL, NestedPart, Salt, Semantics,
    extension::MAX_VALUE,
};
use crate::engine::io::MessageId;

/// Decodes exactly one content.
///
/// # Errors
/// A [`ContentError`]: the sender is at fault, and the message is shown as one that this build
/// cannot read.
pub fn decode(bytes: &[u8]) -> Result<Content, ContentError> {
    if bytes.len() > MAX_CONTENT {
        return Err(ContentError::TooLarge("content"));
    }
    let mut input = Decoder::new(bytes);
    expect_array(&mut input, 7)?;
    let content = Content {
        salt: Salt(fixed(&mut input)?),
        replaces: message_id(&mut input)?,
        topic: field(&mut input)?,
        expires: expiration(&mut input)?,
        in_reply_to: message_id(&mut input)?,
        extensions: extensions(&mut input)?,
        part: part(&mut input, 1, &mut 0)?,
    };
    match bytes.len() - input.position() {
        0 => Ok(content),
        left => Err(ContentError::Trailing(left)),
    }
}

pub(super) fn array(input: &mut Decoder<'_>) -> Result<u64, ContentError> {
    input
        .array()
        .map_err(malformed)?
        .ok_or(ContentError::Malformed)
}

pub(super) fn expect_array(input: &mut Decoder<'_>, expected: u64) -> Result<(), ContentError> {
    match array(input)? {
        got if got == expected => Ok(()),
        got => Err(ContentError::Shape { expected, got }),
    }
}

pub(super) fn fixed<const N: usize>(input: &mut Decoder<'_>) -> Result<[u8; N], ContentError> {
    let bytes = input.bytes().map_err(malformed)?;
    bytes.try_into().map_err(|_| ContentError::Length {
        expected: N,
        got: bytes.len(),
    })
}

pub(super) fn malformed(_: minicbor::decode::Error) -> ContentError {
    ContentError::Malformed
}

fn null(input: &mut Decoder<'_>) -> Result<bool, ContentError> {
    if input.datatype().map_err(malformed)? == Type::Null {
        input.null().map_err(malformed)?;
        return Ok(true);
    }
    Ok(false)
}

fn message_id(input: &mut Decoder<'_>) -> Result<Option<MessageId>, ContentError> {
    if null(input)? {
        return Ok(None);
    }
    fixed(input).map(|id| Some(MessageId(id)))
}

fn expiration(input: &mut Decoder<'_>) -> Result<Option<Expiration>, ContentError> {
    if null(input)? {
        return Ok(None);
    }
    expect_array(input, 2)?;
    let relative = input.bool().map_err(malformed)?;
    let seconds = input.u32().map_err(malformed)?;
    Ok(Some(if relative {
        Expiration::AfterReading(seconds)
    } else {
        Expiration::At(seconds)
    }))
}

fn extensions(input: &mut Decoder<'_>) -> Result<Extensions, ContentError> {
    let count = input
        .map()
        .map_err(malformed)?
        .ok_or(ContentError::Malformed)?;
    let mut extensions = Extensions::default();
    for _ in 0..count {
        let key = extension_key(input)?;
        let start = input.position();
        input.skip().map_err(malformed)?;
        let value = input
            .input()
            .get(start..input.position())
            .ok_or(ContentError::Malformed)?;
        if value.len() > MAX_VALUE {
            return Err(ContentError::TooLarge("extension value"));
        }
        extensions.insert(key, value.to_vec())?;
    }
    Ok(extensions)
}

fn extension_key(input: &mut Decoder<'_>) -> Result<ExtensionKey, ContentError> {
    if input.datatype().map_err(malformed)? == Type::String {
        return ExtensionKey::text(input.str().map_err(malformed)?);
    }
    let number = i128::from(input.int().map_err(malformed)?);
    u64::try_from(number)
        .map(ExtensionKey::Registered)
        .or_else(|_| u64::try_from(-1 - number).map(ExtensionKey::Negative))
        .map_err(|_| ContentError::Malformed)
}

fn part(
    input: &mut Decoder<'_>,
    depth: usize,
    parts: &mut usize,
) -> Result<NestedPart, ContentError> {
    *parts += 1;
    if depth > MAX_DEPTH {
        return Err(ContentError::TooLarge("nesting of parts"));
    }
    if *parts > MAX_PARTS {
        return Err(ContentError::TooLarge("number of parts"));
    }
    let items = array(input)?;
    let disposition = Disposition::from_number(input.u8().map_err(malformed)?);
    let language = text(input, MAX_FIELD)?;
    let cardinality = input.u64().map_err(malformed)?;
    let expected = match cardinality {
        0 => 3,
        1 | 3 => 5,
        2 => 15,
        _ => items,
    };
    if items != expected || items < 3 {
        return Err(ContentError::Shape {
            expected: expected.max(3),
            got: items,
        });
    }
    let body = match cardinality {
        0 => Body::Null,
        1 => Body::Single {
            content_type: text(input, MAX_FIELD)?,
            content: input.bytes().map_err(malformed)?.to_vec(),
        },
        2 => Body::External(Box::new(external(input)?)),
        3 => multi(input, depth, parts)?,
        _ => {
            for _ in 3..items {
                input.skip().map_err(malformed)?;
            }
            Body::Unknown { cardinality }
        }
    };
    Ok(NestedPart {
        disposition,
        language,
        body,
    })
}

fn multi(input: &mut Decoder<'_>, depth: usize, parts: &mut usize) -> Result<Body, ContentError> {
    let number = input.u64().map_err(malformed)?;
    let semantics = Semantics::from_number(number).ok_or(ContentError::UnknownSemantics(number))?;
    let count = array(input)?;
    if count < 2 {
        return Err(ContentError::Shape {
            expected: 2,
            got: count,
        });
    }
    let mut nested = Vec::new();
    for _ in 0..count {
        nested.push(part(input, depth + 1, parts)?);
    }
    Ok(Body::Multi {
        semantics,
        parts: nested,
    })
}

fn external(input: &mut Decoder<'_>) -> Result<External, ContentError> {
    Ok(External {
        content_type: text(input, MAX_FIELD)?,
        url: text(input, MAX_URL)?,
        expires: input.u32().map_err(malformed)?,
        size: input.u64().map_err(malformed)?,
        enc_alg: input.u16().map_err(malformed)?,
        key: Zeroizing::new(field(input)?),
        nonce: field(input)?,
        aad: field(input)?,
        hash_alg: input.u8().map_err(malformed)?,
        content_hash: field(input)?,
        description: text(input, MAX_URL)?,
        filename: text(input, MAX_FIELD)?,
    })
}

fn field(input: &mut Decoder<'_>) -> Result<Vec<u8>, ContentError> {
    let bytes = input.bytes().map_err(malformed)?;
    if bytes.len() > MAX_FIELD {
        return Err(ContentError::TooLarge("byte string"));
    }
    Ok(bytes.to_vec())
}

fn text(input: &mut Decoder<'_>, limit: usize) -> Result<String, ContentError> {
    let text = input.str().map_err(malformed)?;
    if text.len() > limit {
        return Err(ContentError::TooLarge("text field"));
    }
    Ok(text.to_owned())
}
