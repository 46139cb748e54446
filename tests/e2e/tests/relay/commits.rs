//! R4: of several commits on one predecessor exactly one is accepted.

use restante_harness::{
    relay::Relay,
    seat::{SEATING, Seat, commit, mailbox_for, message},
    wire::connect,
};
use restante_wire::{
    Kind,
    mailbox::{Answer, Refusal, SeatChanges},
};
use tokio::task::JoinSet;

#[tokio::test]
async fn r4_of_twenty_commits_on_one_predecessor_exactly_one_is_accepted() {
    let relay = Relay::start().await;
    let seats = mailbox_for(relay.address(), 20).await;
    let mut racers = JoinSet::new();
    for seat in seats.clone() {
        let address = relay.address();
        racers.spawn(async move {
            let mut connection = connect(address).await;
            let item = commit(SEATING, SeatChanges::default());
            connection.does(seat.append(vec![item])).await
        });
    }
    let answers = racers.join_all().await;
    let winners: Vec<u64> = answers.iter().filter_map(number).collect();
    assert_eq!(winners, [SEATING + 1]);
    for answer in answers.iter().filter(|answer| number(answer).is_none()) {
        let Answer::Appended(appended) = answer else {
            panic!("an answer to an append")
        };
        let Some(Refusal::Stale {
            last_commit,
            missing,
        }) = &appended.refused
        else {
            panic!("losers are stale: {appended:?}");
        };
        assert_eq!(*last_commit, SEATING + 1);
        let missed: Vec<_> = missing
            .iter()
            .map(|missed| (missed.number, missed.kind))
            .collect();
        assert_eq!(missed, [(SEATING + 1, Kind::Commit)]);
    }
}

#[tokio::test]
async fn r4_a_message_of_an_earlier_epoch_is_stale_and_of_a_batch_the_prefix_stays() {
    let relay = Relay::start().await;
    let seats = mailbox_for(relay.address(), 2).await;
    let mut connection = connect(relay.address()).await;
    let batch = vec![
        message(SEATING, vec![1]),
        commit(SEATING, SeatChanges::default()),
        message(SEATING, vec![2]),
        message(SEATING + 2, vec![3]),
    ];
    let Answer::Appended(appended) = connection.does(seats[0].append(batch)).await else {
        panic!("an answer to an append");
    };
    assert_eq!(appended.numbers, [SEATING + 1, SEATING + 2]);
    assert!(
        matches!(appended.refused, Some(Refusal::Stale { last_commit, .. }) if last_commit == SEATING + 2)
    );
    assert_eq!(connection.reads(&seats[1], 0).await.len(), 3);
}

#[tokio::test]
async fn a_garbage_commit_costs_one_number_and_names_its_author() {
    let relay = Relay::start().await;
    let seats = mailbox_for(relay.address(), 2).await;
    let mut connection = connect(relay.address()).await;
    let number = connection
        .appends(&seats[1], commit(SEATING, SeatChanges::default()))
        .await;
    connection
        .appends(&seats[0], message(number, vec![1]))
        .await;
    let log = connection.reads(&seats[0], number - 1).await;
    assert_eq!(log[0].author, Some(seats[1].id));
    assert_eq!(log[1].author, None, "messages have no author at the relay");
}

#[tokio::test]
async fn a_member_may_not_state_the_list_of_seats() {
    let relay = Relay::start().await;
    let seats = mailbox_for(relay.address(), 2).await;
    let mut connection = connect(relay.address()).await;
    let changes = SeatChanges {
        list: Some(Vec::new()),
        ..SeatChanges::default()
    };
    let answer = connection
        .does(seats[1].append(vec![commit(SEATING, changes)]))
        .await;
    assert!(
        refused(&answer, restante_wire::ErrorCode::SeatChangeRefused),
        "{answer:?}"
    );
}

#[tokio::test]
async fn adding_over_a_live_seat_changes_nothing_about_it() {
    let relay = Relay::start().await;
    let seats = mailbox_for(relay.address(), 2).await;
    let mut connection = connect(relay.address()).await;
    let usurper = Seat {
        id: seats[0].id,
        ..Seat::in_mailbox(seats[0].mailbox)
    };
    let changes = SeatChanges {
        add: vec![usurper.grant()],
        ..SeatChanges::default()
    };
    connection
        .appends(&seats[1], commit(SEATING, changes))
        .await;
    let log = connection.reads(&seats[0], SEATING).await;
    assert!(log[0].seats.is_empty(), "and every reader is told so");
    assert!(
        connection
            .ask(usurper.fetch(0, 1))
            .await
            .expect("a connection")
            .is_err()
    );
}

fn number(answer: &Answer) -> Option<u64> {
    match answer {
        Answer::Appended(appended) => appended.numbers.first().copied(),
        _ => None,
    }
}

fn refused(answer: &Answer, code: restante_wire::ErrorCode) -> bool {
    matches!(answer, Answer::Appended(appended)
        if matches!(&appended.refused, Some(Refusal::Error(error)) if error.code == code))
}
