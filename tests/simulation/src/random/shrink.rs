//! Makes a run that fails short: leaves out as many of its actions as it can while it still fails.

use super::{Scenario, action::Action, outcome};

/// Most runs that are made to shrink one.
const MAX_RUNS: usize = 400;

/// The shortest run found that fails like `scenario`, by the beginning of what it found.
#[must_use]
pub fn shrink(scenario: &Scenario, finding: &str) -> Scenario {
    let mut best = scenario.clone();
    let mut runs = 0;
    let kind = kind_of(finding);
    let mut still_fails = |actions: &[Action]| {
        runs += 1;
        if runs > MAX_RUNS {
            return false;
        }
        let candidate = Scenario {
            actions: actions.to_vec(),
            ..scenario.clone()
        };
        matches!(outcome::run(&candidate, false), Err(failed) if kind_of(&failed.finding) == kind)
    };
    let mut size = best.actions.len() / 2;
    while size > 0 {
        let mut from = 0;
        while from < best.actions.len() {
            let to = (from + size).min(best.actions.len());
            let mut fewer = best.actions.clone();
            fewer.drain(from..to);
            if still_fails(&fewer) {
                best.actions = fewer;
            } else {
                from = to;
            }
        }
        size /= 2;
    }
    best
}

/// What kind of thing was found: its words without numbers and quotations.
#[must_use]
pub fn kind_of(finding: &str) -> String {
    let words = finding.split('"').next().unwrap_or(finding);
    words
        .chars()
        .filter(|found| found.is_alphabetic())
        .collect()
}
