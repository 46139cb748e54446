//! The Restante client.
//!
//! [`engine::Engine`] is pure: it takes commands, answers and events with the time, keeps all state
//! in one encrypted [`store::Store`], and gives back requests to make, a deadline and events to show.
//! [`driver`] runs it on tokio against real relays. Shells (command line, bindings, browser) convert
//! and forward; they hold no logic.

pub mod driver;
pub mod engine;
pub mod error;
pub mod json;
pub mod platform;
mod redacted;
pub mod store;

pub use error::{Error, ErrorKind, Retry};
