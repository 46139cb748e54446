//! The one concrete MLS provider: the algorithms of our suites, our randomness, our rows.
//!
//! openmls is generic over its provider and would be compiled anew in every crate that names it, so
//! nothing of it leaves this crate.

mod algorithms;
mod chunks;
pub(crate) mod codec;
mod hpke;
#[cfg(test)]
mod passive_clients;
mod pool;
mod primitives;
pub(crate) mod rows;
mod storage;

use openmls_traits::OpenMlsProvider;

use crate::randomness::Randomness;
pub(crate) use algorithms::Algorithms;
pub(crate) use rows::{RowStore, Rows};
pub(crate) use storage::StorageError;

/// What openmls works with: one for each group or key package.
pub(crate) struct Provider {
    crypto: Algorithms,
    randomness: Randomness,
    rows: RowStore,
}

impl Provider {
    pub(crate) fn new(randomness: Randomness, rows: Rows) -> Self {
        Self {
            crypto: Algorithms,
            randomness,
            rows: RowStore::new(rows),
        }
    }

    pub(crate) fn rows(&self) -> &RowStore {
        &self.rows
    }
}

impl OpenMlsProvider for Provider {
    type CryptoProvider = Algorithms;
    type RandProvider = Randomness;
    type StorageProvider = RowStore;

    fn storage(&self) -> &RowStore {
        &self.rows
    }

    fn crypto(&self) -> &Algorithms {
        &self.crypto
    }

    fn rand(&self) -> &Randomness {
        &self.randomness
    }
}
