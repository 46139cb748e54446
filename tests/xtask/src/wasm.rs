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

/// What browsers run: a package, and the name of what it is compiled to.
struct Module {
    package: &'static str,
    file: &'static str,
}

const ENGINE: Module = Module {
    package: "restante-wasm",
    file: "restante_wasm.wasm",
};

/// The judge of passwords, which only few need.
const JUDGE: Module = Module {
    package: "restante-strength",
    file: "restante_strength.wasm",
};

/// What SQLite is compiled without, although its package for browsers turns it on: nothing of it is used
/// or written into a file.
const WITHOUT: [&str; 13] = [
    "API_ARMOR",
    "BYTECODE_VTAB",
    "COLUMN_METADATA",
    "DBPAGE_VTAB",
    "DBSTAT_VTAB",
    "MATH_FUNCTIONS",
    "OFFSET_SQL_FUNC",
    "PREUPDATE_HOOK",
    "RTREE",
    "SESSION",
    "STMTVTAB",
    "UNKNOWN_SQL_FUNCTION",
    "UNLOCK_NOTIFY",
];

/// What it leaves out when told to, and is not used either. None of these changes the grammar, with
/// which the sources that the package brings were made.
const OMIT: [&str; 12] = [
    "AUTHORIZATION",
    "COMPILEOPTION_DIAGS",
    "COMPLETE",
    "DECLTYPE",
    "DESERIALIZE",
    "GET_TABLE",
    "JSON",
    "PROGRESS_CALLBACK",
    "SCHEMA_PRAGMAS",
    "TCL_VARIABLE",
    "TRACE",
    "UTF16",
];

/// Profile of the root manifest: small, and slow to compile.
const PROFILE: &str = "web";

/// Folder of the bindings.
const BUILT: &str = "client-core/web/client/built";

/// Compiles and binds.
pub(crate) fn run() -> Result<(), Failure> {
    setup::for_browsers()?;
    for module in [ENGINE, JUDGE] {
        println!("web: compiling {} for browsers", module.package);
        let mut build = cargo(&["rustc", "--profile", PROFILE, "--crate-type", "cdylib"]);
        shell::run(build.args(["--package", module.package]))?;
        bind(folder()?.join(TARGET).join(PROFILE).join(module.file))?;
    }
    Ok(())
}

/// The lints of the code that only browsers run.
pub(crate) fn lints() -> Command {
    let mut command = cargo(&["clippy", "--quiet"]);
    for module in [ENGINE, JUDGE] {
        command.args(["--package", module.package]);
    }
    command.args(["--", "-D", "warnings"]);
    command
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = shell::cargo(arguments.iter().copied());
    // In a folder of its own it waits for no other build, and none waits for it.
    if let Ok(folder) = folder() {
        command.arg("--target-dir").arg(folder);
    }
    command.args(["--target", TARGET]);
    command.env("SQLITE_WASM_RS_FLAGS", sqlite_flags());
    command
}

fn sqlite_flags() -> String {
    let without = WITHOUT.map(|name| format!("-USQLITE_ENABLE_{name}"));
    let omit = OMIT.map(|name| format!("-DSQLITE_OMIT_{name}"));
    [&without[..], &omit[..]].concat().join(" ")
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
