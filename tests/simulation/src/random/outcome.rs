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
pub fn run(scenario: &Scenario, is_traced: bool) -> Result<Tally, Failed> {
    hear_panics();
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
        Ok(()) => {
            if let Some(trace) = trace {
                LAST_TRACE.set(Some(trace));
            }
            Ok(tally)
        }
        Err(_) => Err(Failed {
            finding: FINDING.take().unwrap_or_default(),
            trace,
        }),
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
