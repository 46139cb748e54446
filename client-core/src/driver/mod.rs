//! Runs the engine against real relays, on tokio or in a browser's worker.
//!
//! ```text
//! shell ──Ask──▶ worker (own thread: engine, store) ──requests──▶ links, posts (caller's runtime)
//!       ◀─Event─                                    ◀──reports───
//! ```
//!
//! Owns: connections, sessions, waits between attempts, the order of inputs. Never does: decide what is
//! sent or repeat a request of the engine (which does both), or mix the account's connections with those that
//! carry seats. Read next: [`Client`], then `worker`, then `link`.

mod backoff;
mod blobs;
mod client;
mod connection;
mod credentials;
/// Several accounts share a folder of the person's; a browser has one for each origin.
#[cfg(not(target_family = "wasm"))]
mod homes;
mod link;
mod links;
mod login;
mod pending;
mod posts;
mod protocol;
mod register;
mod relay_url;
mod report;
mod session;
mod side;
mod socket;
mod tasks;
mod unseen;
mod visit;
mod worker;

pub use blobs::Original;
#[cfg(not(target_family = "wasm"))]
pub use blobs::{FileToSend, Saved};
pub use client::{Client, Events, Heard};
pub use connection::Connection;
#[cfg(not(target_family = "wasm"))]
pub use homes::{Account, Accounts, Homes, Unreadable};
pub use login::LoginOptions;
pub use register::{NewHome, RegisterOptions};
pub use relay_url::normalise_relay;
pub use unseen::UnseenPhrase;
pub use visit::{Visit, visit};

use restante_crypto::Randomness;
use zeroize::Zeroizing;

use crate::engine::account;

/// A strong password to propose to somebody who registers.
#[must_use]
pub fn propose_password() -> Zeroizing<String> {
    account::propose_password(&Randomness::os())
}

#[cfg(test)]
mod tests;
