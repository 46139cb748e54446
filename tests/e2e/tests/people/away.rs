//! Clients that are closed while life goes on.

use restante_client::engine::io::{Command, RoomPhase};
use restante_harness::{
    person::{Person, assert_agreement},
    relay::Relay,
};

#[tokio::test(flavor = "multi_thread")]
async fn c4_who_was_away_reads_everything_in_the_same_order_over_many_commits() {
    let relay = Relay::start().await;
    let alice = Person::register(&relay.url(), "alice").await;
    let bob = Person::register(&relay.url(), "bob").await;
    let mut carol = Person::register(&relay.url(), "carol").await;
    let dave = Person::register(&relay.url(), "dave").await;
    for other in [&bob, &carol, &dave] {
        alice.befriends(other).await;
    }
    let room = alice.creates_room("Hiking", &[&bob, &carol]).await;
    carol.goes_away().await;

    for round in 0..5 {
        alice.says(room, &format!("alice {round}")).await;
        bob.says(room, &format!("bob {round}")).await;
        alice.sees(room, &format!("bob {round}")).await;
        alice
            .does(Command::AddMembers {
                room,
                members: vec!["dave".into()],
            })
            .await;
        dave.joins(room).await;
        alice
            .does(Command::RemoveMembers {
                room,
                members: vec!["dave".into()],
            })
            .await;
        dave.finds_room(room, RoomPhase::Removed).await;
    }
    carol.comes_back().await;
    carol.says(room, "what did I miss?").await;
    alice.sees(room, "what did I miss?").await;
    let agreed = assert_agreement(room, &[&alice, &bob, &carol]).await;
    assert_eq!(agreed.messages.len(), 11);
}

#[tokio::test(flavor = "multi_thread")]
async fn c4_what_was_written_while_the_relay_was_down_arrives_once_it_is_back() {
    let mut relay = Relay::start().await;
    let mut alice = Person::register(&relay.url(), "alice").await;
    let bob = Person::register(&relay.url(), "bob").await;
    let room = alice.befriends(&bob).await;
    relay.kill9().await;
    for number in 0..20 {
        alice.says(room, &format!("queued {number}")).await;
    }
    // Closed and opened in between: the outbox is on disk.
    alice.goes_away().await;
    relay.restart().await;
    alice.comes_back().await;
    bob.sees(room, "queued 19").await;
    alice.has_sent_all(room).await;
    let agreed = assert_agreement(room, &[&alice, &bob]).await;
    let texts: Vec<String> = agreed.messages.into_iter().map(|(.., text)| text).collect();
    assert_eq!(
        texts,
        (0..20)
            .map(|number| format!("queued {number}"))
            .collect::<Vec<_>>()
    );
}
