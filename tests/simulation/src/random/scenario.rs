//! A run before it runs: drawn from a seed, or read from a file.

use std::{fs, path::Path};

use serde::{Deserialize, Serialize};

use super::action::{Action, Verb};

/// Actions of a run that is drawn.
const ACTIONS: usize = 200;

/// Names of people, in order.
pub(crate) const NAMES: [&str; 8] = [
    "alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi",
];

/// Most clients of one person.
pub(crate) const MAX_CLIENTS: usize = 3;

/// A whole run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scenario {
    /// Where it came from; decides keys and ids.
    pub seed: u64,
    /// How many people there are.
    pub people: u8,
    /// Whether all offer every ciphersuite, or the classical one only.
    pub hybrid: bool,
    /// One step in so many goes wrong by itself; 0 for none.
    pub fault_every: u16,
    /// What happens, in order.
    pub actions: Vec<Action>,
}

impl Scenario {
    /// Draws a run.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        Self::with(seed, None, ACTIONS)
    }

    /// Draws a run of so many people, if that is given, and actions.
    #[must_use]
    pub fn with(seed: u64, people: Option<u8>, actions: usize) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let drawn = [2, 3, 3, 4, 4, 5, 6, 8][random.usize(..8)];
        let people = people.unwrap_or(drawn).clamp(2, NAMES.len() as u8);
        let hybrid = random.u8(..4) == 0;
        let fault_every = [0, 200, 60, 25][random.usize(..4)];
        let weights: Vec<u32> = WEIGHTS
            .iter()
            // Each run has a taste of its own: some things often, some never.
            .map(|(weight, _)| weight * [0, 1, 1, 2, 4][random.usize(..5)])
            .collect();
        let mut drawn: Vec<Action> = (0..actions)
            .map(|_| {
                let verb = draw(&mut random, &weights);
                action(&mut random, verb)
            })
            .collect();
        for place in [actions / 3, 2 * actions / 3] {
            if let Some(there) = drawn.get_mut(place) {
                there.verb = Verb::Calm;
            }
        }
        Self {
            seed,
            people,
            hybrid,
            fault_every,
            actions: drawn,
        }
    }

    /// Reads a run that was saved.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
        serde_json::from_str(&text).map_err(|error| error.to_string())
    }

    /// Saves a run, an action a line.
    ///
    /// # Errors
    /// What is wrong with the disk.
    pub fn write(&self, path: &Path) -> Result<(), String> {
        let text = self.to_text().map_err(|error| error.to_string())?;
        fs::write(path, text).map_err(|error| error.to_string())
    }

    fn to_text(&self) -> serde_json::Result<String> {
        let actions: Vec<String> = self
            .actions
            .iter()
            .map(serde_json::to_string)
            .collect::<Result<_, _>>()?;
        Ok(format!(
            "{{\"seed\":{},\"people\":{},\"hybrid\":{},\"fault_every\":{},\"actions\":[\n{}\n]}}\n",
            self.seed,
            self.people,
            self.hybrid,
            self.fault_every,
            actions.join(",\n")
        ))
    }
}

/// How often each kind of thing happens, and how one is drawn.
type Draw = fn(&mut fastrand::Rng) -> Verb;
const WEIGHTS: &[(u32, Draw)] = &[
    (40, |_| Verb::Say),
    (5, |_| Verb::Reply),
    (6, |_| Verb::React),
    (2, |_| Verb::Unreact),
    (5, |_| Verb::Edit),
    (3, |_| Verb::Delete),
    (4, |_| Verb::MarkRead),
    (2, |_| Verb::Typing),
    (4, |random| Verb::Ask(random.u8(..))),
    (6, |random| Verb::Answer(random.u8(..8) > 0)),
    (3, |random| Verb::Create(random.u8(..))),
    (6, |random| Verb::Add(random.u8(..))),
    (4, |random| Verb::Remove(random.u8(..))),
    (1, |_| Verb::Leave),
    (3, |_| Verb::Rename),
    (3, |random| Verb::Role(random.u8(..), random.u8(..4) > 0)),
    (2, |_| Verb::Govern),
    (3, |_| Verb::LogIn),
    (1, |random| Verb::Expel(random.u8(..))),
    (6, |random| Verb::Off(minutes(random))),
    (8, |random| Verb::Crash(random.u8(..12))),
    (5, |_| Verb::Cut),
    (5, |_| Verb::LoseAnswers),
    (4, |_| Verb::Duplicate),
    (3, |random| Verb::Freeze(random.u16(1..600))),
    (2, |random| Verb::Skew(random.i16(-1440..1440))),
    (10, |random| Verb::Pass(minutes(random))),
    (3, |_| Verb::RelayCrash),
    (1, |_| Verb::LoseLetter),
    (1, |_| Verb::ReplayLetters),
    (3, |random| Verb::Garbage(random.bool(), random.u8(1..4))),
    (2, |_| Verb::Replay),
    (1, |random| Verb::SeatMisuse(random.u8(..))),
    (1, |_| Verb::Steal),
];

/// Mostly minutes, sometimes hours, seldom days, hardly ever weeks.
fn minutes(random: &mut fastrand::Rng) -> u32 {
    match random.u8(..32) {
        0..16 => random.u32(1..30),
        16..26 => random.u32(30..720),
        26..31 => random.u32(720..7 * 1440),
        _ => random.u32(7 * 1440..35 * 1440),
    }
}

fn draw(random: &mut fastrand::Rng, weights: &[u32]) -> Verb {
    let total = weights.iter().sum::<u32>().max(1);
    let mut place = random.u32(..total);
    for (weight, (_, draw)) in weights.iter().zip(WEIGHTS) {
        if place < *weight {
            return draw(random);
        }
        place -= weight;
    }
    Verb::Say
}

fn action(random: &mut fastrand::Rng, verb: Verb) -> Action {
    Action {
        who: random.u8(..),
        verb,
        entropy: random.u64(..),
        steps: [0, 0, 1, 2, 5, 10, 20, 60][random.usize(..8)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_one_run_and_a_file_gives_it_back() {
        let drawn = Scenario::of(7);
        assert_eq!(drawn, Scenario::of(7));
        assert_ne!(drawn.actions, Scenario::of(8).actions);
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("run.json");
        drawn.write(&path).expect("a disk");
        assert_eq!(Scenario::read(&path), Ok(drawn));
    }
}
