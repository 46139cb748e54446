//! Firebase Cloud Messaging, HTTP v1: data messages, which the app receives asleep and shows itself.
//!
//! Source: "REST Resource: projects.messages", "FCM error codes" and "Best practices when sending
//! FCM messages at scale" (Firebase documentation).

mod answer;
pub mod oauth;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use restante_wire::push::{Target, Urgency};
use serde_json::json;

use self::oauth::{AccessTokens, TokenError};
use crate::{
    Clock, Outcome, Rejection,
    http::{self, Http},
    sender::{COLLAPSE, Sender, TIME_TO_LIVE_S},
};

/// Google's own.
pub const PRODUCTION: &str = "https://fcm.googleapis.com";

/// The gateway of Google.
pub struct Fcm {
    http: Http,
    send_url: String,
    tokens: AccessTokens,
    clock: Arc<dyn Clock>,
}

impl Fcm {
    /// A sender for the project of a service account, at a base URL.
    #[must_use]
    pub fn new(http: Http, url: &str, tokens: AccessTokens, clock: Arc<dyn Clock>) -> Self {
        let url = url.trim_end_matches('/');
        let send_url = format!("{url}/v1/projects/{}/messages:send", tokens.project());
        Self {
            http,
            send_url,
            tokens,
            clock,
        }
    }

    async fn deliver(&self, token: &str, urgency: Urgency) -> Outcome {
        match self.attempt(token, urgency).await {
            Attempt::Done(outcome) => outcome,
            // Another is fetched: this once more, and then the credentials are at fault.
            Attempt::Unauthorized => match self.attempt(token, urgency).await {
                Attempt::Done(outcome) => outcome,
                Attempt::Unauthorized => Outcome::Rejected(Rejection::Credentials),
            },
        }
    }

    async fn attempt(&self, token: &str, urgency: Urgency) -> Attempt {
        let now_s = self.clock.unix_s();
        let access_token = match self.tokens.current(&self.http, now_s).await {
            Ok(access_token) => access_token,
            Err(TokenError::Refused) => {
                return Attempt::Done(Outcome::Rejected(Rejection::Credentials));
            }
            Err(TokenError::Down(wait)) => return Attempt::Done(Outcome::GatewayDown(wait)),
        };
        let Some(authorization) = bearer(&access_token) else {
            return Attempt::Done(Outcome::Rejected(Rejection::Credentials));
        };
        let request = self
            .http
            .post_operator(&self.send_url)
            .header(AUTHORIZATION, authorization)
            .header(CONTENT_TYPE, "application/json")
            .body(message(token, urgency));
        match http::send(request).await {
            Ok(answer) if answer.status == 401 => {
                self.tokens.forget(&access_token).await;
                Attempt::Unauthorized
            }
            Ok(answer) => Attempt::Done(answer::outcome(&answer, now_s)),
            Err(_) => Attempt::Done(Outcome::GatewayDown(None)),
        }
    }
}

impl Sender for Fcm {
    fn send<'a>(&'a self, target: &'a Target, urgency: Urgency) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            match target {
                Target::Fcm { token } => self.deliver(token, urgency).await,
                _ => Outcome::Rejected(Rejection::NotConfigured),
            }
        })
    }
}

enum Attempt {
    Done(Outcome),
    Unauthorized,
}

fn bearer(token: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(format!("Bearer {token}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn message(token: &str, urgency: Urgency) -> String {
    let priority = match urgency {
        Urgency::Normal => "NORMAL",
        Urgency::Urgent => "HIGH",
    };
    json!({
        "message": {
            "token": token,
            "data": { "restante": "wake-up" },
            "android": {
                "priority": priority,
                "ttl": format!("{TIME_TO_LIVE_S}s"),
                "collapse_key": COLLAPSE,
            },
        },
    })
    .to_string()
}
