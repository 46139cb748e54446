//! Rooms are post-quantum without anybody asking for it.

use restante_harness::{relay::Relay, shell::Shell};

#[tokio::test(flavor = "multi_thread")]
async fn rooms_between_two_people_are_hybrid_by_themselves() {
    let relay = Relay::start().await;
    let (alice, bob) = Shell::two_contacts(&relay.url()).await;
    alice
        .tells(&["room", "create", "garden", "--member", "bob"])
        .await;
    alice.tells(&["send", "garden", "hello"]).await;
    bob.tells(&["sync"]).await;
    assert!(bob.tells(&["history", "garden"]).await.contains("hello"));
    for who in [&alice, &bob] {
        let rooms = who.tells(&["room", "list"]).await;
        assert_eq!(rooms.lines().count(), 2, "{rooms}");
        for room in rooms.lines() {
            assert!(room.contains("\"suite\":\"hybrid\""), "{room}");
        }
        let me = who.tells(&["whoami"]).await;
        assert!(me.contains("\"suites\":[\"hybrid\",\"classical\"]"), "{me}");
    }
    let listed = alice.does(&["room", "list"]).await;
    assert!(listed.contains("post-quantum"), "{listed}");
}
