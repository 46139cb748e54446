//! The table of variants says what the types say, and the vectors hold a value of every structure and
//! of every variant: read from the sources of the types, so that a new one is missed at once.

use std::{collections::BTreeSet, fs, path::Path};

use restante_vectors::read;
use serde_json::Value;

use super::pages;

/// Enums that are encoded but stand outside the wire's own sources: name on the page, source, name
/// there.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    (
        "MemberRole",
        "crypto/src/group/room_state.rs",
        "ParticipantRole",
    ),
    ("Permission", "crypto/src/group/room_state.rs", "Permission"),
    (
        "LetterContent",
        "client-core/src/engine/letters.rs",
        "Letter",
    ),
    ("Loss", "client-core/src/engine/letters.rs", "Loss"),
    ("Payload", "client-core/src/engine/payload.rs", "Payload"),
    ("Signal", "client-core/src/engine/signals/mod.rs", "Signal"),
    (
        "Stored",
        "client-core/src/engine/account/vault.rs",
        "Stored",
    ),
    (
        "Phase",
        "client-core/src/engine/account/vault.rs",
        "VaultPhase",
    ),
];

/// Where `wire.json` has values of an enum of the wire: type of the entry and the way into its value;
/// `*` is every item of a list.
const IN_WIRE: &[(&str, &str, &str)] = &[
    ("Answer", "ServerFrame<Answer>", "Answer/result/Done"),
    ("ApnsStyle", "Target", "Apns/style"),
    ("Ended", "ServerFrame<Answer>", "Event/Ended/reason"),
    ("Event", "ServerFrame<Answer>", "Event"),
    ("Fetched", "Fetched", ""),
    (
        "InboxAnswer",
        "ServerFrame<InboxAnswer>",
        "Answer/result/Done",
    ),
    ("InboxRequest", "ClientFrame<InboxRequest>", "body"),
    ("Kind", "Append", "items/*/kind"),
    ("Lane", "Letter", "lane"),
    ("Outcome", "ServerFrame<Answer>", "Answer/result"),
    ("Refusal", "Appended", "refused"),
    ("Request", "ClientFrame<Request>", "body"),
    ("Role", "SeatChanges", "list/*/1"),
    ("ServerFrame", "ServerFrame<Answer>", ""),
    ("Target", "Target", ""),
    ("Urgency", "Urgency", ""),
    ("Wake", "Append", "items/*/wake"),
];

/// Where other files have values of an enum.
const IN_OTHERS: &[(&str, &str, &str)] = &[
    ("LetterContent", "content.json", "letters/*/value"),
    ("Loss", "content.json", "letters/*/value/Ask/lost"),
    ("MemberRole", "room-states.json", "*/value/participants/*/2"),
    ("Payload", "content.json", "payloads/*/value"),
    ("Permission", "room-states.json", "*/value/policy/add"),
    ("Phase", "content.json", "vault/value/contacts/*/phase"),
    ("Signal", "content.json", "signals/*/value"),
];

/// Structures of the wire that are written inside an enum on the pages, and in frames in the vectors.
const INLINE: &[&str] = &["ClientFrame", "Greeting"];

#[test]
fn every_enum_has_its_variants_in_the_table_in_order() {
    let wire = wire_sources();
    let names = declared(&wire, "enum");
    assert!(names.len() > 10, "only {} enums were found", names.len());
    let wire = names
        .iter()
        .map(|name| (name.as_str(), &wire, name.as_str()));
    let elsewhere: Vec<_> = ELSEWHERE
        .iter()
        .map(|&(name, path, there)| (name, source(path), there))
        .collect();
    let elsewhere = elsewhere
        .iter()
        .map(|(name, source, there)| (*name, source, *there));
    let pages = pages::pages();
    let rows: Vec<&str> = pages
        .lines()
        .filter(|line| line.starts_with("| `"))
        .collect();
    for (name, source, there) in wire.chain(elsewhere) {
        let numbered: Vec<String> = (0..)
            .zip(variants(source, there))
            .map(|(number, variant): (u32, _)| format!("{number} {variant}"))
            .collect();
        let cell = format!("`{name}`");
        let on_page = rows.iter().find_map(|row| {
            let (names, numbers) = row.trim_matches('|').split_once('|')?;
            let is_its = names.contains(&cell) && numbers.trim_start().starts_with("0 ");
            is_its.then(|| numbers.split(',').map(str::trim).collect::<Vec<_>>())
        });
        assert_eq!(on_page.unwrap_or_default(), numbered, "{name}");
    }
}

#[test]
fn every_variant_has_a_vector() {
    let (wire, entries) = (wire_sources(), read::<Value>("wire.json"));
    let named: BTreeSet<&str> = IN_WIRE.iter().map(|(name, ..)| *name).collect();
    let found = declared(&wire, "enum");
    assert_eq!(named, found.iter().map(String::as_str).collect());
    for &(name, entry_type, way) in IN_WIRE {
        let entries = entries.as_array().unwrap().iter();
        let values = entries.filter(|entry| entry["type"] == entry_type);
        let found = values.flat_map(|entry| along(&entry["value"], way));
        compare(name, found, &variants(&wire, name));
    }
    for &(name, file, way) in IN_OTHERS {
        let content = read::<Value>(file);
        let (_, path, there) = ELSEWHERE
            .iter()
            .find(|(on_page, ..)| *on_page == name)
            .unwrap();
        compare(
            name,
            along(&content, way).into_iter(),
            &variants(&source(path), there),
        );
    }
    // `Stored` is one variant around the vault.
    assert_eq!(IN_OTHERS.len() + 1, ELSEWHERE.len());
}

#[test]
fn every_structure_has_a_vector() {
    let entries: Value = read("wire.json");
    let entries = entries.as_array().unwrap().iter();
    let types: BTreeSet<&str> = entries.filter_map(|entry| entry["type"].as_str()).collect();
    let mut checked = 0;
    for name in declared(&wire_sources(), "struct") {
        let is_there = types.contains(name.as_str()) || INLINE.contains(&name.as_str());
        assert!(is_there, "no vector of {name}");
        checked += 1;
    }
    assert!(checked > 60, "only {checked} structures were found");
}

fn compare<'a>(name: &str, values: impl Iterator<Item = &'a Value>, variants: &[String]) {
    let found: BTreeSet<&str> = values.filter_map(variant_of).collect();
    let missing: Vec<_> = variants
        .iter()
        .filter(|variant| !found.contains(variant.as_str()))
        .collect();
    assert!(missing.is_empty(), "no vector of {name}: {missing:?}");
}

/// The variant that a readable enum is of.
fn variant_of(value: &Value) -> Option<&str> {
    let with_fields = || value.as_object()?.keys().next().map(String::as_str);
    value.as_str().or_else(with_fields)
}

/// Every value at the end of a way.
fn along<'a>(value: &'a Value, way: &str) -> Vec<&'a Value> {
    let (step, rest) = way.split_once('/').unwrap_or((way, ""));
    match step {
        "" => vec![value],
        "*" => {
            let items = value.as_array().into_iter().flatten();
            items.flat_map(|item| along(item, rest)).collect()
        }
        step => {
            let by_index = || value.get(step.parse::<usize>().ok()?);
            let next = value.get(step).or_else(by_index);
            next.map(|next| along(next, rest)).unwrap_or_default()
        }
    }
}

/// Names of the public types of a kind that are encoded and have fields or variants by name.
fn declared(source: &str, kind: &str) -> BTreeSet<String> {
    let opening = format!("pub {kind} ");
    let mut names = BTreeSet::new();
    let mut is_encoded = false;
    for line in source.lines() {
        if line.starts_with("#[derive(") {
            is_encoded = line.contains("Serialize");
        } else if let Some(rest) = line.strip_prefix(&opening)
            && is_encoded
            && rest.contains('{')
        {
            let name = rest.split(|c: char| !c.is_alphanumeric()).next();
            names.extend(name.map(str::to_owned));
        }
    }
    names
}

/// Variants of an enum, in their order.
fn variants(source: &str, name: &str) -> Vec<String> {
    let opening = [format!("enum {name} {{"), format!("enum {name}<")];
    let is_opening = |line: &&str| {
        opening
            .iter()
            .any(|opening| line.contains(opening.as_str()))
    };
    let body = source.lines().skip_while(|line| !is_opening(line)).skip(1);
    body.take_while(|line| *line != "}")
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with(|first: char| first.is_ascii_uppercase()))
        .map(|line| {
            line.split([',', '(', ' '])
                .next()
                .unwrap_or(line)
                .to_owned()
        })
        .collect()
}

fn wire_sources() -> String {
    let folder = root().join("server/wire/src");
    let files = fs::read_dir(folder).unwrap();
    let sources = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    sources.collect::<Vec<_>>().join("\n")
}

fn source(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
