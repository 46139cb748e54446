//! The committed vectors, computed a second time by code that shares nothing with the first; and the
//! content of messages and letters, which only our client writes, in `content.json`.
#![expect(
    clippy::unwrap_used,
    reason = "a vector of another shape has to fail loudly"
)]

mod content;
mod messages;
mod numbers;
mod pages;
mod peer;
mod states;
mod suites;
