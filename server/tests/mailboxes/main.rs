//! Mailboxes and inboxes: what every store must keep ([`contract`]), and what a client sees on a real
//! WebSocket ([`streams`], [`account_streams`]). Clocks move when they are told, and nothing sleeps.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on should say where"
)]

mod account_streams;
mod contract;
mod expiry;
mod people;
mod receiving;
mod streams;
mod wire;
mod world;
