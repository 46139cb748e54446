//! Installs what the build needs and the machine lacks.
//!
//! Owns: the list of needed programs. Never does: touch what is already there.

use std::process::Command;

use crate::{error::Failure, shell};

/// A program, the Debian package that brings it, and who needs it.
struct Need {
    program: &'static str,
    package: &'static str,
    reason: &'static str,
}

const NEEDS: &[Need] = &[
    Need {
        program: "cc",
        package: "gcc",
        reason: "links every program; compiles SQLite",
    },
    Need {
        program: "c++",
        package: "g++",
        reason: "compiles the fuzzer's runtime",
    },
    Need {
        program: "make",
        package: "make",
        reason: "builds OpenSSL for the client's store",
    },
    Need {
        program: "perl",
        package: "perl",
        reason: "configures OpenSSL for the client's store",
    },
];

/// Programs for the engine in browsers.
const BROWSER_NEEDS: &[Need] = &[Need {
    program: "clang",
    package: "clang",
    reason: "compiles SQLite for browsers",
}];

/// What browsers run.
pub(crate) const BROWSER_TARGET: &str = "wasm32-unknown-unknown";

/// Rust components beside the compiler.
const COMPONENTS: &[(&str, &str)] = &[("cargo-fmt", "rustfmt"), ("cargo-clippy", "clippy")];

/// Installs what is missing; says what it does.
pub(crate) fn run() -> Result<(), Failure> {
    let missing: Vec<&Need> = NEEDS
        .iter()
        .filter(|need| !shell::has_program(need.program))
        .collect();
    if !missing.is_empty() {
        install_packages(&missing)?;
    }
    for (program, component) in COMPONENTS {
        if !shell::has_program(program) {
            println!("setup: rustup component add {component}");
            shell::run(Command::new("rustup").args(["component", "add", component]))?;
        }
    }
    println!("setup: everything that the build needs is installed");
    Ok(())
}

/// Installs what the engine for browsers is compiled with.
pub(crate) fn for_browsers() -> Result<(), Failure> {
    let missing: Vec<&Need> = BROWSER_NEEDS
        .iter()
        .filter(|need| !shell::has_program(need.program))
        .collect();
    if !missing.is_empty() {
        install_packages(&missing)?;
    }
    let targets = shell::read(Command::new("rustup").args(["target", "list", "--installed"]))?;
    if !targets.lines().any(|target| target == BROWSER_TARGET) {
        println!("setup: rustup target add {BROWSER_TARGET}");
        shell::run(Command::new("rustup").args(["target", "add", BROWSER_TARGET]))?;
    }
    Ok(())
}

fn install_packages(missing: &[&Need]) -> Result<(), Failure> {
    for need in missing {
        println!("setup: {} is missing: {}", need.package, need.reason);
    }
    let packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    let advice = || {
        Failure::Advice(format!(
            "Install these packages, then try again: {}",
            packages.join(" ")
        ))
    };
    if !shell::has_program("apt-get") {
        return Err(advice());
    }
    let sudo = !is_root()?;
    if sudo && !shell::has_program("sudo") {
        return Err(advice());
    }
    for arguments in [
        vec!["update"],
        [vec!["install", "--yes"], packages.clone()].concat(),
    ] {
        println!("setup: apt-get {}", arguments.join(" "));
        let mut command = Command::new(if sudo { "sudo" } else { "apt-get" });
        if sudo {
            command.arg("apt-get");
        }
        shell::run(
            command
                .args(arguments)
                .env("DEBIAN_FRONTEND", "noninteractive"),
        )?;
    }
    Ok(())
}

fn is_root() -> Result<bool, Failure> {
    Ok(shell::read(Command::new("id").arg("-u"))?.trim() == "0")
}

/// Installs the browser in which stories are told.
pub(crate) fn browser() -> Result<(), Failure> {
    let chromium = Need {
        program: "chromium",
        package: "chromium",
        reason: "runs the stories of people at browsers",
    };
    match shell::has_program(chromium.program) {
        true => Ok(()),
        false => install_packages(&[&chromium]),
    }
}
