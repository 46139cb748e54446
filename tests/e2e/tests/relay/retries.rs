//! R3: one envelope id is appended at most once, whatever the network does.

use restante_harness::{
    proxy::Proxy,
    relay::Relay,
    seat::{SEATING, commit, mailbox_for, message},
    wire::connect,
};
use restante_wire::mailbox::{Answer, SeatChanges};

#[tokio::test]
async fn r3_an_append_whose_answer_was_lost_is_appended_once() {
    let relay = Relay::start().await;
    let seats = mailbox_for(relay.address(), 2).await;
    let proxy = Proxy::before(relay.address()).await;
    let item = message(SEATING, vec![7; 100]);

    proxy.lose_answer("append");
    let mut connection = connect(proxy.address()).await;
    assert!(
        connection
            .ask(seats[0].append(vec![item.clone()]))
            .await
            .is_err()
    );
    proxy.all_happened().await;
    let mut connection = connect(proxy.address()).await;
    let number = connection.appends(&seats[0], item.clone()).await;

    assert_eq!(number, SEATING + 1);
    assert_eq!(
        connection.appends(&seats[0], item).await,
        number,
        "and again"
    );
    assert_eq!(connection.reads(&seats[1], SEATING).await.len(), 1);
}

#[tokio::test]
async fn r3_a_request_that_comes_twice_is_appended_once() {
    let relay = Relay::start().await;
    let seats = mailbox_for(relay.address(), 2).await;
    let proxy = Proxy::before(relay.address()).await;
    proxy.repeat_request("append");
    let mut connection = connect(proxy.address()).await;
    let first = connection
        .appends(&seats[0], message(SEATING, vec![1; 100]))
        .await;
    let second = connection
        .appends(&seats[0], message(SEATING, vec![2; 100]))
        .await;
    proxy.all_happened().await;
    assert_eq!((first, second), (SEATING + 1, SEATING + 2));
    assert_eq!(connection.reads(&seats[1], SEATING).await.len(), 2);
}

#[tokio::test]
async fn r3_a_commit_whose_answer_was_lost_is_not_stale_when_it_comes_again() {
    let relay = Relay::start().await;
    let seats = mailbox_for(relay.address(), 2).await;
    let mut connection = connect(relay.address()).await;
    let item = commit(SEATING, SeatChanges::default());
    let number = connection.appends(&seats[0], item.clone()).await;
    let Answer::Appended(again) = connection.does(seats[0].append(vec![item])).await else {
        panic!("an answer to an append");
    };
    assert_eq!((again.numbers, again.refused), (vec![number], None));
}

#[tokio::test]
async fn r3_the_id_of_a_trimmed_envelope_is_known_until_a_later_commit() {
    let relay = Relay::start().await;
    let seats = mailbox_for(relay.address(), 1).await;
    let mut connection = connect(relay.address()).await;
    let item = message(SEATING, vec![7; 100]);
    let number = connection.appends(&seats[0], item.clone()).await;
    connection.does(seats[0].ack(number)).await;
    connection.trimmed_to(&seats[0], number + 1).await;
    assert_eq!(connection.appends(&seats[0], item).await, number);
}
