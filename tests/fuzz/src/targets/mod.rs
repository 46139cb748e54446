//! The targets, by the package whose decoders they feed.

pub mod client;
pub mod crypto;
pub mod server;
pub mod wire;
