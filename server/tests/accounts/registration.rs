//! Making accounts.

use restante_server::{
    accounts::invite,
    config::Registration,
    store::sqlite::{accounts::invites, beside},
};
use restante_wire::{Day, ErrorCode, account::RegisterStart, directory::Lookup, mailbox::Stamp};

use crate::support::{Person, Relay, refusal};

async fn invite_only() -> Relay {
    Relay::start_with(|config| config.registration = Registration::Invite).await
}

fn invite_code(relay: &Relay) -> String {
    let code = invite::generate();
    let connection = beside::open(&relay.dir.path().join("relay.sqlite")).unwrap();
    invites::insert(&connection, &invite::hash(&code).unwrap(), Day(1)).unwrap();
    code
}

async fn look_up(relay: &Relay, username: &str) -> Result<String, ErrorCode> {
    let lookup = Lookup {
        stamp: Stamp::default(),
        username: username.to_owned(),
    };
    match relay.ask(&lookup).await {
        Ok(found) => Ok(found.record.body.username),
        Err(error) => Err(error.code),
    }
}

#[tokio::test]
async fn an_account_is_found_by_its_exact_name_once_it_is_registered() {
    let relay = Relay::start().await;
    assert_eq!(look_up(&relay, "alice").await, Err(ErrorCode::NoSuchUser));
    Person::registered(&relay, "alice").await;
    assert_eq!(look_up(&relay, "alice").await.unwrap(), "alice");
    assert_eq!(look_up(&relay, "ALICE").await.unwrap(), "alice");
    for other in ["alic", "alicee", "", "a b", &"x".repeat(9_000)] {
        assert_eq!(look_up(&relay, other).await, Err(ErrorCode::NoSuchUser));
    }
}

#[tokio::test]
async fn a_retry_of_a_registration_is_answered_as_the_first_was() {
    let relay = Relay::start().await;
    let person = Person::new(&relay, "alice");
    let request = person.prepare(&relay, None).await.unwrap();
    relay.ask(&request).await.unwrap();
    relay.ask(&request).await.unwrap();
    let mut other = request.clone();
    other.vault = b"another vault".to_vec();
    assert_eq!(refusal(relay.ask(&other).await), ErrorCode::Conflict);
}

#[tokio::test]
async fn a_name_or_its_look_alike_is_given_once() {
    let relay = Relay::start().await;
    let late = Person::new(&relay, "bob")
        .prepare(&relay, None)
        .await
        .unwrap();
    Person::registered(&relay, "bob").await;
    for taken in ["bob", "Bob", "b0b", "ｂｏｂ"] {
        let refused = Person::new(&relay, taken).prepare(&relay, None).await;
        assert_eq!(refusal(refused), ErrorCode::UsernameTaken, "{taken}");
    }
    assert_eq!(refusal(relay.ask(&late).await), ErrorCode::UsernameTaken);
}

#[tokio::test]
async fn a_name_against_the_rules_is_refused() {
    let relay = Relay::start().await;
    for bad in [
        "",
        "a b",
        "a\u{0}b",
        "\u{202e}bob",
        "раypal",
        &"x".repeat(65),
        &"x".repeat(9_000),
    ] {
        let start = RegisterStart {
            username: bad.to_owned(),
            invite: None,
            opaque: vec![0; 32],
        };
        assert_eq!(
            refusal(relay.ask(&start).await),
            ErrorCode::UsernameInvalid,
            "{bad:?}"
        );
    }
}

#[tokio::test]
async fn many_who_race_for_one_name_make_one_account() {
    let relay = Relay::start().await;
    let mut requests = Vec::new();
    for _ in 0..20 {
        requests.push(
            Person::new(&relay, "alice")
                .prepare(&relay, None)
                .await
                .unwrap(),
        );
    }
    let answers =
        futures_util::future::join_all(requests.iter().map(|request| relay.ask(request))).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 19));
    for refused in lost {
        assert_eq!(refusal(refused), ErrorCode::UsernameTaken);
    }
}

#[tokio::test]
async fn an_invite_is_required_where_the_operator_says_so() {
    let relay = invite_only().await;
    let person = Person::new(&relay, "alice");
    let none = person.register(&relay, None).await;
    assert_eq!(refusal(none), ErrorCode::InviteRequired);
    for wrong in [invite::generate(), String::new(), "x".repeat(9_000)] {
        let refused = person.register(&relay, Some(&wrong)).await;
        assert_eq!(refusal(refused), ErrorCode::InviteInvalid);
    }
    let code = invite_code(&relay);
    person
        .register(&relay, Some(&code.to_lowercase()))
        .await
        .unwrap();
}

#[tokio::test]
async fn many_who_race_with_one_invite_make_one_account() {
    let relay = invite_only().await;
    let code = invite_code(&relay);
    let mut requests = Vec::new();
    for number in 0..20 {
        let person = Person::new(&relay, &format!("person-{}", char::from(b'a' + number)));
        requests.push(person.prepare(&relay, Some(&code)).await.unwrap());
    }
    let answers =
        futures_util::future::join_all(requests.iter().map(|request| relay.ask(request))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    for refused in answers.into_iter().filter(Result::is_err) {
        assert_eq!(refusal(refused), ErrorCode::InviteInvalid);
    }
}

#[tokio::test]
async fn a_refused_registration_leaves_its_invite_unused() {
    let relay = invite_only().await;
    let code = invite_code(&relay);
    let mut person = Person::new(&relay, "alice");
    let taken = person.clone();
    let mut request = person.prepare(&relay, Some(&code)).await.unwrap();
    request.record.signature.0[0] ^= 1;
    assert_eq!(refusal(relay.ask(&request).await), ErrorCode::BadSignature);
    taken.register(&relay, Some(&code)).await.unwrap();

    // The same inbox again: refused within the transaction, after the invite was used up in it.
    let second = invite_code(&relay);
    person = Person::new(&relay, "bob");
    person.client.inbox = taken.client.inbox;
    let refused = person.register(&relay, Some(&second)).await;
    assert_eq!(refusal(refused), ErrorCode::MailboxExists);
    Person::new(&relay, "carol")
        .register(&relay, Some(&second))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_first_record_must_be_a_first_record() {
    let relay = Relay::start().await;
    let person = Person::new(&relay, "alice");
    let good = person.prepare(&relay, None).await.unwrap();
    let other = Person::new(&relay, "alice");
    let records = [
        person.record(2, &[&person.client]),
        person.record(1, &[]),
        person.record(1, &[&person.client, &other.client]),
        Person {
            username: "mallory".into(),
            ..person.clone()
        }
        .record(1, &[&person.client]),
        Person {
            relay: "nowhere".into(),
            ..person.clone()
        }
        .record(1, &[&person.client]),
    ];
    for record in records {
        let mut request = good.clone();
        request.record = record;
        assert_eq!(refusal(relay.ask(&request).await), ErrorCode::BadRequest);
    }
    let mut forged = good.clone();
    forged.record.body.clients[0] = other.certificate(&person.client);
    assert_eq!(refusal(relay.ask(&forged).await), ErrorCode::BadRequest);
    let mut signed_by_another = good.clone();
    signed_by_another.record.signature = other.signed(good.record.body.clone()).signature;
    assert_eq!(
        refusal(relay.ask(&signed_by_another).await),
        ErrorCode::BadSignature
    );
    relay.ask(&good).await.unwrap();
}

#[tokio::test]
async fn where_the_public_url_is_set_accounts_live_nowhere_else() {
    let relay =
        Relay::start_with(|config| config.public_url = Some("https://relay.example".into())).await;
    let mut person = Person::new(&relay, "alice");
    person.relay = "https://other.example".into();
    assert_eq!(
        refusal(person.register(&relay, None).await),
        ErrorCode::BadRequest
    );
    person.relay = "https://relay.example".into();
    person.register(&relay, None).await.unwrap();
}

#[tokio::test]
async fn an_account_survives_a_restart_and_the_database_holds_no_invite() {
    let mut relay = invite_only().await;
    let code = invite_code(&relay);
    let person = Person::new(&relay, "alice");
    person.register(&relay, Some(&code)).await.unwrap();
    relay.restart().await;
    assert_eq!(look_up(&relay, "alice").await.unwrap(), "alice");
    let connection = beside::open(&relay.dir.path().join("relay.sqlite")).unwrap();
    assert!(invites::list(&connection).unwrap().is_empty());
}
