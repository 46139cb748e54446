//! Cuts long values into chunks whose borders depend on the content around them.
//!
//! openmls rewrites a whole tree for one changed leaf, and a sender's whole ratchet tree together
//! with the group context for one message. Cut where a rolling hash says so, a change moves only the
//! borders near it, and chunks that were there before need not be written again.
//! Source: Xia et al., "FastCDC", USENIX ATC 2016, section 3 (Gear hash, minimum and maximum).

/// Shortest chunk, but for the last.
const MIN: usize = 128;

/// Longest chunk.
const MAX: usize = 2048;

/// A border falls where these bits of the hash are zero: each 512 bytes on average after [`MIN`].
const BORDER: u64 = 0x1ff << 40;

/// Bytes on which the hash depends: each is shifted out after so many.
const WINDOW: usize = 64;

/// A fixed pseudo-random number for each byte.
const GEAR: [u64; 256] = gears();

/// The first chunk of a value, and what follows it.
pub(super) fn split_first(bytes: &[u8]) -> (&[u8], &[u8]) {
    bytes
        .split_at_checked(border(bytes))
        .unwrap_or((bytes, &[]))
}

/// Length of the first chunk.
fn border(bytes: &[u8]) -> usize {
    let mut hash = 0_u64;
    let skipped = MIN - WINDOW;
    for (index, &byte) in bytes.iter().enumerate().take(MAX).skip(skipped) {
        let gear = GEAR.get(usize::from(byte)).copied().unwrap_or_default();
        hash = (hash << 1).wrapping_add(gear);
        if index >= MIN && hash & BORDER == 0 {
            return index + 1;
        }
    }
    bytes.len().min(MAX)
}

/// The finaliser of SplitMix64 (Steele et al., OOPSLA 2014) of each byte.
const fn gears() -> [u64; 256] {
    let mut gears = [0; 256];
    let mut rest: &mut [u64] = &mut gears;
    let mut byte = 0_u64;
    while let Some((gear, after)) = rest.split_first_mut() {
        let mut x = (byte + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        *gear = x ^ (x >> 31);
        rest = after;
        byte += 1;
    }
    gears
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn split(mut bytes: &[u8]) -> Vec<&[u8]> {
        let mut chunks = Vec::new();
        while !bytes.is_empty() {
            let (chunk, rest) = split_first(bytes);
            chunks.push(chunk);
            bytes = rest;
        }
        chunks
    }

    proptest! {
        #[test]
        fn chunks_are_the_value_and_within_their_limits(
            bytes in proptest::collection::vec(any::<u8>(), 0..20_000),
        ) {
            let chunks = split(&bytes);
            prop_assert_eq!(&chunks.concat(), &bytes);
            for chunk in chunks.iter().rev().skip(1) {
                prop_assert!((MIN..=MAX).contains(&chunk.len()));
            }
        }

        #[test]
        fn an_insertion_changes_few_chunks(
            seed: u64,
            at in 0..100_000_usize,
            inserted in proptest::collection::vec(any::<u8>(), 1..50),
        ) {
            let mut x = seed;
            let mut bytes: Vec<u8> = (0..100_000)
                .map(|_| {
                    x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    x.to_be_bytes()[0]
                })
                .collect();
            let before: HashSet<Vec<u8>> = split(&bytes).into_iter().map(<[u8]>::to_vec).collect();
            bytes.splice(at..at, inserted);
            let after = split(&bytes);
            let fresh = after.iter().filter(|&&chunk| !before.contains(chunk)).count();
            prop_assert!(fresh <= 8, "{fresh} fresh chunks");
        }
    }
}
