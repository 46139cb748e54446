//! Room settings, typing and presence, as people at terminals use them.

use restante_harness::{relay::Relay, shell::Shell};

#[tokio::test(flavor = "multi_thread")]
async fn a_room_is_named_governed_and_handed_over_at_the_command_line() {
    let relay = Relay::start().await;
    let (alice, bob) = Shell::two_contacts(&relay.url()).await;
    alice
        .tells(&["room", "create", "garden", "--member", "bob"])
        .await;
    bob.tells(&["sync"]).await;
    alice.tells(&["sync"]).await;
    alice.tells(&["room", "rename", "garden", "orchard"]).await;
    let told = alice
        .tells(&["room", "policy", "orchard", "--post", "admins"])
        .await;
    assert!(told.contains("\"post\":\"admins\""), "{told}");

    bob.tells(&["sync"]).await;
    assert_eq!(
        bob.refused(&["send", "orchard", "may I?"]).await,
        "not_allowed"
    );
    assert_eq!(
        bob.refused(&["room", "rename", "orchard", "mine"]).await,
        "not_allowed"
    );

    alice
        .tells(&["room", "role", "orchard", "bob", "admin"])
        .await;
    bob.tells(&["sync"]).await;
    let sent = bob.tells(&["send", "orchard", "thank you"]).await;
    assert!(sent.contains("\"sent\""), "{sent}");
    bob.tells(&["room", "role", "orchard", "alice", "member"])
        .await;
    assert_eq!(
        bob.refused(&["room", "role", "orchard", "bob", "member"])
            .await,
        "last_admin"
    );

    alice.tells(&["sync"]).await;
    assert_eq!(
        alice.refused(&["send", "orchard", "and me?"]).await,
        "not_allowed"
    );
    let history = alice.tells(&["history", "orchard", "--notices"]).await;
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
    let (alice, bob) = Shell::two_contacts(&relay.url()).await;
    let mut bob_listens = bob.starts(&["listen", "--json"]);
    // Whatever comes first tells that he is connected.
    alice.tells(&["send", "bob", "are you there?"]).await;
    bob_listens.hears("message").await;
    alice.tells(&["typing", "bob"]).await;
    let typing = bob_listens.hears("typing").await;
    assert!(typing.contains("\"username\":\"alice\""), "{typing}");
    assert!(typing.contains("\"typing\":true"), "{typing}");
    let stopped = bob_listens.hears("typing").await;
    assert!(stopped.contains("\"typing\":false"), "{stopped}");

    let told = alice.tells(&["presence", "on"]).await;
    assert!(told.contains("\"shared\":true"), "{told}");
    let mut alice_listens = alice.starts(&["listen", "--json"]);
    let here = bob_listens.hears("presence").await;
    assert!(here.contains("\"online\""), "{here}");
    alice_listens.process.start_kill().expect("it is stopped");
    bob_listens.process.start_kill().expect("it is stopped");
    let shown = bob.tells(&["presence", "show", "alice"]).await;
    assert!(shown.contains("\"presence\":\"online\""), "{shown}");
    // Bob chose nothing, so nothing is known of him.
    let shown = alice.tells(&["presence", "show"]).await;
    assert!(shown.contains("\"presence\":\"unknown\""), "{shown}");
}
