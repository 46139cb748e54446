//! Memory of a process that does only what a push wakes it for: it opens its home, connects, fetches
//! and decrypts what came in a large room, and ends. Anonymous memory counts, at its peak: what files
//! stand behind, the system can take away and read again.
//!
//! The relay and all clients are real; making the room takes minutes.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(
    clippy::expect_used,
    reason = "a run in which anything fails is not a measurement"
)]

use std::{sync::Arc, time::Duration};

use clap::Parser;
use restante_bench::process;
use restante_harness::{
    relay::Relay,
    shell::{Running, Shell},
};
use tokio::{sync::Semaphore, task::JoinSet, time::interval};

/// Most people whom one command names.
const IN_ONE_COMMAND: usize = 500;

/// How often memory is looked at.
const LOOK_EVERY: Duration = Duration::from_micros(500);

/// More than this is too much.
const GOAL_KIB: u64 = 12 * 1024;

/// Measures a visit.
#[derive(Debug, Parser)]
struct Options {
    /// Clients in the room, each of another person.
    #[arg(long, default_value_t = 1_000)]
    members: usize,
    /// Messages that wait for each visit.
    #[arg(long, default_value_t = 1)]
    messages: usize,
    /// Visits.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Registrations at once.
    #[arg(long, default_value_t = 3)]
    at_once: usize,
}

#[tokio::main]
async fn main() {
    let options = Options::parse();
    let relay = Relay::start().await;
    let (alice, bob) = Shell::two_contacts(&relay.url()).await;
    let others = register(&relay, options.members.saturating_sub(2), options.at_once).await;
    make_room(&alice, &others).await;
    bob.does(&["sync"]).await;
    println!("{} clients, goal {GOAL_KIB} KiB", options.members);
    for run in 1..=options.runs {
        for number in 0..options.messages {
            alice
                .does(&["send", "big", &format!("message {number}")])
                .await;
        }
        let visit = bob.starts(&["push", "receive", "--json"]);
        let (shown, peak) = watch(visit).await;
        assert_eq!(shown, options.messages, "all that came is shown");
        println!("visit {run}: {shown} messages, {peak} KiB");
    }
}

/// Registers so many people, who then are never there again.
async fn register(relay: &Relay, count: usize, at_once: usize) -> Vec<String> {
    let places = Arc::new(Semaphore::new(at_once));
    let names: Vec<String> = (0..count).map(|number| format!("guest{number}")).collect();
    let mut registering = JoinSet::new();
    for name in names.clone() {
        let (places, url) = (Arc::clone(&places), relay.url());
        registering.spawn(async move {
            let _place = places.acquire().await.expect("it stays open");
            Shell::new().registers(&url, &name).await;
        });
    }
    while let Some(registered) = registering.join_next().await {
        registered.expect("a registration");
    }
    names
}

/// Makes a room of Alice, Bob and all others.
async fn make_room(alice: &Shell, others: &[String]) {
    let (first, rest) = others.split_at(others.len().min(IN_ONE_COMMAND - 1));
    let mut command = vec!["room", "create", "big", "--member", "bob"];
    command.extend(first.iter().flat_map(|name| ["--member", name]));
    alice.does(&command).await;
    for name in rest {
        alice.does(&["room", "add", "big", name]).await;
    }
}

/// Lines that a process printed until it ended, and its peak of anonymous memory in KiB.
async fn watch(mut running: Running) -> (usize, u64) {
    let pid = running.process.id().expect("it runs");
    let mut looks = interval(LOOK_EVERY);
    let (mut lines, mut peak) = (0, 0);
    loop {
        tokio::select! {
            line = running.next_line() => match line {
                Some(_) => lines += 1,
                None => return (lines, peak),
            },
            _ = looks.tick() => peak = peak.max(process::anonymous_kib(pid).unwrap_or_default()),
        }
    }
}
