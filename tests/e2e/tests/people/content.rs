//! What people do with messages besides writing them.

use restante_client::engine::io::{
    Command, Draft, Expiry, Message, MessageId, MessageState, Outcome, RoomId,
};
use restante_harness::{
    person::{Person, assert_agreement},
    relay::Relay,
};

async fn put(person: &Person, command: Command) -> MessageId {
    let id = match person.does(command).await {
        Outcome::Message(id) => Some(id),
        _ => None,
    };
    id.expect("something to send")
}

/// Waits until a message looks as it should.
async fn sees_of(
    person: &Person,
    room: RoomId,
    id: MessageId,
    what: &str,
    fits: impl Fn(&Message) -> bool + Send + Sync + Clone + 'static,
) -> Message {
    person
        .waits(&format!("{what} at {}", person.name), move |engine| {
            let history = engine.history(&room, 100).ok()?;
            history
                .into_iter()
                .find(|message| message.id == id && fits(message))
        })
        .await
}

async fn reads_all(person: &Person, room: RoomId) {
    let number = person.room(room).await.number;
    person.does(Command::MarkRead { room, number }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_answer_change_delete_and_like_messages() {
    let relay = Relay::start().await;
    let alice = Person::register(&relay.url(), "alice").await;
    let bob = Person::register(&relay.url(), "bob").await;
    let room = alice.befriends(&bob).await;

    let question = alice.says(room, "Shall we go at 3, @bob?").await;
    let seen = sees_of(&bob, room, question, "a question", |_| true).await;
    assert_eq!(seen.mentions, ["bob"]);
    let draft = Draft {
        text: "yes".into(),
        reply_to: Some(question),
        lifetime_s: None,
        ..Draft::default()
    };
    let answer = put(&bob, Command::SendDraft { room, draft }).await;
    let seen = sees_of(&alice, room, answer, "an answer", |_| true).await;
    let quote = seen.reply.expect("a reply");
    assert_eq!(quote.snippet, "Shall we go at 3, @bob?");
    assert_eq!(quote.sender, "alice");

    let (id, emoji) = (answer, "👍".to_owned());
    put(
        &alice,
        Command::React {
            room,
            id,
            emoji: emoji.clone(),
        },
    )
    .await;
    let seen = sees_of(&bob, room, answer, "a like", |message| {
        !message.reactions.is_empty()
    })
    .await;
    assert_eq!(seen.reactions[0].people, ["alice"]);
    put(&alice, Command::Unreact { room, id, emoji }).await;
    sees_of(&bob, room, answer, "no like", |message| {
        message.reactions.is_empty()
    })
    .await;

    let (id, text) = (question, "Shall we go at 4, @bob?".to_owned());
    put(&alice, Command::Edit { room, id, text }).await;
    let seen = sees_of(&bob, room, question, "an edit", |message| message.edited).await;
    assert_eq!(seen.text, "Shall we go at 4, @bob?");
    let seen = sees_of(&bob, room, answer, "an answer", |_| true).await;
    let quote = seen.reply.expect("a reply");
    assert_eq!(quote.snippet, "Shall we go at 4, @bob?");

    put(&bob, Command::Delete { room, id: answer }).await;
    let seen = sees_of(&alice, room, answer, "a deletion", |message| {
        message.deleted
    })
    .await;
    assert!(seen.text.is_empty());
    for person in [&alice, &bob] {
        let hits = person
            .client()
            .query(|engine| engine.search("at 4, @b", None, 10));
        let hits = hits.await.expect("a client").expect("a search");
        assert_eq!(hits.len(), 1);
        assert_eq!(hits[0].id, question);
    }
    assert_agreement(room, &[&alice, &bob]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_disappears_at_both_after_it_was_read() {
    let relay = Relay::start().await;
    let alice = Person::register(&relay.url(), "alice").await;
    let bob = Person::register(&relay.url(), "bob").await;
    let room = alice.befriends(&bob).await;
    let draft = Draft {
        text: "for your eyes only".into(),
        reply_to: None,
        lifetime_s: Some(3),
        ..Draft::default()
    };
    let id = put(&alice, Command::SendDraft { room, draft }).await;
    let seen = sees_of(&bob, room, id, "a message", |_| true).await;
    assert_eq!(seen.expires, Some(Expiry::AfterReading(3)));
    reads_all(&bob, room).await;
    alice.says(room, "still here").await;
    bob.sees(room, "still here").await;
    for person in [&alice, &bob] {
        person
            .waits("nothing left", move |engine| {
                let history = engine.history(&room, 100).ok()?;
                history.iter().all(|message| message.id != id).then_some(())
            })
            .await;
        let history = person.history(room).await;
        assert!(
            history
                .iter()
                .all(|left| left.state != MessageState::Failed)
        );
        assert_eq!(history.len(), 1);
    }
    assert_agreement(room, &[&alice, &bob]).await;
}
