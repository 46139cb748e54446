//! From a commit to the readers that are connected now.
//!
//! A [`Watch`] is one reader's place in one mailbox. It is *live* when it has everything that was
//! published: then new envelopes go straight into the [`Outbox`] of its connection, encoded once
//! for all readers. Otherwise it is *behind*: its connection reads pages from the log until nothing
//! new was published meanwhile, and goes live. There is no gap between stored and live, because a
//! watch joins the [`Hub`] before its first page is read, and nothing is doubled, because a watch
//! takes only the number that it waits for. A full outbox makes a watch fall behind: a slow reader
//! costs no memory (R8). A seat that lost its right falls behind, too, and is refused by its next
//! read (R5): there is one place where rights are checked.
//!
//! Order of locks: hub, watch, outbox. Read next: `http/stream/connection.rs`.

mod bell;
mod frames;
mod hub;
mod outbox;
mod watch;

pub use bell::{Bell, Rung};
pub use frames::{envelopes, ephemeral, letters};
pub use hub::Hub;
pub use outbox::{Outbox, Queued};
pub use watch::{Reader, Watch};
