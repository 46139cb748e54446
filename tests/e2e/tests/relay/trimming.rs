//! R6: nothing is deleted before every cursor has passed it.

use restante_harness::{
    deadline::within,
    relay::Relay,
    seat::{SEATING, Seat, mailbox_for, message},
    wire::{Connection, connect},
};
use restante_wire::{
    ErrorCode, Outcome,
    mailbox::{Answer, Fetched},
};

#[tokio::test]
async fn r6_an_envelope_goes_when_the_slowest_seat_acknowledged_it_and_not_before() {
    let relay = Relay::start().await;
    let seats = mailbox_for(relay.address(), 3).await;
    let mut connection = connect(relay.address()).await;
    let mut last = SEATING;
    for _ in 0..10 {
        last = connection
            .appends(&seats[0], message(SEATING, vec![1; 100]))
            .await;
    }
    for seat in &seats[..2] {
        connection.does(seat.ack(last)).await;
    }
    connection.does(seats[2].ack(4)).await;
    // An append settles whatever an acknowledgement left to be done later.
    let after = connection
        .appends(&seats[0], message(SEATING, vec![1; 100]))
        .await;
    let unread = connection.reads(&seats[2], 4).await;
    let numbers: Vec<u64> = unread.iter().map(|envelope| envelope.number).collect();
    assert_eq!(numbers, (5..=after).collect::<Vec<_>>());

    for seat in &seats {
        connection.does(seat.ack(after)).await;
    }
    assert_eq!(until_trimmed(&mut connection, &seats[2]).await, after + 1);
}

#[tokio::test]
async fn r6_what_a_restarted_relay_holds_is_what_was_not_acknowledged_by_all() {
    let mut relay = Relay::start().await;
    let seats = mailbox_for(relay.address(), 2).await;
    let mut connection = connect(relay.address()).await;
    for _ in 0..5 {
        connection
            .appends(&seats[0], message(SEATING, vec![1; 100]))
            .await;
    }
    connection.does(seats[0].ack(6)).await;
    relay.kill9().await;
    relay.restart().await;
    let mut connection = connect(relay.address()).await;
    assert_eq!(connection.reads(&seats[1], 0).await.len(), 6);
}

#[tokio::test]
async fn an_acknowledgement_never_goes_beyond_the_log_nor_back() {
    let relay = Relay::start().await;
    let seats = mailbox_for(relay.address(), 2).await;
    let mut connection = connect(relay.address()).await;
    let Answer::Acked(outcomes) = connection.does(seats[0].ack(2)).await else {
        panic!("an answer to an acknowledgement");
    };
    assert!(
        matches!(&outcomes[..], [Outcome::Refused(error)] if error.code == ErrorCode::BeyondLog)
    );

    for seat in &seats {
        connection.does(seat.ack(SEATING)).await;
    }
    connection.does(seats[0].ack(0)).await;
    assert_eq!(until_trimmed(&mut connection, &seats[1]).await, SEATING + 1);
}

/// Waits until the log's beginning is gone, and says where it begins now.
async fn until_trimmed(connection: &mut Connection, seat: &Seat) -> u64 {
    within("trimming", async {
        loop {
            let answer = connection.does(seat.fetch(0, 1)).await;
            if let Answer::Fetched(Fetched::Trimmed { first }) = answer {
                return first;
            }
        }
    })
    .await
}
