//! R2: one log, the same for everybody.

use restante_harness::{
    deadline::within,
    relay::Relay,
    seat::{SEATING, Seat, mailbox_for, message},
    wire::connect,
};
use restante_wire::{Envelope, stream::Event};
use tokio::task::JoinSet;

const MESSAGES: u64 = 300;

#[tokio::test]
async fn r2_readers_that_join_at_any_moment_see_the_same_log_without_a_gap() {
    let relay = Relay::start().await;
    let seats = mailbox_for(relay.address(), 4).await;
    let mut writers = JoinSet::new();
    for seat in seats.clone() {
        let address = relay.address();
        writers.spawn(async move {
            let mut connection = connect(address).await;
            for number in 0..MESSAGES / 4 {
                let body = number.to_le_bytes().to_vec();
                connection.appends(&seat, message(SEATING, body)).await;
            }
        });
    }
    // Each begins to watch while others write: some of the log is stored by then, and some is not.
    let mut readers = JoinSet::new();
    let mut probe = connect(relay.address()).await;
    for (index, seat) in seats.iter().enumerate() {
        let begin = 1 + MESSAGES * index as u64 / 5;
        within("the log grows", async {
            while probe.reads(seat, 0).await.len() < begin as usize {}
        })
        .await;
        let (seat, address) = (seat.clone(), relay.address());
        readers.spawn(async move { watch_until(address, &seat, MESSAGES + SEATING).await });
    }
    writers.join_all().await;
    let logs = within("every reader", readers.join_all()).await;

    let stored = probe.reads(&seats[0], 0).await;
    let numbers: Vec<u64> = stored.iter().map(|envelope| envelope.number).collect();
    assert_eq!(numbers, (1..=MESSAGES + SEATING).collect::<Vec<_>>());
    for log in logs {
        assert_eq!(log, stored);
    }
}

#[tokio::test]
async fn r2_a_log_is_the_same_after_a_graceful_end() {
    let mut relay = Relay::start().await;
    let seats = mailbox_for(relay.address(), 2).await;
    let mut connection = connect(relay.address()).await;
    connection
        .appends(&seats[0], message(SEATING, vec![1; 100]))
        .await;
    let before = connection.reads(&seats[1], 0).await;

    assert!(relay.stop().await, "the relay ends without an error");
    relay.restart().await;
    let mut connection = connect(relay.address()).await;
    assert_eq!(connection.reads(&seats[1], 0).await, before);
}

async fn watch_until(relay: std::net::SocketAddr, seat: &Seat, last: u64) -> Vec<Envelope> {
    let mut connection = connect(relay).await;
    connection.does(seat.watch(0)).await;
    let mut log: Vec<Envelope> = Vec::new();
    while log.last().is_none_or(|envelope| envelope.number < last) {
        if let Event::Envelopes { envelopes, .. } = connection.event().await.expect("an event") {
            log.extend(envelopes);
        }
    }
    log
}
