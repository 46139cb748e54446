//! What the client costs: bytes written, catch-up, decryption alone, sending, searching.
//!
//! Clients are real engines on encrypted stores on disk, the log is made by the relay's rules in this
//! process, and only time inside the engine counts.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(
    clippy::expect_used,
    reason = "a run in which anything fails is not a measurement"
)]

mod catch_up;
mod decryption;
mod online;
mod openmls_json;
mod searching;
mod sending;
mod storage;
mod texts;

use clap::Parser;
use restante_bench::{
    samples::{Samples, median_by},
    stopwatch::Stopwatch,
};
use restante_crypto::ciphersuite::{SUPPORTED, max_members};

/// Measures the client.
#[derive(Debug, Parser)]
struct Options {
    /// Members of the groups whose written bytes are counted.
    #[arg(long, value_delimiter = ',', default_values_t = [2, 100, 1000])]
    members: Vec<usize>,
    /// Groups of each size, whose mean is reported: how values fall into rows is a matter of luck.
    #[arg(long, default_value_t = 3)]
    groups: u32,
    /// Members of the rooms that are sent to and caught up with.
    #[arg(long, value_delimiter = ',', default_values_t = [2, 10])]
    rooms: Vec<usize>,
    /// Messages sent to each room.
    #[arg(long, default_value_t = 10_000)]
    messages: u32,
    /// Runs of each measure of time; the median is reported.
    #[arg(long, default_value_t = 5)]
    runs: u32,
    /// Messages of the store that is searched; none leaves the searching out.
    #[arg(long, default_value_t = 100_000)]
    searched: u32,
    /// Searches of each kind.
    #[arg(long, default_value_t = 200)]
    searches: u32,
}

/// Catch-up that is aimed at, in messages a second.
const CATCH_UP_GOAL: f64 = 5_000.0;

/// Bytes written that are aimed at, in percent of what openmls writes as JSON.
const STORAGE_GOAL_PERCENT: f64 = 40.0;

fn main() {
    let options = Options::parse();
    for &suite in SUPPORTED.iter().filter(|_| !options.members.is_empty()) {
        println!("bytes written, mean of both sides       ours   openmls JSON    ratio    goal");
        println!("ciphersuite {:#06x}", suite.0);
        for &members in &options.members {
            if members > max_members(suite) {
                println!("{members:5} members: no such room");
                continue;
            }
            let (ours, json) = (
                storage::measure(members, suite, options.groups),
                openmls_json::measure(members, suite),
            );
            print_bytes(members, "message", ours.message, json.message);
            print_bytes(members, "commit", ours.commit, json.commit);
        }
        println!();
    }
    println!(
        "median of {} runs                   messages/s   CPU us each   KB written each    goal",
        options.runs
    );
    for &members in &options.rooms {
        let messages = options.messages;
        let alone = median(options.runs, || decryption::measure(members, messages));
        print_rate(members, "decryption alone", &alone, messages, None);
        let room = sending::fill_room(members, messages, options.runs);
        for (name, watch, count) in &room.sending {
            print_rate(members, name, watch, *count, None);
        }
        let caught_up = median(options.runs, || catch_up::measure(&room, messages));
        print_rate(
            members,
            "catch-up",
            &caught_up,
            messages,
            Some(CATCH_UP_GOAL),
        );
    }
    if options.searched > 0 {
        println!();
        println!(
            "{} searches each           median         p99",
            options.searches
        );
        for (name, mut samples) in searching::measure(options.searched, options.searches) {
            print_waiting(options.searched, name, &mut samples);
        }
    }
}

fn print_waiting(messages: u32, name: &str, samples: &mut Samples) {
    let ms = |percent: usize| samples.percentile(percent).as_secs_f64() * 1e3;
    let [median, p99] = [50, 99].map(ms);
    println!("{messages:7} messages, {name} {median:8.2} ms {p99:8.2} ms");
}

fn median(runs: u32, measure: impl FnMut() -> Stopwatch) -> Stopwatch {
    let runs = std::iter::repeat_with(measure).take(runs.max(1) as usize);
    median_by(runs.collect(), |watch| watch.elapsed.as_secs_f64()).unwrap_or_default()
}

fn print_bytes(members: usize, what: &str, ours: f64, json: f64) {
    let ratio = ours * 100.0 / json;
    println!(
        "{members:5} members, {what:<22} {ours:12.0} {json:14.0} {ratio:6.0} %    {} {STORAGE_GOAL_PERCENT:.0} %",
        if ratio <= STORAGE_GOAL_PERCENT {
            "<="
        } else {
            "MISSED"
        },
    );
}

fn print_rate(members: usize, what: &str, watch: &Stopwatch, count: u32, goal: Option<f64>) {
    let rate = watch.per_second(count);
    let goal = match goal {
        Some(goal) if rate >= goal => format!(">= {goal:.0}"),
        Some(goal) => format!("MISSED {goal:.0}"),
        None => "-".to_owned(),
    };
    println!(
        "{members:5} members, {what:<22} {rate:10.0} {:13.0} {:17.1}    {goal}",
        watch.cpu_us(count),
        watch.written_kb(count),
    );
}
