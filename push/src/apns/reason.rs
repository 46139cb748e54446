//! What Apple's answers mean. Source: "Handling notification responses from APNs".

use serde::Deserialize;

use crate::{
    Outcome, Rejection,
    http::Answer,
    retry_after::{DEFAULT_WAIT, retry_after},
};

/// The body of a refusal. New reasons appear without notice, so it stays text.
#[derive(Deserialize)]
struct Refusal {
    reason: String,
}

fn reason(answer: &Answer) -> String {
    serde_json::from_slice::<Refusal>(&answer.body).map_or(String::new(), |body| body.reason)
}

pub(super) fn is_token_expired(answer: &Answer) -> bool {
    answer.status == 403 && reason(answer) == "ExpiredProviderToken"
}

pub(super) fn outcome(answer: &Answer, now_s: u64) -> Outcome {
    let wait = retry_after(&answer.headers, now_s);
    match (answer.status, &reason(answer)[..]) {
        (200, _) => Outcome::Delivered,
        // `Unregistered` and `ExpiredToken`: the app is gone from the device.
        (410, _) => Outcome::Gone,
        // Both are also what a relay hears that is set up for another app or for the other of Apple's
        // two environments, about every device: no reason to forget them all.
        (400, "BadDeviceToken" | "DeviceTokenNotForTopic" | "BadEnvironmentKeyIdInToken") => {
            Outcome::Rejected(Rejection::Foreign)
        }
        // Ours is too young to be replaced: the clocks differ, or it will be soon.
        (403, "ExpiredProviderToken") | (429, "TooManyProviderTokenUpdates") => {
            Outcome::GatewayDown(Some(wait.unwrap_or(DEFAULT_WAIT)))
        }
        (403, _) => Outcome::Rejected(Rejection::Credentials),
        (status, _) => Outcome::of_refusal(status, wait),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::header::{HeaderMap, HeaderValue, RETRY_AFTER};

    use super::*;

    fn answer(status: u16, reason: &str) -> Answer {
        let body = match reason {
            "" => Vec::new(),
            _ => format!(r#"{{"reason":"{reason}","timestamp":1454948015990}}"#).into_bytes(),
        };
        Answer {
            status,
            headers: HeaderMap::new(),
            body,
        }
    }

    #[test]
    fn every_reason_means_what_the_documents_say() {
        for (status, reason, expected) in [
            (200, "", Outcome::Delivered),
            (400, "BadDeviceToken", Outcome::Rejected(Rejection::Foreign)),
            (400, "BadTopic", Outcome::Rejected(Rejection::Request)),
            (
                400,
                "ReasonOfTomorrow",
                Outcome::Rejected(Rejection::Request),
            ),
            (
                403,
                "InvalidProviderToken",
                Outcome::Rejected(Rejection::Credentials),
            ),
            (
                405,
                "MethodNotAllowed",
                Outcome::Rejected(Rejection::Request),
            ),
            (410, "Unregistered", Outcome::Gone),
            (410, "ExpiredToken", Outcome::Gone),
            (
                413,
                "PayloadTooLarge",
                Outcome::Rejected(Rejection::Request),
            ),
            (429, "TooManyRequests", Outcome::RetryAfter(DEFAULT_WAIT)),
            (
                429,
                "TooManyProviderTokenUpdates",
                Outcome::GatewayDown(Some(DEFAULT_WAIT)),
            ),
            (500, "InternalServerError", Outcome::GatewayDown(None)),
            (503, "Shutdown", Outcome::GatewayDown(None)),
        ] {
            assert_eq!(outcome(&answer(status, reason), 0), expected, "{reason}");
        }
    }

    #[test]
    fn the_time_of_a_refusal_is_heeded() {
        let mut slow = answer(429, "TooManyRequests");
        slow.headers
            .insert(RETRY_AFTER, HeaderValue::from_static("7"));
        assert_eq!(
            outcome(&slow, 0),
            Outcome::RetryAfter(Duration::from_secs(7))
        );
    }

    #[test]
    fn only_the_expired_token_calls_for_another() {
        assert!(is_token_expired(&answer(403, "ExpiredProviderToken")));
        assert!(!is_token_expired(&answer(403, "InvalidProviderToken")));
        assert!(!is_token_expired(&answer(403, "")));
    }
}
