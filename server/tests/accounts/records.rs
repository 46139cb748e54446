//! Account records: the list of clients, signed, one after the other.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use restante_server::store::sqlite::beside;
use restante_wire::{
    AccountKeyHash, Day, EnvelopeId, ErrorCode, SecretHash, SessionToken, WireError,
    account::{AccountRecord, PublishRecord, ReadVault, SetContactToken},
    api::ACCOUNT_STREAM,
    codec,
    directory::Lookup,
    error::Done,
    inbox::{Deliver, InboxRequest},
    key_package::{Claim, PooledKeyPackage, Suite, UploadKeyPackages},
    limits::LETTER_LEN,
    mailbox::{Stamp, Wake},
    stream::ClientFrame,
};
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite::Message};

use crate::support::{Client, PASSWORD, Person, Relay, login, refusal};

async fn publish(
    relay: &Relay,
    token: &SessionToken,
    record: AccountRecord,
) -> Result<Done, WireError> {
    relay.ask_as(Some(token), &PublishRecord { record }).await
}

async fn published(relay: &Relay, username: &str) -> AccountRecord {
    let lookup = Lookup {
        stamp: Stamp::default(),
        username: username.to_owned(),
    };
    relay.ask(&lookup).await.unwrap().record
}

fn inboxes(relay: &Relay) -> i64 {
    let connection = beside::open(&relay.dir.path().join("relay.sqlite")).unwrap();
    connection
        .query_row("SELECT count(*) FROM inboxes", [], |row| row.get(0))
        .unwrap()
}

#[tokio::test]
async fn a_new_client_is_certified_after_a_login_by_password() {
    let relay = Relay::start().await;
    let person = Person::registered(&relay, "alice").await;
    let second = Client::new();
    assert_eq!(
        refusal(person.session_of(&relay, &second).await),
        ErrorCode::Unauthorized
    );
    let token = login(&relay, "alice", PASSWORD).await.unwrap().token;
    let record = person.record(2, &[&person.client, &second]);
    publish(&relay, &token, record.clone()).await.unwrap();
    publish(&relay, &token, record.clone()).await.unwrap();
    assert_eq!(published(&relay, "alice").await, record);
    assert_eq!(inboxes(&relay), 2);
    person.session_of(&relay, &second).await.unwrap();
}

#[tokio::test]
async fn c7_an_expelled_client_loses_session_inbox_and_the_way_back() {
    let relay = Relay::start().await;
    let person = Person::registered(&relay, "alice").await;
    let lost = Client::new();
    let kept = person.session(&relay).await;
    let both = person.record(2, &[&person.client, &lost]);
    publish(&relay, &kept, both).await.unwrap();
    let stolen = person.session_of(&relay, &lost).await.unwrap();
    relay.ask_as(Some(&stolen), &ReadVault {}).await.unwrap();

    let without = person.record(3, &[&person.client]);
    publish(&relay, &kept, without).await.unwrap();
    let refused = relay.ask_as(Some(&stolen), &ReadVault {}).await;
    assert_eq!(refusal(refused), ErrorCode::Unauthorized);
    let refused = person.session_of(&relay, &lost).await;
    assert_eq!(refusal(refused), ErrorCode::Unauthorized);
    relay.ask_as(Some(&kept), &ReadVault {}).await.unwrap();
    assert_eq!(inboxes(&relay), 1);
}

/// The account stream of a client whose session this is, opened.
async fn stream(relay: &Relay, token: &SessionToken) -> Stream {
    let url = format!("ws://{}{ACCOUNT_STREAM}", relay.address());
    let (mut stream, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    let open = codec::encode(&ClientFrame {
        request: 1,
        body: InboxRequest::Open {
            token: token.clone(),
        },
    });
    stream.send(Message::Binary(open.into())).await.unwrap();
    for _ in ["greeting", "answer"] {
        assert!(matches!(next(&mut stream).await, Message::Binary(_)));
    }
    stream
}

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn next(stream: &mut Stream) -> Message {
    let next = tokio::time::timeout(Duration::from_secs(60), stream.next());
    next.await.unwrap().unwrap().unwrap()
}

#[tokio::test]
async fn c7_an_expelled_client_loses_its_stream_its_letters_and_its_key_packages() {
    let relay = Relay::start().await;
    let person = Person::registered(&relay, "alice").await;
    let lost = Client::new();
    let kept = person.session(&relay).await;
    let both = person.record(2, &[&person.client, &lost]);
    publish(&relay, &kept, both).await.unwrap();
    let stolen = person.session_of(&relay, &lost).await.unwrap();
    let package = PooledKeyPackage {
        suite: Suite(3),
        last_resort: true,
        expires: Day(u32::MAX),
        bytes: vec![1; 100],
    };
    let upload = UploadKeyPackages {
        replace_all: false,
        packages: vec![package],
    };
    relay.ask_as(Some(&stolen), &upload).await.unwrap();
    let mut of_lost = stream(&relay, &stolen).await;
    let mut of_kept = stream(&relay, &kept).await;

    let without = person.record(3, &[&person.client]);
    publish(&relay, &kept, without).await.unwrap();
    assert!(matches!(next(&mut of_lost).await, Message::Close(Some(_))));
    let claim = Claim {
        stamp: Stamp::default(),
        account: person.account().key_hash,
        clients: vec![lost.id],
        suite: Suite(3),
    };
    let claimed = relay.ask(&claim).await.unwrap();
    assert_eq!(claimed.clients, [(lost.id, None)]);
    let letter = Deliver {
        stamp: Stamp::default(),
        inbox: lost.inbox,
        id: EnvelopeId([1; 16]),
        contact_token: None,
        wake: Wake::None,
        body: vec![0; LETTER_LEN],
    };
    let refused = relay.ask(&letter).await;
    assert_eq!(refusal(refused), ErrorCode::NoSuchInbox);
    // Who stays, stays.
    of_kept.send(Message::Ping(vec![1].into())).await.unwrap();
    assert!(matches!(next(&mut of_kept).await, Message::Pong(_)));
}

#[tokio::test]
async fn c7_a_client_that_signs_in_while_it_is_expelled_has_no_session_after_it() {
    let relay = Relay::start().await;
    let person = Person::registered(&relay, "alice").await;
    let kept = person.session(&relay).await;
    for round in 1..=20 {
        let lost = Client::new();
        let both = person.record(2 * round, &[&person.client, &lost]);
        publish(&relay, &kept, both).await.unwrap();
        let without = person.record(2 * round + 1, &[&person.client]);
        let (stolen, published) = tokio::join!(
            person.session_of(&relay, &lost),
            publish(&relay, &kept, without),
        );
        published.unwrap();
        if let Ok(stolen) = stolen {
            let refused = relay.ask_as(Some(&stolen), &ReadVault {}).await;
            assert_eq!(refusal(refused), ErrorCode::Unauthorized);
        }
    }
}

#[tokio::test]
async fn a_record_that_does_not_follow_is_refused() {
    let relay = Relay::start().await;
    let person = Person::registered(&relay, "alice").await;
    let token = person.session(&relay).await;
    for sequence in [1, 3, 2000, u64::MAX] {
        let refused = publish(&relay, &token, person.record(sequence, &[&Client::new()])).await;
        assert_eq!(refusal(refused), ErrorCode::Conflict, "{sequence}");
    }
    let zero = publish(&relay, &token, person.record(0, &[&person.client])).await;
    assert_eq!(refusal(zero), ErrorCode::BadRequest);
    let renamed = Person {
        username: "mallory".into(),
        ..person.clone()
    };
    let other_inbox = Client {
        inbox: Client::new().inbox,
        ..person.client.clone()
    };
    let other_key = Client {
        key: Client::new().key,
        ..person.client.clone()
    };
    let mut other_name = person.record(2, &[&person.client]).body;
    other_name.clients = vec![renamed.certificate(&person.client)];
    let certified_as_another = person.signed(other_name);
    for record in [
        person.record(2, &[]),
        renamed.record(2, &[&person.client]),
        person.record(2, &[&other_inbox]),
        person.record(2, &[&other_key]),
        person.record(2, &[&person.client, &person.client]),
        certified_as_another,
    ] {
        assert_eq!(
            refusal(publish(&relay, &token, record).await),
            ErrorCode::BadRequest
        );
    }
    let many: Vec<_> = (0..17).map(|_| Client::new()).collect();
    let too_many = person.record(2, &many.iter().collect::<Vec<_>>());
    assert_eq!(
        refusal(publish(&relay, &token, too_many).await),
        ErrorCode::TooMany
    );
    assert_eq!(
        published(&relay, "alice").await,
        person.record(1, &[&person.client])
    );
}

#[tokio::test]
async fn a_forged_record_is_refused() {
    let relay = Relay::start().await;
    let person = Person::registered(&relay, "alice").await;
    let stranger = Person::registered(&relay, "bob").await;
    let token = person.session(&relay).await;

    let theirs = stranger.record(2, &[&stranger.client]);
    assert_eq!(
        refusal(publish(&relay, &token, theirs).await),
        ErrorCode::BadRequest
    );

    let good = person.record(2, &[&person.client]);
    let mut signed_by_stranger = good.clone();
    signed_by_stranger.signature = stranger.signed(good.body.clone()).signature;
    let mut flipped = good.clone();
    flipped.signature.0[63] ^= 0x20;
    let mut forged_certificate = good.body.clone();
    forged_certificate.clients[0].signature.0[0] ^= 1;
    let mut null = good.clone();
    null.signature.0 = [0; 64];
    for forged in [
        signed_by_stranger,
        flipped,
        person.signed(forged_certificate),
        null,
    ] {
        assert_eq!(
            refusal(publish(&relay, &token, forged).await),
            ErrorCode::BadSignature
        );
    }
    let mut foreign_account = good.body.clone();
    foreign_account.account.key_hash = AccountKeyHash([9; 32]);
    let refused = publish(&relay, &token, person.signed(foreign_account)).await;
    assert_eq!(refusal(refused), ErrorCode::BadRequest);
    publish(&relay, &token, good).await.unwrap();
}

#[tokio::test]
async fn of_many_records_after_one_exactly_one_is_published() {
    let relay = Relay::start().await;
    let person = Person::registered(&relay, "alice").await;
    let token = person.session(&relay).await;
    let clients: Vec<_> = (0..16).map(|_| Client::new()).collect();
    let records = clients
        .iter()
        .map(|client| person.record(2, &[&person.client, client]));
    let answers =
        futures_util::future::join_all(records.map(|record| publish(&relay, &token, record))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(inboxes(&relay), 2);
}

#[tokio::test]
async fn a_record_cannot_take_somebody_elses_inbox() {
    let relay = Relay::start().await;
    let person = Person::registered(&relay, "alice").await;
    let victim = Person::registered(&relay, "bob").await;
    let token = person.session(&relay).await;
    let thief = Client {
        inbox: victim.client.inbox,
        ..Client::new()
    };
    let refused = publish(&relay, &token, person.record(2, &[&person.client, &thief])).await;
    assert_eq!(refusal(refused), ErrorCode::MailboxExists);
    assert_eq!(published(&relay, "alice").await.body.sequence, 1);
    assert_eq!(inboxes(&relay), 2);
}

#[tokio::test]
async fn a_contact_token_belongs_to_a_client() {
    let relay = Relay::start().await;
    let person = Person::registered(&relay, "alice").await;
    let set = SetContactToken {
        token_hash: SecretHash([4; 32]),
        keeps_earlier: true,
    };
    let token = person.session(&relay).await;
    relay.ask_as(Some(&token), &set).await.unwrap();
    let by_password = login(&relay, "alice", PASSWORD).await.unwrap().token;
    let refused = relay.ask_as(Some(&by_password), &set).await;
    assert_eq!(refusal(refused), ErrorCode::Unauthorized);
}
