//! Apple's gateway.

use std::{sync::Arc, time::Duration};

use restante_gateways::Answer;
use restante_push::{Outcome, Rejection, Sender};
use restante_wire::push::{ApnsStyle, Target, Urgency};

use crate::common::{ManualClock, apns, device};

#[tokio::test(flavor = "multi_thread")]
async fn alerts_and_background_wake_ups_are_taken_over_one_connection_with_one_token() {
    let clock = ManualClock::new();
    let (gateway, sender) = apns(&clock).await;
    let sender = Arc::new(sender);
    let mut sending = tokio::task::JoinSet::new();
    for byte in 0..100 {
        let sender = Arc::clone(&sender);
        sending.spawn(async move { sender.send(&device(byte), Urgency::Urgent).await });
    }
    while let Some(sent) = sending.join_next().await {
        assert_eq!(sent.unwrap(), Outcome::Delivered);
    }
    let background = Target::Apns {
        token: vec![7; 32],
        style: ApnsStyle::Background,
    };
    let sent = sender.send(&background, Urgency::Urgent).await;
    assert_eq!(sent, Outcome::Delivered);
    assert_eq!((gateway.server.connections(), gateway.tokens()), (1, 1));
    let received = gateway.received();
    let first = &received[0];
    assert_eq!((&*first.push_type, &*first.priority), ("alert", "10"));
    assert_eq!(first.collapse_id.as_deref(), Some("wake-up"));
    assert_eq!(first.payload["aps"]["mutable-content"], 1);
    assert!(
        received[..100]
            .iter()
            .all(|one| one.payload == first.payload)
    );
    let last = &received[100];
    assert_eq!((&*last.push_type, &*last.priority), ("background", "5"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_documented_refusal_has_its_outcome() {
    let clock = ManualClock::new();
    let (gateway, sender) = apns(&clock).await;
    let retry = Answer::Refuse {
        status: 429,
        reason: "TooManyRequests",
        retry_after: Some(9),
    };
    for (answer, expected) in [
        (
            Answer::refuse(400, "BadTopic"),
            Outcome::Rejected(Rejection::Request),
        ),
        (
            Answer::refuse(403, "InvalidProviderToken"),
            Outcome::Rejected(Rejection::Credentials),
        ),
        (Answer::refuse(410, "ExpiredToken"), Outcome::Gone),
        (retry, Outcome::RetryAfter(Duration::from_secs(9))),
        (
            Answer::refuse(500, "InternalServerError"),
            Outcome::GatewayDown(None),
        ),
        (Answer::refuse(503, "Shutdown"), Outcome::GatewayDown(None)),
    ] {
        gateway.plan.then([answer]);
        assert_eq!(sender.send(&device(1), Urgency::Normal).await, expected);
    }
    gateway.unregister(&"01".repeat(32));
    assert_eq!(
        sender.send(&device(1), Urgency::Normal).await,
        Outcome::Gone
    );
    assert_eq!(
        sender.send(&device(2), Urgency::Normal).await,
        Outcome::Delivered
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_expired_is_replaced_and_the_wake_up_is_sent() {
    let clock = ManualClock::new();
    let (gateway, sender) = apns(&clock).await;
    assert_eq!(
        sender.send(&device(1), Urgency::Normal).await,
        Outcome::Delivered
    );
    // The gateway's clock is ahead of this one's.
    let now_s = clock.advance_s(45 * 60);
    gateway.set_clock(now_s + 20 * 60);
    assert_eq!(
        sender.send(&device(2), Urgency::Normal).await,
        Outcome::Delivered
    );
    assert_eq!(gateway.tokens(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_goes_on_when_the_gateway_goes_away_in_the_middle() {
    let clock = ManualClock::new();
    let (gateway, sender) = apns(&clock).await;
    let sender = Arc::new(sender);
    assert_eq!(
        sender.send(&device(0), Urgency::Normal).await,
        Outcome::Delivered
    );
    let slowly = Answer::Slowly(Duration::from_millis(20));
    gateway.plan.always(Some(slowly));
    let mut sending = tokio::task::JoinSet::new();
    for byte in 0..200 {
        let sender = Arc::clone(&sender);
        sending.spawn(async move { sender.send(&device(byte), Urgency::Urgent).await });
        if byte == 100 {
            gateway.server.goes_away();
        }
    }
    while let Some(sent) = sending.join_next().await {
        assert_eq!(sent.unwrap(), Outcome::Delivered);
    }
    // Whatever of the burst was quick enough was still taken by the first connection.
    assert_eq!(
        sender.send(&device(201), Urgency::Normal).await,
        Outcome::Delivered
    );
    assert_eq!(gateway.received().len(), 202);
    assert!(gateway.server.connections() > 1);
}
