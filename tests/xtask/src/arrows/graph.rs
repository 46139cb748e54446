//! The dependency graph as `cargo metadata --all-features` tells it.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::error::Failure;

/// A package of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    /// Cargo's id of it.
    pub(super) id: String,
    /// Its name.
    pub(super) name: String,
    /// Its folder, from the root of the workspace.
    pub(super) folder: String,
}

/// Whether what a package's tests depend on counts for the package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tests {
    Included,
    Excluded,
}

/// Packages and what they depend on, over every feature and platform.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// Root of the workspace.
    pub(super) root: PathBuf,
    /// The workspace's own packages.
    pub(super) members: Vec<Member>,
    names: BTreeMap<String, String>,
    /// Normal and build dependencies by id.
    arrows: BTreeMap<String, BTreeSet<String>>,
    /// Those of tests and examples; they count for the package itself only.
    test_arrows: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    /// Reads the output of `cargo metadata`.
    pub(super) fn from_metadata(text: &str) -> Result<Self, Failure> {
        let metadata: Value = serde_json::from_str(text).map_err(|_| unexpected())?;
        let root = PathBuf::from(text_of(&metadata, "workspace_root")?);
        let member_ids: BTreeSet<&str> = list(&metadata, "workspace_members")?
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let mut graph = Self {
            root,
            ..Self::default()
        };
        for package in list(&metadata, "packages")? {
            let (id, name) = (text_of(package, "id")?, text_of(package, "name")?);
            graph.names.insert(id.into(), name.into());
            if member_ids.contains(id) {
                let manifest = Path::new(text_of(package, "manifest_path")?);
                let folder = manifest
                    .parent()
                    .and_then(|folder| folder.strip_prefix(&graph.root).ok())
                    .ok_or_else(unexpected)?;
                let folder = folder.to_string_lossy().into_owned();
                graph.members.push(Member {
                    id: id.into(),
                    name: name.into(),
                    folder,
                });
            }
        }
        let resolve = metadata.get("resolve").ok_or_else(unexpected)?;
        for node in list(resolve, "nodes")? {
            graph.read_node(node)?;
        }
        Ok(graph)
    }

    fn read_node(&mut self, node: &Value) -> Result<(), Failure> {
        let from = text_of(node, "id")?;
        for dependency in list(node, "deps")? {
            let to = text_of(dependency, "pkg")?;
            for kind in list(dependency, "dep_kinds")? {
                let arrows = match kind.get("kind").and_then(Value::as_str) {
                    Some("dev") => &mut self.test_arrows,
                    _ => &mut self.arrows,
                };
                arrows.entry(from.into()).or_default().insert(to.into());
            }
        }
        Ok(())
    }

    /// Names of the workspace's packages that a member depends on itself; its tests may also use
    /// packages that support tests, which lie in the folder `support`.
    pub(super) fn direct_members(&self, id: &str, support: &str) -> impl Iterator<Item = &str> {
        let supports = |to: &String| {
            let mut members = self.members.iter();
            members.any(|member| member.id == *to && member.folder.starts_with(support))
        };
        let of_tests = self.from(&self.test_arrows, id).filter(|to| !supports(to));
        let targets: BTreeSet<&String> = self.from(&self.arrows, id).chain(of_tests).collect();
        self.members
            .iter()
            .filter(move |member| targets.contains(&member.id))
            .map(|member| member.name.as_str())
    }

    /// The shortest way from a package to one whose name begins so, if there is any. Ways through the
    /// package's own tests count if `tests` says so.
    pub(super) fn path(&self, from: &str, beginning: &str, tests: Tests) -> Option<Vec<String>> {
        let start = &self.members.iter().find(|member| member.name == from)?.id;
        let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
        let mut queue = VecDeque::from([start.as_str()]);
        while let Some(id) = queue.pop_front() {
            let name = self.name(id);
            if id != start && name.starts_with(beginning) {
                let mut path = vec![name.to_owned()];
                let mut at = id;
                while let Some(before) = came_from.get(at) {
                    path.push(self.name(before).to_owned());
                    at = before;
                }
                path.reverse();
                return Some(path);
            }
            let of_tests = self
                .from(&self.test_arrows, id)
                .filter(|_| id == start && tests == Tests::Included);
            for next in self.from(&self.arrows, id).chain(of_tests) {
                if next != start && !came_from.contains_key(next.as_str()) {
                    came_from.insert(next, id);
                    queue.push_back(next);
                }
            }
        }
        None
    }

    fn from<'a>(
        &'a self,
        arrows: &'a BTreeMap<String, BTreeSet<String>>,
        id: &str,
    ) -> impl Iterator<Item = &'a String> {
        arrows.get(id).into_iter().flatten()
    }

    fn name<'a>(&'a self, id: &'a str) -> &'a str {
        self.names.get(id).map_or(id, String::as_str)
    }
}

#[cfg(test)]
impl Graph {
    /// Adds a package whose id is its name.
    pub(super) fn add_member(&mut self, name: &str, folder: &str) {
        self.members.push(Member {
            id: name.into(),
            name: name.into(),
            folder: folder.into(),
        });
    }

    /// Adds a normal dependency.
    pub(super) fn add_arrow(&mut self, from: &str, to: &str) {
        self.arrows
            .entry(from.into())
            .or_default()
            .insert(to.into());
    }

    /// Adds an arrow of a package's tests.
    #[cfg(test)]
    pub(super) fn add_test_arrow(&mut self, from: &str, to: &str) {
        self.test_arrows
            .entry(from.into())
            .or_default()
            .insert(to.into());
    }
}

fn unexpected() -> Failure {
    Failure::Unexpected("cargo metadata")
}

fn text_of<'a>(value: &'a Value, key: &str) -> Result<&'a str, Failure> {
    value
        .get(key)
        .and_then(Value::as_str)
        .ok_or_else(unexpected)
}

fn list<'a>(value: &'a Value, key: &str) -> Result<&'a Vec<Value>, Failure> {
    value
        .get(key)
        .and_then(Value::as_array)
        .ok_or_else(unexpected)
}

#[cfg(test)]
mod tests {
    use super::*;

    const METADATA: &str = r#"{
        "workspace_root": "/w", "workspace_members": ["a"],
        "packages": [
            {"id": "a", "name": "restante-a", "manifest_path": "/w/rooms/a/Cargo.toml"},
            {"id": "b", "name": "b", "manifest_path": "/registry/b/Cargo.toml"},
            {"id": "c", "name": "openmls", "manifest_path": "/registry/c/Cargo.toml"}
        ],
        "resolve": {"nodes": [
            {"id": "a", "deps": [{"pkg": "b", "dep_kinds": [{"kind": "dev"}]}]},
            {"id": "b", "deps": [{"pkg": "c", "dep_kinds": [{"kind": null}]}]},
            {"id": "c", "deps": []}
        ]}
    }"#;

    #[test]
    fn members_know_their_folder() {
        let graph = Graph::from_metadata(METADATA).unwrap();
        assert_eq!(graph.members[0].folder, "rooms/a");
    }

    #[test]
    fn a_path_may_begin_with_a_dependency_of_tests() {
        let graph = Graph::from_metadata(METADATA).unwrap();
        assert_eq!(
            graph
                .path("restante-a", "openmls", Tests::Included)
                .unwrap(),
            ["restante-a", "b", "openmls"]
        );
        assert_eq!(graph.path("restante-a", "openmls", Tests::Excluded), None);
    }

    #[test]
    fn something_else_than_metadata_is_an_error() {
        assert!(Graph::from_metadata("{}").is_err());
    }
}
