//! Rooms are post-quantum without anybody asking for it.

use restante_client::{
    engine::{Engine, io::Command},
    platform::{Clock, SystemClock},
    store::Store,
};
use restante_harness::{person::PASSPHRASE, relay::Relay, shell::Shell};
use restante_wire::key_package::Suite;

/// The suites of clients of an earlier version.
const OLD: &[Suite] = &[Suite::X25519_CHACHA20];

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

#[tokio::test(flavor = "multi_thread")]
async fn a_room_of_an_earlier_version_moves_to_post_quantum_encryption_at_the_command_line() {
    let relay = Relay::start().await;
    let (alice, bob) = Shell::two_contacts(&relay.url()).await;
    // Her program was an earlier one when she made the room.
    let store = Store::open(&alice.home(), PASSPHRASE).unwrap();
    let now = SystemClock.now();
    let mut earlier = Engine::open(store, now).unwrap().offering(OLD);
    let create = Command::CreateRoom {
        title: "garden".to_owned(),
        members: Vec::new(),
    };
    earlier.command(now, create).unwrap();
    drop(earlier);
    alice.tells(&["sync"]).await;
    alice.tells(&["room", "add", "garden", "bob"]).await;
    alice.tells(&["send", "garden", "before"]).await;
    bob.tells(&["sync"]).await;
    alice.tells(&["sync"]).await;
    let suite = |rooms: String| {
        let garden = rooms.lines().find(|room| room.contains("garden"));
        let garden = garden.map(str::to_owned).unwrap();
        garden.contains("\"suite\":\"hybrid\"")
    };
    assert!(!suite(bob.tells(&["room", "list"]).await));
    assert_eq!(
        bob.refused(&["room", "upgrade", "garden"]).await,
        "not_allowed"
    );
    let done = alice.tells(&["room", "upgrade", "garden"]).await;
    assert!(done.contains("\"state\":\"done\""), "{done}");
    bob.tells(&["sync"]).await;
    bob.tells(&["send", "garden", "behind"]).await;
    alice.tells(&["sync"]).await;
    for who in [&alice, &bob] {
        assert!(suite(who.tells(&["room", "list"]).await));
        let history = who.tells(&["history", "garden"]).await;
        let places = ["before", "behind"].map(|text| history.find(text));
        assert!(places.iter().all(Option::is_some), "{history}");
        assert!(places.is_sorted(), "{history}");
    }
    let again = alice.tells(&["room", "upgrade", "garden"]).await;
    assert!(again.contains("\"state\":\"done\""), "{again}");
}
