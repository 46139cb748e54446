//! What became of a wake-up: one answer for all gateways, and what follows from it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::retry_after::DEFAULT_WAIT;

/// What became of a wake-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Outcome {
    /// The gateway took it.
    Delivered,
    /// The gateway wants to be asked again, not before this time has passed.
    RetryAfter(Duration),
    /// The device's token or subscription exists no more: forget the handle.
    Gone,
    /// Our fault; the same request would be refused again.
    Rejected(Rejection),
    /// The gateway cannot be reached or fails; this long it is left alone, if that is known.
    GatewayDown(Option<Duration>),
    /// Nothing was tried: as many requests as it may have are at the gateway already.
    Busy,
}

impl Outcome {
    /// What a refusal means at every gateway, where its own words for it say nothing more: by its
    /// status, and by how long it wants to be left alone.
    ///
    /// **Source**: RFC 9110 section 15, RFC 6585 section 4.
    pub(crate) fn of_refusal(status: u16, wait: Option<Duration>) -> Self {
        match status {
            429 => Self::RetryAfter(wait.unwrap_or(DEFAULT_WAIT)),
            500.. => Self::GatewayDown(wait),
            300..=399 => Self::Rejected(Rejection::Redirect),
            _ => Self::Rejected(Rejection::Request),
        }
    }

    /// The stable name, for metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::RetryAfter(_) => "retry_after",
            Self::Gone => "gone",
            Self::Rejected(_) => "rejected",
            Self::GatewayDown(_) => "gateway_down",
            Self::Busy => "busy",
        }
    }
}

/// Why a wake-up was refused, for the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Rejection {
    /// The handle does not open: it was sealed to a key that is gone, or is noise.
    Unopened,
    /// This gateway is not set up here.
    NotConfigured,
    /// The endpoint is not https, or leads to an address that is not public.
    Endpoint,
    /// The gateway does not accept this relay's credentials.
    Credentials,
    /// The gateway says that the token belongs to another app or environment.
    Foreign,
    /// The gateway refuses the request as it is.
    Request,
    /// The gateway points elsewhere, which is not followed.
    Redirect,
}

impl Rejection {
    /// The stable name, for logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unopened => "unopened",
            Self::NotConfigured => "not_configured",
            Self::Endpoint => "endpoint",
            Self::Credentials => "credentials",
            Self::Foreign => "foreign",
            Self::Request => "request",
            Self::Redirect => "redirect",
        }
    }
}
