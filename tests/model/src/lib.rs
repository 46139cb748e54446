//! The rules of one mailbox (`docs/protocol/mailboxes.md`), explored exhaustively with small bounds.
//!
//! The relay's half calls the real rules, [`restante_server::delivery`], on rows that lie on a disk;
//! the clients' half is what a client by the protocol does at a mailbox, without MLS. Everything
//! else is an adversary: whatever was ever sent may arrive at any time and any number of times, in
//! any order and beside others in one group; answers get lost; the relay's process ends before any
//! transaction; readers stop anywhere. `properties.rs` says what must hold all the same, from the
//! history alone and not in the words of the rules.
//!
//! Owns: the states, the steps and the properties. Never does: what a store, a socket or MLS does.
//! Read next: [`model`] for the steps, [`scenario`] for what is explored.

#![expect(
    clippy::expect_used,
    reason = "a model is a test: what is not as it must be fails it"
)]

mod client;
mod history;
pub mod model;
mod names;
mod properties;
mod relay;
mod request;
pub mod scenario;
pub mod sights;
mod steps;

pub use model::Mailboxes;
pub use names::Name;
pub use scenario::Scenario;
