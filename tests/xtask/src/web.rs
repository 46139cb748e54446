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

/// Ending of the Brotli form that lies beside a file which gains by it.
const PACKED: &str = "br";

/// Builds the client.
pub(crate) fn run() -> Result<(), Failure> {
    install()?;
    wasm::run()?;
    println!("web: building the client");
    shell::run(&mut npm(["run", "--silent", "build"]))?;
    for Fetched { name, bytes } in fetched()? {
        println!("web: {bytes:>9} bytes {name}");
    }
    Ok(())
}

/// Types, lints, format and the tests that need no browser.
pub(crate) fn check(output: Output) -> Result<(), Failure> {
    install()?;
    shell::stream(&mut npm(["run", "--silent", "check"]), output, |_| ())?;
    shell::stream(&mut npm(["run", "--silent", "test"]), output, |_| ())
}

/// What a browser fetches of a file of the client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fetched {
    /// Its path in the client.
    pub(crate) name: String,
    /// Bytes on the way: packed, where that is shorter.
    pub(crate) bytes: u64,
}

/// All files of a client that was built, as browsers get them, by name; none where none was built.
pub(crate) fn fetched() -> Result<Vec<Fetched>, Failure> {
    let root = folder().join("dist/built");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_none_or(|ending| ending != PACKED) {
                let name = path.strip_prefix(&root).unwrap_or(&path);
                found.push(Fetched {
                    name: name.to_string_lossy().into_owned(),
                    bytes: bytes_on_the_way(&path)?,
                });
            }
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

fn bytes_on_the_way(path: &Path) -> Result<u64, Failure> {
    let packed = path.with_added_extension(PACKED);
    let path = if packed.exists() { &packed } else { path };
    let found = fs::metadata(path).map_err(|source| Failure::File {
        path: path.to_owned(),
        source,
    })?;
    Ok(found.len())
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
