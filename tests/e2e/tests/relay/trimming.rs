//! R6: nothing is deleted before every cursor has passed it.

use restante_harness::{
    relay::Relay,
    seat::{SEATING, mailbox_for, message},
    wire::connect,
};
use restante_wire::{ErrorCode, Outcome, mailbox::Answer};

const MESSAGES: u64 = 120;

#[tokio::test]
async fn r6_an_envelope_goes_when_the_slowest_seat_acknowledged_it_and_not_before() {
    let relay = Relay::start().await;
    let seats = mailbox_for(relay.address(), 3).await;
    let mut connection = connect(relay.address()).await;
    // More than the relay lets lie before it trims in passing.
    let last = SEATING + MESSAGES;
    let batch = (0..MESSAGES).map(|_| message(SEATING, vec![1; 100]));
    connection.does(seats[0].append(batch.collect())).await;
    for (seat, cursor) in [(&seats[0], last), (&seats[1], last), (&seats[2], 80)] {
        connection.does(seat.ack(cursor)).await;
    }
    connection.trimmed_to(&seats[2], 81).await;
    let unread = connection.reads(&seats[2], 80).await;
    let numbers: Vec<u64> = unread.iter().map(|envelope| envelope.number).collect();
    assert_eq!(numbers, (81..=last).collect::<Vec<_>>());

    connection.does(seats[2].ack(last)).await;
    connection.trimmed_to(&seats[2], last + 1).await;
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
    connection.trimmed_to(&seats[1], SEATING + 1).await;
}
