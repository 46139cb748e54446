//! The rows of one group or key package, in memory, with what changed since they were last written.
//!
//! A group's caller loads all its rows, works on the group, and writes the changes in the same
//! transaction as everything else that followed from the work. An operation that fails is rolled
//! back here, so that half of it is never written.

use std::{
    cell::RefCell,
    collections::{BTreeMap, btree_map::Entry},
};

use restante_wire::fault::planted;
use zeroize::{Zeroize, Zeroizing};

use super::pool::{self, Pool};

/// All rows of one group or key package: short binary keys, opaque versioned values. Secret.
pub type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

/// What to write (`Some`) and to delete (`None`).
pub type Changes = Vec<(Vec<u8>, Option<Vec<u8>>)>;

/// Bytes of keys and values that these changes write: what storage costs.
#[must_use]
pub fn written_bytes(changes: &Changes) -> usize {
    changes
        .iter()
        .filter_map(|(key, value)| value.as_ref().map(|value| key.len() + value.len()))
        .sum()
}

/// Rows behind the shared reference that openmls's storage trait asks for.
pub(crate) struct RowStore(RefCell<State>);

struct State {
    rows: Rows,
    /// What the chunk rows hold; read when a value is first written, and after a roll-back.
    pool: Option<Pool>,
    /// Values before their first change since [`RowStore::take_changes`].
    written: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// While an operation runs: values before its changes, in order.
    undo: Option<Changes>,
}

impl RowStore {
    pub(crate) fn new(rows: Rows) -> Self {
        Self(RefCell::new(State {
            rows,
            pool: None,
            written: BTreeMap::new(),
            undo: None,
        }))
    }

    /// Reads a value.
    pub(crate) fn read(&self, key: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        pool::value(&self.0.borrow().rows, key)
    }

    /// Writes a value.
    pub(crate) fn write(&self, key: &[u8], value: &[u8]) {
        self.0
            .borrow_mut()
            .change(|pool, rows| pool.replace(rows, key, value));
    }

    /// Deletes a value.
    pub(crate) fn delete(&self, key: &[u8]) {
        self.0
            .borrow_mut()
            .change(|pool, rows| pool.delete(rows, key));
    }

    /// Deletes every row.
    pub(crate) fn delete_all(&self) {
        let mut state = self.0.borrow_mut();
        let keys: Vec<_> = state.rows.keys().cloned().collect();
        for key in keys {
            state.set(key, None);
        }
        state.pool = None;
    }

    /// Starts an operation that [`Self::roll_back`] can undo.
    pub(crate) fn begin(&self) {
        self.0.borrow_mut().undo = Some(Vec::new());
    }

    /// Keeps what the operation did.
    pub(crate) fn keep(&self) {
        if let Some(undo) = self.0.borrow_mut().undo.take() {
            undo.into_iter().for_each(|(_, value)| wipe(value));
        }
    }

    /// Undoes what the operation did.
    pub(crate) fn roll_back(&self) {
        if planted("c2_failed_operation_half_kept") {
            return self.keep();
        }
        let mut state = self.0.borrow_mut();
        let undo = state.undo.take().unwrap_or_default();
        for (key, value) in undo.into_iter().rev() {
            state.set(key, value);
        }
        state.pool = None;
    }

    /// What changed since the last call, each row once.
    pub(crate) fn take_changes(&self) -> Changes {
        let mut state = self.0.borrow_mut();
        let written = std::mem::take(&mut state.written);
        let mut changes = Vec::new();
        for (key, before) in written {
            let now = state.rows.get(&key);
            if now != before.as_ref() {
                changes.push((key, now.cloned()));
            }
            wipe(before);
        }
        changes
    }

    /// Moves all rows out.
    pub(crate) fn take_all(&self) -> Rows {
        let mut state = self.0.borrow_mut();
        state.written.clear();
        state.pool = None;
        std::mem::take(&mut state.rows)
    }

    /// A copy of all rows, for tests that compare states.
    #[cfg(test)]
    pub(crate) fn snapshot(&self) -> Rows {
        self.0.borrow().rows.clone()
    }
}

impl State {
    fn change(&mut self, writes: impl FnOnce(&mut Pool, &Rows) -> Vec<pool::Write>) {
        let pool = self.pool.get_or_insert_with(|| Pool::read(&self.rows));
        for (key, value) in writes(pool, &self.rows) {
            self.set(key, value);
        }
    }

    fn set(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
        let before = match value {
            Some(value) => self.rows.insert(key.clone(), value),
            None => self.rows.remove(&key),
        };
        let before = before.map(Zeroizing::new);
        if let Some(undo) = &mut self.undo {
            undo.push((key.clone(), before.as_deref().cloned()));
        }
        if let Entry::Vacant(entry) = self.written.entry(key) {
            entry.insert(before.as_deref().cloned());
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        std::mem::take(&mut self.rows)
            .into_values()
            .for_each(|value| wipe(Some(value)));
        std::mem::take(&mut self.written)
            .into_values()
            .for_each(wipe);
        self.undo
            .take()
            .unwrap_or_default()
            .into_iter()
            .for_each(|(_, value)| wipe(value));
    }
}

fn wipe(value: Option<Vec<u8>>) {
    if let Some(mut value) = value {
        value.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> RowStore {
        RowStore::new(Rows::from([
            (b"a".to_vec(), b"1".to_vec()),
            (b"b".to_vec(), b"2".to_vec()),
        ]))
    }

    #[test]
    fn changes_name_each_changed_row_once_with_its_last_value() {
        let store = store();
        store.write(b"a", b"x");
        store.write(b"a", b"y");
        store.write(b"c", b"3");
        store.delete(b"c");
        store.delete(b"b");
        assert_eq!(
            store.take_changes(),
            vec![(b"a".to_vec(), Some(b"y".to_vec())), (b"b".to_vec(), None)]
        );
        assert!(store.take_changes().is_empty());
    }

    #[test]
    fn c2_a_rolled_back_operation_leaves_rows_and_changes_as_they_were() {
        let store = store();
        store.write(b"c", b"3");
        let before = store.snapshot();
        store.begin();
        store.write(b"a", b"x");
        store.delete(b"c");
        store.write(b"d", b"4");
        store.roll_back();
        assert_eq!(store.snapshot(), before);
        assert_eq!(
            store.take_changes(),
            vec![(b"c".to_vec(), Some(b"3".to_vec()))]
        );
    }
}
