//! R1, R2, R3 under kill -9: thirty times at random instants, each with appends under way.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use restante_e2e::Chance;
use restante_harness::{
    deadline::within,
    relay::Relay,
    seat::{SEATING, Seat, mailbox_for, message},
    wire::{Broken, Connection},
};
use restante_wire::{
    EnvelopeId,
    mailbox::{Answer, AppendItem},
    stream::{Event, ServerFrame},
};
use tokio::{sync::watch, task::JoinSet};

const SEED: u64 = 7;
const SENDERS: usize = 5;
const MESSAGES: u64 = 2_000;
const KILLS: u64 = 30;
const WINDOW: usize = 10;

/// Answers before the last kill: enough messages are left to be under way then.
const LAST_KILL: u64 = MESSAGES - 200;

/// What all tasks count.
struct Counts {
    acknowledged: watch::Sender<u64>,
    under_way: watch::Sender<usize>,
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_acknowledged_appends_survive_kill_9_thirty_times_once_and_in_one_order() {
    let mut relay = Relay::start().await;
    let seats = mailbox_for(relay.address(), SENDERS).await;
    let counts = Arc::new(Counts {
        acknowledged: watch::Sender::new(0),
        under_way: watch::Sender::new(0),
    });
    let (mut senders, mut readers) = (JoinSet::new(), JoinSet::new());
    for seat in seats {
        readers.spawn(read_all(relay.address(), seat.clone()));
        senders.spawn(send_all(relay.address(), seat, Arc::clone(&counts)));
    }
    let killed_under_way = kill_often(&mut relay, &counts).await;
    let sent = within("every answer", senders.join_all()).await;
    let logs = within("every reader", readers.join_all()).await;

    let acknowledged: BTreeMap<u64, EnvelopeId> = sent.into_iter().flatten().collect();
    assert_eq!(
        acknowledged.len() as u64,
        MESSAGES,
        "each has a number of its own"
    );
    for log in &logs {
        assert_eq!(
            log, &acknowledged,
            "every reader has every message at its number"
        );
    }
    println!(
        "seed {SEED}: {MESSAGES} appends by {SENDERS} seats, {KILLS} kills, appends under way at \
         each: {killed_under_way:?}, every one of {} logs equal",
        logs.len()
    );
    assert!(killed_under_way.iter().all(|&appends| appends > 0));
}

/// Kills the relay after random numbers of answers, and starts it again.
async fn kill_often(relay: &mut Relay, counts: &Counts) -> Vec<usize> {
    let mut chance = Chance::new(SEED);
    let mut killed_under_way = Vec::new();
    let mut acknowledged = counts.acknowledged.subscribe();
    let mut under_way = counts.under_way.subscribe();
    for kill in 0..KILLS {
        let at = kill * LAST_KILL / KILLS + chance.below(LAST_KILL / KILLS);
        let appends = within("progress between kills", async {
            let _ = acknowledged.wait_for(|count| *count >= at).await;
            // The senders may not have found back yet from the kill before.
            under_way
                .wait_for(|appends| *appends > 0)
                .await
                .map(|appends| *appends)
        });
        killed_under_way.push(appends.await.expect("the counts live as long as the story"));
        relay.kill9().await;
        relay.restart().await;
    }
    killed_under_way
}

/// Appends a share of all messages with a window, again after every cut, under the same ids.
async fn send_all(relay: SocketAddr, seat: Seat, counts: Arc<Counts>) -> Vec<(u64, EnvelopeId)> {
    let share = MESSAGES / SENDERS as u64;
    let mut waiting: Vec<AppendItem> = (0..share)
        .map(|number| message(SEATING, vec![number.to_le_bytes()[0]; 300]))
        .collect();
    let mut sent = Vec::new();
    while !waiting.is_empty() {
        let mut connection = reconnect(relay).await;
        // A broken connection is what this story is about.
        let _ = send_over(&mut connection, &seat, &mut waiting, &mut sent, &counts).await;
    }
    sent
}

async fn send_over(
    connection: &mut Connection,
    seat: &Seat,
    waiting: &mut Vec<AppendItem>,
    sent: &mut Vec<(u64, EnvelopeId)>,
    counts: &Counts,
) -> Result<(), Broken> {
    let mut under_way = UnderWay {
        requests: BTreeMap::new(),
        count: &counts.under_way,
    };
    let mut next = 0;
    loop {
        while under_way.requests.len() < WINDOW
            && let Some(item) = waiting.get(next)
        {
            let request = connection.queue(seat.append(vec![item.clone()])).await?;
            under_way.add(request, item.id);
            next += 1;
        }
        connection.flush().await?;
        if under_way.requests.is_empty() {
            return Ok(());
        }
        let ServerFrame::Answer { request, result } = connection.frame().await? else {
            continue;
        };
        let Some(id) = under_way.take(request) else {
            continue;
        };
        // Anything but a number is sent again.
        if let Ok(Answer::Appended(appended)) = Result::from(result)
            && let Some(number) = appended.numbers.first()
        {
            sent.push((*number, id));
            waiting.retain(|item| item.id != id);
            next = next.saturating_sub(1);
            counts.acknowledged.send_modify(|count| *count += 1);
        }
    }
}

/// Appends without an answer on one connection, counted while it lasts.
struct UnderWay<'a> {
    requests: BTreeMap<u64, EnvelopeId>,
    count: &'a watch::Sender<usize>,
}

impl UnderWay<'_> {
    fn add(&mut self, request: u64, id: EnvelopeId) {
        self.requests.insert(request, id);
        self.count.send_modify(|count| *count += 1);
    }

    fn take(&mut self, request: u64) -> Option<EnvelopeId> {
        let id = self.requests.remove(&request)?;
        self.count.send_modify(|count| *count -= 1);
        Some(id)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.count
            .send_modify(|count| *count -= self.requests.len());
    }
}

/// Watches until the last message, over every cut, and checks that the log has no gap.
async fn read_all(relay: SocketAddr, seat: Seat) -> BTreeMap<u64, EnvelopeId> {
    let mut log = BTreeMap::new();
    let mut cursor = SEATING;
    while cursor < MESSAGES + SEATING {
        let mut connection = reconnect(relay).await;
        if connection.ask(seat.watch(cursor)).await.is_err() {
            continue;
        }
        while let Ok(event) = connection.event().await {
            let Event::Envelopes { envelopes, .. } = event else {
                continue;
            };
            for envelope in envelopes {
                assert_eq!(envelope.number, cursor + 1, "the log has no gap");
                cursor = envelope.number;
                log.insert(envelope.number, envelope.id);
            }
            if cursor == MESSAGES + SEATING {
                break;
            }
        }
    }
    log
}

/// Connects as soon as a relay listens again.
async fn reconnect(relay: SocketAddr) -> Connection {
    let mut attempts = tokio::time::interval(std::time::Duration::from_millis(5));
    within("a relay that listens", async {
        loop {
            attempts.tick().await;
            if let Ok(connection) = Connection::open(relay).await {
                return connection;
            }
        }
    })
    .await
}
