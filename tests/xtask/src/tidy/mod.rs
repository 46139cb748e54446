//! `cargo xtask tidy`: what a reader would stumble over, found by a machine.

mod docs;
mod features;
mod layout;
mod sources;
pub(crate) mod tree;
mod weight;

use crate::{error::Failure, shell};

/// Runs every check and reports all findings at once.
pub(crate) fn run() -> Result<(), Failure> {
    let root = shell::root();
    let files = tree::files(&root)?;
    let mut findings = layout::check(&root, &files)?;
    findings.extend(sources::check(&root, &files)?);
    findings.extend(docs::check(&root, &files)?);
    findings.extend(features::check()?);
    findings.extend(weight::check()?);
    crate::verdict("tidy", findings)
}
