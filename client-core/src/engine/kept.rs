//! Small things that a user interface keeps beside the messages, encrypted with them: drafts, settings.
//!
//! The engine never looks into them, and no other client gets them.

use super::Engine;
use crate::{Error, ErrorKind};

/// Longest name, in bytes.
pub const MAX_NAME: usize = 128;

/// Longest value, in bytes.
pub const MAX_VALUE: usize = 64 * 1024;

/// Most values.
pub const MAX_KEPT: u64 = 4096;

impl Engine {
    /// What is kept under a name.
    ///
    /// # Errors
    /// `storage`.
    pub fn kept(&self, name: &str) -> Result<Option<String>, Error> {
        self.store.read().kept(name)
    }

    /// All that is kept under names that begin like this, by name.
    ///
    /// # Errors
    /// `storage`.
    pub fn all_kept(&self, prefix: &str) -> Result<Vec<(String, String)>, Error> {
        self.store.read().all_kept(prefix)
    }

    /// Keeps a value under a name, in the place of the one before; without a value, forgets it.
    ///
    /// # Errors
    /// `bad_input` beyond [`MAX_NAME`] or [`MAX_VALUE`], `too_many` beyond [`MAX_KEPT`], `storage`.
    pub fn keep(&mut self, name: &str, value: Option<&str>) -> Result<(), Error> {
        let fits = |value: &str| value.len() <= MAX_VALUE;
        if name.is_empty() || name.len() > MAX_NAME || !value.is_none_or(fits) {
            return Err(ErrorKind::BadInput.into());
        }
        self.store.transact(|db| match value {
            None => db.forget_kept(name),
            Some(_) if db.kept(name)?.is_none() && db.count_kept()? >= MAX_KEPT => {
                Err(restante_wire::WireError::from(restante_wire::ErrorCode::TooMany).into())
            }
            Some(value) => db.keep(name, value),
        })
    }
}
