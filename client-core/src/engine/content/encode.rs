//! Content to deterministic CBOR: shortest integers, definite lengths, sorted names.

use std::convert::Infallible;

use minicbor::{Encoder, data::Int};

use super::{Body, Content, Expiration, ExtensionKey, External, NestedPart};
use crate::engine::io::MessageId;

/// Writes into a growing vector.
pub(super) type Sink<'a> = Encoder<&'a mut Vec<u8>>;
/// What each write gives.
pub(super) type Written = Result<(), minicbor::encode::Error<Infallible>>;

pub(super) fn encode(content: &Content) -> Vec<u8> {
    collect(|out| write_content(out, content))
}

/// The bytes that some writes make.
pub(super) fn collect(write: impl FnOnce(&mut Sink<'_>) -> Written) -> Vec<u8> {
    let mut bytes = Vec::new();
    let written = write(&mut Encoder::new(&mut bytes));
    #[expect(clippy::expect_used, reason = "a Vec takes every write")]
    written.expect("writing to a Vec");
    bytes
}

fn write_content(out: &mut Sink<'_>, content: &Content) -> Written {
    out.array(7)?.bytes(&content.salt.0)?;
    write_message_id(out, content.replaces.as_ref())?;
    out.bytes(&content.topic)?;
    match content.expires {
        None => out.null()?,
        Some(Expiration::AfterReading(seconds)) => out.array(2)?.bool(true)?.u32(seconds)?,
        Some(Expiration::At(seconds)) => out.array(2)?.bool(false)?.u32(seconds)?,
    };
    write_message_id(out, content.in_reply_to.as_ref())?;
    let extensions = content.extensions.iter();
    out.map(extensions.len() as u64)?;
    for (key, value) in extensions {
        match key {
            ExtensionKey::Registered(number) => out.u64(*number)?,
            ExtensionKey::Negative(number) => out.int(negative(*number))?,
            ExtensionKey::Text(_) => out.str(key.as_text().unwrap_or_default())?,
        };
        out.writer_mut().extend_from_slice(value);
    }
    write_part(out, &content.part)
}

fn write_message_id(out: &mut Sink<'_>, id: Option<&MessageId>) -> Written {
    match id {
        None => out.null()?,
        Some(id) => out.bytes(&id.0)?,
    };
    Ok(())
}

fn write_part(out: &mut Sink<'_>, part: &NestedPart) -> Written {
    let items = match part.body {
        Body::Null | Body::Unknown { .. } => 3,
        Body::Single { .. } | Body::Multi { .. } => 5,
        Body::External(_) => 15,
    };
    out.array(items)?
        .u8(part.disposition.number())?
        .str(&part.language)?;
    match &part.body {
        Body::Null => {
            out.u8(0)?;
        }
        Body::Single {
            content_type,
            content,
        } => {
            out.u8(1)?.str(content_type)?.bytes(content)?;
        }
        Body::External(external) => write_external(out, external)?,
        Body::Multi { semantics, parts } => {
            out.u8(3)?
                .u8(semantics.number())?
                .array(parts.len() as u64)?;
            for part in parts {
                write_part(out, part)?;
            }
        }
        Body::Unknown { cardinality } => {
            out.u64(*cardinality)?;
        }
    }
    Ok(())
}

fn write_external(out: &mut Sink<'_>, external: &External) -> Written {
    out.u8(2)?
        .str(&external.content_type)?
        .str(&external.url)?
        .u32(external.expires)?
        .u64(external.size)?
        .u16(external.enc_alg)?
        .bytes(&external.key)?
        .bytes(&external.nonce)?
        .bytes(&external.aad)?
        .u8(external.hash_alg)?
        .bytes(&external.content_hash)?
        .str(&external.description)?
        .str(&external.filename)?;
    Ok(())
}

/// CBOR's negative integer `-1 - n`.
fn negative(n: u64) -> Int {
    #[expect(clippy::expect_used, reason = "-1 - n of every u64 is a CBOR integer")]
    Int::try_from(-1 - i128::from(n)).expect("in range")
}
