//! R8: at every limit the answer is typed, and nothing accepted is lost.

use restante_harness::{
    deadline::within,
    relay::{Relay, Settings},
    seat::{SEATING, Seat, mailbox_for, message},
    wire::connect,
};
use restante_wire::{
    ErrorCode, WireError,
    limits::{MAX_BATCH, MAX_BODY, MAX_FRAME, MAX_POSITIONS},
    mailbox::{Answer, Heads, Position, Refusal, Request},
};

#[tokio::test]
async fn r8_a_seat_that_floods_is_refused_with_a_time_and_keeps_what_was_accepted() {
    let settings = Settings {
        is_unlimited: false,
        ..Settings::default()
    };
    let relay = Relay::start_with(settings).await;
    let seats = mailbox_for(relay.address(), 2).await;
    let mut connection = connect(relay.address()).await;
    let mut accepted = Vec::new();
    let refusal = within("a refusal", async {
        loop {
            let batch = (0..100).map(|_| message(SEATING, vec![1; 10])).collect();
            match connection
                .ask(seats[1].append(batch))
                .await
                .expect("a connection")
            {
                Ok(Answer::Appended(appended)) => {
                    accepted.extend(appended.numbers);
                    match appended.refused {
                        Some(Refusal::Error(error)) => return error,
                        Some(stale) => panic!("nobody else writes: {stale:?}"),
                        None => {}
                    }
                }
                Ok(other) => panic!("an answer to an append: {other:?}"),
                Err(error) => return error,
            }
        }
    })
    .await;
    assert_eq!(refusal.code, ErrorCode::RateLimited);
    assert!(
        refusal.retry_after_ms.is_some(),
        "the refusal says when to come again"
    );
    let stored = connection.reads(&seats[0], SEATING).await;
    let numbers: Vec<u64> = stored.iter().map(|envelope| envelope.number).collect();
    assert_eq!(numbers, accepted);

    // One flooding member is its own trouble only.
    connection
        .appends(&seats[0], message(SEATING, vec![2]))
        .await;
}

#[tokio::test]
async fn r8_bodies_batches_and_lists_beyond_their_limits_are_refused_by_name() {
    let relay = Relay::start().await;
    let seats = mailbox_for(relay.address(), 1).await;
    let seat = &seats[0];
    let mut connection = connect(relay.address()).await;

    let body = message(SEATING, vec![0; MAX_BODY + 1]);
    assert_eq!(
        code(connection.ask(seat.append(vec![body])).await),
        ErrorCode::TooLarge
    );
    let batch = (0..=MAX_BATCH).map(|_| message(SEATING, vec![1])).collect();
    assert_eq!(
        code(connection.ask(seat.append(batch)).await),
        ErrorCode::TooLarge
    );
    let position = Position {
        access: seat.access(),
        cursor: 0,
    };
    let positions = vec![position; MAX_POSITIONS + 1];
    let heads = Request::Heads(Heads { positions });
    assert_eq!(code(connection.ask(heads).await), ErrorCode::TooLarge);

    let largest = message(SEATING, vec![0; MAX_BODY]);
    connection.appends(seat, largest).await;
    assert_eq!(connection.reads(seat, SEATING).await.len(), 1);
}

#[tokio::test]
async fn r8_a_frame_beyond_the_limit_ends_its_connection_and_no_other() {
    let relay = Relay::start().await;
    let seats = mailbox_for(relay.address(), 1).await;
    let mut other = connect(relay.address()).await;
    let mut connection = connect(relay.address()).await;
    let sent = connection.send_raw(vec![1; MAX_FRAME * 2]).await;
    let ended = sent.is_err() || within("an end", connection.frame()).await.is_err();
    assert!(ended, "an endless frame is not taken");
    other.appends(&seats[0], message(SEATING, vec![1])).await;
}

#[tokio::test]
async fn r8_a_reader_that_does_not_read_delays_nobody_and_misses_nothing() {
    const MESSAGES: u64 = 400;
    let relay = Relay::start().await;
    let seats = mailbox_for(relay.address(), 2).await;
    let mut lazy = connect(relay.address()).await;
    lazy.does(seats[1].watch(0)).await;
    // 40 MB that the lazy reader leaves on its socket.
    let mut connection = connect(relay.address()).await;
    for _ in 0..MESSAGES {
        connection
            .appends(&seats[0], message(SEATING, vec![5; 100_000]))
            .await;
    }
    let mut last = 0;
    within("the lazy reader", async {
        while last < MESSAGES + SEATING {
            let event = lazy.event().await.expect("an event");
            let restante_wire::stream::Event::Envelopes { envelopes, .. } = event else {
                continue;
            };
            for envelope in envelopes {
                assert_eq!(envelope.number, last + 1);
                last = envelope.number;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn r8_mailboxes_of_one_address_are_limited_with_a_time_to_come_again() {
    let settings = Settings {
        is_unlimited: false,
        ..Settings::default()
    };
    let relay = Relay::start_with(settings).await;
    let mut connection = connect(relay.address()).await;
    let refusal = within("a refusal", async {
        loop {
            let create = Seat::in_new_mailbox().create();
            if let Err(error) = connection.ask(create).await.expect("a connection") {
                return error;
            }
        }
    })
    .await;
    assert_eq!(refusal.code, ErrorCode::RateLimited);
    assert!(refusal.retry_after_ms.is_some());
}

/// The code of a refusal, of the whole request or of its first item.
fn code<B: std::fmt::Debug>(answer: Result<Result<Answer, WireError>, B>) -> ErrorCode {
    match answer.expect("a connection") {
        Err(error) => error.code,
        Ok(Answer::Appended(appended)) => match appended.refused {
            Some(Refusal::Error(error)) => error.code,
            other => panic!("not refused: {other:?}"),
        },
        Ok(other) => panic!("not refused: {other:?}"),
    }
}
