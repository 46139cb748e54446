//! The encoding of everything on the wire: values survive it, damage never panics, and bytes that
//! were fixed once stay fixed.
#![expect(
    clippy::indexing_slicing,
    reason = "positions are taken below the length just measured"
)]

mod accounts;
mod blobs;
mod golden;
mod mailboxes;
mod values;

use proptest::prelude::*;
use restante_wire::codec::{self, CodecError};
use serde::{Serialize, de::DeserializeOwned};

/// A value comes back as it was; no strict prefix and no longer text is a value; any flipped bit is
/// either another value or a typed error.
fn survives<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(
    value: &T,
    flip: usize,
) -> Result<(), TestCaseError> {
    let bytes = codec::encode(value);
    prop_assert_eq!(
        &codec::decode::<T>(&bytes).map_err(|error| fail(&error))?,
        value
    );

    for len in 0..bytes.len() {
        prop_assert!(
            codec::decode::<T>(&bytes[..len]).is_err(),
            "a prefix of {} decodes",
            len
        );
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    prop_assert_eq!(
        codec::decode::<T>(&longer).err(),
        Some(CodecError::Trailing(1))
    );

    let mut flipped = bytes;
    let bit = flip % (flipped.len() * 8);
    flipped[bit / 8] ^= 1 << (bit % 8);
    if let Ok(other) = codec::decode::<T>(&flipped) {
        let again = codec::decode::<T>(&codec::encode(&other)).map_err(|error| fail(&error))?;
        prop_assert_eq!(again, other);
    }
    Ok(())
}

fn fail(error: &CodecError) -> TestCaseError {
    TestCaseError::fail(error.to_string())
}

/// One test for each type: the name, and where its values come from.
macro_rules! survive {
    ($($name:ident: $strategy:expr;)*) => {
        proptest! {
            #![proptest_config(ProptestConfig::with_cases(256))]
            $(
                #[test]
                fn $name(value in $strategy, flip in any::<usize>()) {
                    $crate::survives(&value, flip)?;
                }
            )*
        }
    };
}
pub(crate) use survive;

#[test]
fn an_empty_body_and_another_version_are_told_apart() {
    assert_eq!(codec::decode::<u64>(&[]), Err(CodecError::Empty));
    assert_eq!(
        codec::decode::<u64>(&[2, 0]),
        Err(CodecError::Version { got: 2 })
    );
    assert_eq!(codec::decode::<u64>(&[1]), Err(CodecError::Malformed));
    assert_eq!(
        codec::decode::<u64>(&[1, 7, 9]),
        Err(CodecError::Trailing(1))
    );
}

#[test]
fn a_list_that_claims_more_than_it_holds_allocates_nothing_for_the_claim() {
    // A length of 2^60 elements and then nothing.
    let bytes = [1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10];
    assert_eq!(
        codec::decode::<Vec<u64>>(&bytes),
        Err(CodecError::Malformed)
    );
    assert_eq!(codec::decode::<String>(&bytes), Err(CodecError::Malformed));
}
