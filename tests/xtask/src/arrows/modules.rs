//! Arrows between the rooms of one package, read from the source: a module must not name another.

use std::path::Path;

use crate::{error::Failure, shell, tidy::tree};

/// Source below `folder` must not contain any of `words` outside comments.
struct Rule {
    folder: &'static str,
    words: &'static [&'static str],
    reason: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        folder: "server/src/delivery/",
        words: &["crate::http", "axum::", "rusqlite::"],
        reason: "delivery decides; it knows neither HTTP nor SQL",
    },
    Rule {
        folder: "server/src/store/",
        words: &["crate::http", "axum::"],
        reason: "the store knows nothing of HTTP",
    },
    Rule {
        folder: "server/src/http/",
        words: &["rusqlite::"],
        reason: "all SQL is in the store",
    },
    Rule {
        folder: "client-core/src/engine/",
        words: &[
            "crate::driver",
            "crate::platform",
            "tokio::",
            "std::net",
            "rusqlite::",
        ],
        reason: "the engine is pure: no driver, socket or SQL",
    },
    Rule {
        folder: "client-core/src/store/",
        // The engine's plain values are what the store keeps; these are its machinery.
        words: &[
            "crate::driver",
            "crate::Engine",
            "engine::Engine",
            "engine::turn",
            "engine::live",
            "engine::groups",
            "tokio::",
        ],
        reason: "the store keeps the engine's values and calls nothing of it",
    },
];

/// What a file must name: the simulation runs the relay that ships, not one of its own.
const MUST_NAME: &[(&str, &[&str])] = &[
    (
        "tests/simulation/src/stored.rs",
        &["restante_server::", "sqlite::core::Core", "Core::open("],
    ),
    ("tests/simulation/src/random/play.rs", &["World::on_disk("]),
    (
        "server/src/store/sqlite/writer.rs",
        &["core::{Core, Job}", ".apply("],
    ),
    (
        "server/src/store/sqlite/requests.rs",
        &["|group: &mut Group<'_>| decide(group, change)"],
    ),
];

/// Reads every source file that a rule is about.
pub(super) fn check(root: &Path) -> Result<Vec<String>, Failure> {
    let mut findings = Vec::new();
    for (path, words) in MUST_NAME {
        // A workspace that has no simulation has nothing to prove here.
        if root.join(path).is_file() {
            let text = shell::read_file(&root.join(path))?;
            let missing = words.iter().filter(|word| !text.contains(**word));
            findings.extend(missing.map(|word| {
                format!("{path} does not name {word}: random runs go over the relay that ships")
            }));
        }
    }
    for path in tree::files(root)?
        .iter()
        .filter(|path| tree::has_extension(path, "rs"))
    {
        let rules: Vec<&Rule> = RULES
            .iter()
            .filter(|rule| path.starts_with(rule.folder))
            .collect();
        if !rules.is_empty() {
            let text = shell::read_file(&root.join(path))?;
            findings.extend(rules.iter().flat_map(|rule| check_text(rule, path, &text)));
        }
    }
    Ok(findings)
}

fn check_text(rule: &Rule, path: &str, text: &str) -> Vec<String> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .flat_map(|(index, line)| {
            rule.words
                .iter()
                .filter(|word| line.contains(**word))
                .map(move |word| format!("{path}:{} names {word}: {}", index + 1, rule.reason))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_that_names_the_driver_is_found_and_a_comment_is_not() {
        let rule = RULES
            .iter()
            .find(|rule| rule.folder.contains("engine"))
            .unwrap();
        let text = "//! See `crate::driver`.\nuse crate::driver::Driver;\n";
        assert_eq!(check_text(rule, "engine/mod.rs", text).len(), 1);
    }
}
