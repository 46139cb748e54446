//! What content means for the messages of a room: replies, edits, deletions, reactions, expiry.
//!
//! Owns: what each kind of content is about and who may send it ([`kind`]), filing it ([`file`]),
//! writing it ([`compose`]), taking words off the disk ([`erase`]), and what a person sees in the end
//! ([`view`]). Never does: decide who sent something, or in which order things came: the certificate
//! and the log say so.
//!
//! Every content that a room has seen is a row of its own, known by its message id, so that it counts
//! once (C4) and goes out again after a repair. What is shown follows from the rows and their places
//! in the log alone: an edit that comes before its message does the same as one that comes behind it.
//! Only what deletes acts on other rows: it takes their words, and leaves their ids.

mod compose;
mod erase;
mod file;
mod kind;
pub(super) mod mention;
pub(super) mod urgency;
pub(super) mod view;

pub use kind::{ContentKind, Gone, Ignored};

/// Longest reaction in bytes: the longest emoji sequences need about 40.
pub const MAX_REACTION: usize = 64;

/// Most different reactions of one account to one message; more are ignored.
pub const MAX_REACTIONS: usize = 16;
