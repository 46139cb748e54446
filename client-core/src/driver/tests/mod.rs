//! The network side against a relay that does what a test wants.

mod links;
mod posts;
mod register;
mod relay;
mod trust;
