//! What a client sees of its inbox, in the store and on `/v1/account/stream`.

use std::time::Duration;

use restante_server::{
    auth::SessionOwner,
    clock::{DAY_MS, SystemEntropy},
    random,
    store::{Change, sqlite::inboxes},
};
use restante_wire::{
    AccountKeyHash, ClientId, ContactToken, Day, EnvelopeId, ErrorCode, MailboxAddress,
    SessionToken, WireError,
    account::SetContactToken,
    codec,
    inbox::{Deliver, InboxAnswer, InboxRequest, Lane, Letter},
    limits::LETTER_LEN,
    mailbox::{Request, Stamp, Wake},
    stream::{ClientFrame, Ended, Event},
};

use crate::{
    people::Seat,
    wire::{AccountStream, Relay},
};

struct Client {
    inbox: MailboxAddress,
    id: ClientId,
    account: AccountKeyHash,
    session: SessionToken,
}

/// A client with an inbox and a session, as a registration makes them.
async fn client(relay: &Relay) -> Client {
    let (inbox, id) = (MailboxAddress(random::bytes()), ClientId(random::bytes()));
    let store = &relay.app.services().store;
    let create = store.write(move |tx| inboxes::create_inbox(tx, &SystemEntropy, &inbox, &id));
    create.await.unwrap();
    let owner = SessionOwner {
        account: AccountKeyHash(random::bytes()),
        client: Some(id),
    };
    let day = Duration::from_secs(24 * 3600);
    Client {
        inbox,
        id,
        account: owner.account,
        session: relay.app.services().sessions.open(owner, day),
    }
}

fn letter(client: &Client, token: Option<&ContactToken>) -> Deliver {
    Deliver {
        stamp: Stamp::default(),
        inbox: client.inbox,
        id: EnvelopeId(random::bytes()),
        contact_token: token.cloned(),
        wake: Wake::None,
        body: vec![4; LETTER_LEN],
    }
}

async fn deliver(relay: &Relay, letter: &Deliver) -> Result<(), ErrorCode> {
    let store = &relay.app.services().store;
    let delivered = store.change(Change::Deliver(letter.clone())).await;
    delivered.map(drop).map_err(|error| error.code)
}

async fn open(relay: &Relay, client: &Client) -> AccountStream {
    let mut stream = relay.account().await;
    let token = client.session.clone();
    let opened = stream.ask(InboxRequest::Open { token }).await;
    assert_eq!(opened, Ok(InboxAnswer::Done));
    stream
}

async fn watch(stream: &mut AccountStream, cursor: u64) -> Result<InboxAnswer, WireError> {
    stream.ask(InboxRequest::Watch { cursor }).await
}

async fn letters(stream: &mut AccountStream, count: usize) -> Vec<Letter> {
    let mut letters = Vec::new();
    while letters.len() < count {
        match stream.event().await {
            Event::Letters(more) => letters.extend(more),
            other => panic!("an inbox does not stream {other:?}"),
        }
    }
    letters
}

#[tokio::test]
async fn letters_come_stored_ones_first_then_as_they_arrive_and_go_when_acknowledged() {
    let relay = Relay::start().await;
    let client = client(&relay).await;
    for _ in 0..100 {
        deliver(&relay, &letter(&client, None)).await.unwrap();
    }
    let mut stream = open(&relay, &client).await;
    let watching = watch(&mut stream, 3).await;
    assert_eq!(watching, Ok(InboxAnswer::Watching { last: 100 }));
    let stored = letters(&mut stream, 97).await;
    assert!(stored.iter().map(|letter| letter.number).eq(4..=100));
    deliver(&relay, &letter(&client, None)).await.unwrap();
    assert_eq!(letters(&mut stream, 1).await[0].number, 101);
    let acked = stream.ask(InboxRequest::Ack { number: 100 }).await;
    assert_eq!(acked, Ok(InboxAnswer::Done));
    let mut again = open(&relay, &client).await;
    watch(&mut again, 0).await.unwrap();
    assert_eq!(letters(&mut again, 1).await[0].number, 101);
    let beyond = stream.ask(InboxRequest::Ack { number: 102 }).await;
    assert_eq!(beyond, Err(ErrorCode::BeyondLog.into()));
}

#[tokio::test]
async fn contacts_have_a_lane_of_their_own_and_a_retry_is_stored_once() {
    let relay = Relay::start().await;
    let client = client(&relay).await;
    let (token, inbox) = (ContactToken(random::bytes()), client.inbox);
    let hash = token.hash();
    let store = &relay.app.services().store;
    let set = SetContactToken {
        token_hash: hash,
        keeps_earlier: false,
    };
    let set = store.write(move |tx| inboxes::set_contact_token(tx, &inbox, &set, Day(0)));
    set.await.unwrap();
    let from_contact = letter(&client, Some(&token));
    deliver(&relay, &from_contact).await.unwrap();
    deliver(&relay, &from_contact).await.unwrap();
    let mut stream = open(&relay, &client).await;
    watch(&mut stream, 0).await.unwrap();
    let first = letters(&mut stream, 1).await.remove(0);
    assert_eq!((first.number, first.lane), (1, Lane::Contact));
    stream.ask(InboxRequest::Ack { number: 1 }).await.unwrap();
    deliver(&relay, &from_contact).await.unwrap();
    let wrong = letter(&client, Some(&ContactToken(random::bytes())));
    let refused = deliver(&relay, &wrong).await;
    assert_eq!(refused, Err(ErrorCode::ContactTokenRefused));
    deliver(&relay, &letter(&client, None)).await.unwrap();
    let second = letters(&mut stream, 1).await.remove(0);
    assert_eq!((second.number, second.lane), (2, Lane::Stranger));
}

#[tokio::test]
async fn r8_strangers_fill_their_lane_for_a_day() {
    let relay = Relay::start().await;
    let client = client(&relay).await;
    let refused = loop {
        if let Err(refused) = deliver(&relay, &letter(&client, None)).await {
            break refused;
        }
    };
    assert_eq!(refused, ErrorCode::InboxFull);
    relay.clock.advance_ms(DAY_MS);
    deliver(&relay, &letter(&client, None)).await.unwrap();
    let mut nobody = letter(&client, None);
    nobody.inbox = MailboxAddress(random::bytes());
    assert_eq!(deliver(&relay, &nobody).await, Err(ErrorCode::NoSuchInbox));
}

#[tokio::test]
async fn only_the_session_of_a_client_opens_its_inbox_and_only_while_it_holds() {
    let relay = Relay::start().await;
    let client = client(&relay).await;
    let mut stream = relay.account().await;
    let unauthorized: WireError = ErrorCode::Unauthorized.into();
    assert_eq!(watch(&mut stream, 0).await, Err(unauthorized));
    let token = SessionToken(random::bytes());
    let refused = stream.ask(InboxRequest::Open { token }).await;
    assert_eq!(refused, Err(unauthorized));
    let mut stream = open(&relay, &client).await;
    watch(&mut stream, 0).await.unwrap();
    relay.clock.advance_ms(DAY_MS);
    deliver(&relay, &letter(&client, None)).await.unwrap();
    match stream.event().await {
        Event::Ended { reason, .. } => assert_eq!(reason, Ended::NoSuchSeat),
        other => panic!("a session that ended streams {other:?}"),
    }
    let refused = stream.ask(InboxRequest::Ack { number: 1 }).await;
    assert_eq!(refused, Err(unauthorized));
}

#[tokio::test]
async fn a_stream_whose_session_is_ended_is_closed() {
    let relay = Relay::start().await;
    let (lost, kept) = (client(&relay).await, client(&relay).await);
    let mut of_lost = open(&relay, &lost).await;
    let mut of_kept = open(&relay, &kept).await;
    watch(&mut of_lost, 0).await.unwrap();
    watch(&mut of_kept, 0).await.unwrap();
    let sessions = &relay.app.services().sessions;
    sessions.retain(&lost.account, |owner| owner.client != Some(lost.id));
    assert_eq!(of_lost.drain().await, []);
    deliver(&relay, &letter(&kept, None)).await.unwrap();
    assert_eq!(letters(&mut of_kept, 1).await.len(), 1);
}

#[tokio::test]
async fn seats_do_not_belong_on_the_stream_of_an_account() {
    let relay = Relay::start().await;
    let mut stream = relay.account().await;
    let body = Request::Append(Seat::new().message(0, b"wrong"));
    stream
        .send_raw(codec::encode(&ClientFrame { request: 5, body }))
        .await;
    let refused = stream.answer_to(5).await;
    assert_eq!(refused, Err(ErrorCode::WrongConnection.into()));
}
