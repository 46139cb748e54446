//! A stream that is kept up.

use std::time::Duration;

use restante_crypto::Randomness;
use restante_wire::{
    MailboxAddress,
    error::Outcome,
    mailbox::{Answer, Request, Unwatch},
    stream::{Ended, Event, ServerFrame},
};
use tokio::sync::{mpsc, watch};

use super::relay::StreamRelay;
use crate::{
    driver::{
        link::Link,
        protocol::Rooms,
        report::{LinkNews, Report},
        side::Side,
    },
    engine::io::{CallId, Failure, Input, Reply, Stream},
};

struct Started {
    calls: mpsc::Sender<(CallId, Request)>,
    reports: mpsc::Receiver<Report>,
    hurry: watch::Sender<()>,
}

fn start(relay: &StreamRelay) -> Started {
    start_with(relay.url.clone(), mpsc::channel(16), mpsc::channel(16))
}

type Channel<T> = (mpsc::Sender<T>, mpsc::Receiver<T>);

fn start_with(
    relay: String,
    (calls, queue): Channel<(CallId, Request)>,
    (sender, reports): Channel<Report>,
) -> Started {
    let hurry = watch::Sender::new(());
    let link = Link::<Rooms> {
        epoch: 7,
        relay,
        side: Side::new().unwrap(),
        session: None,
        calls: queue,
        reports: sender,
        hurry: hurry.subscribe(),
        randomness: Randomness::os(),
    };
    tokio::spawn(link.run());
    Started {
        calls,
        reports,
        hurry,
    }
}

impl Started {
    async fn news(&mut self) -> LinkNews {
        match self.reports.recv().await.unwrap() {
            Report::Link { epoch: 7, news, .. } => news,
            other => panic!("{other:?}"),
        }
    }

    async fn input(&mut self) -> Input {
        match self.news().await {
            LinkNews::Input(input) => input,
            other => panic!("{other:?}"),
        }
    }

    async fn ask(&self, call: u64) {
        let request = Request::Unwatch(Unwatch {
            mailboxes: Vec::new(),
        });
        self.calls.send((CallId(call), request)).await.unwrap();
    }

    async fn is_up(&mut self) {
        let input = self.input().await;
        assert!(
            matches!(
                input,
                Input::Connected {
                    stream: Stream::Rooms,
                    ..
                }
            ),
            "{input:?}"
        );
    }
}

fn lost(call: u64) -> Input {
    Input::Answered {
        call: CallId(call),
        result: Err(Failure::Lost),
    }
}

fn done(request: u64) -> ServerFrame<Answer> {
    ServerFrame::Answer {
        request,
        result: Outcome::Done(Answer::Done),
    }
}

#[tokio::test]
async fn c4_every_open_call_is_lost_before_the_stream_is_down_and_the_link_comes_back() {
    let relay = StreamRelay::new().await;
    let mut link = start(&relay);
    let mut peer = relay.accept().await;
    link.is_up().await;
    link.ask(1).await;
    link.ask(2).await;
    peer.receive::<Request>().await;
    peer.receive::<Request>().await;
    drop(peer);
    assert_eq!(link.input().await, lost(1));
    assert_eq!(link.input().await, lost(2));
    assert!(matches!(link.input().await, Input::Disconnected { .. }));
    let _peer = relay.accept().await;
    link.is_up().await;
}

#[tokio::test]
async fn answers_that_overtake_each_other_find_their_calls() {
    let relay = StreamRelay::new().await;
    let mut link = start(&relay);
    let mut peer = relay.accept().await;
    link.is_up().await;
    link.ask(11).await;
    link.ask(12).await;
    let first = peer.receive::<Request>().await.request;
    let second = peer.receive::<Request>().await.request;
    peer.send(&done(second)).await;
    peer.send(&done(first)).await;
    for call in [12, 11] {
        let answered = Input::Answered {
            call: CallId(call),
            result: Ok(Reply::Mailbox(Answer::Done)),
        };
        assert_eq!(link.input().await, answered);
    }
}

#[tokio::test]
async fn events_arrive_in_order_with_their_relay() {
    let relay = StreamRelay::new().await;
    let mut link = start(&relay);
    let mut peer = relay.accept().await;
    link.is_up().await;
    let event = |number: u8| Event::Ended {
        mailbox: MailboxAddress([number; 32]),
        reason: Ended::NoSuchSeat,
    };
    for number in 0..5 {
        peer.send(&ServerFrame::<Answer>::Event(event(number)))
            .await;
    }
    for number in 0..5 {
        let expected = Input::Event {
            relay: relay.url.clone(),
            event: event(number),
        };
        assert_eq!(link.input().await, expected);
    }
}

#[tokio::test]
async fn a_relay_that_talks_nonsense_is_left() {
    let relay = StreamRelay::new().await;
    let mut link = start(&relay);
    for nonsense in [vec![1, 0xff, 0xff], Vec::new(), vec![9; 40]] {
        let mut peer = relay.accept().await;
        link.is_up().await;
        peer.send_bytes(nonsense).await;
        assert!(matches!(link.input().await, Input::Disconnected { .. }));
    }
    let mut peer = relay.accept().await;
    link.is_up().await;
    // An answer to a question that nobody asked.
    peer.send(&done(99)).await;
    assert!(matches!(link.input().await, Input::Disconnected { .. }));
}

#[tokio::test]
async fn a_relay_out_of_reach_is_reported_and_fails_what_waits() {
    let relay = StreamRelay::new().await;
    let (calls, queue) = mpsc::channel(16);
    let (sender, reports) = mpsc::channel(16);
    calls
        .send((CallId(5), Request::Unwatch(Unwatch { mailboxes: vec![] })))
        .await
        .unwrap();
    let url = relay.url.clone();
    drop(relay);
    let mut link = start_with(url, (calls, queue), (sender, reports));
    assert!(matches!(
        link.news().await,
        LinkNews::Failed {
            failures: 1,
            failure: Failure::Lost
        }
    ));
    assert_eq!(link.input().await, lost(5));
    assert!(matches!(
        link.news().await,
        LinkNews::Failed { failures: 2, .. }
    ));
}

#[tokio::test]
async fn a_link_that_waits_for_its_next_attempt_makes_it_when_the_network_is_back() {
    let relay = StreamRelay::new().await;
    let address = relay.url.replace("http://", "");
    let url = relay.url.clone();
    drop(relay);
    let mut link = start_with(url, mpsc::channel(16), mpsc::channel(16));
    // By now it waits for seconds.
    for expected in 1..=6 {
        let news = link.news().await;
        assert!(matches!(news, LinkNews::Failed { failures, .. } if failures == expected));
    }
    let relay = StreamRelay::at(&address).await;
    link.hurry.send_replace(());
    let back = tokio::time::timeout(Duration::from_secs(2), relay.accept()).await;
    let _peer = back.expect("it came at once");
    link.is_up().await;
}

#[tokio::test]
async fn a_link_told_to_end_says_goodbye() {
    let relay = StreamRelay::new().await;
    let mut link = start(&relay);
    let mut peer = relay.accept().await;
    link.is_up().await;
    let (unused, _) = mpsc::channel(1);
    drop(std::mem::replace(&mut link.calls, unused));
    assert!(peer.is_closed().await);
    assert!(matches!(link.input().await, Input::Disconnected { .. }));
    assert!(matches!(link.news().await, LinkNews::Ended));
}
