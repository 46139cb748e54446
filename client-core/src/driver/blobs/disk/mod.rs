//! Between messages and the person's disk.

mod picture;
mod place;
mod save;
mod send;

pub use save::Saved;
pub use send::FileToSend;
