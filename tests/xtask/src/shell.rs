//! Running other programs from the root of the workspace.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::error::Failure;

/// What happens to the output of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    /// It is printed as it comes.
    Shown,
    /// It is kept, and printed if the step fails.
    OnFailure,
}

/// Cargo, in the root of the workspace.
pub(crate) fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

/// Root of the workspace that this program was run from.
pub(crate) fn root() -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    package
        .ancestors()
        .nth(2)
        .map_or(package.clone(), Path::to_path_buf)
}

/// Runs to the end; the output goes to the terminal.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let status = command
        .status()
        .map_err(|source| spawn_failure(command, source))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::Command {
        command: printable(command),
    })
}

/// Runs to the end and hands back standard output; errors go to the terminal.
pub(crate) fn read(command: &mut Command) -> Result<String, Failure> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|source| spawn_failure(command, source))?;
    if !output.status.success() {
        return Err(Failure::Command {
            command: printable(command),
        });
    }
    String::from_utf8(output.stdout).map_err(|_| Failure::Unexpected("a program"))
}

/// Runs to the end and gives every line of both outputs to `each_line`, printing as asked.
pub(crate) fn stream(
    command: &mut Command,
    output: Output,
    mut each_line: impl FnMut(&str),
) -> Result<(), Failure> {
    let (reader, writer) = std::io::pipe().map_err(|source| spawn_failure(command, source))?;
    let errors = writer
        .try_clone()
        .map_err(|source| spawn_failure(command, source))?;
    let mut child = command
        .stdout(writer)
        .stderr(errors)
        .spawn()
        .map_err(|source| spawn_failure(command, source))?;
    // The command still owns the writing end; the reader would never see the end of it.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut kept = Vec::new();
    for line in BufReader::new(reader).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).into_owned();
        each_line(&line);
        match output {
            Output::Shown => println!("{line}"),
            Output::OnFailure => kept.push(line),
        }
    }
    let status = child
        .wait()
        .map_err(|source| spawn_failure(command, source))?;
    if status.success() {
        return Ok(());
    }
    for line in kept {
        println!("{line}");
    }
    Err(Failure::Command {
        command: printable(command),
    })
}

/// Whether a program of this name is on the path.
pub(crate) fn has_program(name: &str) -> bool {
    env::var_os("PATH")
        .is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}

/// Reads a text file.
pub(crate) fn read_file(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|source| Failure::File {
        path: path.into(),
        source,
    })
}

/// Folder into which Cargo builds.
pub(crate) fn target_folder() -> Result<PathBuf, Failure> {
    let text = read(&mut cargo(["metadata", "--format-version=1", "--no-deps"]))?;
    let metadata: Value =
        serde_json::from_str(&text).map_err(|_| Failure::Unexpected("cargo metadata"))?;
    metadata
        .get("target_directory")
        .and_then(Value::as_str)
        .map(PathBuf::from)
        .ok_or(Failure::Unexpected("cargo metadata"))
}

fn spawn_failure(command: &Command, source: std::io::Error) -> Failure {
    Failure::Spawn {
        program: command.get_program().to_string_lossy().into_owned(),
        source,
    }
}

fn printable(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or_default();
    std::iter::once(program)
        .chain(command.get_args())
        .map(std::ffi::OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}
