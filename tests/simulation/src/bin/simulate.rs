//! Runs random simulations: many seeds on all cores, or one with a readable trace. `cargo xtask
//! simulate` builds and starts it; `docs/testing.md` says how to read what it prints.
#![expect(
    clippy::print_stdout,
    reason = "a command line program speaks through its output"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "how long the runs take is what the clock is read for; in them time is virtual"
)]

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use clap::Parser;
use restante_simulation::random::{self, Failed, Scenario, Tally, outcome, shrink};

/// Options of `simulate`.
#[derive(Parser)]
struct Options {
    /// How many seeds.
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    start: u64,
    /// Ends after so many minutes, whatever is left.
    #[arg(long)]
    minutes: Option<u64>,
    /// Runs this one alone and prints what happened.
    #[arg(long, conflicts_with = "replay")]
    seed: Option<u64>,
    /// Runs a saved failure and prints what happened.
    #[arg(long)]
    replay: Option<PathBuf>,
    /// How many at once; all cores if not given.
    #[arg(long)]
    threads: Option<usize>,
    /// People in each run; drawn if not given.
    #[arg(long)]
    people: Option<u8>,
    /// Actions in each run.
    #[arg(long, default_value_t = 200)]
    actions: usize,
    /// Shortens and saves no failure.
    #[arg(long)]
    brief: bool,
    /// Runs one seed after the other until one fails, and prints how many that took.
    #[arg(long)]
    until_failure: bool,
    /// Where failures are saved, shortened.
    #[arg(long, default_value = "tests/simulation/failures")]
    save: PathBuf,
}

fn main() -> ExitCode {
    let options = Options::parse();
    if options.until_failure {
        return until_failure(&options);
    }
    let is_sound = match (&options.seed, &options.replay) {
        (Some(seed), _) => show(&Scenario::with(*seed, options.people, options.actions)),
        (None, Some(path)) => match Scenario::read(path) {
            Ok(scenario) => show(&scenario),
            Err(what) => {
                println!("{}: {what}", path.display());
                false
            }
        },
        (None, None) => many(&options),
    };
    if is_sound {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Runs seeds in order up to the first that fails.
fn until_failure(options: &Options) -> ExitCode {
    for tried in 1..=options.seeds {
        let seed = options.start + tried - 1;
        let scenario = Scenario::with(seed, options.people, options.actions);
        if let Err(failed) = random::run(&scenario, false) {
            println!("{tried} {}", failed.finding.replace('\n', " "));
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Runs one and prints what happened in it.
fn show(scenario: &Scenario) -> bool {
    let ended = random::run(scenario, true);
    let trace = match &ended {
        Ok(_) => outcome::last_trace(),
        Err(failed) => failed.trace.clone(),
    };
    print!("{}", trace.unwrap_or_default());
    match ended {
        Ok(tally) => {
            report(&tally, Duration::ZERO);
            true
        }
        Err(failed) => {
            println!("seed {} FAILED: {}", scenario.seed, failed.finding);
            false
        }
    }
}

/// What all threads add to.
#[derive(Default)]
struct Sum {
    tally: Tally,
    failures: Vec<(Scenario, Failed)>,
}

fn many(options: &Options) -> bool {
    let began = Instant::now();
    let end = options
        .minutes
        .map(|minutes| began + Duration::from_secs(60 * minutes));
    let next = AtomicU64::new(options.start);
    let last = options.start + options.seeds;
    let sum = Mutex::new(Sum::default());
    let threads = options
        .threads
        .or_else(|| thread::available_parallelism().ok().map(usize::from))
        .unwrap_or(1);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let is_late = end.is_some_and(|end| Instant::now() >= end);
                    if seed >= last || is_late {
                        return;
                    }
                    let scenario = Scenario::with(seed, options.people, options.actions);
                    let ended = random::run(&scenario, false);
                    let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
                    match ended {
                        Ok(tally) => sum.tally.add(&tally),
                        Err(failed) => {
                            println!("seed {seed} FAILED: {}", failed.finding);
                            sum.failures.push((scenario, failed));
                        }
                    }
                }
            });
        }
    });
    let sum = sum.into_inner().unwrap_or_else(PoisonError::into_inner);
    report(&sum.tally, began.elapsed());
    println!("{} failures", sum.failures.len());
    if !options.brief {
        for (scenario, failed) in &sum.failures {
            save(scenario, failed, &options.save);
        }
    }
    sum.failures.is_empty()
}

/// Shortens a run that failed and saves it where `cargo test` finds it.
fn save(scenario: &Scenario, failed: &Failed, folder: &Path) {
    let short = shrink::shrink(scenario, &failed.finding);
    let path = folder.join(format!("{}.json", scenario.seed));
    let saved = match short.write(&path) {
        Ok(()) => format!("saved as {}", path.display()),
        Err(what) => format!("not saved: {what}"),
    };
    println!(
        "seed {}: {} of {} actions are enough, {saved}",
        scenario.seed,
        short.actions.len(),
        scenario.actions.len()
    );
}

fn report(tally: &Tally, took: Duration) {
    println!(
        "{} seeds passed, {} virtual days, {} steps, {} checks",
        tally.seeds,
        tally.days(),
        tally.steps,
        tally.checks
    );
    for (kind, count) in &tally.happened {
        println!("  {count:>8} {kind}");
    }
    if !took.is_zero() {
        let minutes = took.as_secs_f64() / 60.0;
        println!(
            "{:.0} s, {:.0} seeds a minute",
            took.as_secs_f64(),
            tally.seeds as f64 / minutes
        );
    }
}
