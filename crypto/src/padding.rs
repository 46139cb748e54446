//! Lengths that say little: Padmé, in buckets of at least 256 bytes.
//!
//! Padmé keeps the leading bits of a length and rounds the rest up, so that lengths fall into
//! O(log log L) classes at a cost of at most 12 %. Source: Nikitin et al., "Reducing Metadata Leakage
//! from Encrypted Files and Communication with PURBs", PoPETs 2019, section 4.

use restante_wire::fault::planted;
use zeroize::Zeroizing;

/// Smallest padded length: a short text and an acknowledgement look alike.
pub(crate) const MIN_BUCKET: u64 = 256;

/// Bytes of the length prefix.
const PREFIX_LEN: usize = 4;

/// **Shape**: length of `bytes` as a big-endian `u32`, `bytes`, zeros up to the bucket.
pub(crate) fn pad(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    let total = bucket((PREFIX_LEN + bytes.len()) as u64);
    pad_to(bytes, usize::try_from(total).unwrap_or(usize::MAX))
}

/// As [`pad`], to exactly `total` bytes, which must hold prefix and content.
pub(crate) fn pad_to(bytes: &[u8], total: usize) -> Zeroizing<Vec<u8>> {
    let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let mut padded = Zeroizing::new(Vec::with_capacity(total));
    padded.extend(len.to_be_bytes());
    padded.extend_from_slice(bytes);
    padded.resize(total, 0);
    padded
}

/// The content of what [`pad`] or [`pad_to`] made; `None` if the prefix does not fit or the rest is
/// not all zeros.
pub(crate) fn unpad(padded: &[u8]) -> Option<&[u8]> {
    let (prefix, rest) = padded.split_first_chunk::<PREFIX_LEN>()?;
    let len = usize::try_from(u32::from_be_bytes(*prefix)).ok()?;
    let (content, zeros) = rest.split_at_checked(len)?;
    zeros.iter().all(|&byte| byte == 0).then_some(content)
}

/// Most content that [`pad_to`] fits into `total` bytes.
pub(crate) const fn capacity(total: usize) -> usize {
    total - PREFIX_LEN
}

/// The padded length for `len` bytes.
pub(crate) fn bucket(len: u64) -> u64 {
    if planted("r7_lengths_not_padded") {
        return len;
    }
    if len <= MIN_BUCKET {
        return MIN_BUCKET;
    }
    let exponent = len.ilog2();
    let kept_bits = exponent.ilog2() + 1;
    let mask = (1_u64 << (exponent - kept_bits)) - 1;
    len.saturating_add(mask) & !mask
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn buckets_are_those_of_padme() {
        for (len, expected) in [
            (1, 256),
            (256, 256),
            (257, 272),
            (272, 272),
            (1_000, 1_024),
            (1_025, 1_088),
            (100_000, 100_352),
        ] {
            assert_eq!(bucket(len), expected, "{len}");
        }
    }

    proptest! {
        #[test]
        fn padding_is_undone_and_costs_at_most_an_eighth(
            bytes in proptest::collection::vec(any::<u8>(), 0..5_000),
        ) {
            let padded = pad(&bytes);
            prop_assert_eq!(unpad(&padded), Some(bytes.as_slice()));
            let need = bytes.len() + PREFIX_LEN;
            prop_assert!(padded.len() as u64 == MIN_BUCKET || padded.len() <= need + need / 8);
        }

        #[test]
        fn unpad_takes_anything(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            if let Some(content) = unpad(&bytes) {
                prop_assert_eq!(&*pad_to(content, bytes.len()), &bytes);
            }
        }
    }
}
