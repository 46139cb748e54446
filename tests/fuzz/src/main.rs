//! The libFuzzer program: one for all targets; `RESTANTE_FUZZ_TARGET` names the one to run, and
//! `list` prints their names.
#![no_main]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the list of targets is its output"
)]

use std::{process::exit, sync::OnceLock};

use libfuzzer_sys::fuzz_target;
use restante_fuzz::{TARGETS, Target};

/// Names the target to run.
const VARIABLE: &str = "RESTANTE_FUZZ_TARGET";

static CHOSEN: OnceLock<&'static Target> = OnceLock::new();

fuzz_target!(
    init: choose(),
    |bytes: &[u8]| {
        if let Some(target) = CHOSEN.get() {
            (target.run)(bytes);
        }
    }
);

fn choose() {
    let name = std::env::var(VARIABLE).unwrap_or_default();
    if name == "list" {
        for target in TARGETS {
            println!("{}", target.name);
        }
        exit(0);
    }
    let Some(target) = TARGETS.iter().find(|target| target.name == name) else {
        eprintln!("{VARIABLE} must name a target, or be `list`");
        exit(2);
    };
    // Called once, before the first input.
    let _ = CHOSEN.set(target);
}
