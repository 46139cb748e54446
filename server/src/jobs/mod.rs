//! Work that nobody asked for: each job is a loop that ends with the relay.

pub mod collection;
mod daily;
pub mod expiry;
pub mod push;
