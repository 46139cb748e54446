//! A map with an end for every entry and a bound on their number: login attempts, challenges and
//! sessions live in it (R8).
//!
//! At the bound the oldest entry makes room: to push out a stranger's entry somebody must then fill
//! the whole map within that entry's life, while refusing newcomers would let a slow trickle lock
//! everybody out.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    time::Duration,
};

/// See the module's head. Times are of one monotonic clock, given by the caller.
pub struct ExpiringMap<K, V> {
    capacity: usize,
    entries: HashMap<K, Entry<V>>,
    /// Oldest first, with the serial number of the entry it stands for; names of entries that were
    /// taken or replaced stay until they reach the front.
    order: VecDeque<(K, u64)>,
    next_serial: u64,
}

struct Entry<V> {
    value: V,
    ends: Duration,
    serial: u64,
}

impl<K: Copy + Eq + Hash, V> ExpiringMap<K, V> {
    /// An empty map for at most `capacity` entries.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity,
            entries: HashMap::new(),
            order: VecDeque::new(),
            next_serial: 0,
        }
    }

    /// Adds or replaces an entry that ends at `ends`.
    pub fn insert(&mut self, key: K, value: V, now: Duration, ends: Duration) {
        self.next_serial += 1;
        let serial = self.next_serial;
        self.entries.insert(
            key,
            Entry {
                value,
                ends,
                serial,
            },
        );
        self.order.push_back((key, serial));
        self.shed(now);
    }

    /// The entry, if it has not ended.
    #[must_use]
    pub fn find(&self, key: &K, now: Duration) -> Option<&V> {
        let entry = self.entries.get(key)?;
        (entry.ends > now).then_some(&entry.value)
    }

    /// Removes the entry and gives it, if it had not ended.
    pub fn take(&mut self, key: &K, now: Duration) -> Option<V> {
        let entry = self.entries.remove(key)?;
        (entry.ends > now).then_some(entry.value)
    }

    /// Removes the entries for which `keep` says no.
    pub fn retain(&mut self, keep: impl Fn(&V) -> bool) {
        self.entries.retain(|_, entry| keep(&entry.value));
    }

    /// How many entries are held, ended ones that were not yet shed included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Drops from the front what is dead, ended, or beyond the capacity.
    fn shed(&mut self, now: Duration) {
        while let Some((key, serial)) = self.order.front() {
            let live = self
                .entries
                .get(key)
                .filter(|entry| entry.serial == *serial)
                .map(|entry| entry.ends > now);
            match live {
                Some(true) if self.order.len() <= self.capacity => break,
                Some(_) => {
                    self.entries.remove(key);
                }
                None => {}
            }
            self.order.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn an_entry_is_found_until_it_ends() {
        let mut map = ExpiringMap::new(4);
        map.insert(1, "a", at(0), at(10));
        assert_eq!(map.find(&1, at(9)), Some(&"a"));
        assert_eq!(map.find(&1, at(10)), None);
    }

    #[test]
    fn an_entry_is_taken_once() {
        let mut map = ExpiringMap::new(4);
        map.insert(1, "a", at(0), at(10));
        assert_eq!(map.take(&1, at(1)), Some("a"));
        assert_eq!(map.take(&1, at(1)), None);
    }

    #[test]
    fn r8_at_the_capacity_the_oldest_makes_room() {
        let mut map = ExpiringMap::new(3);
        for key in 0..1000 {
            map.insert(key, key, at(0), at(10));
        }
        assert_eq!(map.len(), 3);
        assert_eq!(map.find(&999, at(0)), Some(&999));
        assert_eq!(map.find(&996, at(0)), None);
    }

    #[test]
    fn r8_entries_that_are_taken_leave_no_trace() {
        let mut map = ExpiringMap::new(100);
        for key in 0..10_000 {
            map.insert(key, key, at(0), at(10));
            map.take(&key, at(0));
        }
        assert!(map.is_empty());
        assert!(map.order.len() <= 100);
    }

    #[test]
    fn a_replaced_entry_outlives_the_name_of_its_predecessor() {
        let mut map = ExpiringMap::new(2);
        map.insert(1, "old", at(0), at(5));
        map.insert(1, "new", at(1), at(50));
        map.insert(2, "other", at(6), at(50));
        assert_eq!(map.find(&1, at(6)), Some(&"new"));
    }
}
