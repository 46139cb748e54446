//! Limits per address, and the stamps that will replace them.
//!
//! Owns: the caller's address as far as limits need it, limits over it, and [`StampVerifier`], behind
//! which anonymous requests pay. Never does: store, print or log an address (R7); what is kept of one
//! is the index of a bucket, chosen by a hash whose key lives and dies with the process.
//! Read next: [`crate::proxy`], where an address comes from.

use std::{
    hash::{BuildHasher, RandomState},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};
use futures_util::future::BoxFuture;
use governor::{
    Quota, RateLimiter, clock::Clock as GovernorClock, middleware::NoOpMiddleware,
    state::keyed::DashMapStateStore,
};
use restante_wire::{ErrorCode, WireError, limits::MAX_STAMP, mailbox::Stamp};
use serde::{Deserialize, Serialize};

use crate::clock::Clock;

/// Buckets of one limit. Two addresses that fall into one share it, which costs them little; in
/// return no number of addresses makes a limit grow (R8).
const BUCKETS: u64 = 65_536;

/// How often something may happen: at once up to `burst`, then evenly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// How many at once after a pause.
    pub burst: NonZeroU32,
    /// How many a minute in the long run.
    pub per_minute: NonZeroU32,
}

impl Rate {
    const fn quota(self) -> Quota {
        Quota::per_minute(self.per_minute).allow_burst(self.burst)
    }
}

/// The part of a caller's address that limits go by: IPv4 whole, of IPv6 the first 64 bits, which
/// are what one customer has. Has no `Debug`: no log can hold one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(u64);

impl ClientAddress {
    /// Forgets all of an address but what limits need.
    #[must_use]
    pub const fn of(address: std::net::IpAddr) -> Self {
        match address.to_canonical() {
            // Below 64:ff9b::/32 IPv4 is mapped into IPv6 (RFC 6052, RFC 8215): nobody else's prefix.
            std::net::IpAddr::V4(v4) => Self(0x0064_ff9b_0000_0000 | v4.to_bits() as u64),
            std::net::IpAddr::V6(v6) => Self((v6.to_bits() >> 64) as u64),
        }
    }
}

/// Handlers take the address that [`crate::proxy`] has found for the request.
impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        parts
            .extensions
            .get()
            .copied()
            .ok_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// A limit for each address.
pub struct AddressLimit {
    clock: Arc<dyn Clock>,
    hash: RandomState,
    limiter: RateLimiter<u64, DashMapStateStore<u64>, MonotonicClock, NoOpMiddleware<Duration>>,
}

impl AddressLimit {
    /// A limit of which nothing is used.
    #[must_use]
    pub fn new(rate: Rate, clock: Arc<dyn Clock>) -> Self {
        Self {
            hash: RandomState::new(),
            limiter: RateLimiter::new(
                rate.quota(),
                DashMapStateStore::default(),
                MonotonicClock(Arc::clone(&clock)),
            ),
            clock,
        }
    }

    /// Counts one request.
    ///
    /// # Errors
    /// `rate_limited`, with the time after which the next one passes.
    pub fn check(&self, address: ClientAddress) -> Result<(), WireError> {
        let bucket = self.hash.hash_one(address) % BUCKETS;
        self.limiter.check_key(&bucket).map_err(|not_until| {
            let wait = not_until.wait_time_from(self.clock.monotonic());
            let after_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            WireError::retry(ErrorCode::RateLimited, after_ms.saturating_add(1))
        })
    }
}

/// The relay's clock as governor wants it: monotonic time since the start.
#[derive(Clone)]
struct MonotonicClock(Arc<dyn Clock>);

impl GovernorClock for MonotonicClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.monotonic()
    }
}

/// Decides whether an anonymous request is paid for: a look-up, a claim, a delivery, a new mailbox.
///
/// Asynchronous because a stamp that pays once must be noted as spent before the request goes on.
pub trait StampVerifier: Send + Sync {
    /// Takes the stamp.
    ///
    /// # Errors
    /// `stamp_refused` for a stamp that does not pay, `too_large` for one beyond
    /// [`MAX_STAMP`], `rate_limited` while the payer must wait.
    fn verify<'a>(
        &'a self,
        stamp: &'a Stamp,
        payer: ClientAddress,
    ) -> BoxFuture<'a, Result<(), WireError>>;
}

/// Lets every address do so much, whatever the stamp says.
pub struct StampPerAddress(AddressLimit);

impl StampPerAddress {
    /// A verifier with this rate for each address.
    #[must_use]
    pub fn new(rate: Rate, clock: Arc<dyn Clock>) -> Self {
        Self(AddressLimit::new(rate, clock))
    }
}

impl StampVerifier for StampPerAddress {
    fn verify<'a>(
        &'a self,
        stamp: &'a Stamp,
        payer: ClientAddress,
    ) -> BoxFuture<'a, Result<(), WireError>> {
        let verdict = if stamp.0.len() > MAX_STAMP {
            Err(ErrorCode::TooLarge.into())
        } else {
            self.0.check(payer)
        };
        Box::pin(std::future::ready(verdict))
    }
}
