//! `cargo xtask faults`: every test that names an invariant must fail when the invariant is broken.
//!
//! Faults are marked in the code by `restante_wire::fault::planted("name")` and compiled only with
//! the feature `planted-faults`. The matrix in `tests/faults.txt` says which test catches which:
//! each row's test is run once with the fault and must fail, once without and must pass.

mod build;
mod matrix;

use std::{
    process::{Command, Stdio},
    thread,
};

use crate::{error::Failure, shell, tidy::tree};
use build::TestPrograms;
use matrix::Row;

/// How many rows run at once: stories wait more than they compute.
const PARALLEL_ROWS: usize = 4;

/// What the whole matrix came to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Table {
    /// Faults whose test failed with them and passed without.
    pub(crate) caught: u64,
    /// The others.
    pub(crate) escaped: u64,
}

impl Table {
    /// Fails unless every fault was caught.
    pub(crate) fn verdict(self) -> Result<(), Failure> {
        println!("{} passed, {} failed", self.caught, self.escaped);
        match self.escaped {
            0 => Ok(()),
            _ => Err(Failure::Advice(
                "some planted faults were not caught".into(),
            )),
        }
    }
}

/// Runs the rows whose fault's name contains the filter.
pub(crate) fn run(filter: Option<&str>) -> Result<Table, Failure> {
    let root = shell::root();
    let rows = matrix::read(&shell::read_file(&root.join(matrix::PATH))?)?;
    let mut table = Table::default();
    for finding in matrix::compare(&rows, &planted_in_source()?) {
        println!("{finding}");
        table.escaped += 1;
    }
    let rows: Vec<Row> = rows
        .into_iter()
        .filter(|row| filter.is_none_or(|filter| row.fault.contains(filter)))
        .collect();
    if rows.is_empty() {
        return Ok(table);
    }
    let programs = TestPrograms::build(&rows)?;
    println!("{:<44} {:<16} {:<9} test", "fault", "package", "verdict");
    for batch in rows.chunks(PARALLEL_ROWS) {
        let verdicts = thread::scope(|scope| {
            let running: Vec<_> = batch
                .iter()
                .map(|row| scope.spawn(|| judge(&programs, row)))
                .collect();
            running
                .into_iter()
                .map(thread::ScopedJoinHandle::join)
                .collect::<Vec<_>>()
        });
        for (row, verdict) in batch.iter().zip(verdicts) {
            let verdict = verdict.map_err(|_| Failure::Unexpected("a test program"))??;
            match verdict {
                Verdict::Caught => table.caught += 1,
                _ => table.escaped += 1,
            }
            println!(
                "{:<44} {:<16} {:<9} {}",
                row.fault,
                row.package,
                verdict.word(),
                row.test
            );
        }
    }
    Ok(table)
}

/// What one row came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Caught,
    Escaped,
    FailsAlways,
    NoSuchTest,
}

impl Verdict {
    const fn word(self) -> &'static str {
        match self {
            Self::Caught => "caught",
            Self::Escaped => "ESCAPED",
            Self::FailsAlways => "BROKEN",
            Self::NoSuchTest => "NO TEST",
        }
    }
}

fn judge(programs: &TestPrograms, row: &Row) -> Result<Verdict, Failure> {
    let sound = execute(programs, row, None)?;
    if sound.ran == 0 {
        return Ok(Verdict::NoSuchTest);
    }
    if !sound.passed {
        return Ok(Verdict::FailsAlways);
    }
    let faulty = execute(programs, row, Some(&row.fault))?;
    Ok(if faulty.passed {
        Verdict::Escaped
    } else {
        Verdict::Caught
    })
}

/// Outcome of the tests of one row.
struct Execution {
    ran: usize,
    passed: bool,
}

/// How long a test with a fault waits for what may never come.
const FAULTY_DEADLINE_SECONDS: &str = "30";

fn execute(programs: &TestPrograms, row: &Row, fault: Option<&str>) -> Result<Execution, Failure> {
    let mut execution = Execution {
        ran: 0,
        passed: true,
    };
    for program in programs.of(&row.package) {
        let mut command = Command::new(&program.executable);
        command
            .arg(&row.test)
            .current_dir(&program.folder)
            .env("HARNESS_PROGRAMS", programs.binaries())
            .env_remove("RESTANTE_FAULT")
            .stderr(Stdio::null());
        if let Some(fault) = fault {
            command
                .env("RESTANTE_FAULT", fault)
                .env("HARNESS_DEADLINE_SECONDS", FAULTY_DEADLINE_SECONDS);
        }
        let output = command.output().map_err(|source| Failure::Spawn {
            program: program.executable.display().to_string(),
            source,
        })?;
        let text = String::from_utf8_lossy(&output.stdout);
        execution.ran += text.lines().filter_map(tests_announced).sum::<usize>();
        execution.passed &= output.status.success();
    }
    Ok(execution)
}

/// Reads `running 3 tests`.
fn tests_announced(line: &str) -> Option<usize> {
    line.strip_prefix("running ")?
        .split(' ')
        .next()?
        .parse()
        .ok()
}

/// Names of all faults in the code that ships.
fn planted_in_source() -> Result<Vec<String>, Failure> {
    let root = shell::root();
    let mut names = Vec::new();
    for path in tree::files(&root)? {
        if tree::has_extension(&path, "rs") && !path.starts_with("tests/") {
            names.extend(matrix::planted_in(&shell::read_file(&root.join(&path))?));
        }
    }
    Ok(names)
}
