//! Invariants of the relay, each against the real program over real sockets.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a story that goes wrong has to fail loudly"
)]

mod bad_input;
mod commits;
mod kill;
mod limits;
mod log;
mod retries;
mod seats;
mod trimming;
