//! A new password by the old one or by the identity, and the end of an account.

use std::sync::Arc;

use ed25519_dalek::Signer;
use opaque_ke::{ClientRegistration, ClientRegistrationFinishParameters, RegistrationResponse};
use rand_core_06::OsRng;
use restante_server::accounts::opaque::Suite;
use restante_wire::{
    Day, ErrorCode, SessionToken, Signature, WireError,
    account::{ChallengeRequest, LoggedIn, PublishRecord, ReadVault},
    credentials::{
        DeleteAccount, PasswordFinish, PasswordStart, ProveIdentity, ReadPhraseWrap,
        identity_signing_bytes,
    },
    directory::Lookup,
    key_package::{PooledKeyPackage, Suite as KeyPackageSuite, UploadKeyPackages},
    limits::MAX_WRAP,
    mailbox::Stamp,
};

use crate::support::{PASSWORD, Person, Relay, login, refusal};

const OTHER: &str = "another battery of horses";

async fn set_password(relay: &Relay, token: &SessionToken, new: &str) -> Result<(), WireError> {
    let request = new_password(relay, token, new).await?;
    relay.ask_as(Some(token), &request).await.map(drop)
}

/// A change of the password up to its last request.
async fn new_password(
    relay: &Relay,
    token: &SessionToken,
    new: &str,
) -> Result<PasswordFinish, WireError> {
    let opaque = ClientRegistration::<Suite>::start(&mut OsRng, new.as_bytes()).unwrap();
    let request = PasswordStart {
        opaque: opaque.message.serialize().to_vec(),
    };
    let started = relay.ask_as(Some(token), &request).await?;
    let answer = RegistrationResponse::deserialize(&started.opaque).unwrap();
    let parameters = ClientRegistrationFinishParameters::default();
    let finished = opaque
        .state
        .finish(&mut OsRng, new.as_bytes(), answer, parameters)
        .unwrap();
    Ok(PasswordFinish {
        opaque: finished.message.serialize().to_vec(),
        wrap: vec![7; 96],
    })
}

async fn proof(relay: &Relay, person: &Person, signed_for: &str) -> ProveIdentity {
    let nonce = relay.ask(&ChallengeRequest {}).await.unwrap().nonce;
    let account = person.account().key_hash;
    let signed = identity_signing_bytes(signed_for, &account, &nonce);
    ProveIdentity {
        account,
        nonce,
        signature: Signature(person.identity.sign(&signed).to_bytes()),
    }
}

async fn reads(relay: &Relay, token: &SessionToken) -> bool {
    relay.ask_as(Some(token), &ReadVault {}).await.is_ok()
}

#[tokio::test]
async fn a_new_password_ends_the_old_one_and_its_sessions_and_no_client() {
    let relay = Relay::start().await;
    let person = Person::registered(&relay, "alice").await;
    let of_client = person.session(&relay).await;
    let earlier = login(&relay, "alice", PASSWORD).await.unwrap().token;
    let token = login(&relay, "alice", PASSWORD).await.unwrap().token;
    let refused = set_password(&relay, &of_client, OTHER).await;
    assert_eq!(refusal(refused), ErrorCode::Unauthorized);
    set_password(&relay, &token, OTHER).await.unwrap();
    assert!(!reads(&relay, &earlier).await && !reads(&relay, &token).await);
    assert!(reads(&relay, &of_client).await);
    let old = login(&relay, "alice", PASSWORD).await;
    assert_eq!(refusal(old), ErrorCode::BadCredentials);
    let LoggedIn { wraps, .. } = login(&relay, "alice", OTHER).await.unwrap();
    assert_eq!((wraps.password, wraps.phrase), (vec![7; 96], vec![2; 96]));
}

#[tokio::test]
async fn of_two_who_change_a_password_at_once_one_succeeds() {
    let relay = Relay::start().await;
    Person::registered(&relay, "alice").await;
    let mut valid = PASSWORD.to_owned();
    for round in 0..10 {
        let words = [0, 1].map(|who| format!("{OTHER} {round} {who}"));
        let mut changes = Vec::new();
        for word in &words {
            let token = login(&relay, "alice", &valid).await.unwrap().token;
            let request = new_password(&relay, &token, word).await.unwrap();
            changes.push((token, request));
        }
        let (first, second) = tokio::join!(
            relay.ask_as(Some(&changes[0].0), &changes[0].1),
            relay.ask_as(Some(&changes[1].0), &changes[1].1),
        );
        assert_ne!(first.is_ok(), second.is_ok(), "round {round}");
        let [one, other] = words;
        let (won, lost) = match first.is_ok() {
            true => (one, other),
            false => (other, one),
        };
        assert!(login(&relay, "alice", &lost).await.is_err());
        valid = won;
        login(&relay, "alice", &valid).await.unwrap();
    }
}

#[tokio::test]
async fn the_identity_alone_signs_in_and_nobody_elses_signature_does() {
    let relay = Relay::start().await;
    let person = Person::registered(&relay, "alice").await;
    let stranger = Person::registered(&relay, "bob").await;
    let username = "Alice".to_owned();
    let wrap = relay.ask(&ReadPhraseWrap { username }).await.unwrap().wrap;
    assert_eq!(wrap, vec![2; 96]);
    let username = "nobody".to_owned();
    let unknown = relay.ask(&ReadPhraseWrap { username }).await;
    assert_eq!(refusal(unknown), ErrorCode::NoSuchUser);

    let mut forged = proof(&relay, &stranger, &person.relay).await;
    forged.account = person.account().key_hash;
    let elsewhere = proof(&relay, &person, "https://other.example").await;
    for wrong in [forged, elsewhere] {
        assert_eq!(refusal(relay.ask(&wrong).await), ErrorCode::Unauthorized);
    }
    let right = proof(&relay, &person, &person.relay).await;
    let token = relay.ask(&right).await.unwrap().token;
    assert_eq!(refusal(relay.ask(&right).await), ErrorCode::Unauthorized);
    set_password(&relay, &token, OTHER).await.unwrap();
    login(&relay, "alice", OTHER).await.unwrap();
}

#[tokio::test]
async fn a_change_that_is_cut_short_leaves_the_old_password_and_its_wrap() {
    let mut relay = Relay::start().await;
    Person::registered(&relay, "alice").await;
    let token = login(&relay, "alice", PASSWORD).await.unwrap().token;
    let opaque = ClientRegistration::<Suite>::start(&mut OsRng, OTHER.as_bytes()).unwrap();
    let start = PasswordStart {
        opaque: opaque.message.serialize().to_vec(),
    };
    relay.ask_as(Some(&token), &start).await.unwrap();
    for wrap in [vec![], vec![7; MAX_WRAP + 1]] {
        let finish = PasswordFinish {
            opaque: vec![7; 32],
            wrap,
        };
        assert!(relay.ask_as(Some(&token), &finish).await.is_err());
    }
    relay.restart().await;
    let LoggedIn { wraps, .. } = login(&relay, "alice", PASSWORD).await.unwrap();
    assert_eq!((wraps.password, wraps.phrase), (vec![1; 96], vec![2; 96]));
    let refused = login(&relay, "alice", OTHER).await;
    assert_eq!(refusal(refused), ErrorCode::BadCredentials);
}

#[tokio::test]
async fn whoever_asks_for_what_a_phrase_opens_waits_as_who_guesses_a_password() {
    let relay = Relay::start().await;
    let person = Person::registered(&relay, "alice").await;
    for username in ["Alice", "nobody"] {
        let username = username.to_owned();
        let request = ReadPhraseWrap { username };
        let mut waits = Vec::new();
        for _ in 0..100 {
            match relay.ask(&request).await {
                Err(refused) if refused.code == ErrorCode::RateLimited => {
                    let wait_ms = refused.retry_after_ms.unwrap();
                    waits.push(wait_ms);
                    relay.clock.advance_ms(wait_ms);
                }
                _ if waits.len() == 3 => break,
                _ => {}
            }
        }
        assert_eq!(waits, [2_000, 4_000, 8_000]);
    }
    let guess = login(&relay, "alice", PASSWORD).await;
    assert_eq!(refusal(guess), ErrorCode::RateLimited);
    // The identity itself is no guess.
    let right = proof(&relay, &person, &person.relay).await;
    relay.ask(&right).await.unwrap();
    login(&relay, "alice", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn of_a_deleted_account_only_its_name_and_its_last_record_are_left() {
    let relay = Relay::start().await;
    let person = Person::registered(&relay, "alice").await;
    let of_client = person.session(&relay).await;
    let packages = UploadKeyPackages {
        packages: vec![PooledKeyPackage {
            suite: KeyPackageSuite::X25519_CHACHA20,
            expires: Day(u32::MAX),
            last_resort: true,
            bytes: vec![5; 256],
        }],
        replace_all: false,
    };
    relay.ask_as(Some(&of_client), &packages).await.unwrap();
    let token = login(&relay, "alice", PASSWORD).await.unwrap().token;
    let last = DeleteAccount {
        record: person.record(2, &[]),
    };
    let refused = relay.ask_as(Some(&of_client), &last).await;
    assert_eq!(refusal(refused), ErrorCode::Unauthorized);
    let with_client = DeleteAccount {
        record: person.record(2, &[&person.client]),
    };
    let refused = relay.ask_as(Some(&token), &with_client).await;
    assert_eq!(refusal(refused), ErrorCode::BadRequest);
    relay.ask_as(Some(&token), &last).await.unwrap();

    assert!(!reads(&relay, &token).await && !reads(&relay, &of_client).await);
    let again = PublishRecord {
        record: person.record(3, &[&person.client]),
    };
    let refused = relay.ask_as(Some(&token), &again).await;
    assert_eq!(refusal(refused), ErrorCode::Unauthorized);
    let gone = login(&relay, "alice", PASSWORD).await;
    assert_eq!(refusal(gone), ErrorCode::BadCredentials);
    let proven = proof(&relay, &person, &person.relay).await;
    assert_eq!(refusal(relay.ask(&proven).await), ErrorCode::Unauthorized);
    let taken = Person::new(&relay, "alice").register(&relay, None).await;
    assert_eq!(refusal(taken), ErrorCode::UsernameTaken);
    let lookup = Lookup {
        stamp: Stamp::default(),
        username: "alice".into(),
    };
    assert_eq!(relay.ask(&lookup).await.unwrap().record, last.record);
    let wrap = ReadPhraseWrap {
        username: "alice".into(),
    };
    assert_eq!(
        refusal(relay.ask(&wrap).await),
        ErrorCode::NoSuchUser,
        "as of nobody"
    );
    nothing_is_stored_of(relay).await;
}

/// Looks for what the relay keeps of an account that is gone, where it is the only one.
async fn nothing_is_stored_of(relay: Relay) {
    let folder = Arc::clone(&relay.dir);
    assert!(relay.shutdown().await);
    let database = rusqlite::Connection::open(folder.path().join("relay.sqlite")).unwrap();
    let count = |sql: &str| -> u32 { database.query_row(sql, [], |row| row.get(0)).unwrap() };
    for table in ["clients", "vaults", "key_packages", "inboxes", "letters"] {
        let rows = count(&format!("SELECT count(*) FROM {table}"));
        assert_eq!(rows, 0, "{table}");
    }
    let secrets = "SELECT length(password_file) + length(password_wrap) + length(phrase_wrap)
                   FROM accounts";
    assert_eq!(count(secrets), 0);
}
