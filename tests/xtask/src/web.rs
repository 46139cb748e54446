//! `cargo xtask web`: the web client, from its sources to the files that the relay embeds.
//!
//! Owns: the order of its parts, and npm. Never does: fetch anything but the packages that the lock
//! file names. Read next: `client-core/web/vite.config.ts` for what is made of them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

use crate::{
    error::Failure,
    shell::{self, Output},
    wasm,
};

/// Oldest Node.js that the build tools run on.
const MIN_NODE: u32 = 20;

/// Builds the client.
pub(crate) fn run() -> Result<(), Failure> {
    install()?;
    wasm::run()?;
    println!("web: building the client");
    shell::run(&mut npm(["run", "--silent", "build"]))?;
    for (name, bytes) in packed_modules()? {
        println!("web: {name} is {bytes} bytes (Brotli)");
    }
    Ok(())
}

/// Types, lints, format and the tests that need no browser.
pub(crate) fn check(output: Output) -> Result<(), Failure> {
    install()?;
    shell::stream(&mut npm(["run", "--silent", "check"]), output, |_| ())?;
    shell::stream(&mut npm(["run", "--silent", "test"]), output, |_| ())
}

/// Names and lengths of the WebAssembly of a client that was built, as browsers get it; none where none
/// was built.
pub(crate) fn packed_modules() -> Result<Vec<(String, u64)>, Failure> {
    let folder = folder().join("dist/built/assets");
    let Ok(entries) = fs::read_dir(&folder) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".wasm.br") {
            let file = entry.metadata().map_err(|source| Failure::File {
                path: entry.path(),
                source,
            })?;
            found.push((name, file.len()));
        }
    }
    Ok(found)
}

/// Whether this machine can build the client; what is missing otherwise.
pub(crate) fn can_build() -> Result<(), Failure> {
    let advice = || {
        Failure::Advice(format!(
            "The web client is built with Node.js {MIN_NODE} or newer, and npm: install them."
        ))
    };
    if !shell::has_program("npm") || !shell::has_program("node") {
        return Err(advice());
    }
    let version = shell::read(Command::new("node").arg("--version"))?;
    match major(&version) {
        Some(major) if major >= MIN_NODE => Ok(()),
        _ => Err(advice()),
    }
}

/// Brings the packages of the lock file, if they are not here already.
fn install() -> Result<(), Failure> {
    can_build()?;
    let installed = modified(&folder().join("node_modules/.package-lock.json"));
    let wanted = modified(&folder().join("package-lock.json"));
    if installed.is_some() && installed >= wanted {
        return Ok(());
    }
    println!("web: installing packages");
    shell::run(&mut npm(["ci", "--no-audit", "--no-fund"]))
}

fn npm<const N: usize>(arguments: [&str; N]) -> Command {
    let mut command = Command::new("npm");
    command.args(arguments).current_dir(folder());
    command
}

fn folder() -> PathBuf {
    shell::root().join("client-core/web")
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}

/// Of `v20.19.1`.
fn major(version: &str) -> Option<u32> {
    version
        .trim()
        .strip_prefix('v')?
        .split('.')
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_of_node_is_read() {
        assert_eq!(major("v20.19.1\n"), Some(20));
        assert_eq!(major("20"), None);
        assert_eq!(major("vx"), None);
    }
}
