//! Many clients and a relay in one thread and virtual time; one seed decides everything.
//!
//! The clients are real engines on real, encrypted stores, with real MLS. The relay runs the real
//! rules of [`restante_server::delivery`] over a log in memory. Between them lie queues that the
//! seed delays, cuts and empties; a client may lose its process at any step and starts again from
//! its disk.
//!
//! Read next: [`world`] for what a test can do, [`relay`] for the relay's half.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "a simulation is a test: what is not as it must be fails it"
)]

mod accounts;
mod checks;
mod crowd;
mod directory;
mod insider;
pub mod person;
pub mod relay;
mod steps;
pub mod world;

pub use person::{Crash, Person};
pub use world::World;
