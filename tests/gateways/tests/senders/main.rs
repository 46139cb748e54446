//! The three senders against servers that check what the documents demand, and those servers against
//! requests that break it.
#![expect(
    clippy::unwrap_used,
    reason = "a test that goes wrong has to fail loudly"
)]

mod apns;
mod common;
mod fcm;
mod self_test;
mod web_push;
