//! One run against one fresh relay.

use std::time::{Duration, Instant};

use restante_bench::{process, samples::Samples};
use restante_harness::relay::Relay;
use tokio::{sync::watch, task::JoinSet};

use crate::peers::{Pair, now};

/// What is asked of the relay.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// Senders, each with a receiver.
    pub(crate) senders: usize,
    /// Bytes of a body.
    pub(crate) body: usize,
    /// Appends that a sender has under way.
    pub(crate) window: usize,
    /// Seconds of sending.
    pub(crate) seconds: u64,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Figures {
    messages: usize,
    elapsed: Duration,
    cpu: Duration,
    answer_p50: Duration,
    answer_p99: Duration,
    delivery_p50: Duration,
    delivery_p99: Duration,
    memory_mib: u64,
    is_trimmed: bool,
}

impl Figures {
    /// Names of the columns of [`Self::row`].
    pub(crate) const HEADING: &'static str = "run                   messages    per s  CPU s/1000  \
         answer p50  answer p99  receipt p50 receipt p99  peak MiB  trimmed";

    /// Messages a second, from the first append to the last answer.
    pub(crate) fn messages_per_second(&self) -> f64 {
        as_f64(self.messages) / self.elapsed.as_secs_f64()
    }

    /// One line.
    pub(crate) fn row(&self, name: &str) -> String {
        let ms = |duration: Duration| format!("{:.1} ms", duration.as_secs_f64() * 1000.0);
        format!(
            "{name:<20} {:>9} {:>8.0} {:>11.4}  {:>10}  {:>10}  {:>10}  {:>10}  {:>8}  {}",
            self.messages,
            self.messages_per_second(),
            self.cpu.as_secs_f64() * 1000.0 / as_f64(self.messages.max(1)),
            ms(self.answer_p50),
            ms(self.answer_p99),
            ms(self.delivery_p50),
            ms(self.delivery_p99),
            self.memory_mib,
            if self.is_trimmed { "all" } else { "NOT ALL" },
        )
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of one run are far below 2^52"
)]
fn as_f64(count: usize) -> f64 {
    count as f64
}

/// Sends for the given time, lets everything arrive, be acknowledged and trimmed, and adds up.
pub(crate) async fn run(relay: &Relay, load: Load) -> Figures {
    let mut pairs = Vec::new();
    for _ in 0..load.senders {
        pairs.push(Pair::join(relay.address()).await);
    }
    let begin = now();
    let cpu_before = process::cpu_time(relay.pid());
    let (mut senders, mut receivers) = (JoinSet::new(), JoinSet::new());
    let mut seats = Vec::new();
    for pair in pairs {
        let (last, last_known) = watch::channel(None);
        seats.push(pair.receiver.seat().clone());
        receivers.spawn(pair.receiver.receive(begin, last_known));
        senders.spawn(pair.sender.send(begin, load, last));
    }
    let (mut answers, mut receipts) = (Samples::default(), Samples::default());
    while let Some(samples) = senders.join_next().await.transpose().ok().flatten() {
        answers.extend(samples);
    }
    let elapsed = begin.elapsed();
    while let Some(samples) = receivers.join_next().await.transpose().ok().flatten() {
        receipts.extend(samples);
    }
    let is_trimmed = crate::peers::all_trimmed(relay.address(), &seats).await;
    assert_eq!(answers.len(), receipts.len(), "every message arrived once");
    Figures {
        messages: answers.len(),
        elapsed,
        cpu: process::cpu_time(relay.pid()).saturating_sub(cpu_before),
        answer_p50: answers.percentile(50),
        answer_p99: answers.percentile(99),
        delivery_p50: receipts.percentile(50),
        delivery_p99: receipts.percentile(99),
        memory_mib: process::memory_mib(relay.pid()).1,
        is_trimmed,
    }
}

/// When sending ends.
pub(crate) fn end_of(begin: Instant, load: Load) -> Instant {
    begin + Duration::from_secs(load.seconds)
}
