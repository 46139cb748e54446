//! The pages name every structure on the wire with all its fields.

use std::{collections::BTreeSet, fs, path::Path};

use restante_vectors::read;
use serde_json::{Map, Value};

#[derive(serde::Deserialize)]
struct Entry {
    r#type: String,
    #[serde(default)]
    value: Value,
}

#[test]
fn every_structure_on_the_wire_stands_on_a_page_with_its_fields() {
    let pages = pages();
    let mut checked = 0;
    for Entry { r#type, value } in read::<Vec<Entry>>("wire.json") {
        let Some(fields) = value.as_object().filter(|fields| is_struct(fields)) else {
            continue;
        };
        let name = r#type.split('<').next().unwrap();
        let found = fields_on(&pages, name).unwrap_or_else(|| panic!("no page has {name}"));
        let expected: BTreeSet<&str> = fields.keys().map(String::as_str).collect();
        assert_eq!(found, expected, "{name}");
        checked += 1;
    }
    assert!(checked > 50, "only {checked} structures were looked for");
}

#[test]
fn every_endpoint_of_the_wire_stands_in_the_table() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../server/wire/src");
    let (pages, mut checked) = (pages(), 0);
    for entry in fs::read_dir(sources).unwrap() {
        let source = fs::read_to_string(entry.unwrap().path()).unwrap();
        let literals = source.split('"').skip(1).step_by(2);
        for path in literals.filter(|literal| literal.starts_with("/v1/")) {
            let row = format!("\n| `{path}` | ");
            let is_stream = path.ends_with("/stream");
            assert!(is_stream || pages.contains(&row), "no table has {path}");
            checked += 1;
        }
    }
    assert!(checked > 25, "only {checked} endpoints were looked for");
}

#[test]
fn every_error_code_stands_in_the_table_with_its_status() {
    let pages = pages();
    for entry in read::<Vec<Value>>("errors.json") {
        let (code, status) = (entry["code"].as_str().unwrap(), &entry["status"]);
        assert!(
            pages.contains(&format!("\n| `{code}` | {status} | ")),
            "{code}"
        );
    }
}

/// Fields begin in lower case, variants of enums do not.
fn is_struct(fields: &Map<String, Value>) -> bool {
    fields
        .keys()
        .all(|name| name.starts_with(|first: char| first.is_ascii_lowercase()))
}

/// The fields of `Name = (field: type, …)`, over as many lines as it takes.
fn fields_on<'a>(pages: &'a str, name: &str) -> Option<BTreeSet<&'a str>> {
    let definition = pages.match_indices(name).find_map(|(at, _)| {
        let begins_line = pages.get(..at)?.ends_with('\n');
        let rest = pages.get(at + name.len()..)?.trim_start_matches(' ');
        rest.strip_prefix("= (").filter(|_| begins_line)
    })?;
    let mut depth = 1;
    let end = definition.find(|found| {
        depth += match found {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        depth == 0
    })?;
    let mut depth = 0;
    let fields = definition.get(..end)?.split(|found| {
        depth += match found {
            '(' | '[' | '{' => 1,
            ')' | ']' | '}' => -1,
            _ => 0,
        };
        found == ',' && depth == 0
    });
    let names = fields.map(|field| field.split(':').next().unwrap_or(field).trim());
    Some(names.filter(|name| !name.is_empty()).collect())
}

/// All pages of the protocol behind each other.
pub(crate) fn pages() -> String {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let chapters = fs::read_dir(docs.join("protocol")).unwrap();
    let paths = chapters.map(|entry| entry.unwrap().path());
    let paths = paths.chain([docs.join("protocol.md")]);
    let texts: Vec<String> = paths
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    texts.join("\n")
}
