//! Google's gateway.

use std::{sync::Arc, time::Duration};

use restante_gateways::Answer;
use restante_push::{Outcome, Rejection, Sender};
use restante_wire::push::Urgency;

use crate::common::{ManualClock, fcm, phone};

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_taken_with_one_access_token_that_is_renewed_early() {
    let clock = ManualClock::new();
    let (gateway, sender) = fcm(&clock).await;
    let sender = Arc::new(sender);
    let mut sending = tokio::task::JoinSet::new();
    for number in 0..50 {
        let sender = Arc::clone(&sender);
        let phone = phone(&format!("phone-{number}"));
        sending.spawn(async move { sender.send(&phone, Urgency::Urgent).await });
    }
    while let Some(sent) = sending.join_next().await {
        assert_eq!(sent.unwrap(), Outcome::Delivered);
    }
    assert_eq!((gateway.server.connections(), gateway.tokens()), (1, 1));
    let message = &gateway.received()[0].message;
    assert_eq!(message["data"]["restante"], "wake-up");
    assert_eq!(message["android"]["priority"], "HIGH");
    assert_eq!(message["android"]["ttl"], "259200s");

    gateway.set_clock(clock.advance_s(54 * 60));
    assert_eq!(
        sender.send(&phone("a"), Urgency::Normal).await,
        Outcome::Delivered
    );
    assert_eq!(gateway.tokens(), 1);
    gateway.set_clock(clock.advance_s(2 * 60));
    assert_eq!(
        sender.send(&phone("a"), Urgency::Normal).await,
        Outcome::Delivered
    );
    assert_eq!(gateway.tokens(), 2, "before the first one's hour was over");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_that_is_refused_is_replaced_once() {
    let clock = ManualClock::new();
    let (gateway, sender) = fcm(&clock).await;
    assert_eq!(
        sender.send(&phone("a"), Urgency::Normal).await,
        Outcome::Delivered
    );
    gateway.revoke_tokens();
    assert_eq!(
        sender.send(&phone("b"), Urgency::Normal).await,
        Outcome::Delivered
    );
    assert_eq!(gateway.tokens(), 2);
    let refuse = Answer::refuse(401, "THIRD_PARTY_AUTH_ERROR");
    gateway.plan.then([refuse.clone(), refuse]);
    let refused = sender.send(&phone("c"), Urgency::Normal).await;
    assert_eq!(refused, Outcome::Rejected(Rejection::Credentials));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_documented_refusal_has_its_outcome() {
    let clock = ManualClock::new();
    let (gateway, sender) = fcm(&clock).await;
    let retry = |status, reason| Answer::Refuse {
        status,
        reason,
        retry_after: Some(11),
    };
    let wait = Duration::from_secs(11);
    for (answer, expected) in [
        (
            Answer::refuse(400, "INVALID_ARGUMENT"),
            Outcome::Rejected(Rejection::Request),
        ),
        (
            Answer::refuse(403, "SENDER_ID_MISMATCH"),
            Outcome::Rejected(Rejection::Foreign),
        ),
        (Answer::refuse(404, "UNREGISTERED"), Outcome::Gone),
        (retry(429, "QUOTA_EXCEEDED"), Outcome::RetryAfter(wait)),
        (Answer::refuse(500, "INTERNAL"), Outcome::GatewayDown(None)),
        (retry(503, "UNAVAILABLE"), Outcome::GatewayDown(Some(wait))),
    ] {
        gateway.plan.then([answer]);
        assert_eq!(sender.send(&phone("a"), Urgency::Normal).await, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_goes_on_when_the_gateway_goes_away_in_the_middle() {
    let clock = ManualClock::new();
    let (gateway, sender) = fcm(&clock).await;
    let sender = Arc::new(sender);
    assert_eq!(
        sender.send(&phone("a"), Urgency::Normal).await,
        Outcome::Delivered
    );
    gateway
        .plan
        .always(Some(Answer::Slowly(Duration::from_millis(20))));
    let mut sending = tokio::task::JoinSet::new();
    for number in 0..200 {
        let sender = Arc::clone(&sender);
        sending.spawn(async move { sender.send(&phone("b"), Urgency::Normal).await });
        if number == 100 {
            gateway.server.goes_away();
        }
    }
    while let Some(sent) = sending.join_next().await {
        assert_eq!(sent.unwrap(), Outcome::Delivered);
    }
    assert_eq!(gateway.received().len(), 201);
}
