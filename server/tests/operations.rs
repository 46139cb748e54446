//! `docs/operations.md` against the sources: what a relay counts and says stands there.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]

use std::path::{Path, PathBuf};

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// What follows each of these macros in the sources: its first string.
fn first_strings(macros: &[&str]) -> Vec<String> {
    let mut files = Vec::new();
    sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut files,
    );
    let mut found = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        for name in macros {
            for after in text.split(name).skip(1) {
                found.push(after.split('"').nth(1).unwrap().to_owned());
            }
        }
    }
    found
}

fn page() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/operations.md");
    std::fs::read_to_string(page).unwrap()
}

#[test]
fn every_metric_stands_in_the_page_of_operations() {
    let names = first_strings(&["counter!(", "gauge!(", "histogram!("]);
    assert!(
        names.len() > 10,
        "the sources are where they are looked for"
    );
    let page = page();
    for name in names {
        assert!(page.contains(&format!("`{name}`")), "{name} is missing");
    }
}

#[test]
fn every_line_of_the_log_that_an_operator_may_meet_stands_in_the_page() {
    let lines = first_strings(&["tracing::error!(", "tracing::warn!(", "tracing::info!("]);
    assert!(lines.len() > 5, "the sources are where they are looked for");
    let page = page();
    for line in lines {
        assert!(page.contains(&format!("`{line}`")), "{line} is missing");
    }
}
