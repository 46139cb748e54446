//! One run: appends at a steady rate, and who was woken when.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use restante_bench::samples::Samples;
use restante_harness::{
    relay::Relay,
    seat::{self, SEATING},
    wire::connect,
};
use restante_wire::{mailbox::Wake, stream::ServerFrame};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{MissedTickBehavior, interval, timeout},
};

use crate::{gateways::Gateways, rooms::Rooms};

/// Names of the columns.
pub(crate) const HEADING: &str =
    "run        woken  missing       p50       p95       p99       max  CPU s/1000  peak MiB";

/// For how long those are waited for that are under way at the end.
const AFTERWARDS: Duration = Duration::from_secs(15);

/// What is asked of the relay.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// Appends a second, each in another room.
    pub(crate) appends_per_second: usize,
    /// For how long.
    pub(crate) seconds: usize,
}

impl Load {
    /// Appends of a run.
    pub(crate) const fn appends(self) -> usize {
        self.appends_per_second * self.seconds
    }
}

/// What came of it.
pub(crate) struct Figures {
    times: Samples,
    missing: usize,
}

impl Figures {
    /// One line.
    pub(crate) fn row(mut self, name: &str, cpu: Duration, memory_mib: u64) -> String {
        let woken = self.times.len();
        let mut ms = |percent| {
            let time = self.times.percentile(percent);
            format!("{:.1} ms", time.as_secs_f64() * 1_000.0)
        };
        let thousands = f64::from(u32::try_from(woken.max(1)).unwrap_or(u32::MAX)) / 1_000.0;
        format!(
            "{name:<10} {woken:>5} {:>8} {:>9} {:>9} {:>9} {:>9} {:>11.3} {memory_mib:>9}",
            self.missing,
            ms(50),
            ms(95),
            ms(99),
            ms(100),
            cpu.as_secs_f64() / thousands,
        )
    }
}

/// Who was woken when, as the gateways tell it.
pub(crate) struct Heard(UnboundedReceiver<(String, Instant)>);

impl Heard {
    /// Listens to all of them.
    pub(crate) fn of(gateways: Vec<UnboundedReceiver<String>>) -> Self {
        let (told, heard) = unbounded_channel();
        for gateway in gateways {
            tokio::spawn(stamp(gateway, told.clone()));
        }
        Self(heard)
    }
}

async fn stamp(mut gateway: UnboundedReceiver<String>, told: UnboundedSender<(String, Instant)>) {
    while let Some(device) = gateway.recv().await {
        drop(told.send((device, now())));
    }
}

/// Appends, waits for everybody who can be woken, and adds up.
pub(crate) async fn run(
    relay: &Relay,
    rooms: &Rooms,
    heard: &mut Heard,
    load: Load,
    is_one_down: bool,
) -> Figures {
    let begin = usize::from(is_one_down) * rooms.writers.len() / 2;
    let sent = append(relay, rooms, begin, load.appends(), load.appends_per_second).await;
    let sleepers = sent
        .keys()
        .flat_map(|room| (0..rooms.per_room).map(move |place| room * rooms.per_room + place));
    let mut missing = sleepers
        .filter(|device| !(is_one_down && Gateways::may_hang(*device)))
        .count();
    let mut times = Samples::default();
    while missing > 0
        && let Ok(Some((device, at))) = timeout(AFTERWARDS, heard.0.recv()).await
    {
        let device = rooms.names.get(&device).copied();
        let room = device.map(|device| device / rooms.per_room);
        if let Some(asked) = room.and_then(|room| sent.get(&room)) {
            times.push(at.saturating_duration_since(*asked));
            missing -= 1;
        }
    }
    Figures { times, missing }
}

/// Appends in one room after another. Returns when.
async fn append(
    relay: &Relay,
    rooms: &Rooms,
    begin: usize,
    count: usize,
    per_second: usize,
) -> HashMap<usize, Instant> {
    let mut connection = connect(relay.address()).await;
    let step = Duration::from_secs(1) / u32::try_from(per_second.max(1)).expect("a small number");
    let mut ticks = interval(step);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut sent = HashMap::new();
    let mut unanswered = 0_usize;
    for (room, writer) in rooms
        .writers
        .iter()
        .enumerate()
        .cycle()
        .skip(begin)
        .take(count)
    {
        ticks.tick().await;
        let mut item = seat::message(SEATING, seat::random::<512>().to_vec());
        item.wake = Wake::Normal;
        let request = writer.append(vec![item]);
        connection.queue(request).await.expect("a queued append");
        sent.insert(room, now());
        connection.flush().await.expect("a flush");
        unanswered += 1;
    }
    while unanswered > 0 {
        if let ServerFrame::Answer { result, .. } = connection.frame().await.expect("a frame") {
            Result::from(result).expect("no refusal");
            unanswered -= 1;
        }
    }
    sent
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn now() -> Instant {
    Instant::now()
}
