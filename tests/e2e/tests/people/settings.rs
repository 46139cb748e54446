//! Room settings, typing and presence, as people at terminals use them.

use std::process::Output;

use restante_harness::{
    relay::Relay,
    shell::{Running, Shell, error_code},
};

/// Runs a command that must succeed, and hands back what it printed.
async fn does(who: &Shell, arguments: &[&str]) -> String {
    let output = runs(who, arguments).await;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{arguments:?}: {told}");
    told
}

async fn runs(who: &Shell, arguments: &[&str]) -> Output {
    let arguments: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
    who.types(&arguments, "").await
}

/// Alice and Bob, contacts of each other.
async fn contacts(relay: &Relay) -> (Shell, Shell) {
    let (alice, bob) = (Shell::new(), Shell::new());
    alice.registers(&relay.url(), "alice").await;
    bob.registers(&relay.url(), "bob").await;
    does(&alice, &["contact", "add", "bob"]).await;
    does(&bob, &["sync"]).await;
    does(&bob, &["contact", "accept", "alice"]).await;
    does(&alice, &["sync"]).await;
    (alice, bob)
}

/// The next line about an event.
async fn hears(listening: &mut Running, event: &str) -> String {
    let wanted = format!("\"event\":\"{event}\"");
    loop {
        let line = listening.next_line().await.expect("it goes on");
        if line.contains(&wanted) {
            return line;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_is_named_governed_and_handed_over_at_the_command_line() {
    let relay = Relay::start().await;
    let (alice, bob) = contacts(&relay).await;
    does(&alice, &["room", "create", "garden", "--member", "bob"]).await;
    does(&bob, &["sync"]).await;
    does(&alice, &["sync"]).await;
    does(&alice, &["room", "rename", "garden", "orchard"]).await;
    let told = does(&alice, &["room", "policy", "orchard", "--post", "admins"]).await;
    assert!(told.contains("\"post\":\"admins\""), "{told}");

    does(&bob, &["sync"]).await;
    let refused = runs(&bob, &["send", "orchard", "may I?"]).await;
    assert_eq!(error_code(&refused), "not_allowed");
    let refused = runs(&bob, &["room", "rename", "orchard", "mine"]).await;
    assert_eq!(error_code(&refused), "not_allowed");

    does(&alice, &["room", "role", "orchard", "bob", "admin"]).await;
    does(&bob, &["sync"]).await;
    let sent = does(&bob, &["send", "orchard", "thank you"]).await;
    assert!(sent.contains("\"sent\""), "{sent}");
    does(&bob, &["room", "role", "orchard", "alice", "member"]).await;
    let refused = runs(&bob, &["room", "role", "orchard", "bob", "member"]).await;
    assert_eq!(error_code(&refused), "last_admin");

    does(&alice, &["sync"]).await;
    let refused = runs(&alice, &["send", "orchard", "and me?"]).await;
    assert_eq!(error_code(&refused), "not_allowed");
    let history = does(&alice, &["history", "orchard", "--notices"]).await;
    let kinds = [
        "added",
        "renamed",
        "policy_changed",
        "promoted",
        "thank you",
        "demoted",
    ];
    let places: Vec<_> = kinds.iter().map(|kind| history.find(kind)).collect();
    assert!(places.iter().all(Option::is_some), "{history}");
    assert!(places.is_sorted(), "{history}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_types_and_who_is_there_is_told_to_those_connected() {
    let relay = Relay::start().await;
    let (alice, bob) = contacts(&relay).await;
    let mut bob_listens = bob.starts(&["listen", "--json"]);
    // Whatever comes first tells that he is connected.
    does(&alice, &["send", "bob", "are you there?"]).await;
    hears(&mut bob_listens, "message").await;
    does(&alice, &["typing", "bob"]).await;
    let typing = hears(&mut bob_listens, "typing").await;
    assert!(typing.contains("\"username\":\"alice\""), "{typing}");
    assert!(typing.contains("\"typing\":true"), "{typing}");
    let stopped = hears(&mut bob_listens, "typing").await;
    assert!(stopped.contains("\"typing\":false"), "{stopped}");

    let told = does(&alice, &["presence", "on"]).await;
    assert!(told.contains("\"shared\":true"), "{told}");
    let mut alice_listens = alice.starts(&["listen", "--json"]);
    let here = hears(&mut bob_listens, "presence").await;
    assert!(here.contains("\"online\""), "{here}");
    alice_listens.process.start_kill().expect("it is stopped");
    bob_listens.process.start_kill().expect("it is stopped");
    let shown = does(&bob, &["presence", "show", "alice"]).await;
    assert!(shown.contains("\"presence\":\"online\""), "{shown}");
    // Bob chose nothing, so nothing is known of him.
    let shown = does(&alice, &["presence", "show"]).await;
    assert!(shown.contains("\"presence\":\"unknown\""), "{shown}");
}
