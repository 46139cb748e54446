//! Files on their way: sealed copies to the relay, blobs from it.
//!
//! ```text
//! send: file ──seal──▶ home/outgoing ──upload──▶ relay
//! save: relay ──fetch──▶ home/incoming ──open──▶ the person's folder
//! ```
//!
//! A file is sealed once, into the home, before its message is written: whatever happens to the
//! original later, what is uploaded is what was sealed, and no key ever seals two contents. What is
//! fetched lies sealed in the home until all of it is there and fits its hash; only then is it opened.
//! Both folders hold sealed bytes only, and both ways go on where they were interrupted.
//!
//! Owns: these two folders, parts, progress. Never does: decide what is uploaded and when (the
//! engine), or fetch what nobody asked for. Read next: [`seal`], [`uploads`],
//! [`open`].

/// A browser has no disk to read from and write to; there the shell hands over what it has.
#[cfg(not(target_family = "wasm"))]
mod disk;
mod fetch;
mod open;
mod seal;
mod steps;
mod uploads;

#[cfg(not(target_family = "wasm"))]
pub use disk::{FileToSend, Saved};
pub(super) use fetch::sweep_incoming;
pub use seal::Original;
pub(super) use seal::sweep;
pub(super) use uploads::Uploads;

/// Sealed copies that wait for their upload.
const OUTGOING: &str = "outgoing";

/// Blobs that are being fetched.
const INCOMING: &str = "incoming";
