//! The targets, by the package whose decoders they feed.

pub mod wire;
