//! The rules of mailboxes and inboxes (protocol.md, "Mailboxes"), as pure functions.
//!
//! Owns: who may do what to a mailbox, which number an envelope gets, what is deleted when. Each
//! function takes a state, a request and a [`Context`] and gives back a decision; what it changed
//! in the state is collected in [`mailbox::Changes`] for the store to write.
//! Never does: SQL, sockets, clocks, randomness. A store loads a state, runs these, writes the
//! changes and commits; only then are decisions answered (R1).
//! Read next: [`mailbox`] for the state, [`append`] for the heart, `store/sqlite/mailboxes.rs`.

pub mod access;
pub mod append;
pub mod cursor;
pub mod fan_out;
pub mod inbox;
pub mod limits;
pub mod mailbox;
pub mod rate;
pub mod seats;
pub mod wake;

#[cfg(test)]
mod model;
#[cfg(test)]
mod testing;

use restante_wire::Day;

pub use limits::Limits;
pub use mailbox::Mailbox;

/// What a rule may know beside the state and the request.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Milliseconds since 1970-01-01 UTC. For rate limits, which are never stored.
    pub now_ms: u64,
    /// Today.
    pub day: Day,
    /// What the operator allows.
    pub limits: &'a Limits,
}
