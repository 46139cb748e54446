//! `cargo xtask coverage`: which lines of the relay's rules, the engine and the groups run when nothing
//! but the simulation does.
//!
//! Only the crates of this workspace are instrumented: this program puts itself before the compiler
//! for them ([`compile`]), so that everything they depend on stays as built.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use serde_json::Value;

use crate::{error::Failure, setup, shell};

/// Options of `coverage`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Also list every file, the least covered first.
    #[arg(long)]
    files: bool,
    /// Only stories whose name contains this.
    filter: Option<String>,
}

/// Folders whose lines count.
const SUBJECTS: &[&str] = &[
    "server/src/delivery/",
    "client-core/src/engine/",
    "crypto/src/group/",
];

/// Percent of the lines of each folder that the simulation has to run.
const GOAL: u64 = 85;

/// Set for compilers that this program starts.
const COMPILES: &str = "RESTANTE_COVERAGE_COMPILES";

/// Where counters go.
const PROFILE: &str = "LLVM_PROFILE_FILE";

/// Lines of code, and those of them that ran.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Lines {
    all: u64,
    ran: u64,
}

impl Lines {
    const fn percent(self) -> u64 {
        match self.all {
            0 => 0,
            all => self.ran * 100 / all,
        }
    }

    const fn add(&mut self, other: Self) {
        self.all += other.all;
        self.ran += other.ran;
    }
}

/// Builds, runs the stories, and prints the table.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    setup::run()?;
    let tools = tools()?;
    let folder = shell::target_folder()?.join("coverage");
    make_empty(&folder)?;
    println!("coverage: building the instrumented simulation");
    let program = build(&folder)?;
    println!("coverage: running it");
    let mut stories = Command::new(&program);
    stories
        .arg("--quiet")
        .args(&options.filter)
        .current_dir(shell::root().join("tests/simulation"))
        .env(PROFILE, folder.join("%p-%m.profraw"));
    shell::run(&mut stories)?;

    let merged = folder.join("merged.profdata");
    let mut merge = Command::new(tools.join("llvm-profdata"));
    merge.args(["merge", "--sparse", "--output"]).arg(&merged);
    shell::run(merge.args(counters(&folder)?))?;
    let mut export = Command::new(tools.join("llvm-cov"));
    export.args(["export", "--summary-only"]);
    let report = shell::read(export.arg("--instr-profile").arg(&merged).arg(&program))?;
    let files = files(&report, &shell::root())?;
    if options.files {
        print_files(&files);
    }
    print_table(&files)
}

/// Whether this program was started as a compiler.
pub(crate) fn is_compiler() -> bool {
    env::var_os(COMPILES).is_some()
}

/// Runs the compiler that Cargo names first, with counters.
pub(crate) fn compile() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let Some(compiler) = arguments.next() else {
        return ExitCode::FAILURE;
    };
    let mut command = Command::new(compiler);
    command.args(arguments).arg("-Cinstrument-coverage");
    match command.status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn build(folder: &Path) -> Result<PathBuf, Failure> {
    let this = env::current_exe().map_err(|source| Failure::Spawn {
        program: "cargo xtask".into(),
        source,
    })?;
    let mut command = shell::cargo(["test", "--workspace", "--test", "stories"]);
    command
        .args(["--no-run", "--quiet", "--message-format=json"])
        .env("RUSTC_WORKSPACE_WRAPPER", this)
        .env(COMPILES, "1")
        // Build scripts are instrumented, too.
        .env(PROFILE, folder.join("build/%p.profraw"));
    let messages = shell::read(&mut command)?;
    let mut programs = messages.lines().filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let program = message.get("executable")?.as_str()?;
        let is_test = message.pointer("/profile/test") == Some(&Value::Bool(true));
        is_test.then(|| PathBuf::from(program))
    });
    programs
        .next_back()
        .ok_or(Failure::Unexpected("cargo test"))
}

/// Folder of the tools that read counters; they are those of the compiler's own LLVM.
fn tools() -> Result<PathBuf, Failure> {
    let folder = || {
        let libraries = shell::read(Command::new("rustc").args(["--print", "target-libdir"]))?;
        Ok(Path::new(libraries.trim()).with_file_name("bin"))
    };
    let found: PathBuf = folder()?;
    if !found.join("llvm-cov").is_file() {
        println!("coverage: rustup component add llvm-tools");
        shell::run(Command::new("rustup").args(["component", "add", "llvm-tools"]))?;
    }
    Ok(found)
}

fn make_empty(folder: &Path) -> Result<(), Failure> {
    let failure = |source| Failure::File {
        path: folder.into(),
        source,
    };
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(failure)?;
    }
    fs::create_dir_all(folder).map_err(failure)
}

/// Files that the stories left, those of the build excepted.
fn counters(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = fs::read_dir(folder).map_err(|source| Failure::File {
        path: folder.into(),
        source,
    })?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let is_counters = |path: &PathBuf| path.extension().is_some_and(|end| end == "profraw");
    Ok(paths.filter(is_counters).collect())
}

/// Lines of every file of the folders that count, by its path in the workspace.
fn files(report: &str, root: &Path) -> Result<BTreeMap<String, Lines>, Failure> {
    let unexpected = || Failure::Unexpected("llvm-cov");
    let report: Value = serde_json::from_str(report).map_err(|_| unexpected())?;
    let listed = report.pointer("/data/0/files").and_then(Value::as_array);
    let mut files = BTreeMap::new();
    for file in listed.ok_or_else(unexpected)? {
        let name = file.get("filename").and_then(Value::as_str);
        let number = |pointer| file.pointer(pointer).and_then(Value::as_u64);
        let path = Path::new(name.ok_or_else(unexpected)?);
        let Ok(path) = path.strip_prefix(root) else {
            continue;
        };
        let path = path.to_string_lossy().into_owned();
        if SUBJECTS.iter().any(|subject| path.starts_with(subject)) {
            let lines = Lines {
                all: number("/summary/lines/count").ok_or_else(unexpected)?,
                ran: number("/summary/lines/covered").ok_or_else(unexpected)?,
            };
            files.insert(path, lines);
        }
    }
    Ok(files)
}

fn print_files(files: &BTreeMap<String, Lines>) {
    let mut files: Vec<_> = files.iter().collect();
    files.sort_by_key(|(_, lines)| lines.percent());
    for (path, lines) in files {
        print_line(path, *lines);
    }
    println!();
}

fn print_table(files: &BTreeMap<String, Lines>) -> Result<(), Failure> {
    println!("{:<48} {:>7} {:>7} {:>5}", "folder", "lines", "ran", "%");
    let mut findings = Vec::new();
    for subject in SUBJECTS {
        let mut sum = Lines::default();
        let under = files.iter().filter(|(path, _)| path.starts_with(subject));
        under.for_each(|(_, lines)| sum.add(*lines));
        print_line(subject, sum);
        if sum.percent() < GOAL {
            findings.push(format!("{subject}: {} % of {GOAL}", sum.percent()));
        }
    }
    crate::verdict("coverage", findings)
}

fn print_line(name: &str, lines: Lines) {
    let Lines { all, ran } = lines;
    println!("{name:<48} {all:>7} {ran:>7} {:>5}", lines.percent());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_folders_that_count_are_read_from_the_report() {
        let report = r#"{"data":[{"files":[
            {"filename":"/w/server/src/delivery/append.rs",
             "summary":{"lines":{"count":40,"covered":39}}},
            {"filename":"/w/server/src/http/blobs.rs",
             "summary":{"lines":{"count":10,"covered":0}}},
            {"filename":"/elsewhere/crypto/src/group/mod.rs",
             "summary":{"lines":{"count":10,"covered":0}}}]}]}"#;
        let files = files(report, Path::new("/w")).unwrap();
        let lines = Lines { all: 40, ran: 39 };
        let expected = ("server/src/delivery/append.rs".to_owned(), lines);
        assert_eq!(files, BTreeMap::from([expected]));
        assert_eq!(lines.percent(), 97);
    }
}
