//! What Google's answers mean. Source: "FCM error codes" (Firebase documentation): the `errorCode` of
//! the detail of type `google.firebase.fcm.v1.FcmError`, else the status of google.rpc.

use serde::Deserialize;

use crate::{Outcome, Rejection, http::Answer, retry_after::retry_after};

#[derive(Deserialize)]
struct Refusal {
    error: Error,
}

#[derive(Deserialize)]
struct Error {
    #[serde(default)]
    details: Vec<Detail>,
}

#[derive(Deserialize)]
struct Detail {
    #[serde(rename = "errorCode")]
    error_code: Option<String>,
}

fn error_code(answer: &Answer) -> String {
    let refusal = serde_json::from_slice::<Refusal>(&answer.body).ok();
    let details = refusal
        .map(|refusal| refusal.error.details)
        .unwrap_or_default();
    let mut codes = details.into_iter().filter_map(|detail| detail.error_code);
    codes.next().unwrap_or_default()
}

pub(super) fn outcome(answer: &Answer, now_s: u64) -> Outcome {
    let wait = retry_after(&answer.headers, now_s);
    match (answer.status, &error_code(answer)[..]) {
        (200, _) => Outcome::Delivered,
        // Only with this code: a 404 without it is a wrong project or URL, and no device is gone.
        (404, "UNREGISTERED") => Outcome::Gone,
        (403, "SENDER_ID_MISMATCH") => Outcome::Rejected(Rejection::Foreign),
        (401 | 403, _) => Outcome::Rejected(Rejection::Credentials),
        (status, _) => Outcome::of_refusal(status, wait),
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;

    use super::*;
    use crate::retry_after::DEFAULT_WAIT;

    fn answer(status: u16, code: &str) -> Outcome {
        let detail = match code {
            "" => String::new(),
            _ => format!(
                r#"{{"@type":"type.googleapis.com/google.rpc.BadRequest"}},
                   {{"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":"{code}"}}"#
            ),
        };
        let body = format!(r#"{{"error":{{"code":{status},"status":"X","details":[{detail}]}}}}"#);
        let answer = Answer {
            status,
            headers: HeaderMap::new(),
            body: body.into_bytes(),
        };
        outcome(&answer, 0)
    }

    #[test]
    fn every_code_means_what_the_documents_say() {
        for (status, code, expected) in [
            (200, "", Outcome::Delivered),
            (
                400,
                "INVALID_ARGUMENT",
                Outcome::Rejected(Rejection::Request),
            ),
            (
                403,
                "SENDER_ID_MISMATCH",
                Outcome::Rejected(Rejection::Foreign),
            ),
            (403, "", Outcome::Rejected(Rejection::Credentials)),
            (404, "UNREGISTERED", Outcome::Gone),
            (404, "", Outcome::Rejected(Rejection::Request)),
            (429, "QUOTA_EXCEEDED", Outcome::RetryAfter(DEFAULT_WAIT)),
            (500, "INTERNAL", Outcome::GatewayDown(None)),
            (503, "UNAVAILABLE", Outcome::GatewayDown(None)),
        ] {
            assert_eq!(answer(status, code), expected, "{status} {code}");
        }
    }
}
