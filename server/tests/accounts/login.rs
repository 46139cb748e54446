//! Logging in by password and by a client's key.

use opaque_ke::ClientLogin;
use rand_core_06::OsRng;
use restante_server::accounts::opaque::Suite;
use restante_wire::{
    ErrorCode,
    account::{ChallengeRequest, LoginFinish, LoginStart, LoginStarted, ReadVault},
};

use crate::support::{Client, PASSWORD, Person, Relay, login, refusal};

async fn start(relay: &Relay, username: &str) -> LoginStarted {
    let opaque = ClientLogin::<Suite>::start(&mut OsRng, b"some password").unwrap();
    relay
        .ask(&LoginStart {
            username: username.to_owned(),
            opaque: opaque.message.serialize().to_vec(),
        })
        .await
        .unwrap()
}

#[tokio::test]
async fn the_right_password_opens_identity_record_and_vault() {
    let mut relay = Relay::start().await;
    let person = Person::registered(&relay, "alice").await;
    for _ in 0..2 {
        let logged_in = login(&relay, "Alice", PASSWORD).await.unwrap();
        assert_eq!(logged_in.record, person.record(1, &[&person.client]));
        assert_eq!(logged_in.wraps.password, vec![1; 96]);
        assert_eq!(logged_in.vault.sealed, b"vault one");
        let vault = relay.ask_as(Some(&logged_in.token), &ReadVault {}).await;
        assert_eq!(vault.unwrap(), logged_in.vault);
        // The key file, not the process, carries the OPRF seed.
        relay.restart().await;
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_are_refused_alike() {
    let relay = Relay::start().await;
    Person::registered(&relay, "alice").await;
    let wrong = login(&relay, "alice", "wrong").await;
    let unknown = login(&relay, "nobody", PASSWORD).await;
    assert_eq!(wrong.unwrap_err(), unknown.unwrap_err());
    let known = start(&relay, "alice").await;
    for stranger in ["nobody", "", "a b", "\u{202e}", &"x".repeat(9_000)] {
        let answer = start(&relay, stranger).await;
        assert_eq!(answer.attempt.len(), known.attempt.len());
        assert_eq!(answer.opaque.len(), known.opaque.len());
        let finish = LoginFinish {
            attempt: answer.attempt,
            opaque: vec![0; 64],
        };
        assert_eq!(refusal(relay.ask(&finish).await), ErrorCode::BadCredentials);
    }
}

#[tokio::test]
async fn guessing_waits_longer_and_longer_whether_or_not_the_guesser_finishes() {
    let relay = Relay::start().await;
    Person::registered(&relay, "alice").await;
    for username in ["alice", "nobody"] {
        let mut waits = Vec::new();
        for attempt in 0..200 {
            let refused = if attempt % 2 == 0 {
                login(&relay, username, "wrong").await.unwrap_err()
            } else {
                let opaque = ClientLogin::<Suite>::start(&mut OsRng, b"guess").unwrap();
                let silent = LoginStart {
                    username: username.to_owned(),
                    opaque: opaque.message.serialize().to_vec(),
                };
                match relay.ask(&silent).await {
                    Ok(_) => continue,
                    Err(refused) => refused,
                }
            };
            if refused.code == ErrorCode::RateLimited {
                let wait_ms = refused.retry_after_ms.unwrap();
                waits.push(wait_ms);
                if waits.len() == 4 {
                    break;
                }
                relay.clock.advance_ms(wait_ms);
            }
        }
        assert_eq!(waits, [2_000, 4_000, 8_000, 16_000], "{username}");
    }
    relay.advance(3_600);
    login(&relay, "alice", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn an_attempt_is_good_once_and_for_a_minute() {
    let relay = Relay::start().await;
    Person::registered(&relay, "alice").await;
    let started = start(&relay, "alice").await;
    let finish = |attempt: &[u8]| LoginFinish {
        attempt: attempt.to_vec(),
        opaque: vec![0; 64],
    };
    for attempt in [&started.attempt[..], &started.attempt[..], &[], &[9; 500]] {
        let refused = relay.ask(&finish(attempt)).await;
        assert_eq!(refusal(refused), ErrorCode::BadCredentials);
    }
    let late = start(&relay, "alice").await;
    relay.advance(60);
    let refused = relay.ask(&finish(&late.attempt)).await;
    assert_eq!(refusal(refused), ErrorCode::BadCredentials);
}

#[tokio::test]
async fn a_session_by_key_holds_for_a_day_and_one_by_password_for_a_quarter_of_an_hour() {
    let relay = Relay::start().await;
    let person = Person::registered(&relay, "alice").await;
    let by_key = person.session(&relay).await;
    let by_password = login(&relay, "alice", PASSWORD).await.unwrap().token;
    relay.advance(15 * 60 - 1);
    relay.ask_as(Some(&by_key), &ReadVault {}).await.unwrap();
    relay
        .ask_as(Some(&by_password), &ReadVault {})
        .await
        .unwrap();
    relay.advance(1);
    let ended = relay.ask_as(Some(&by_password), &ReadVault {}).await;
    assert_eq!(refusal(ended), ErrorCode::Unauthorized);
    relay.ask_as(Some(&by_key), &ReadVault {}).await.unwrap();
    relay.advance(24 * 3600);
    let ended = relay.ask_as(Some(&by_key), &ReadVault {}).await;
    assert_eq!(refusal(ended), ErrorCode::Unauthorized);
}

#[tokio::test]
async fn a_challenge_is_good_once_for_a_minute_and_for_its_own_relay_client_and_key() {
    let relay = Relay::start().await;
    let person = Person::registered(&relay, "alice").await;
    let stranger = Person::registered(&relay, "bob").await;
    let nonce = async || relay.ask(&ChallengeRequest {}).await.unwrap().nonce;

    let used = person.session_request(&person.client, &nonce().await, &person.relay);
    relay.ask(&used).await.unwrap();
    let mut wrong = vec![
        used,
        person.session_request(&person.client, &[1; 32], &person.relay),
        person.session_request(&person.client, &nonce().await, "https://other.example"),
        person.session_request(&Client::new(), &nonce().await, &person.relay),
        person.session_request(&stranger.client, &nonce().await, &person.relay),
        Person {
            identity: stranger.identity.clone(),
            ..person.clone()
        }
        .session_request(&person.client, &nonce().await, &person.relay),
    ];
    wrong[1].nonce.truncate(3);
    for request in &wrong {
        assert_eq!(refusal(relay.ask(request).await), ErrorCode::Unauthorized);
    }
    let late = person.session_request(&person.client, &nonce().await, &person.relay);
    relay.advance(60);
    assert_eq!(refusal(relay.ask(&late).await), ErrorCode::Unauthorized);
}

#[tokio::test]
async fn r8_one_address_can_ask_only_so_often() {
    let relay = Relay::start_with(|config| {
        config.limits.logins = restante_server::rate_limit::Rate {
            burst: 5.try_into().unwrap(),
            per_minute: 1.try_into().unwrap(),
        };
    })
    .await;
    for _ in 0..5 {
        relay.ask(&ChallengeRequest {}).await.unwrap();
    }
    let refused = relay.ask(&ChallengeRequest {}).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::RateLimited);
    relay.clock.advance_ms(refused.retry_after_ms.unwrap());
    relay.ask(&ChallengeRequest {}).await.unwrap();
}
