//! What seats see on `/v1/stream`.

use restante_server::random;
use restante_wire::{
    ErrorCode, Kind, SessionToken, WireError, codec,
    inbox::InboxRequest,
    mailbox::{Answer, Request, Unwatch, Watch},
    stream::{ClientFrame, Ended, Event},
};
use tokio_tungstenite::tungstenite::{client::IntoClientRequest, http::header};

use crate::{
    people::{Seat, item},
    wire::{Relay, SeatStream},
};

/// Takes envelopes until number `last`, and checks that each follows the one before.
async fn read_to(stream: &mut SeatStream, cursor: u64, last: u64) {
    let mut cursor = cursor;
    while cursor < last {
        for envelope in stream.envelopes().await.unwrap() {
            assert_eq!(envelope.number, cursor + 1, "a gap or a double");
            cursor = envelope.number;
        }
    }
}

async fn append_many(stream: &mut SeatStream, seat: &Seat, count: u64, body: &[u8]) {
    let mut open = std::collections::VecDeque::new();
    for _ in 0..count {
        let append = seat.message(0, body);
        open.push_back(stream.send(Request::Append(append)).await);
        if open.len() > 30 {
            let first = open.pop_front().unwrap();
            stream.answer_to(first).await.unwrap();
        }
    }
    for request in open {
        stream.answer_to(request).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r2_between_what_is_stored_and_what_arrives_there_is_no_gap_and_no_double() {
    const COUNT: u64 = 3_000;
    let relay = Relay::start().await;
    let admin = Seat::new();
    let mut sender = relay.seats().await;
    sender.create(&admin).await;
    let mut readers = tokio::task::JoinSet::new();
    for n in 0..8 {
        let (mut reader, admin) = (relay.seats().await, admin.clone());
        readers.spawn(async move {
            // Each begins to watch at another moment, from another place in the log.
            let cursor = n * 40;
            while reader.head(&admin).await < n * 200 {
                tokio::task::yield_now().await;
            }
            reader.watch(&admin, cursor).await.unwrap();
            read_to(&mut reader, cursor, COUNT).await;
        });
    }
    append_many(&mut sender, &admin, COUNT, b"body").await;
    readers.join_all().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r8_a_slow_reader_delays_nobody_and_reads_everything_in_the_end() {
    // Far more than sockets and queues hold.
    const COUNT: u64 = 2_000;
    let body = vec![3; 32 * 1024];
    let relay = Relay::start().await;
    let admin = Seat::new();
    let (mut sender, mut slow, mut quick) = (
        relay.seats().await,
        relay.seats().await,
        relay.seats().await,
    );
    sender.create(&admin).await;
    slow.watch(&admin, 0).await.unwrap();
    quick.watch(&admin, 0).await.unwrap();
    let reading = tokio::spawn(async move { read_to(&mut quick, 0, COUNT).await });
    append_many(&mut sender, &admin, COUNT, &body).await;
    reading.await.unwrap();
    read_to(&mut slow, 0, COUNT).await;
    sender.append(admin.message(0, b"live again")).await;
    read_to(&mut slow, COUNT, COUNT + 1).await;
}

#[tokio::test]
async fn r5_a_watch_ends_with_the_append_that_dropped_its_seat() {
    let relay = Relay::start().await;
    let admin = Seat::new();
    let (mut sender, mut live, mut late) = (
        relay.seats().await,
        relay.seats().await,
        relay.seats().await,
    );
    sender.create(&admin).await;
    let member = sender.member(&admin).await;
    assert_eq!(live.watch(&member, 1).await, Ok(1));
    let mut removal = admin.keep_only(1, &[]);
    removal.items.insert(0, item(Kind::Message, 1, b"for both"));
    // Accepted in one transaction with what the dropped seat must not see.
    removal.items.push(item(Kind::Message, 3, b"secret"));
    let appended = sender.append(removal).await;
    assert_eq!(appended.numbers, [2, 3, 4]);
    read_to(&mut live, 1, 3).await;
    assert_eq!(live.envelopes().await, Err(Ended::NoSuchSeat));
    assert_eq!(late.watch(&member, 0).await, Ok(3));
    read_to(&mut late, 0, 3).await;
    assert_eq!(late.envelopes().await, Err(Ended::NoSuchSeat));
    assert_eq!(late.watch(&member, 3).await, Err(ErrorCode::NoSuchSeat));
    sender.append(admin.message(3, b"more")).await;
    // Nothing else came meanwhile on the stream of the dropped seat.
    assert_eq!(live.head(&admin).await, 5);
    assert!(live.has_no_event());
}

#[tokio::test]
async fn a_watch_with_a_secret_that_was_replaced_ends_and_the_owners_own_goes_on() {
    let relay = Relay::start().await;
    let admin = Seat::new();
    let mut sender = relay.seats().await;
    sender.create(&admin).await;
    let (mut member, add) = admin.invite();
    sender.append(admin.commit_with(0, add)).await;
    let (mut thief, mut own) = (relay.seats().await, relay.seats().await);
    thief.watch(&member, 1).await.unwrap();
    own.watch(&member, 1).await.unwrap();
    let rotate = Request::Rotate(member.rotate());
    own.ask(rotate).await.unwrap();
    own.append(member.message(1, b"here I am")).await;
    assert_eq!(thief.envelopes().await, Err(Ended::NoSuchSeat));
    read_to(&mut own, 1, 2).await;
    sender.append(admin.message(1, b"welcome")).await;
    read_to(&mut own, 2, 3).await;
}

#[tokio::test]
async fn ephemeral_envelopes_reach_whoever_is_there_but_their_author_and_are_not_stored() {
    let relay = Relay::start().await;
    let admin = Seat::new();
    let (mut sender, mut other) = (relay.seats().await, relay.seats().await);
    sender.create(&admin).await;
    let member = sender.member(&admin).await;
    sender.append(member.message(1, b"here I am")).await;
    other.watch(&member, 2).await.unwrap();
    sender.watch(&admin, 2).await.unwrap();
    let typing = Request::Ephemeral(admin.ephemeral(b"typing"));
    assert_eq!(sender.ask(typing).await, Ok(Answer::Done));
    assert_eq!(
        other.event().await,
        Event::Ephemeral {
            mailbox: admin.mailbox,
            body: b"typing".to_vec()
        }
    );
    let appended = sender.append(admin.message(1, b"stored")).await;
    assert_eq!(appended.numbers, [3]);
    read_to(&mut sender, 2, 3).await;
    assert!(sender.has_no_event());
}

#[tokio::test]
async fn a_second_watch_replaces_the_first_and_many_mailboxes_share_a_stream() {
    let relay = Relay::start().await;
    let (one, two) = (Seat::new(), Seat::new());
    let mut stream = relay.seats().await;
    stream.create(&one).await;
    stream.create(&two).await;
    let positions = vec![one.at(0), two.at(0), Seat::new().at(0)];
    let answer = stream.ask(Request::Watch(Watch { positions })).await;
    let Ok(Answer::Watching(lasts)) = answer else {
        panic!("a watch is not answered by {answer:?}");
    };
    let lasts: Vec<_> = lasts.into_iter().map(Result::from).collect();
    let unknown: WireError = ErrorCode::NoSuchSeat.into();
    assert_eq!(lasts, [Ok(0), Ok(0), Err(unknown)]);
    assert_eq!(stream.watch(&one, 0).await, Ok(0));
    stream.append(one.message(0, b"once")).await;
    read_to(&mut stream, 0, 1).await;
    let mailboxes = vec![one.mailbox];
    let unwatch = Request::Unwatch(Unwatch { mailboxes });
    assert_eq!(stream.ask(unwatch).await, Ok(Answer::Done));
    stream.append(one.message(0, b"unwatched")).await;
    stream.append(two.message(0, b"also")).await;
    read_to(&mut stream, 0, 1).await;
    assert!(stream.has_no_event());
}

#[tokio::test]
async fn a_watch_below_what_is_stored_is_told_where_it_begins() {
    let relay = Relay::start().await;
    let admin = Seat::new();
    let mut stream = relay.seats().await;
    stream.create(&admin).await;
    append_many(&mut stream, &admin, 100, b"x").await;
    let acked = stream.ask(Request::Ack(admin.ack(80))).await;
    acked.unwrap();
    assert_eq!(stream.watch(&admin, 10).await, Ok(100));
    assert_eq!(stream.envelopes().await, Err(Ended::Trimmed { first: 81 }));
}

#[tokio::test]
async fn garbage_is_answered_with_a_code_and_the_stream_goes_on() {
    let relay = Relay::start().await;
    let admin = Seat::new();
    let mut stream = relay.seats().await;
    stream.create(&admin).await;
    let body = Request::Append(admin.message(0, b"whole"));
    let whole = codec::encode(&ClientFrame { request: 300, body });
    for length in [3, 10, whole.len() - 1] {
        stream.send_raw(whole[..length].to_vec()).await;
        let refused = stream.answer_to(300).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::BadRequest);
    }
    let mut version = whole.clone();
    version[0] = 9;
    stream.send_raw(version).await;
    let refused = stream.answer_to(300).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::UnsupportedVersion);
    stream.send_raw(Vec::new()).await;
    let refused = stream.answer_to(0).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::BadRequest);
    let numbers = stream.append(admin.message(0, b"fine")).await.numbers;
    assert_eq!(numbers, [1]);
}

#[tokio::test]
async fn a_frame_that_none_may_send_closes_the_stream_with_a_code() {
    let relay = Relay::start().await;
    let mask = [0; 4];
    let long = u64::MAX.to_be_bytes();
    let cases: [(&str, u16, Vec<u8>); 5] = [
        ("too long", 1009, [&[0x82, 0xff][..], &long, &mask].concat()),
        (
            "a reserved opcode",
            1002,
            [&[0x83, 0x80][..], &mask].concat(),
        ),
        ("a reserved bit", 1002, [&[0xc2, 0x80][..], &mask].concat()),
        ("not masked", 1002, vec![0x82, 0x01, 7]),
        (
            "a long ping",
            1002,
            [&[0x89, 0xfe, 0, 126][..], &mask].concat(),
        ),
    ];
    for (name, code, bytes) in cases {
        let mut stream = relay.seats().await;
        stream.write_raw(&bytes).await;
        assert_eq!(stream.close_code().await, Some(code), "{name}");
    }
}

#[tokio::test]
async fn a_session_does_not_belong_on_a_stream_of_seats() {
    let relay = Relay::start().await;
    let mut stream = relay.seats().await;
    let body = InboxRequest::Open {
        token: SessionToken(random::bytes()),
    };
    let frame = codec::encode(&ClientFrame { request: 7, body });
    stream.send_raw(frame).await;
    let refused = stream.answer_to(7).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::WrongConnection);
    let url = format!("ws://{}/v1/stream", relay.app.local_addr());
    let mut request = url.into_client_request().unwrap();
    let bearer = "Bearer token".parse().unwrap();
    request.headers_mut().insert(header::AUTHORIZATION, bearer);
    assert!(tokio_tungstenite::connect_async(request).await.is_err());
}

#[tokio::test]
async fn a_relay_that_goes_down_answers_what_it_took_and_closes() {
    let relay = Relay::start().await;
    let admin = Seat::new();
    let mut stream = relay.seats().await;
    stream.create(&admin).await;
    let restore_id = stream.greeting.restore_id;
    let first = stream.send(Request::Append(admin.message(0, b"x"))).await;
    for _ in 0..20 {
        stream.send(Request::Append(admin.message(0, b"x"))).await;
    }
    stream.answer_to(first).await.unwrap();
    let again = relay.seats().await;
    assert_eq!(again.greeting.restore_id, restore_id);
    drop(again);
    let Relay { app, .. } = relay;
    let (is_in_order, answers) = tokio::join!(app.shutdown(), stream.drain());
    assert!(is_in_order);
    for (place, (_, answer)) in (2..).zip(answers) {
        match answer {
            Ok(Answer::Appended(appended)) => assert_eq!(appended.numbers, [place]),
            other => panic!("an append is not answered by {other:?}"),
        }
    }
}
