//! Where the programs that stories start are.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// Folder with programs that were built already: `cargo xtask test` sets it, and `cargo xtask faults`
/// sets it to programs with the switch for planted faults.
pub const FOLDER_VARIABLE: &str = "HARNESS_PROGRAMS";

/// The relay.
///
/// # Panics
/// If it does not compile.
#[must_use]
pub fn relay() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| find("restante-server")).clone()
}

/// The command line client.
///
/// # Panics
/// If it does not compile.
#[must_use]
pub fn client() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| find("restante")).clone()
}

/// Takes the program from the folder that the environment names, or has Cargo bring it up to date
/// beside the running test.
fn find(program: &str) -> PathBuf {
    if let Some(folder) = env::var_os(FOLDER_VARIABLE) {
        return Path::new(&folder).join(program);
    }
    let status = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        // Of the whole workspace, as the tests were: alone it would have other features, and so would
        // every dependency, which would all be compiled once more.
        .args(["build", "--quiet", "--workspace", "--bin", program])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .expect("cargo starts");
    assert!(status.success(), "{program} compiles");
    let test = env::current_exe().expect("a running program has a path");
    let folder = test
        .ancestors()
        .find(|folder| folder.ends_with("debug") || folder.ends_with("release"));
    folder.expect("tests lie in Cargo's folder").join(program)
}
