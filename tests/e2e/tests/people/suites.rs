//! Rooms are post-quantum without anybody asking for it.

use restante_harness::{relay::Relay, shell::Shell};

async fn does(who: &Shell, arguments: &[&str]) -> String {
    let arguments: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
    let output = who.types(&arguments, "").await;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{arguments:?}: {told}");
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn rooms_between_two_people_are_hybrid_by_themselves() {
    let relay = Relay::start().await;
    let (alice, bob) = (Shell::new(), Shell::new());
    alice.registers(&relay.url(), "alice").await;
    bob.registers(&relay.url(), "bob").await;
    // Only who has been online has key packages.
    does(&bob, &["sync"]).await;
    does(&alice, &["contact", "add", "bob"]).await;
    does(&bob, &["sync"]).await;
    does(&bob, &["contact", "accept", "alice"]).await;
    does(&alice, &["room", "create", "garden", "--member", "bob"]).await;
    does(&alice, &["send", "garden", "hello"]).await;
    does(&bob, &["sync"]).await;
    assert!(does(&bob, &["history", "garden"]).await.contains("hello"));
    for who in [&alice, &bob] {
        let rooms = does(who, &["room", "list"]).await;
        assert_eq!(rooms.lines().count(), 2, "{rooms}");
        for room in rooms.lines() {
            assert!(room.contains("\"suite\":\"hybrid\""), "{room}");
        }
        let me = does(who, &["whoami"]).await;
        assert!(me.contains("\"suites\":[\"hybrid\",\"classical\"]"), "{me}");
    }
    let listed = alice.types(&["room", "list"], "").await;
    assert!(String::from_utf8_lossy(&listed.stdout).contains("post-quantum"));
}
