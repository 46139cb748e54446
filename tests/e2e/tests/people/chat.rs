//! Meeting, talking, parting.

use restante_client::{
    ErrorKind,
    engine::io::{Command, MessageState, RoomPhase},
};
use restante_harness::{
    person::{Person, assert_agreement},
    relay::Relay,
};
use restante_wire::ErrorCode;

#[tokio::test(flavor = "multi_thread")]
async fn two_people_meet_talk_and_see_each_others_receipts() {
    let relay = Relay::start().await;
    let alice = Person::register(&relay.url(), "alice").await;
    let bob = Person::register(&relay.url(), "bob").await;
    let room = alice.befriends(&bob).await;

    let id = alice.says(room, "hi").await;
    bob.sees(room, "hi").await;
    bob.says(room, "hi yourself").await;
    alice.sees(room, "hi yourself").await;
    let number = bob.room(room).await.number;
    bob.does(Command::MarkRead { room, number }).await;
    alice
        .waits("a read receipt", move |engine| {
            let history = engine.history(&room, 10).ok()?;
            let sent = history.iter().find(|message| message.id == id)?;
            (sent.state == MessageState::Read).then_some(())
        })
        .await;
    assert_agreement(room, &[&alice, &bob]).await;

    let number_of = |name: &'static str| {
        move |engine: &restante_client::engine::Engine| engine.safety_number(name).ok()
    };
    let at_alice = alice.waits("a safety number", number_of("bob")).await;
    let at_bob = bob.waits("a safety number", number_of("alice")).await;
    assert_eq!(at_alice, at_bob);
}

#[tokio::test(flavor = "multi_thread")]
async fn c7_a_group_goes_on_without_whom_it_removed() {
    let relay = Relay::start().await;
    let alice = Person::register(&relay.url(), "alice").await;
    let bob = Person::register(&relay.url(), "bob").await;
    let carol = Person::register(&relay.url(), "carol").await;
    alice.befriends(&bob).await;
    alice.befriends(&carol).await;
    let room = alice.creates_room("Hiking", &[&bob, &carol]).await;
    for (person, text) in [(&alice, "one"), (&bob, "two"), (&carol, "three")] {
        person.says(room, text).await;
        for other in [&alice, &bob, &carol] {
            other.sees(room, text).await;
        }
    }
    assert_agreement(room, &[&alice, &bob, &carol]).await;

    alice
        .does(Command::RemoveMembers {
            room,
            members: vec!["carol".into()],
        })
        .await;
    carol.finds_room(room, RoomPhase::Removed).await;
    bob.says(room, "she cannot read this").await;
    alice.sees(room, "she cannot read this").await;
    let agreed = assert_agreement(room, &[&alice, &bob]).await;
    let mut names: Vec<&str> = agreed
        .participants
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["alice", "bob"]);
    assert_eq!(carol.texts(room).await, ["one", "two", "three"]);
    let refused = carol
        .carries_out(Command::SendText {
            room,
            text: "hello?".into(),
        })
        .await;
    assert!(refused.is_err(), "a removed member writes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_is_gone_and_the_others_go_on() {
    let relay = Relay::start().await;
    let alice = Person::register(&relay.url(), "alice").await;
    let bob = Person::register(&relay.url(), "bob").await;
    let carol = Person::register(&relay.url(), "carol").await;
    alice.befriends(&bob).await;
    alice.befriends(&carol).await;
    let room = alice.creates_room("Hiking", &[&bob, &carol]).await;
    bob.does(Command::Leave { room }).await;
    bob.finds_room(room, RoomPhase::Left).await;
    for person in [&alice, &carol] {
        person
            .waits("a room of two", move |engine| {
                let rooms = engine.rooms().ok()?;
                let room = rooms.into_iter().find(|found| found.id == room)?;
                (room.participants.len() == 2).then_some(())
            })
            .await;
    }
    carol.says(room, "just us").await;
    alice.sees(room, "just us").await;
    assert_agreement(room, &[&alice, &carol]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_who_declined_or_blocked_hears_nothing_more() {
    let relay = Relay::start().await;
    let alice = Person::register(&relay.url(), "alice").await;
    let mallory = Person::register(&relay.url(), "mallory").await;
    let ask = Command::AddContact {
        username: "alice".into(),
        words: "buy this".into(),
    };
    mallory.does(ask.clone()).await;
    let room = alice
        .waits("a request", |engine| {
            Some(engine.requests().ok()?.first()?.room)
        })
        .await;
    alice
        .does(Command::Block {
            username: "mallory".into(),
        })
        .await;
    alice
        .waits("no request", |engine| {
            engine.requests().ok()?.is_empty().then_some(())
        })
        .await;
    let sent = mallory
        .carries_out(Command::SendText {
            room,
            text: "again".into(),
        })
        .await;
    assert!(sent.is_ok(), "mallory is told nothing");
    assert!(
        alice
            .client()
            .query(|engine| engine.requests())
            .await
            .expect("a client")
            .expect("a store")
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_of_that_name_is_a_refusal_with_a_code() {
    let relay = Relay::start().await;
    let alice = Person::register(&relay.url(), "alice").await;
    let ask = Command::AddContact {
        username: "nobody".into(),
        words: String::new(),
    };
    let refused = alice
        .carries_out(ask)
        .await
        .expect_err("there is no such user");
    assert_eq!(refused.kind, ErrorKind::Relay(ErrorCode::NoSuchUser));
}
