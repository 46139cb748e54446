//! Local HTTP/2 servers over TLS that behave like push gateways, for tests of who talks to them.
//!
//! Their checks are written from the documents of Apple, Google and the IETF, each with its source;
//! what they would refuse, these refuse in the same way. What they answer instead of a success can be
//! planned. Owns: the servers. Never does: anything of this project's own protocol.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a server of a test that goes wrong has to fail loudly"
)]

pub mod accounts;
pub mod apns;
pub mod fcm;
pub mod jwt;
pub mod plan;
mod shared;
pub mod tls;
pub mod web_push;

pub use plan::{Answer, Plan};
pub use tls::TlsServer;
