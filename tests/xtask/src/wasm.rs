//! The engine as WebAssembly: compiled, and bound to JavaScript beside the package that uses it.
//!
//! Owns: target, C compiler, profile, bindings. Never does: bundle (Vite does), or install a tool from
//! anywhere but the registries: what writes the bindings is a library of this program, of the version
//! that the engine was compiled with. Read next: `client-core/wasm`.

use std::{path::PathBuf, process::Command};

use wasm_bindgen_cli_support::Bindgen;

use crate::{
    error::Failure,
    setup::{self, BROWSER_TARGET as TARGET},
    shell,
};

/// The package, and the name of what it is compiled to.
const PACKAGE: &str = "restante-wasm";
const MODULE: &str = "restante_wasm.wasm";

/// Profile of the root manifest: small, and slow to compile.
const PROFILE: &str = "web";

/// Folder of the bindings.
const BUILT: &str = "client-core/web/client/built";

/// Compiles and binds.
pub(crate) fn run() -> Result<(), Failure> {
    setup::for_browsers()?;
    println!("web: compiling the engine for browsers");
    shell::run(&mut cargo(&["build", "--profile", PROFILE]))?;
    let module = folder()?.join(TARGET).join(PROFILE).join(MODULE);
    bind(module)
}

/// The lints of the code that only browsers run.
pub(crate) fn lints() -> Command {
    let mut command = cargo(&["clippy", "--quiet"]);
    command.args(["--", "-D", "warnings"]);
    command
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = shell::cargo(arguments.iter().copied());
    // In a folder of its own it waits for no other build, and none waits for it.
    if let Ok(folder) = folder() {
        command.arg("--target-dir").arg(folder);
    }
    command.args(["--package", PACKAGE, "--target", TARGET]);
    command
}

fn bind(module: PathBuf) -> Result<(), Failure> {
    let mut bindgen = Bindgen::new();
    let bound = bindgen
        .input_path(module)
        .remove_name_section(true)
        .remove_producers_section(true)
        .omit_default_module_path(false)
        .typescript(true)
        .web(true)
        .and_then(|bindgen| bindgen.generate(shell::root().join(BUILT)));
    bound.map_err(|error| Failure::Advice(format!("The bindings cannot be written: {error}")))
}

fn folder() -> Result<PathBuf, Failure> {
    Ok(shell::target_folder()?.join("web"))
}
