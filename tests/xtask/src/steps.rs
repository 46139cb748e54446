//! `cargo xtask test`: every step in order, all of them even when one fails, and one sum at the end.

use crate::{
    arrows, browser,
    error::Failure,
    faults, fuzz, setup,
    shell::{self, Output},
    simulate, tidy, wasm, web,
};

/// Options of `test` and `ci`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Also fuzz every decoder for so many seconds; the committed corpora are replayed anyway.
    #[arg(long)]
    fuzz_seconds: Option<u32>,
}

/// Counts of tests and checks.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Sum {
    passed: u64,
    failed: u64,
}

impl Sum {
    fn count(&mut self, step: &str, outcome: Result<(), Failure>) {
        match outcome {
            Ok(()) => self.passed += 1,
            Err(failure) => {
                self.failed += 1;
                println!("FAILED {step}: {failure}");
            }
        }
    }

    /// Adds what one line of a test program says at its end.
    fn read_line(&mut self, line: &str) {
        let Some(rest) = line.trim_start().strip_prefix("test result:") else {
            return;
        };
        let number_before = |label: &str| {
            rest.split(label)
                .next()?
                .rsplit([' ', '.'])
                .find(|part| !part.is_empty())?
                .parse()
                .ok()
        };
        self.passed += number_before(" passed").unwrap_or(0);
        self.failed += number_before(" failed").unwrap_or(0);
    }
}

/// Runs everything and prints `N passed, N failed` last.
pub(crate) fn run(options: &Options, output: Output) -> Result<(), Failure> {
    setup::run()?;
    let mut sum = Sum::default();
    announce("format");
    sum.count("format", stream(&["fmt", "--all", "--check"], output));
    announce("arrows");
    sum.count("arrows", arrows::run(None));
    announce("tidy");
    sum.count("tidy", tidy::run());
    announce("lints");
    sum.count("lints", lints(output));
    announce("web");
    sum.count("web", web::check(output).and_then(|()| web::run()));
    announce("lints of the engine in browsers");
    let linted = shell::stream(&mut wasm::lints(), output, |_| ());
    sum.count("lints of the engine in browsers", linted);
    announce("tests");
    sum = tests(sum, output);
    announce("random runs");
    sum.count("random runs", simulate::first_seeds(output));
    announce("stories at browsers");
    sum.count("stories at browsers", browser::run(output));
    announce("planted faults");
    match faults::run(None) {
        Ok(table) => {
            sum.passed += table.caught;
            sum.failed += table.escaped;
        }
        failed => sum.count("planted faults", failed.map(|_| ())),
    }
    if let Some(seconds) = options.fuzz_seconds {
        announce("fuzzing");
        sum.count(
            "fuzzing",
            fuzz::run(&fuzz::Options {
                seconds,
                filter: None,
            }),
        );
    }
    println!("{} passed, {} failed", sum.passed, sum.failed);
    if sum.failed == 0 {
        return Ok(());
    }
    // The sum has to stay the last line.
    std::process::exit(1)
}

fn announce(step: &str) {
    println!("== {step}");
}

fn stream(arguments: &[&str], output: Output) -> Result<(), Failure> {
    shell::stream(&mut shell::cargo(arguments.iter().copied()), output, |_| ())
}

fn lints(output: Output) -> Result<(), Failure> {
    stream(
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--quiet",
            "--",
            "-D",
            "warnings",
        ],
        output,
    )
}

/// Builds the programs that stories start, then runs every test of the workspace.
fn tests(mut sum: Sum, output: Output) -> Sum {
    if let Err(failure) = stream(&["build", "--workspace", "--bins", "--quiet"], output) {
        sum.count("build", Err(failure));
        return sum;
    }
    let before = sum.failed;
    let mut command = shell::cargo(["test", "--workspace", "--no-fail-fast", "--quiet"]);
    if let Ok(folder) = shell::target_folder() {
        command.env("HARNESS_PROGRAMS", folder.join("debug"));
    }
    let ended = shell::stream(&mut command, output, |line| sum.read_line(line));
    if ended.is_err() && sum.failed == before {
        // It did not even compile, or a test program died without a result.
        sum.count("tests", ended);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_test_programs_are_added() {
        let mut sum = Sum::default();
        sum.read_line("test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured");
        sum.read_line("test result: FAILED. 3 passed; 2 failed; 0 ignored");
        sum.read_line("test something ... ok");
        assert_eq!(
            sum,
            Sum {
                passed: 15,
                failed: 2
            }
        );
    }
}
