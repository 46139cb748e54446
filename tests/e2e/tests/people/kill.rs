//! Five people, two thousand messages, and a relay that is killed thirty times.

use std::{collections::BTreeSet, sync::Arc};

use restante_client::driver::Heard;
use restante_client::engine::io::{Event, MessageState, RoomId};
use restante_e2e::Chance;
use restante_harness::{
    deadline::within,
    person::{Person, assert_agreement},
    relay::Relay,
};
use tokio::{sync::watch, task::JoinSet};

const SEED: u64 = 11;
const MESSAGES: u64 = 2_000;
const KILLS: u64 = 30;
const NAMES: [&str; 5] = ["alice", "bob", "carol", "dave", "erin"];

/// Messages that a person has written and not yet seen at the relay, at most: so that appends are
/// under way all the time.
const UNSENT: usize = 20;

/// Progress before the last kill.
const LAST_KILL: u64 = MESSAGES - 200;

#[tokio::test(flavor = "multi_thread")]
async fn c4_every_message_is_everywhere_once_though_the_relay_was_killed_thirty_times() {
    let mut relay = Relay::start().await;
    let mut people = Vec::new();
    for name in NAMES {
        people.push(Arc::new(Person::register(&relay.url(), name).await));
    }
    for other in &people[1..] {
        people[0].befriends(other).await;
    }
    let others: Vec<&Person> = people[1..].iter().map(AsRef::as_ref).collect();
    let room = people[0].creates_room("Hiking", &others).await;

    let progress = Arc::new(Progress {
        sent: watch::Sender::new(0),
        unsent: watch::Sender::new(0),
    });
    let mut writers = JoinSet::new();
    for person in people.clone() {
        writers.spawn(write_all(person, room, Arc::clone(&progress)));
    }
    let unsent_at_kills = kill_often(&mut relay, &progress).await;
    while let Some(written) = within("every message", writers.join_next()).await {
        written.expect("a writer");
    }

    let everybody: Vec<&Person> = people.iter().map(AsRef::as_ref).collect();
    let agreed = assert_agreement(room, &everybody).await;
    let ids: BTreeSet<_> = agreed.messages.iter().map(|(_, id, ..)| *id).collect();
    assert_eq!(
        ids.len() as u64,
        MESSAGES,
        "no message twice, and none missing"
    );
    assert_eq!(agreed.messages.len() as u64, MESSAGES);
    assert!(
        agreed.messages.is_sorted_by_key(|(number, ..)| *number),
        "in one order"
    );
    println!(
        "seed {SEED}: {MESSAGES} messages of {} people, {KILLS} kills, messages on their way at \
         each: {unsent_at_kills:?}; all members agree",
        NAMES.len()
    );
}

/// What writers report and the killer looks at.
struct Progress {
    sent: watch::Sender<u64>,
    unsent: watch::Sender<usize>,
}

async fn kill_often(relay: &mut Relay, progress: &Progress) -> Vec<usize> {
    let mut chance = Chance::new(SEED);
    let (mut sent, mut unsent) = (progress.sent.subscribe(), progress.unsent.subscribe());
    let mut unsent_at_kills = Vec::new();
    for kill in 0..KILLS {
        let at = kill * LAST_KILL / KILLS + chance.below(LAST_KILL / KILLS);
        let on_their_way = within("progress between kills", async {
            let _ = sent.wait_for(|sent| *sent >= at).await;
            unsent
                .wait_for(|unsent| *unsent > 0)
                .await
                .map(|unsent| *unsent)
        });
        unsent_at_kills.push(
            on_their_way
                .await
                .expect("the story lives as long as its progress"),
        );
        relay.kill9().await;
        relay.restart().await;
    }
    unsent_at_kills
}

/// Writes a share of the messages, a few ahead of what the relay has.
async fn write_all(person: Arc<Person>, room: RoomId, progress: Arc<Progress>) {
    let mut events = person.client().events();
    let mut waiting = BTreeSet::new();
    for number in 0..MESSAGES / NAMES.len() as u64 {
        waiting.insert(
            person
                .says(room, &format!("{} {number}", person.name))
                .await,
        );
        progress.unsent.send_modify(|unsent| *unsent += 1);
        while waiting.len() >= UNSENT {
            settle(&person, room, &mut events, &mut waiting, &progress).await;
        }
    }
    while !waiting.is_empty() {
        settle(&person, room, &mut events, &mut waiting, &progress).await;
    }
}

/// Waits for one event, and counts the messages that are at the relay now.
async fn settle(
    person: &Person,
    room: RoomId,
    events: &mut restante_client::driver::Events,
    waiting: &mut BTreeSet<restante_client::engine::io::MessageId>,
    progress: &Progress,
) {
    let sent = match within("an event", events.next())
        .await
        .expect("a running client")
    {
        Heard::Event(event) => match *event {
            Event::Message(message) if message.state != MessageState::Queued => vec![message.id],
            _ => Vec::new(),
        },
        Heard::Missed => {
            let history = person.history(room).await.into_iter();
            let sent = history.filter(|message| message.state != MessageState::Queued);
            sent.map(|message| message.id).collect()
        }
    };
    for id in sent {
        if waiting.remove(&id) {
            progress.sent.send_modify(|sent| *sent += 1);
            progress.unsent.send_modify(|unsent| *unsent -= 1);
        }
    }
}
