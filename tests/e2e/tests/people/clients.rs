//! A second client by the password alone, through a real relay; and a lost one that is shut out.

use restante_client::{
    ErrorKind,
    engine::{account::Password, io::RoomPhase},
};
use restante_harness::{
    deadline::deadline,
    person::{Person, password},
    relay::Relay,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_client_is_heard_with_all_else_off_and_a_lost_one_is_shut_out() {
    let relay = Relay::start().await;
    let mut alice = Person::register(&relay.url(), "alice").await;
    let mut bob = Person::register(&relay.url(), "bob").await;
    let own = bob.client().query(|engine| engine.clients()).await;
    let own = own.expect("a running client").expect("its clients");
    assert!(own[0].is_this && own[0].platform.is_some(), "{own:?}");
    let room = alice.befriends(&bob).await;
    alice.says(room, "to the first").await;
    bob.sees(room, "to the first").await;
    alice.goes_away().await;
    // What the vault does not hold, a new client cannot know.
    let written = bob.client().sync(deadline()).await;
    written.expect("a client that settles");
    bob.goes_away().await;

    let mut second = bob.logs_in(&relay.url()).await;
    second.says(room, "from the second").await;
    second.has_sent_all(room).await;

    alice.comes_back().await;
    alice.sees(room, "from the second").await;
    alice.says(room, "heard").await;
    second.sees(room, "heard").await;
    bob.comes_back().await;
    bob.sees(room, "heard").await;
    assert_eq!(alice.texts(room).await, bob.texts(room).await);

    let lost = second.client().query(|engine| engine.whoami()).await;
    let lost = lost.expect("a running client").client;
    second.goes_away().await;
    let wrong = Password::new("not the password of bob").expect("a password");
    let refused = bob.client().expel(lost, wrong).await.unwrap_err();
    assert_eq!(refused.code(), "bad_credentials");
    let right = Password::new(&password("bob")).expect("a password");
    bob.client().expel(lost, right).await.expect("expelled");
    // Up to the commit that removes it, the lost one can read.
    for there in [&bob, &alice] {
        let settled = there.client().sync(deadline()).await;
        settled.expect("a client that settles");
    }
    alice.says(room, "without the lost one").await;
    bob.sees(room, "without the lost one").await;

    second.comes_back().await;
    second.finds_room(room, RoomPhase::Removed).await;
    let synced = second.client().sync(deadline()).await;
    assert_eq!(synced.unwrap_err().kind, ErrorKind::ClientRemoved);
    assert!(
        !second
            .texts(room)
            .await
            .contains(&"without the lost one".to_owned())
    );
}
