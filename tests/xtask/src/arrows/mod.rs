//! `cargo xtask arrows`: which package, and which module, may know which.
//!
//! Owns: the rules of `docs/architecture.md`, "Arrows". Cargo itself would let the relay depend on
//! the clients' cryptography; the promise that a relay cannot read rests on its never doing so.

mod graph;
mod modules;

use std::path::Path;

use crate::{error::Failure, shell};
use graph::{Graph, Tests};

/// A package that ships, and the packages of this workspace that it may depend on.
const ALLOWED: &[(&str, &[&str])] = &[
    ("restante-wire", &[]),
    ("restante-push", &["restante-wire"]),
    ("restante-crypto", &["restante-wire"]),
    ("restante-server", &["restante-wire", "restante-push"]),
    (
        "restante-client",
        &["restante-wire", "restante-crypto", "restante-strength"],
    ),
    ("restante-strength", &[]),
    ("restante-cli", &["restante-client"]),
    ("restante-wasm", &["restante-client"]),
];

/// A package, and the beginnings of names that it must not reach over any number of steps.
const UNREACHABLE: &[(&str, &[&str])] = &[
    (
        "restante-server",
        &["restante-crypto", "restante-client", "openmls", "mls-rs"],
    ),
    (
        "restante-wire",
        &[
            "openmls",
            "tokio",
            "axum",
            "hyper",
            "rusqlite",
            "libsqlite3",
        ],
    ),
    (
        "restante-crypto",
        &[
            "tokio",
            "axum",
            "hyper",
            "reqwest",
            "rusqlite",
            "libsqlite3",
        ],
    ),
];

/// The same for packages whose tests may reach what they must not: the peer of `tests/interop` shares
/// no code with the client that its stories bring it together with.
const UNREACHABLE_BUT_FOR_TESTS: &[(&str, &[&str])] = &[(
    "restante-interop",
    &[
        "restante-crypto",
        "restante-client",
        "restante-server",
        "openmls",
    ],
)];

/// Folder of the packages that may depend on anything.
const TESTS: &str = "tests/";

/// Checks a workspace: this one, or the one at `manifest_path`.
pub(crate) fn run(manifest_path: Option<&Path>) -> Result<(), Failure> {
    let mut command = shell::cargo(["metadata", "--format-version=1", "--all-features"]);
    if let Some(path) = manifest_path {
        command.arg("--manifest-path").arg(path);
    }
    let graph = Graph::from_metadata(&shell::read(&mut command)?)?;
    let mut findings = check(&graph);
    findings.extend(modules::check(&graph.root)?);
    crate::verdict("arrows", findings)
}

fn check(graph: &Graph) -> Vec<String> {
    let mut findings = Vec::new();
    for package in &graph.members {
        if package.folder.starts_with(TESTS) {
            continue;
        }
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == package.name) else {
            findings.push(format!("{} has no rule: add one to arrows", package.name));
            continue;
        };
        findings.extend(
            graph
                .direct_members(&package.id, TESTS)
                .filter(|to| !allowed.contains(to) && *to != package.name)
                .map(|to| format!("{} must not depend on {to}", package.name)),
        );
    }
    findings.extend(unreachable(graph, UNREACHABLE, Tests::Included));
    findings.extend(unreachable(
        graph,
        UNREACHABLE_BUT_FOR_TESTS,
        Tests::Excluded,
    ));
    findings
}

/// What reaches something that it must not.
fn unreachable(graph: &Graph, rules: &[(&str, &[&str])], tests: Tests) -> Vec<String> {
    let pairs = rules
        .iter()
        .flat_map(|(from, beginnings)| beginnings.iter().map(move |beginning| (from, beginning)));
    pairs
        .filter_map(|(from, beginning)| {
            let path = graph.path(from, beginning, tests)?;
            Some(format!(
                "{from} must not reach {beginning}: {}",
                path.join(" -> ")
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packages in their usual folders, with arrows `from -> to`.
    fn graph(arrows: &[(&str, &str)]) -> Graph {
        let mut graph = Graph::default();
        for (name, _) in ALLOWED {
            graph.add_member(name, name);
        }
        graph.add_member("restante-e2e", "tests/e2e");
        for (from, to) in arrows {
            graph.add_arrow(from, to);
        }
        graph
    }

    #[test]
    fn the_arrows_of_the_architecture_are_allowed() {
        let graph = graph(&[
            ("restante-server", "restante-wire"),
            ("restante-server", "restante-push"),
            ("restante-crypto", "restante-wire"),
            ("restante-crypto", "openmls"),
            ("restante-client", "restante-crypto"),
            ("restante-cli", "restante-client"),
            ("restante-e2e", "restante-server"),
            ("restante-e2e", "restante-client"),
        ]);
        assert_eq!(check(&graph), Vec::<String>::new());
    }

    #[test]
    fn only_tests_may_use_what_supports_tests() {
        let mut graph = graph(&[]);
        graph.add_test_arrow("restante-server", "restante-e2e");
        assert_eq!(check(&graph), Vec::<String>::new());
        graph.add_arrow("restante-server", "restante-e2e");
        assert_eq!(
            check(&graph),
            ["restante-server must not depend on restante-e2e"]
        );
    }

    #[test]
    fn a_relay_that_depends_on_crypto_is_found() {
        let findings = check(&graph(&[("restante-server", "restante-crypto")]));
        assert!(findings.contains(&"restante-server must not depend on restante-crypto".into()));
    }

    #[test]
    fn a_relay_that_reaches_openmls_by_a_detour_is_found_with_the_detour() {
        let findings = check(&graph(&[
            ("restante-server", "innocent"),
            ("innocent", "openmls_traits"),
        ]));
        assert_eq!(
            findings,
            [
                "restante-server must not reach openmls: restante-server -> innocent -> openmls_traits"
            ]
        );
    }

    #[test]
    fn only_the_stories_of_the_peer_may_use_our_cryptography() {
        let mut graph = graph(&[("restante-crypto", "openmls")]);
        graph.add_member("restante-interop", "tests/interop");
        graph.add_test_arrow("restante-interop", "restante-crypto");
        assert_eq!(check(&graph), Vec::<String>::new());
        graph.add_arrow("restante-interop", "restante-crypto");
        assert_eq!(check(&graph).len(), 2, "itself, and openmls behind it");
    }

    #[test]
    fn a_package_without_a_rule_is_found() {
        let mut graph = graph(&[]);
        graph.add_member("restante-new", "new");
        assert_eq!(
            check(&graph),
            ["restante-new has no rule: add one to arrows"]
        );
    }

    #[test]
    fn a_shell_that_passes_by_the_client_is_found() {
        let findings = check(&graph(&[("restante-cli", "restante-crypto")]));
        assert_eq!(
            findings,
            ["restante-cli must not depend on restante-crypto"]
        );
    }
}
