//! Our client and the peer in one room. After every envelope both have the same epoch authenticator,
//! exporter values, room state and log hash.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a story that cannot go on has to fail loudly"
)]

mod hybrid;
mod life;
mod noise;
mod partings;
mod refused;
mod vector;
mod world;
