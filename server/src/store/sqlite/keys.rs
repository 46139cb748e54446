//! Random keys of mailboxes and inboxes, and the places of their entries.
//!
//! **Shape**: a place is `key << 32 | number`, so that the entries of one log lie together and in
//! order, and logs lie in no order (R7).

use restante_wire::fault;

use crate::{clock::Entropy, store::StoreError};

/// Tries to draw a free key before giving up; with 2³¹ keys, one is nearly always enough.
const DRAWS: i64 = 64;

/// Draws a key that `taken` does not know.
pub(super) fn draw(
    entropy: &dyn Entropy,
    taken: impl Fn(i64) -> Result<bool, StoreError>,
) -> Result<i64, StoreError> {
    for count in 1..=DRAWS {
        let [a, b, c, d, ..] = entropy.bytes();
        let drawn = i64::from(u32::from_le_bytes([a, b, c, d]) >> 1);
        let is_counted = fault::planted("r7_keys_are_counted");
        let key = if is_counted { count } else { drawn };
        if key != 0 && !taken(key)? {
            return Ok(key);
        }
    }
    Err(StoreError::Internal { code: 0 })
}

/// The place of an entry. Numbers stay below 2³² (`delivery` refuses the append that would not).
pub(super) fn place(key: i64, number: u64) -> i64 {
    key << 32 | i64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// First and last place of a log.
pub(super) fn whole(key: i64) -> (i64, i64) {
    (place(key, 0), place(key, u64::from(u32::MAX)))
}

/// The number of the entry at a place.
pub(super) fn number(place: i64) -> u64 {
    u64::from(place as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_a_log_are_in_order_and_apart_from_other_logs() {
        let (first, last) = whole(i64::from(i32::MAX));
        assert!(first > whole(i64::from(i32::MAX) - 1).1);
        assert_eq!(number(first), 0);
        assert_eq!(number(last), u64::from(u32::MAX));
        assert_eq!(number(place(7, 9)), 9);
        assert!(place(7, 9) < place(7, 10));
    }
}
