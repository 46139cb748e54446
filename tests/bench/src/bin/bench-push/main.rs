//! From append to hand-over: how long a wake-up takes from the moment that its append is sent until a
//! gateway has it, with all gateways up, and with one that hangs.
//!
//! The relay is the released one, over real sockets; its gateways are local servers that check every
//! signature as the real ones do, and decrypt what is encrypted. The relay is kept on so many
//! processors; gateways and senders have the others.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(
    clippy::expect_used,
    reason = "a run with a broken connection is not a measurement"
)]

mod gateways;
mod load;
mod rooms;

use std::path::PathBuf;

use clap::Parser;
use restante_bench::process;
use restante_harness::relay::{Relay, Settings};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::{gateways::Gateways, load::Load, rooms::Rooms};

/// Measures wake-ups.
#[derive(Debug, Parser)]
struct Options {
    /// The relay's program; `cargo xtask bench push` builds and names it.
    #[arg(long)]
    program: PathBuf,
    /// Devices that sleep, each with a handle of its own.
    #[arg(long, default_value_t = 100_000)]
    handles: usize,
    /// Sleepers of one room: an append wakes all of them.
    #[arg(long, default_value_t = 10)]
    per_room: usize,
    /// Wake-ups a second.
    #[arg(long, default_value_t = 1_000)]
    rate: usize,
    /// Seconds of each run.
    #[arg(long, default_value_t = 20)]
    seconds: usize,
    /// Processors that the relay may use.
    #[arg(long, default_value_t = 2)]
    processors: usize,
}

#[tokio::main]
async fn main() {
    let options = Options::parse();
    let count = options.handles / options.per_room;
    let load = Load {
        appends_per_second: options.rate / options.per_room,
        seconds: options.seconds,
    };
    assert!(
        count >= 2 * load.appends(),
        "who is woken twice within seconds waits: more handles, or fewer seconds"
    );
    let gateways = Gateways::start().await;
    let relay = on_processors(options.processors, || {
        Relay::start_with(Settings {
            program: Some(options.program.clone()),
            log_level: "warn".into(),
            extra: gateways.settings(),
            ..Settings::default()
        })
    })
    .await;
    let rooms = Rooms::make(relay.address(), &gateways, count, options.per_room).await;
    println!(
        "{} handles in {count} rooms, {} wake-ups a second for {} s, relay on {} processors",
        count * options.per_room,
        options.rate,
        options.seconds,
        options.processors
    );
    println!("{}", load::HEADING);
    let heard = gateways.listen();
    let mut heard = load::Heard::of(heard);
    for (name, is_one_down) in [("all up", false), ("one hangs", true)] {
        if is_one_down {
            gateways.one_hangs();
        }
        let cpu = process::cpu_time(relay.pid());
        let figures = load::run(&relay, &rooms, &mut heard, load, is_one_down).await;
        let cpu = process::cpu_time(relay.pid()).saturating_sub(cpu);
        println!(
            "{}",
            figures.row(name, cpu, process::memory_mib(relay.pid()).1)
        );
    }
}

/// Starts something on the first so many processors. What it starts stays there, this thread does not.
async fn on_processors<T, F: Future<Output = T>>(count: usize, start: impl FnOnce() -> F) -> T {
    let all = sched_getaffinity(None).expect("the processors of this thread");
    let mut few = CpuSet::new();
    let usable = (0..CpuSet::MAX_CPU).filter(|cpu| all.is_set(*cpu));
    usable.take(count).for_each(|cpu| few.set(cpu));
    sched_setaffinity(None, &few).expect("some processors");
    let started = start().await;
    sched_setaffinity(None, &all).expect("all processors");
    started
}
