//! The one interface of all gateways.

use futures_util::future::BoxFuture;
use restante_wire::push::{Target, Urgency};

use crate::Outcome;

/// For how long gateways keep a wake-up for a device that is off, in seconds: three days.
pub const TIME_TO_LIVE_S: u64 = 3 * 24 * 3600;

/// Under this name a later wake-up replaces an earlier one that still waits at the gateway. Web Push
/// allows 32 characters of base64url (RFC 8030 section 5.4), APNs 64 bytes.
pub const COLLAPSE: &str = "wake-up";

/// A gateway that can be told to wake a device.
pub trait Sender: Send + Sync {
    /// Wakes the device of a target of this gateway's kind. Makes one attempt (two where only a token
    /// of this relay's own had run out); waits no longer than the shared HTTP client does.
    fn send<'a>(&'a self, target: &'a Target, urgency: Urgency) -> BoxFuture<'a, Outcome>;
}
