//! Wakes sleeping devices: one [`Sender`] interface, three gateways (APNs, FCM, Web Push).
//!
//! Owns: the keys that open sealed handles ([`seal`]), what each gateway is told and what its answers
//! mean, the limits that keep one gateway from delaying another ([`lanes`]). Never does: decide who
//! is to be woken and when to try again (the relay's `jobs/push`), see who is woken or why: a
//! wake-up says "wake up" and nothing else.
//! Read next: [`module`], then [`web_push`], [`apns`], [`fcm`].

pub mod apns;
pub mod clock;
pub mod endpoint;
pub mod fcm;
pub mod http;
pub mod jws;
pub mod lanes;
pub mod module;
pub mod outcome;
pub mod remote;
pub mod retry_after;
pub mod seal;
pub mod sender;
pub mod web_push;

pub use clock::Clock;
pub use module::{Module, Ringer};
pub use outcome::{Outcome, Rejection};
pub use sender::Sender;
