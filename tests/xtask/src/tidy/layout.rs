//! The top level of the tree, and the licence.

use std::{collections::BTreeSet, path::Path};

use crate::{error::Failure, shell};

/// Everything at the top level but dotfiles, which are settings of tools.
const TOP_LEVEL: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "client-core",
    "crypto",
    "docs",
    "push",
    "server",
    "tests",
];

/// The top level is fixed, and the licence is there and named in every manifest.
pub(super) fn check(root: &Path, files: &[String]) -> Result<Vec<String>, Failure> {
    let mut findings = unexpected_names(files);
    let licence = shell::read_file(&root.join("LICENSE")).unwrap_or_default();
    if !licence.contains("Apache License") || !licence.contains("Version 2.0") {
        findings.push("LICENSE is not the Apache License, Version 2.0".into());
    }
    for path in files.iter().filter(|path| path.ends_with("Cargo.toml")) {
        let text = shell::read_file(&root.join(path))?;
        let names_licence =
            text.contains("license.workspace = true") || text.contains("license = \"Apache-2.0\"");
        if !names_licence {
            findings.push(format!("{path} names no licence"));
        }
    }
    Ok(findings)
}

fn unexpected_names(files: &[String]) -> Vec<String> {
    let names: BTreeSet<&str> = files
        .iter()
        .filter_map(|path| path.split('/').next())
        .filter(|name| !name.starts_with('.'))
        .collect();
    let expected: BTreeSet<&str> = TOP_LEVEL.iter().copied().collect();
    names
        .symmetric_difference(&expected)
        .map(|name| format!("{name}: the top level is {}", TOP_LEVEL.join(", ")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_name_at_the_top_is_found_and_a_dotfile_is_not() {
        let mut files: Vec<String> = TOP_LEVEL.iter().map(|name| format!("{name}/x")).collect();
        files.push(".editorconfig".into());
        assert!(unexpected_names(&files).is_empty());
        files.push("scripts/run".into());
        assert_eq!(unexpected_names(&files).len(), 1);
    }
}
