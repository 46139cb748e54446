//! What a run came to, in numbers.

use std::collections::BTreeMap;

/// Counts of one run, or of many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Runs.
    pub seeds: u64,
    /// Virtual time that passed.
    pub virtual_ms: u64,
    /// Steps of the wire.
    pub steps: u64,
    /// Things checked: rooms at each client, and messages at each client.
    pub checks: u64,
    /// What happened, by kind, faults too.
    pub happened: BTreeMap<&'static str, u64>,
}

impl Tally {
    /// Counts a thing of a kind.
    pub fn count(&mut self, kind: &'static str) {
        *self.happened.entry(kind).or_default() += 1;
    }

    /// Adds another one.
    pub fn add(&mut self, other: &Self) {
        self.seeds += other.seeds;
        self.virtual_ms += other.virtual_ms;
        self.steps += other.steps;
        self.checks += other.checks;
        for (kind, count) in &other.happened {
            *self.happened.entry(kind).or_default() += count;
        }
    }

    /// Virtual days.
    #[must_use]
    pub const fn days(&self) -> u64 {
        self.virtual_ms / 86_400_000
    }
}
