//! Many clients and a relay in one thread and virtual time; one seed decides everything.
//!
//! The clients are real engines on real, encrypted stores, with real MLS. The relay runs the real
//! rules of [`restante_server::delivery`] over a log in memory. Between them lie queues that the
//! seed delays, cuts and empties; a client may lose its process at any step and starts again from
//! its disk.
//!
//! It serves the stories of this workspace and any program that is built on `restante-client`: a
//! program is given [`World::engine`] and [`World::command`] in the place of a driver, and is tried
//! in a year of bad weather within seconds. `examples/bot.rs` is such a program and its test.
//!
//! ```no_run
//! use restante_simulation::World;
//!
//! let (alice, bob) = (0, 1);
//! let mut world = World::with_people(7, &["alice", "bob"]);
//! let room = world.become_contacts(alice, bob);
//! world.say(alice, &room, "hello");
//! world.cut(bob);
//! world.pass_ms(24 * 3_600_000);
//! world.rest();
//! assert_eq!(world.texts(bob, &room), ["hello"]);
//! world.assert_agreement(&room, &[alice, bob]);
//! ```
//!
//! Read next: [`world`] for what a test can do, [`relay`] for the relay's half, and
//! `docs/how-to/test-against-the-simulated-relay.md`.

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
mod disk;
mod faults;
mod insider;
pub mod person;
pub mod random;
pub mod relay;
mod steps;
mod stored;
mod sync;
mod trace;
pub mod world;

pub use person::{Crash, Person};
pub use world::World;
