//! Starts relays and clients for stories, and breaks connections on purpose.
//!
//! Owns: processes, folders and sockets of tests; a raw connection that speaks the wire without any
//! client behind it; faults of the network; the search for canary words. Never does: assertions about
//! the product, which belong into the stories. Nothing here sleeps: it waits for conditions, with a
//! deadline. Read next: [`relay`], [`wire`], then `tests/e2e`.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot set up its world has to fail loudly and at once"
)]

pub mod canary;
pub mod deadline;
pub mod linkage;
#[cfg(feature = "people")]
pub mod person;
pub mod programs;
pub mod proxy;
pub mod push_gateway;
pub mod relay;
pub mod seat;
#[cfg(feature = "people")]
pub mod shell;
pub mod wire;
