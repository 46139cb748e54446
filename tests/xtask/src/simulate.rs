//! `cargo xtask simulate`: builds the simulator and runs random simulations, or sees which planted
//! faults they catch.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use crate::{
    error::Failure,
    shell::{self, Output},
};

/// Faults that random runs must catch.
const FAULTS: &str = "tests/random-faults.txt";

/// Seeds between two starts: no start tries what another has.
const APART: u64 = 1_000;

/// What `cargo xtask test` runs: always the same seeds, so that it finds the same, and on a slow machine
/// as many of them as it can in these minutes.
const FIRST_SEEDS: [&str; 7] = ["--start", "0", "--seeds", "80", "--minutes", "2", "--brief"];

/// Options of `simulate`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Plant each fault of the list in turn, and count the seeds until one fails.
    #[arg(long)]
    faults: bool,
    /// With `--faults`: only those whose name contains this.
    #[arg(long, requires = "faults")]
    only: Option<String>,
    /// With `--faults`: from how many first seeds each fault is looked for.
    #[arg(long, default_value_t = 10, requires = "faults")]
    starts: u64,
    /// With `--faults`: how many seeds are tried from each.
    #[arg(long, default_value_t = 100, requires = "faults")]
    most: u64,
    /// Handed to the simulator: `-- --help` lists what it takes.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Builds it, with all packages at once as the tests are built, and runs it.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    if options.faults {
        return oracle(options);
    }
    simulate(&options.arguments)
}

/// Runs the seeds that `cargo xtask test` runs.
pub(crate) fn first_seeds(output: Output) -> Result<(), Failure> {
    let mut command = Command::new(build(&[])?);
    command.args(FIRST_SEEDS).current_dir(shell::root());
    shell::stream(&mut command, output, |_| ())
}

/// Runs the simulator with these options.
pub(crate) fn simulate(arguments: &[String]) -> Result<(), Failure> {
    let mut command = Command::new(build(&[])?);
    shell::run(command.args(arguments).current_dir(shell::root()))
}

fn build(features: &[&str]) -> Result<PathBuf, Failure> {
    let mut command = shell::cargo(["build", "--workspace", "--bin", "simulate", "--quiet"]);
    shell::run(command.args(features))?;
    Ok(shell::target_folder()?.join("debug/simulate"))
}

/// Each fault from several starts: how many seeds it takes until one fails.
fn oracle(options: &Options) -> Result<(), Failure> {
    let built = build(&["--features", "restante-simulation/planted-faults"])?;
    let folder = shell::target_folder()?.join("faulty");
    let simulator = folder.join("simulate");
    // Set aside: the next plain build replaces it.
    let copied = fs::create_dir_all(&folder).and_then(|()| fs::copy(&built, &simulator));
    copied.map_err(|source| Failure::File {
        path: simulator.clone(),
        source,
    })?;
    let list = shell::read_file(&shell::root().join(FAULTS))?;
    let mut escaped = Vec::new();
    println!("{:<40} {:>8} {:>8}  found", "fault", "caught", "median");
    for fault in names(&list) {
        let wanted = options.only.as_deref().unwrap_or_default();
        if !fault.contains(wanted) {
            continue;
        }
        let tries = look_for(&simulator, fault, options)?;
        let mut counts: Vec<u64> = tries.iter().map(|(seeds, _)| *seeds).collect();
        counts.sort_unstable();
        let found = tries.iter().find_map(|(_, finding)| finding.clone());
        let caught = tries
            .iter()
            .filter(|(_, finding)| finding.is_some())
            .count();
        let median = counts.get(counts.len() / 2).copied().unwrap_or_default();
        println!(
            "{fault:<40} {caught:>5}/{:<2} {median:>8}  {}",
            tries.len(),
            found.unwrap_or_default()
        );
        if caught == 0 {
            escaped.push(format!("{fault} was caught by no seed"));
        }
    }
    crate::verdict("faults in random runs", escaped)
}

/// The faults of a list, each once.
fn names(list: &str) -> BTreeSet<&str> {
    let lines = list.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

/// Seeds tried from each start, and what was found.
fn look_for(
    simulator: &Path,
    fault: &str,
    options: &Options,
) -> Result<Vec<(u64, Option<String>)>, Failure> {
    let starts: Vec<u64> = (0..options.starts).map(|start| start * APART).collect();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let mut tries = Vec::new();
    for some in starts.chunks(cores) {
        let found = thread::scope(|scope| {
            let running: Vec<_> = some
                .iter()
                .map(|start| scope.spawn(|| look_from(simulator, fault, *start, options.most)))
                .collect();
            let ended = running.into_iter().map(thread::ScopedJoinHandle::join);
            ended.collect::<Vec<_>>()
        });
        for one in found {
            tries.push(one.map_err(|_| Failure::Unexpected("the simulator"))??);
        }
    }
    Ok(tries)
}

/// Seeds in order until one fails that does not fail without the fault.
fn look_from(
    simulator: &Path,
    fault: &str,
    start: u64,
    most: u64,
) -> Result<(u64, Option<String>), Failure> {
    let mut tried = 0;
    while tried < most {
        let found = first_failure(simulator, Some(fault), start + tried, most - tried)?;
        let Some((seeds, finding)) = found else {
            break;
        };
        tried += seeds;
        if first_failure(simulator, None, start + tried - 1, 1)?.is_none() {
            return Ok((tried, Some(finding)));
        }
    }
    Ok((most, None))
}

/// How many seeds it took until one failed, and what that found.
fn first_failure(
    simulator: &Path,
    fault: Option<&str>,
    start: u64,
    most: u64,
) -> Result<Option<(u64, String)>, Failure> {
    let mut command = Command::new(simulator);
    command
        .arg("--until-failure")
        .args(["--start", &start.to_string(), "--seeds", &most.to_string()])
        .env_remove("RESTANTE_FAULT")
        .stderr(Stdio::null());
    if let Some(fault) = fault {
        command.env("RESTANTE_FAULT", fault);
    }
    let output = command.output().map_err(|source| Failure::Spawn {
        program: simulator.display().to_string(),
        source,
    })?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.trim().split_once(' ').and_then(|(seeds, finding)| {
        let seeds = seeds.parse().ok()?;
        Some((seeds, finding.to_owned()))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_faults_is_a_name_a_line() {
        let found = names("# Relay\n\nr1_x\n  c2_y \n");
        assert_eq!(found, BTreeSet::from(["c2_y", "r1_x"]));
    }
}
