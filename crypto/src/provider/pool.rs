//! Long values as lists of chunks that they share.
//!
//! **Shape**: a value's row holds the byte [`LIST`] and the numbers of its chunks; chunk rows are
//! keyed by [`CHUNK`] and their number (big-endian) and hold bytes of the value. A chunk lives as
//! long as a list names it. Which numbers hold what is found again from the rows, so nothing else is
//! stored.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{chunks, rows::Rows};

/// First byte of a value that is a list of chunks; whole values begin with the codec's version.
pub(super) const LIST: u8 = 0xC0;

/// First byte of a chunk's key.
const CHUNK: u8 = 0xC1;

/// Longest value that is kept whole: cutting shorter ones would save nothing.
const MAX_WHOLE: usize = 1536;

type Hash = [u8; 32];

/// What the chunk rows hold.
pub(super) struct Pool {
    by_hash: BTreeMap<Hash, u32>,
    by_number: BTreeMap<u32, Chunk>,
}

struct Chunk {
    hash: Hash,
    /// How often lists name it.
    uses: u32,
}

/// A row to write or delete.
pub(super) type Write = (Vec<u8>, Option<Vec<u8>>);

impl Pool {
    /// Reads the pool from all rows.
    pub(super) fn read(rows: &Rows) -> Self {
        let mut pool = Self {
            by_hash: BTreeMap::new(),
            by_number: BTreeMap::new(),
        };
        for number in rows.values().filter_map(|value| numbers(value)).flatten() {
            if let Some(chunk) = pool.by_number.get_mut(&number) {
                chunk.uses += 1;
            } else if let Some(bytes) = rows.get(chunk_key(number).as_slice()) {
                pool.insert(number, Sha256::digest(bytes).into(), 1);
            }
        }
        pool
    }

    /// The writes that make `value`, whole or in chunks, the value of `key`.
    pub(super) fn replace(&mut self, rows: &Rows, key: &[u8], value: &[u8]) -> Vec<Write> {
        let mut writes = Vec::new();
        let before = rows.get(key).map(Vec::as_slice);
        let old = before.and_then(numbers).unwrap_or_default();
        let (row, gone) = if value.len() <= MAX_WHOLE {
            (value.to_vec(), old)
        } else {
            self.list(rows, &old, value, &mut writes)
        };
        if before != Some(row.as_slice()) {
            writes.push((key.to_vec(), Some(row)));
        }
        self.release(&gone, &mut writes);
        writes
    }

    /// The writes that delete `key` and the chunks that only it named.
    pub(super) fn delete(&mut self, rows: &Rows, key: &[u8]) -> Vec<Write> {
        let mut writes = vec![(key.to_vec(), None)];
        let old = rows
            .get(key)
            .and_then(|row| numbers(row))
            .unwrap_or_default();
        self.release(&old, &mut writes);
        writes
    }

    /// The row that lists the chunks of `value`, and the numbers of `old` that it lists no more; those
    /// that are not there yet are written.
    fn list(
        &mut self,
        rows: &Rows,
        mut old: &[u32],
        mut value: &[u8],
        writes: &mut Vec<Write>,
    ) -> (Vec<u8>, Vec<u32>) {
        let (mut row, mut gone) = (vec![LIST], Vec::new());
        while !value.is_empty() {
            // Mostly the next chunk is the one that stood here before: comparing is cheaper than
            // looking for its border, and than hashing it.
            if let Some((number, rest)) = unchanged(rows, old, value) {
                row.extend(number.to_be_bytes());
                old = old.get(1..).unwrap_or_default();
                value = rest;
                continue;
            }
            let (chunk, rest) = chunks::split_first(value);
            let number = self.find_or_write(chunk, writes);
            if let Some(chunk) = self.by_number.get_mut(&number) {
                chunk.uses += 1;
            }
            if let Some(at) = old.iter().position(|&candidate| candidate == number) {
                let (passed, after) = old.split_at_checked(at + 1).unwrap_or((old, &[]));
                gone.extend_from_slice(passed);
                old = after;
            }
            row.extend(number.to_be_bytes());
            value = rest;
        }
        gone.extend_from_slice(old);
        (row, gone)
    }

    fn find_or_write(&mut self, bytes: &[u8], writes: &mut Vec<Write>) -> u32 {
        let hash: Hash = Sha256::digest(bytes).into();
        if let Some(&number) = self.by_hash.get(&hash) {
            return number;
        }
        let number = self.free_number();
        self.insert(number, hash, 0);
        writes.push((chunk_key(number).to_vec(), Some(bytes.to_vec())));
        number
    }

    /// Above all that were given, so that no row is deleted and written in one operation.
    fn free_number(&self) -> u32 {
        let last = self.by_number.last_key_value();
        last.map_or(0, |(&number, _)| number.saturating_add(1))
    }

    fn insert(&mut self, number: u32, hash: Hash, uses: u32) {
        self.by_hash.insert(hash, number);
        self.by_number.insert(number, Chunk { hash, uses });
    }

    fn release(&mut self, numbers: &[u32], writes: &mut Vec<Write>) {
        for number in numbers {
            let Some(chunk) = self.by_number.get_mut(number) else {
                continue;
            };
            chunk.uses = chunk.uses.saturating_sub(1);
            if chunk.uses == 0 {
                self.by_hash.remove(&chunk.hash);
                self.by_number.remove(number);
                writes.push((chunk_key(*number).to_vec(), None));
            }
        }
    }
}

/// The first of the `old` chunks if `value` begins with it, and what follows in `value`. The last chunk
/// of a value ends where the value did, which is no border inside another one.
fn unchanged<'a>(rows: &Rows, old: &[u32], value: &'a [u8]) -> Option<(u32, &'a [u8])> {
    let (&number, others) = old.split_first()?;
    let rest = value.strip_prefix(rows.get(chunk_key(number).as_slice())?.as_slice())?;
    (rest.is_empty() || !others.is_empty()).then_some((number, rest))
}

/// Reads the value of a row, whole or from its chunks; `None` if the row or a chunk is missing.
pub(super) fn value(rows: &Rows, key: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let row = rows.get(key)?;
    let mut value = Zeroizing::new(Vec::new());
    match numbers(row) {
        None => value.extend_from_slice(row),
        Some(numbers) => {
            for number in numbers {
                value.extend_from_slice(rows.get(chunk_key(number).as_slice())?);
            }
        }
    }
    Some(value)
}

/// The chunks that a row lists; `None` for a whole value.
fn numbers(row: &[u8]) -> Option<Vec<u32>> {
    let (&first, rest) = row.split_first()?;
    let (numbers, _) = rest.as_chunks::<4>();
    (first == LIST).then(|| {
        numbers
            .iter()
            .map(|&bytes| u32::from_be_bytes(bytes))
            .collect()
    })
}

fn chunk_key(number: u32) -> [u8; 5] {
    let [a, b, c, d] = number.to_be_bytes();
    [CHUNK, a, b, c, d]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn apply(rows: &mut Rows, writes: Vec<Write>) {
        for (key, value) in writes {
            match value {
                Some(value) => rows.insert(key, value),
                None => rows.remove(&key),
            };
        }
    }

    fn noise(seed: u8, len: usize) -> Vec<u8> {
        let mut x = u64::from(seed) + 1;
        let mut step = || {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            x.to_be_bytes()[0]
        };
        (0..len).map(|_| step()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn values_read_back_and_no_chunk_outlives_them(
            operations in proptest::collection::vec(
                (0..3_u8, proptest::option::of((0..4_u8, 0..9_000_usize))), 1..20,
            ),
        ) {
            let mut rows = Rows::new();
            let mut pool = Pool::read(&rows);
            let mut model = BTreeMap::new();
            for (key, value) in operations {
                let writes = match value {
                    Some((seed, len)) => {
                        let mut value = vec![1];
                        value.extend(noise(seed, len));
                        let writes = pool.replace(&rows, &[key], &value);
                        model.insert(key, value);
                        writes
                    }
                    None => {
                        model.remove(&key);
                        pool.delete(&rows, &[key])
                    }
                };
                apply(&mut rows, writes);
                for key in 0..3 {
                    let read = value_of(&rows, key);
                    prop_assert_eq!(read.as_ref(), model.get(&key));
                }
                let again = Pool::read(&rows);
                prop_assert_eq!(
                    again.by_number.keys().collect::<Vec<_>>(),
                    pool.by_number.keys().collect::<Vec<_>>()
                );
                let chunk_rows = rows.keys().filter(|key| key[0] == CHUNK).count();
                prop_assert_eq!(chunk_rows, pool.by_number.len());
            }
        }
    }

    fn value_of(rows: &Rows, key: u8) -> Option<Vec<u8>> {
        value(rows, &[key]).map(|value| value.to_vec())
    }

    #[test]
    fn values_share_chunks_and_damage_is_noticed() {
        let mut rows = Rows::new();
        let mut pool = Pool::read(&rows);
        let long = noise(1, 50_000);
        let writes = pool.replace(&rows, b"a", &long);
        apply(&mut rows, writes);
        let writes = pool.replace(&rows, b"b", &long);
        assert_eq!(writes.len(), 1, "only the list is written");
        apply(&mut rows, writes);
        assert_eq!(value_of(&rows, b'b'), Some(long));
        rows.remove(chunk_key(3).as_slice());
        assert_eq!(value_of(&rows, b'b'), None);
    }
}
