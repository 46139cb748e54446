//! The Restante client in a browser's dedicated worker.
//!
//! Owns: converting what a page says into commands and questions of [`restante_client`], and what they
//! give into JSON and blobs. Never does: decide anything, or know which tab it works for (the
//! TypeScript around it does). Read next: [`core`], then [`call`] for all that can be said.
#![cfg(target_family = "wasm")]

mod account;
mod call;
mod core;
mod fault;
mod files;
mod home;
mod kept;
mod key;
mod messages;
mod people;
mod rooms;
