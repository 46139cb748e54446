//! `cargo xtask fuzz`: runs every decoder under libFuzzer and prints executions and coverage.
//!
//! The stable compiler can place the coverage counters that libFuzzer reads: only the sanitizers
//! would need another one, and safe Rust gains little from them.

use std::{fs, path::Path, process::Command};

use crate::{error::Failure, setup, shell};

/// Options of `fuzz`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Seconds for each target.
    #[arg(long, default_value_t = 60)]
    pub(crate) seconds: u32,
    /// Only targets whose name contains this.
    pub(crate) filter: Option<String>,
}

/// Counters at every edge and comparison, in our crates and in all they use.
const INSTRUMENTATION: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// Longest input: more than any frame's interesting part, less than what slows the fuzzer down.
const MAX_INPUT: u32 = 8192;

/// Memory above which an input counts as a finding, in MiB.
const MAX_MEMORY_MIB: u32 = 1024;

/// Builds once, then fuzzes each target in turn.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    setup::run()?;
    let folder = shell::root().join("tests/fuzz");
    let target = shell::target_folder()?.join("fuzz");
    let host = host_triple()?;
    println!("fuzz: building the instrumented targets");
    shell::run(
        shell::cargo(["build", "--profile", "fuzz", "--package", "restante-fuzz"])
            // With a target given, Cargo leaves build scripts and macros uninstrumented.
            .args(["--features", "libfuzzer", "--target", &host])
            .arg("--target-dir")
            .arg(&target)
            .env("RUSTFLAGS", INSTRUMENTATION),
    )?;
    let binary = target.join(&host).join("fuzz/restante-fuzz");
    let names = shell::read(Command::new(&binary).env("RESTANTE_FUZZ_TARGET", "list"))?;
    let mut failed = Vec::new();
    println!(
        "{:<24} {:>12} {:>10} {:>8} {:>8}",
        "target", "executions", "per s", "edges", "corpus"
    );
    for name in names.lines().filter(|name| {
        options
            .filter
            .as_ref()
            .is_none_or(|filter| name.contains(filter.as_str()))
    }) {
        let report = fuzz_one(&binary, &folder, &target, name, options.seconds)?;
        println!(
            "{name:<24} {:>12} {:>10} {:>8} {:>8}{}",
            report.executions,
            report.executions / u64::from(options.seconds.max(1)),
            report.edges,
            report.corpus,
            if report.clean {
                ""
            } else {
                "  FOUND SOMETHING"
            },
        );
        if !report.clean {
            failed.push(format!(
                "{name}: see {}",
                target.join("artifacts").display()
            ));
        }
    }
    crate::verdict("fuzz", failed)
}

/// What libFuzzer said last.
#[derive(Debug, Default, PartialEq, Eq)]
struct Report {
    executions: u64,
    edges: u64,
    corpus: u64,
    clean: bool,
}

fn fuzz_one(
    binary: &Path,
    folder: &Path,
    target: &Path,
    name: &str,
    seconds: u32,
) -> Result<Report, Failure> {
    let found = target.join("corpus").join(name);
    let artifacts = target.join("artifacts");
    let committed = folder.join("corpus").join(name);
    for path in [&found, &artifacts, &committed] {
        fs::create_dir_all(path).map_err(|source| Failure::File {
            path: path.clone(),
            source,
        })?;
    }
    let mut log = String::new();
    let mut command = Command::new(binary);
    command
        .env("RESTANTE_FUZZ_TARGET", name)
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={MAX_INPUT}"))
        .arg(format!("-rss_limit_mb={MAX_MEMORY_MIB}"))
        .arg(format!("-artifact_prefix={}/{name}-", artifacts.display()))
        .args(["-print_final_stats=1", "-timeout=10"])
        // New inputs land in the first folder; the committed ones are only read.
        .arg(&found)
        .arg(&committed);
    let ended = shell::stream(&mut command, shell::Output::OnFailure, |line| {
        log.push_str(line);
        log.push('\n');
    });
    Ok(Report {
        clean: ended.is_ok(),
        ..read_report(&log)
    })
}

fn read_report(log: &str) -> Report {
    let number_after = |line: &str, label: &str| {
        line.split_once(label)
            .and_then(|(_, rest)| rest.trim_start().split([' ', '/']).next()?.parse().ok())
    };
    let last = |label: &str| log.lines().rev().find_map(|line| number_after(line, label));
    Report {
        executions: last("stat::number_of_executed_units:").unwrap_or_default(),
        edges: last(" cov:").unwrap_or_default(),
        corpus: last(" corp:").unwrap_or_default(),
        clean: false,
    }
}

fn host_triple() -> Result<String, Failure> {
    shell::read(Command::new("rustc").arg("-vV"))?
        .lines()
        .find_map(|line| line.strip_prefix("host: ").map(str::to_owned))
        .ok_or(Failure::Unexpected("rustc -vV"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_figures_of_a_log_are_read() {
        let log = "#2\tINITED cov: 10 ft: 11 corp: 1/1b exec/s: 0 rss: 30Mb\n\
                   #900\tDONE   cov: 321 ft: 700 corp: 57/3120b lim: 8192 exec/s: 450 rss: 40Mb\n\
                   stat::number_of_executed_units: 900\n";
        let report = read_report(log);
        assert_eq!(
            (report.executions, report.edges, report.corpus),
            (900, 321, 57)
        );
    }
}
