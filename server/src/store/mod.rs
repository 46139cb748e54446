//! All SQL of the relay, and the one writer that commits for everybody.
//!
//! Owns: the database file, its lock, its format ([`migrations`]), group commit, the readers.
//! Never does: rules of mailboxes (they are [`crate::delivery`]'s), sockets, HTTP.
//! Many requests share one transaction; each is answered only after that transaction is durable
//! (invariant R1). Read next: [`sqlite`], then `sqlite/core.rs` for the synchronous heart.

pub mod error;
pub mod migrations;
pub mod sqlite;

pub use error::{OpenError, StoreError};
pub use sqlite::{Change, Environment, Options, Page, PageLimits, Store};
