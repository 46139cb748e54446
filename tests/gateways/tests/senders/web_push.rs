//! Push services of Web Push.

use std::time::Duration;

use restante_gateways::Answer;
use restante_push::{Outcome, Rejection, Sender, endpoint::Reach, web_push::WAKE_UP};
use restante_wire::push::Urgency;

use crate::common::{ManualClock, browser, web_push};

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_opened_by_another_implementation_and_always_of_one_length() {
    let clock = ManualClock::new();
    let (service, sender) = web_push(&clock, Reach::Laboratory).await;
    for urgency in [Urgency::Normal, Urgency::Urgent] {
        let sent = sender.send(&browser(&service, "b"), urgency).await;
        assert_eq!(sent, Outcome::Delivered);
    }
    let received = service.received();
    assert!(received.iter().all(|one| one.text == WAKE_UP));
    assert_eq!(received[0].body_len, received[1].body_len);
    let urgencies: Vec<_> = received.iter().map(|one| &one.urgency[..]).collect();
    assert_eq!(urgencies, ["normal", "high"]);
    assert_eq!(received[0].token, received[1].token, "one token an origin");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_renewed_long_before_its_end() {
    let clock = ManualClock::new();
    let (service, sender) = web_push(&clock, Reach::Laboratory).await;
    for _ in 0..5 {
        let sent = sender.send(&browser(&service, "b"), Urgency::Normal).await;
        assert_eq!(sent, Outcome::Delivered);
        service.set_clock(clock.advance_s(11 * 3600));
    }
    assert_eq!(service.received().len(), 5);
    assert!(service.received()[0].token != service.received()[4].token);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_on_this_machine_is_refused_outside_laboratories() {
    let clock = ManualClock::new();
    let (service, sender) = web_push(&clock, Reach::Public).await;
    let sent = sender.send(&browser(&service, "b"), Urgency::Normal).await;
    assert_eq!(sent, Outcome::Rejected(Rejection::Endpoint));
    assert_eq!(service.server.connections(), 0, "nobody knocked");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_has_its_outcome_and_no_redirect_is_followed() {
    let clock = ManualClock::new();
    let (service, sender) = web_push(&clock, Reach::Laboratory).await;
    let retry = Answer::Refuse {
        status: 429,
        reason: "",
        retry_after: Some(3),
    };
    for (answer, expected) in [
        (
            Answer::refuse(307, ""),
            Outcome::Rejected(Rejection::Redirect),
        ),
        (
            Answer::refuse(403, ""),
            Outcome::Rejected(Rejection::Credentials),
        ),
        (Answer::refuse(404, ""), Outcome::Gone),
        (Answer::refuse(410, ""), Outcome::Gone),
        (
            Answer::refuse(413, ""),
            Outcome::Rejected(Rejection::Request),
        ),
        (retry, Outcome::RetryAfter(Duration::from_secs(3))),
        (Answer::refuse(502, ""), Outcome::GatewayDown(None)),
    ] {
        service.plan.then([answer]);
        let sent = sender.send(&browser(&service, "b"), Urgency::Normal).await;
        assert_eq!(sent, expected);
    }
    assert!(service.received().is_empty());
}
