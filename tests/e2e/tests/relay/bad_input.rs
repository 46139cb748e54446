//! Frames that are not frames: a typed answer or the end of the connection, and life goes on.

use restante_e2e::Chance;
use restante_harness::{
    deadline::within,
    relay::Relay,
    seat::{SEATING, mailbox_for, message},
    wire::{Broken, connect},
};
use restante_wire::{
    ErrorCode, Outcome, codec,
    stream::{ClientFrame, ServerFrame},
};

const SEED: u64 = 20_261_122;

#[tokio::test]
async fn truncated_and_flipped_frames_harm_nobody() {
    let relay = Relay::start().await;
    let seats = mailbox_for(relay.address(), 2).await;
    let mut honest = connect(relay.address()).await;
    let append = seats[1].append(vec![message(SEATING, vec![1; 200])]);
    let frame = codec::encode(&ClientFrame {
        request: 1,
        body: append,
    });
    let mut chance = Chance::new(SEED);
    for _ in 0..200 {
        let mut bad = frame.clone();
        if chance.below(2) == 0 {
            bad.truncate(usize::try_from(chance.below(frame.len() as u64)).expect("small"));
        } else {
            // Behind the mailbox address, or the frame is merely about another mailbox.
            let bit = chance.below(frame.len() as u64 * 8);
            bad[usize::try_from(bit / 8).expect("small")] ^= 1 << (bit % 8);
        }
        let mut connection = connect(relay.address()).await;
        connection.send_raw(bad).await.expect("a sent frame");
        match within("an answer or the end", connection.frame()).await {
            Ok(ServerFrame::Answer { .. }) | Err(Broken::Closed | Broken::WebSocket(_)) => {}
            other => panic!("neither answer nor end: {other:?}"),
        }
    }
    honest.appends(&seats[0], message(SEATING, vec![2])).await;
    let log = honest.reads(&seats[0], 0).await;
    assert!(
        log.iter()
            .zip(1..)
            .all(|(envelope, number)| envelope.number == number)
    );
}

#[tokio::test]
async fn r3_replayed_and_reordered_frames_store_nothing_twice() {
    let relay = Relay::start().await;
    let seats = mailbox_for(relay.address(), 2).await;
    let mut first = connect(relay.address()).await;
    let mut frames = Vec::new();
    for request in 1..=20 {
        let append = seats[1].append(vec![message(SEATING, vec![request; 50])]);
        let request = u64::from(request);
        frames.push(codec::encode(&ClientFrame {
            request,
            body: append,
        }));
    }
    let acknowledge = seats[1].ack(SEATING);
    frames.push(codec::encode(&ClientFrame {
        request: 21,
        body: acknowledge,
    }));
    for frame in &frames {
        first.send_raw(frame.clone()).await.expect("a sent frame");
        within("an answer", first.frame()).await.expect("an answer");
    }
    let before = first.reads(&seats[0], SEATING).await;
    assert_eq!(before.len(), 20);

    let mut chance = Chance::new(SEED);
    let mut thief = connect(relay.address()).await;
    for _ in 0..200 {
        let chosen = usize::try_from(chance.below(frames.len() as u64)).expect("small");
        thief
            .send_raw(frames[chosen].clone())
            .await
            .expect("a sent frame");
        within("an answer", thief.frame()).await.expect("an answer");
    }
    assert_eq!(first.reads(&seats[0], SEATING).await, before);
    first.appends(&seats[0], message(SEATING, vec![9])).await;
}

#[tokio::test]
async fn a_frame_of_another_version_is_told_so_or_ended() {
    let relay = Relay::start().await;
    let mut connection = connect(relay.address()).await;
    connection
        .send_raw(vec![2, 1, 0])
        .await
        .expect("a sent frame");
    match within("an answer or the end", connection.frame()).await {
        Ok(ServerFrame::Answer {
            result: Outcome::Refused(error),
            ..
        }) => {
            assert_eq!(error.code, ErrorCode::UnsupportedVersion);
        }
        Ok(other) => panic!("not a refusal: {other:?}"),
        Err(_) => {}
    }
}
