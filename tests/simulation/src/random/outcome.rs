//! One run and how it ended. Whatever is found wrong is a panic somewhere below; it is caught here.

use std::{
    cell::RefCell,
    panic::{self, AssertUnwindSafe},
    sync::Once,
};

use super::{Scenario, Tally, play::Play};

/// A run that found something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// What was found, with the place in the code that found it.
    pub finding: String,
    /// What happened until then, if it was asked for.
    pub trace: Option<String>,
}

/// Carries a scenario out.
///
/// # Errors
/// What it found.
///
/// # Panics
/// If the system gives no thread.
pub fn run(scenario: &Scenario, is_traced: bool) -> Result<Tally, Failed> {
    hear_panics();
    // MLS hands work for each member to all cores. Groups are small here, and every core has a run of its
    // own: on a thread that is its own pool nothing is handed over.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let pool = pool.expect("a thread");
    let (ended, trace) = pool.install(|| carry_out(scenario, is_traced));
    LAST_TRACE.set(trace);
    ended
}

fn carry_out(scenario: &Scenario, is_traced: bool) -> (Result<Tally, Failed>, Option<String>) {
    let mut play = None;
    let ended = panic::catch_unwind(AssertUnwindSafe(|| {
        let play = play.insert(Play::new(scenario, is_traced));
        play.run(scenario);
    }));
    let (tally, trace) = match play {
        Some(play) => (play.tally, play.world.trace),
        None => (Tally::default(), None),
    };
    match ended {
        Ok(()) => (Ok(tally), trace),
        Err(_) => {
            let finding = FINDING.take().unwrap_or_default();
            (Err(Failed { finding, trace }), None)
        }
    }
}

/// The trace of the last run of this thread that was traced and found nothing.
#[must_use]
pub fn last_trace() -> Option<String> {
    LAST_TRACE.take()
}

thread_local! {
    static FINDING: RefCell<Option<String>> = const { RefCell::new(None) };
    static LAST_TRACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// From now on panics are kept for whoever runs a scenario, and not printed.
fn hear_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        panic::set_hook(Box::new(|panic| {
            let words = panic.payload_as_str().unwrap_or("a panic");
            let place = panic.location().map(ToString::to_string);
            let place = place.unwrap_or_default();
            FINDING.set(Some(format!("{words} ({place})")));
        }));
    });
}
