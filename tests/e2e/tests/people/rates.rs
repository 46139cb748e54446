//! Rates of a relay, as people at terminals meet them: short waits are not their business.

use restante_harness::{
    person::password,
    relay::{Relay, Settings},
    shell::{Shell, error_code},
};

/// A relay that takes a sign-in, of which each is two requests, so often from one address.
async fn relay_with(burst: u32, per_minute: u32) -> Relay {
    Relay::start_with(Settings {
        is_unlimited: false,
        extra: format!("limits.logins = {{ burst = {burst}, per_minute = {per_minute} }}"),
        ..Settings::default()
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_of_a_tenth_of_a_second_is_waited_out() {
    let relay = relay_with(1, 600).await;
    let (alice, bob) = Shell::two_contacts(&relay.url()).await;
    let sent = alice.tells(&["send", "bob", "at once"]).await;
    assert!(sent.contains("\"state\":\"sent\""), "{sent}");
    bob.does(&["sync"]).await;
    let (url, second) = (relay.url(), Shell::new());
    let login = ["login", "--relay", &url, "--username", "alice"];
    let login = [&login[..], &["--password-stdin"]].concat();
    let input = format!("{}\n", password("alice"));
    assert!(second.types(&login, &input).await.status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_refusal_is_told_at_once_with_how_long() {
    let relay = relay_with(1, 1).await;
    let alice = Shell::new();
    alice.registers(&relay.url(), "alice").await;
    let synced = alice
        .types(&["sync", "--timeout", "10", "--json"], "")
        .await;
    assert_eq!(synced.status.code(), Some(1));
    assert_eq!(error_code(&synced), "rate_limited");
    let said = String::from_utf8_lossy(&synced.stdout);
    let (_, wait_ms) = said.split_once("\"retry_after_ms\":").expect("a wait");
    let digits = wait_ms.split(|c: char| !c.is_ascii_digit()).next();
    let wait_ms: u64 = digits.and_then(|n| n.parse().ok()).expect("a number");
    assert!((5_000..=60_000).contains(&wait_ms), "{said}");
}
