//! No program that ships is compiled with the switch for planted faults.

use crate::{error::Failure, shell};

/// Packages that people run.
const SHIPPED: &[&str] = &["restante-server", "restante-cli"];

/// The switch; see `restante_wire::fault`.
const SWITCH: &str = "planted-faults";

/// Asks Cargo which features a plain build turns on.
pub(super) fn check() -> Result<Vec<String>, Failure> {
    let mut findings = Vec::new();
    for package in SHIPPED {
        let tree = shell::read(&mut shell::cargo([
            "tree",
            "--package",
            package,
            "--edges",
            "features,normal,build",
            "--prefix",
            "none",
        ]))?;
        if tree.contains(SWITCH) {
            findings.push(format!("{package} is built with the feature {SWITCH}"));
        }
    }
    Ok(findings)
}
