//! Runs that once failed, carried out again, and a few that are drawn.

#![expect(
    clippy::expect_used,
    reason = "what is not as it must be fails the test"
)]

use std::path::{Path, PathBuf};

use restante_simulation::random::{self, Scenario};

fn saved() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("failures");
    let files = std::fs::read_dir(folder).expect("the folder of failures");
    let mut saved: Vec<PathBuf> = files
        .map(|file| file.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|found| found == "json"))
        .collect();
    saved.sort();
    saved
}

#[test]
fn what_once_failed_holds() {
    let saved = saved();
    assert!(!saved.is_empty());
    for path in saved {
        let scenario = Scenario::read(&path).expect("a run");
        if let Err(failed) = random::run(&scenario, false) {
            panic!("{}: {}", path.display(), failed.finding);
        }
    }
}

/// Seeds whose runs the tests carry out; `cargo xtask simulate` carries out as many as one likes.
const SEEDS: std::ops::Range<u64> = 0..6;

#[test]
fn a_few_random_runs_hold() {
    for seed in SEEDS {
        if let Err(failed) = random::run(&Scenario::of(seed), false) {
            panic!("seed {seed}: {}", failed.finding);
        }
    }
}
