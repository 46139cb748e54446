//! Accounts over real HTTP with a real OPAQUE client: what people do, what goes wrong, what somebody
//! tries who means harm. Each test starts a relay of its own in this process, with a clock that moves
//! when it is told.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should say where"
)]

mod border;
mod credentials;
mod documents;
mod key_packages;
mod login;
mod records;
mod registration;
mod serving;
mod support;
mod vault;
