//! Apple Push Notification service: HTTP/2, with a token of this relay's own.
//!
//! Source: "Sending notification requests to APNs" and "Handling notification responses from APNs"
//! (Apple developer documentation). All requests share one connection of the HTTP client.

mod reason;
pub mod token;

use std::{fmt::Write as _, sync::Arc};

use futures_util::future::BoxFuture;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use restante_wire::push::{ApnsStyle, Target, Urgency};

use self::token::ProviderTokens;
use crate::{
    Clock, Outcome, Rejection,
    http::{self, Http},
    sender::{COLLAPSE, Sender, TIME_TO_LIVE_S},
};

/// Apple's own, for apps from the App Store and TestFlight.
pub const PRODUCTION: &str = "https://api.push.apple.com";

/// An alert that the app's notification extension replaces. What it says, in the app's own words, is
/// shown only where the extension could not open anything in time.
const ALERT: &str = r#"{"aps":{"alert":{"loc-key":"RESTANTE_WAKE_UP"},"mutable-content":1}}"#;

/// Nothing to show.
const BACKGROUND: &str = r#"{"aps":{"content-available":1}}"#;

/// The gateway of Apple.
pub struct Apns {
    http: Http,
    url: String,
    /// Bundle id of the app.
    topic: String,
    tokens: ProviderTokens,
    clock: Arc<dyn Clock>,
}

impl Apns {
    /// A sender to an app, at a base URL.
    #[must_use]
    pub fn new(
        http: Http,
        url: &str,
        topic: String,
        tokens: ProviderTokens,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            http,
            url: url.trim_end_matches('/').to_owned(),
            topic,
            tokens,
            clock,
        }
    }

    async fn deliver(&self, token: &[u8], style: ApnsStyle, urgency: Urgency) -> Outcome {
        let outcome = self.attempt(token, style, urgency).await;
        match outcome {
            Attempt::Done(outcome) => outcome,
            // Another was made: this once more, and then it is the gateway's fault.
            Attempt::TokenExpired => match self.attempt(token, style, urgency).await {
                Attempt::Done(outcome) => outcome,
                Attempt::TokenExpired => Outcome::GatewayDown(None),
            },
        }
    }

    async fn attempt(&self, token: &[u8], style: ApnsStyle, urgency: Urgency) -> Attempt {
        let now_s = self.clock.unix_s();
        let Ok(provider_token) = self.tokens.current(now_s) else {
            return Attempt::Done(Outcome::Rejected(Rejection::Credentials));
        };
        let Some(authorization) = bearer(&provider_token) else {
            return Attempt::Done(Outcome::Rejected(Rejection::Credentials));
        };
        let (push_type, payload) = match style {
            ApnsStyle::Alert => ("alert", ALERT),
            ApnsStyle::Background => ("background", BACKGROUND),
        };
        let priority = match (style, urgency) {
            (ApnsStyle::Alert, Urgency::Urgent) => "10",
            // 10 is an error for a notification that shows nothing.
            _ => "5",
        };
        let url = format!("{}/3/device/{}", self.url, hex(token));
        let request = self
            .http
            .post_operator(&url)
            .header(AUTHORIZATION, authorization)
            .header("apns-push-type", push_type)
            .header("apns-topic", &self.topic)
            .header("apns-priority", priority)
            .header("apns-expiration", now_s + TIME_TO_LIVE_S)
            .header("apns-collapse-id", COLLAPSE)
            .body(payload);
        let Ok(answer) = http::send(request).await else {
            return Attempt::Done(Outcome::GatewayDown(None));
        };
        if reason::is_token_expired(&answer) && self.tokens.expire(&provider_token, now_s) {
            return Attempt::TokenExpired;
        }
        Attempt::Done(reason::outcome(&answer, now_s))
    }
}

impl Sender for Apns {
    fn send<'a>(&'a self, target: &'a Target, urgency: Urgency) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            match target {
                Target::Apns { token, style } => self.deliver(token, *style, urgency).await,
                _ => Outcome::Rejected(Rejection::NotConfigured),
            }
        })
    }
}

enum Attempt {
    Done(Outcome),
    TokenExpired,
}

fn bearer(token: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(format!("bearer {token}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The path names a device by the hexadecimal bytes of its token.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // A string grows.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
