//! R5: a dropped seat neither appends, nor reads beyond the append that dropped it.

use restante_harness::{
    deadline::within,
    relay::Relay,
    seat::{SEATING, Seat, commit, mailbox_for, message},
    wire::connect,
};
use restante_wire::{
    ErrorCode, Role,
    mailbox::{Answer, Fetched, OwnedDrop, SeatAccess, SeatChanges},
    stream::{Ended, Event},
};

/// A commit of the admin seat after which only these seats are left.
fn only(seats: &[&Seat]) -> SeatChanges {
    let list = seats.iter().enumerate();
    let role = |index| {
        if index == 0 {
            Role::Admin
        } else {
            Role::Member
        }
    };
    SeatChanges {
        list: Some(list.map(|(index, seat)| (seat.id, role(index))).collect()),
        ..SeatChanges::default()
    }
}

#[tokio::test]
async fn r5_a_dropped_seat_reads_up_to_the_append_that_dropped_it_and_appends_nothing() {
    let relay = Relay::start().await;
    let seats = mailbox_for(relay.address(), 3).await;
    let mut connection = connect(relay.address()).await;
    let drop = commit(SEATING, only(&[&seats[0], &seats[1]]));
    let dropped_at = connection.appends(&seats[0], drop).await;
    connection
        .appends(&seats[0], message(dropped_at, vec![9; 50]))
        .await;

    let answer = connection
        .ask(seats[2].append(vec![message(dropped_at, vec![1])]))
        .await;
    assert_eq!(refusal(answer), Some(ErrorCode::NoSuchSeat));
    let page = connection.does(seats[2].fetch(0, 100)).await;
    let Answer::Fetched(Fetched::Page { envelopes, last }) = page else {
        panic!("a page")
    };
    assert_eq!(last, dropped_at);
    assert_eq!(
        envelopes.last().map(|envelope| envelope.number),
        Some(dropped_at)
    );
    assert_eq!(
        connection.reads(&seats[1], 0).await.len() as u64,
        dropped_at + 1
    );
}

#[tokio::test]
async fn r5_a_watch_of_a_dropped_seat_ends_with_the_append_that_dropped_it() {
    let relay = Relay::start().await;
    let seats = mailbox_for(relay.address(), 2).await;
    let mut watching = connect(relay.address()).await;
    watching.does(seats[1].watch(SEATING)).await;
    let mut connection = connect(relay.address()).await;
    let dropped_at = connection
        .appends(&seats[0], commit(SEATING, only(&[&seats[0]])))
        .await;
    for _ in 0..3 {
        connection
            .appends(&seats[0], message(dropped_at, vec![9; 50]))
            .await;
    }
    let mut seen = Vec::new();
    let reason = within("the end of the watch", async {
        loop {
            match watching.event().await.expect("an event") {
                Event::Envelopes { envelopes, .. } => {
                    seen.extend(envelopes.iter().map(|envelope| envelope.number));
                }
                Event::Ended { reason, .. } => return reason,
                _ => {}
            }
        }
    })
    .await;
    assert_eq!(reason, Ended::NoSuchSeat);
    assert_eq!(seen, [dropped_at]);
}

#[tokio::test]
async fn those_who_are_not_dropped_go_on_watching() {
    let relay = Relay::start().await;
    let seats = mailbox_for(relay.address(), 3).await;
    let mut watching = connect(relay.address()).await;
    watching.does(seats[1].watch(SEATING)).await;
    let mut connection = connect(relay.address()).await;
    let list = only(&[&seats[0], &seats[1]]);
    let dropped_at = connection.appends(&seats[0], commit(SEATING, list)).await;
    let mut expected = vec![dropped_at];
    // One author in this very connection, one in another.
    expected.push(
        watching
            .appends(&seats[1], message(dropped_at, vec![1]))
            .await,
    );
    expected.push(
        connection
            .appends(&seats[0], message(dropped_at, vec![2]))
            .await,
    );
    let mut seen = Vec::new();
    within("all three", async {
        while seen.len() < expected.len() {
            match watching.event().await.expect("an event") {
                Event::Envelopes { envelopes, .. } => {
                    seen.extend(envelopes.iter().map(|envelope| envelope.number));
                }
                other => panic!("the watch goes on: {other:?}"),
            }
        }
    })
    .await;
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn r5_a_seat_is_dropped_by_its_owner_and_by_nobody_else_among_members() {
    let relay = Relay::start().await;
    let seats = mailbox_for(relay.address(), 3).await;
    let mut connection = connect(relay.address()).await;
    let drop_by = |owner| SeatChanges {
        drop_owned: vec![OwnedDrop {
            seat: seats[2].id,
            owner_secret: owner,
        }],
        ..SeatChanges::default()
    };
    let wrong = commit(SEATING, drop_by(seats[1].owner.clone()));
    let answer = connection.does(seats[1].append(vec![wrong])).await;
    let Answer::Appended(appended) = answer else {
        panic!("an answer to an append")
    };
    assert!(appended.numbers.is_empty() && appended.refused.is_some());

    let right = commit(SEATING, drop_by(seats[2].owner.clone()));
    connection.appends(&seats[1], right).await;
    let answer = connection
        .ask(seats[2].append(vec![message(SEATING + 1, vec![1])]))
        .await;
    assert_eq!(refusal(answer), Some(ErrorCode::NoSuchSeat));
}

#[tokio::test]
async fn a_wrong_secret_an_unknown_seat_and_an_unknown_mailbox_are_the_same() {
    let relay = Relay::start().await;
    let seats = mailbox_for(relay.address(), 2).await;
    let mut connection = connect(relay.address()).await;
    let stranger = Seat::in_mailbox(seats[0].mailbox);
    let access = |seat: &Seat| SeatAccess {
        secret: stranger.secret.clone(),
        ..seat.access()
    };
    for access in [
        access(&seats[1]),
        stranger.access(),
        Seat::in_new_mailbox().access(),
    ] {
        let seat = Seat {
            secret: access.secret,
            id: access.seat,
            ..seats[0].clone()
        };
        let seat = Seat {
            mailbox: access.mailbox,
            ..seat
        };
        for request in [
            seat.fetch(0, 1),
            seat.append(vec![message(SEATING, vec![1])]),
        ] {
            let answer = connection.ask(request).await;
            assert_eq!(refusal(answer), Some(ErrorCode::NoSuchSeat));
        }
    }
}

#[tokio::test]
async fn a_new_seat_appends_only_after_it_rotated_its_secret() {
    let relay = Relay::start().await;
    let admin = mailbox_for(relay.address(), 1).await.remove(0);
    let mut new = Seat::in_mailbox(admin.mailbox);
    let mut connection = connect(relay.address()).await;
    let changes = SeatChanges {
        add: vec![new.grant()],
        ..SeatChanges::default()
    };
    let added_at = connection.appends(&admin, commit(SEATING, changes)).await;
    let append = |seat: &Seat| seat.append(vec![message(added_at, vec![1])]);
    assert_eq!(
        refusal(connection.ask(append(&new)).await),
        Some(ErrorCode::SeatNotRotated)
    );

    let invited = new.clone();
    let rotate = new.rotate();
    connection.does(rotate.clone()).await;
    // The answer may have been lost: until the new secret was used, the old one may rotate again.
    connection.does(rotate).await;
    connection.does(append(&new)).await;
    let answer = connection.ask(invited.fetch(0, 1)).await;
    assert_eq!(
        refusal(answer),
        Some(ErrorCode::NoSuchSeat),
        "the invitation's secret is over"
    );
}

fn refusal<T: std::fmt::Debug, B: std::fmt::Debug>(
    answer: Result<Result<T, restante_wire::WireError>, B>,
) -> Option<ErrorCode> {
    answer.expect("a connection").err().map(|error| error.code)
}
