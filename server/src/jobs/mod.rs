//! Work that nobody asked for: each job is a loop that ends with the relay.

pub mod collection;
pub mod expiry;
