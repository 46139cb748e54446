//! Sizes and words of text files.

use std::path::Path;

use crate::{error::Failure, shell, tidy::tree};

/// Longest file of code, tests included: past it there is a second noun.
const MAX_LINES: usize = 600;

/// Words that do not belong into the tree. They stand here in halves, so that this file passes.
const UNWANTED: &[(&str, &str, &str)] = &[
    ("to", "do!(", "unfinished"),
    ("unimpl", "emented!(", "unfinished"),
    ("FIX", "ME", "unfinished"),
    ("TO", "DO", "unfinished"),
    ("db", "g!(", "left over from debugging"),
    ("#[ig", "nore", "a test that is switched off"),
    ("/ho", "me/", "an absolute path of one machine"),
    ("/wo", "rk/", "an absolute path of one machine"),
    ("/ro", "ot/", "an absolute path of one machine"),
    ("/Us", "ers/", "an absolute path of one machine"),
    ("anyhow", "::", "errors have types"),
    (
        "thread::sl",
        "eep",
        "wait for a condition with a deadline instead",
    ),
];

/// The only source of crates that a lock file may name.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Reads every text file once.
pub(super) fn check(root: &Path, files: &[String]) -> Result<Vec<String>, Failure> {
    let mut findings = Vec::new();
    for path in files {
        if path.ends_with("Cargo.lock") {
            findings.extend(foreign_sources(path, &shell::read_file(&root.join(path))?));
        } else if is_text(path) {
            findings.extend(check_text(path, &shell::read_file(&root.join(path))?));
        }
    }
    Ok(findings)
}

fn is_text(path: &str) -> bool {
    ["rs", "toml", "md", "sql", "txt", "json", "py", "sh"]
        .iter()
        .any(|extension| tree::has_extension(path, extension))
        || path.starts_with(".ci/")
}

fn check_text(path: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let lines = text.lines().count();
    if tree::has_extension(path, "rs") && lines > MAX_LINES {
        findings.push(format!("{path} has {lines} lines; at most {MAX_LINES}"));
    }
    for (index, line) in text.lines().enumerate() {
        for (head, tail, reason) in UNWANTED {
            if line.contains(&format!("{head}{tail}")) {
                findings.push(format!("{path}:{}: {head}{tail} ({reason})", index + 1));
            }
        }
    }
    findings
}

fn foreign_sources(path: &str, text: &str) -> Vec<String> {
    text.lines()
        .enumerate()
        .filter_map(|(index, line)| Some((index, line.strip_prefix("source = ")?)))
        .filter(|(_, source)| source.trim_matches('"') != CRATES_IO)
        .map(|(index, _)| format!("{path}:{}: not from the crates.io index", index + 1))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfinished_work_is_found() {
        let line = format!("    {}{}\"later\")", "to", "do!(");
        assert_eq!(check_text("a.rs", &line).len(), 1);
        assert_eq!(check_text("a.rs", "let done = true;").len(), 0);
    }

    #[test]
    fn a_long_file_is_found() {
        assert!(check_text("a.rs", &"x\n".repeat(MAX_LINES)).is_empty());
        assert_eq!(check_text("a.rs", &"x\n".repeat(MAX_LINES + 1)).len(), 1);
    }

    #[test]
    fn a_lock_file_that_names_a_mirror_is_found() {
        let lock = format!("source = \"{CRATES_IO}\"\nsource = \"registry+https://mirror/\"\n");
        assert_eq!(foreign_sources("Cargo.lock", &lock).len(), 1);
    }
}
