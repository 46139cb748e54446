//! The pool: every key package is given out once, the last resort excepted.

use std::collections::HashSet;

use restante_wire::{
    ClientId, Day, ErrorCode, SessionToken, WireError,
    key_package::{
        Claim, PooledKeyPackage, ReadKeyPackagePool, Suite, SuitePool, UploadKeyPackages,
    },
    limits::{MAX_KEY_PACKAGE, MAX_KEY_PACKAGES},
    mailbox::Stamp,
};

use crate::support::{PASSWORD, Person, Relay, login, refusal};

const SUITE: Suite = Suite::X25519_CHACHA20;
const TODAY: u32 = 20_779;

fn package(number: u32, last_resort: bool) -> PooledKeyPackage {
    PooledKeyPackage {
        suite: SUITE,
        expires: Day(TODAY + 30),
        last_resort,
        bytes: number.to_be_bytes().repeat(64),
    }
}

async fn upload(
    relay: &Relay,
    token: &SessionToken,
    packages: Vec<PooledKeyPackage>,
) -> Result<(), WireError> {
    let request = UploadKeyPackages {
        packages,
        replace_all: false,
    };
    relay.ask_as(Some(token), &request).await.map(drop)
}

async fn state(relay: &Relay, token: &SessionToken) -> Vec<SuitePool> {
    relay
        .ask_as(Some(token), &ReadKeyPackagePool {})
        .await
        .unwrap()
        .suites
}

async fn claim(relay: &Relay, person: &Person, suite: Suite) -> Option<PooledKeyPackage> {
    let request = Claim {
        stamp: Stamp::default(),
        account: person.account().key_hash,
        suite,
        clients: vec![],
    };
    let mut claimed = relay.ask(&request).await.unwrap().clients;
    assert_eq!(claimed.len(), 1);
    let (client, package) = claimed.remove(0);
    assert_eq!(client, person.client.id);
    package
}

async fn alice() -> (Relay, Person, SessionToken) {
    let relay = Relay::start().await;
    let person = Person::registered(&relay, "alice").await;
    let token = person.session(&relay).await;
    (relay, person, token)
}

#[tokio::test]
async fn a_package_is_given_once_and_then_the_last_resort_again_and_again() {
    let (relay, person, token) = alice().await;
    assert_eq!(claim(&relay, &person, SUITE).await, None);
    upload(
        &relay,
        &token,
        vec![package(1, false), package(2, false), package(9, true)],
    )
    .await
    .unwrap();
    let full = SuitePool {
        suite: SUITE,
        single_use: 2,
        has_last_resort: true,
        last_resort_used: false,
    };
    assert_eq!(state(&relay, &token).await, std::slice::from_ref(&full));
    let mut given = HashSet::new();
    for _ in 0..2 {
        let single = claim(&relay, &person, SUITE).await.unwrap();
        assert!(!single.last_resort && given.insert(single.bytes));
    }
    for _ in 0..3 {
        assert_eq!(claim(&relay, &person, SUITE).await, Some(package(9, true)));
    }
    let used = SuitePool {
        single_use: 0,
        last_resort_used: true,
        ..full.clone()
    };
    assert_eq!(state(&relay, &token).await, [used]);
    upload(&relay, &token, vec![package(10, true)])
        .await
        .unwrap();
    assert_eq!(
        state(&relay, &token).await,
        [SuitePool {
            single_use: 0,
            ..full
        }]
    );
    assert_eq!(claim(&relay, &person, SUITE).await, Some(package(10, true)));
}

#[tokio::test]
async fn of_many_who_race_for_the_last_package_exactly_one_gets_it() {
    let (relay, person, token) = alice().await;
    upload(&relay, &token, vec![package(1, false), package(9, true)])
        .await
        .unwrap();
    let claims = (0..64).map(|_| claim(&relay, &person, SUITE));
    let given = futures_util::future::join_all(claims).await;
    let single = given
        .iter()
        .flatten()
        .filter(|package| !package.last_resort)
        .count();
    let last_resort = given
        .iter()
        .flatten()
        .filter(|package| package.last_resort)
        .count();
    assert_eq!((single, last_resort), (1, 63));
}

#[tokio::test]
async fn an_upload_whose_answer_was_lost_may_be_sent_again() {
    let (relay, person, token) = alice().await;
    let packages = vec![package(1, false), package(9, true)];
    upload(&relay, &token, packages.clone()).await.unwrap();
    claim(&relay, &person, SUITE).await.unwrap();
    claim(&relay, &person, SUITE).await.unwrap();
    upload(&relay, &token, vec![package(9, true)])
        .await
        .unwrap();
    assert!(
        state(&relay, &token).await[0].last_resort_used,
        "still the used one"
    );
}

#[tokio::test]
async fn suites_and_clients_have_pools_of_their_own() {
    let (relay, person, token) = alice().await;
    let other = Suite(0x004F);
    upload(&relay, &token, vec![package(1, false)])
        .await
        .unwrap();
    assert_eq!(claim(&relay, &person, other).await, None);
    let request = Claim {
        stamp: Stamp::default(),
        account: person.account().key_hash,
        suite: SUITE,
        clients: vec![ClientId([9; 16]), person.client.id, person.client.id],
    };
    let claimed = relay.ask(&request).await.unwrap().clients;
    assert_eq!(claimed.len(), 2);
    let given: Vec<_> = claimed
        .iter()
        .filter(|(_, package)| package.is_some())
        .collect();
    assert_eq!((given.len(), given[0].0), (1, person.client.id));
}

#[tokio::test]
async fn what_has_expired_is_neither_given_nor_counted() {
    let (relay, person, token) = alice().await;
    let mut short = package(1, false);
    short.expires = Day(TODAY);
    let mut last = package(2, true);
    last.expires = Day(TODAY + 1);
    upload(&relay, &token, vec![short, last.clone()])
        .await
        .unwrap();
    relay.advance(24 * 3600 - 1);
    assert_eq!(state(&relay, &token).await[0].single_use, 1);
    relay.advance(1);
    let token = person.session(&relay).await;
    assert_eq!(state(&relay, &token).await[0].single_use, 0);
    assert_eq!(claim(&relay, &person, SUITE).await, Some(last));
    relay.advance(24 * 3600);
    assert_eq!(claim(&relay, &person, SUITE).await, None);
}

#[tokio::test]
async fn r8_a_pool_has_a_size() {
    let (relay, person, token) = alice().await;
    let full: Vec<_> = (0..MAX_KEY_PACKAGES as u32)
        .map(|number| package(number, false))
        .collect();
    upload(&relay, &token, full.clone()).await.unwrap();
    upload(&relay, &token, full).await.unwrap();
    let one_more = upload(&relay, &token, vec![package(1000, false)]).await;
    assert_eq!(refusal(one_more), ErrorCode::TooMany);
    let many = (0..=MAX_KEY_PACKAGES as u32)
        .map(|number| package(number, false))
        .collect();
    assert_eq!(
        refusal(upload(&relay, &token, many).await),
        ErrorCode::TooMany
    );
    let suites = (0..9).map(|suite| PooledKeyPackage {
        suite: Suite(suite),
        ..package(1, true)
    });
    assert_eq!(
        refusal(upload(&relay, &token, suites.collect()).await),
        ErrorCode::TooMany
    );
    let sizes = [
        (0, ErrorCode::BadRequest),
        (MAX_KEY_PACKAGE + 1, ErrorCode::TooLarge),
    ];
    for (len, code) in sizes {
        let odd = PooledKeyPackage {
            bytes: vec![1; len],
            ..package(1, true)
        };
        assert_eq!(refusal(upload(&relay, &token, vec![odd]).await), code);
    }
    let replace = UploadKeyPackages {
        packages: vec![package(5000, false)],
        replace_all: true,
    };
    relay.ask_as(Some(&token), &replace).await.unwrap();
    assert_eq!(state(&relay, &token).await[0].single_use, 1);
    let by_password = login(&relay, "alice", PASSWORD).await.unwrap().token;
    let no_client = upload(&relay, &by_password, vec![package(1, false)]).await;
    assert_eq!(refusal(no_client), ErrorCode::Unauthorized);
    drop(person);
}

#[tokio::test]
async fn nobody_claims_from_an_account_that_is_not_there() {
    let relay = Relay::start().await;
    let request = Claim {
        stamp: Stamp::default(),
        account: Person::new(&relay, "ghost").account().key_hash,
        suite: SUITE,
        clients: vec![],
    };
    assert_eq!(refusal(relay.ask(&request).await), ErrorCode::NoSuchUser);
}

#[tokio::test]
async fn r8_look_ups_and_claims_cost_a_stamp() {
    let relay = Relay::start_with(|config| {
        config.limits.stamps = restante_server::rate_limit::Rate {
            burst: 3.try_into().unwrap(),
            per_minute: 1.try_into().unwrap(),
        };
    })
    .await;
    let person = Person::registered(&relay, "alice").await;
    for _ in 0..3 {
        claim(&relay, &person, SUITE).await;
    }
    let request = Claim {
        stamp: Stamp::default(),
        account: person.account().key_hash,
        suite: SUITE,
        clients: vec![],
    };
    let refused = relay.ask(&request).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::RateLimited);
    relay.clock.advance_ms(refused.retry_after_ms.unwrap());
    relay.ask(&request).await.unwrap();
    let long = Claim {
        stamp: Stamp(vec![0; 2000]),
        ..request
    };
    assert_eq!(refusal(relay.ask(&long).await), ErrorCode::TooLarge);
}
