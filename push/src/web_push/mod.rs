//! Web Push (RFC 8030): push services of browsers, and distributors of UnifiedPush, which speak it too.
//!
//! The body is RFC 8291 by `web-push-native`; the proof of who sends is RFC 8292 ([`vapid`]).

pub mod vapid;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use reqwest::{
    Url,
    header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue},
};
use restante_wire::push::{Subscription, Target, Urgency};
use web_push_native::{Auth, p256::PublicKey};

use self::vapid::Vapid;
use crate::{
    Clock, Outcome, Rejection, endpoint,
    http::{self, Answer, Http, NoAnswer},
    retry_after::retry_after,
    sender::{COLLAPSE, Sender, TIME_TO_LIVE_S},
};

/// What a device is told: the same for every wake-up.
pub const WAKE_UP: &[u8] = br#"{"restante":"wake-up"}"#;

/// The gateway of all Web Push endpoints.
pub struct WebPush {
    http: Http,
    vapid: Vapid,
    clock: Arc<dyn Clock>,
}

impl WebPush {
    /// A sender that proves itself with this key.
    #[must_use]
    pub fn new(http: Http, vapid: Vapid, clock: Arc<dyn Clock>) -> Self {
        Self { http, vapid, clock }
    }

    /// The key that browsers subscribe with.
    #[must_use]
    pub const fn vapid(&self) -> &Vapid {
        &self.vapid
    }

    /// The lane of an endpoint: its origin, or none for one that is not talked to.
    #[must_use]
    pub fn origin(&self, subscription: &Subscription) -> Option<String> {
        let url = endpoint::check(&subscription.endpoint, self.http.reach()).ok()?;
        Some(url.origin().ascii_serialization())
    }

    async fn deliver(&self, subscription: &Subscription, urgency: Urgency) -> Outcome {
        let Ok(url) = endpoint::check(&subscription.endpoint, self.http.reach()) else {
            return Outcome::Rejected(Rejection::Endpoint);
        };
        let Some(body) = encrypt(subscription) else {
            return Outcome::Rejected(Rejection::Request);
        };
        let Some(authorization) = self.authorization(&url) else {
            return Outcome::Rejected(Rejection::Credentials);
        };
        let urgency = match urgency {
            Urgency::Normal => "normal",
            Urgency::Urgent => "high",
        };
        let request = self
            .http
            .post_stranger(url)
            .header(AUTHORIZATION, authorization)
            .header(CONTENT_ENCODING, "aes128gcm")
            .header(CONTENT_TYPE, "application/octet-stream")
            .header("ttl", TIME_TO_LIVE_S)
            .header("urgency", urgency)
            .header("topic", COLLAPSE)
            .body(body);
        match http::send(request).await {
            Ok(answer) => outcome(&answer, self.clock.unix_s()),
            Err(NoAnswer::Private) => Outcome::Rejected(Rejection::Endpoint),
            Err(_) => Outcome::GatewayDown(None),
        }
    }

    fn authorization(&self, url: &Url) -> Option<HeaderValue> {
        let origin = url.origin().ascii_serialization();
        let text = self
            .vapid
            .authorization(&origin, self.clock.unix_s())
            .ok()?;
        let mut value = HeaderValue::try_from(text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

impl Sender for WebPush {
    fn send<'a>(&'a self, target: &'a Target, urgency: Urgency) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            match target {
                Target::WebPush(subscription) => self.deliver(subscription, urgency).await,
                _ => Outcome::Rejected(Rejection::NotConfigured),
            }
        })
    }
}

/// The one body, encrypted to a subscriber; none if its key is no point on the curve.
fn encrypt(subscription: &Subscription) -> Option<Vec<u8>> {
    let public = PublicKey::from_sec1_bytes(&subscription.p256dh.0).ok()?;
    let auth = Auth::from(subscription.auth.0);
    web_push_native::encrypt(WAKE_UP.to_vec(), &public, &auth).ok()
}

/// Source: RFC 8030 sections 5 and 7.3, RFC 8292 section 4.2.
fn outcome(answer: &Answer, now_s: u64) -> Outcome {
    let wait = retry_after(&answer.headers, now_s);
    match answer.status {
        200..=299 => Outcome::Delivered,
        404 | 410 => Outcome::Gone,
        401 | 403 => Outcome::Rejected(Rejection::Credentials),
        status => Outcome::of_refusal(status, wait),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::header::HeaderMap;
    use restante_wire::{P256Key, PushAuth};
    use web_push_native::p256::{SecretKey, elliptic_curve::sec1::ToEncodedPoint};

    use super::*;
    use crate::retry_after::DEFAULT_WAIT;

    fn answer(status: u16, headers: &[(&'static str, &'static str)]) -> Outcome {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, HeaderValue::from_static(value));
        }
        let answer = Answer {
            status,
            headers: map,
            body: Vec::new(),
        };
        outcome(&answer, 0)
    }

    #[test]
    fn every_status_means_what_the_documents_say() {
        assert_eq!(answer(201, &[]), Outcome::Delivered);
        assert_eq!(answer(202, &[]), Outcome::Delivered);
        assert_eq!(answer(404, &[]), Outcome::Gone);
        assert_eq!(answer(410, &[]), Outcome::Gone);
        let later = answer(429, &[("retry-after", "30")]);
        assert_eq!(later, Outcome::RetryAfter(Duration::from_secs(30)));
        assert_eq!(answer(429, &[]), Outcome::RetryAfter(DEFAULT_WAIT));
        assert_eq!(answer(500, &[]), Outcome::GatewayDown(None));
        let down = answer(503, &[("retry-after", "5")]);
        assert_eq!(down, Outcome::GatewayDown(Some(Duration::from_secs(5))));
        for (status, why) in [
            (307, Rejection::Redirect),
            (400, Rejection::Request),
            (403, Rejection::Credentials),
            (413, Rejection::Request),
        ] {
            assert_eq!(answer(status, &[]), Outcome::Rejected(why));
        }
    }

    #[test]
    fn every_body_has_one_length_and_a_key_off_the_curve_is_refused() {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).unwrap();
        secret[0] = 1;
        let secret = SecretKey::from_slice(&secret).unwrap();
        let point = secret.public_key().to_encoded_point(false);
        let mut subscription = Subscription {
            endpoint: "https://push.example/x".into(),
            p256dh: P256Key::from_slice(point.as_bytes()).unwrap(),
            auth: PushAuth([7; 16]),
        };
        let body = encrypt(&subscription).unwrap();
        // Salt, record size, key, then the text with its delimiter and the tag (RFC 8188 section 2).
        assert_eq!(body.len(), 16 + 4 + 1 + 65 + WAKE_UP.len() + 1 + 16);
        assert_ne!(encrypt(&subscription), Some(body));
        subscription.p256dh.0[64] ^= 1;
        assert_eq!(encrypt(&subscription), None);
    }
}
