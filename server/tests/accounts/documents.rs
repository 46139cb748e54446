//! The OpenAPI document says what the relay does.

use std::{collections::BTreeSet, fs, path::Path};

use restante_server::router;
use restante_wire::{
    ErrorCode,
    api::{ACCOUNT_STREAM, Access, ENDPOINTS, STREAM},
};
use serde_json::Value;
use utoipa::openapi::{RefOr, Schema};

use crate::support::Relay;

fn document() -> Value {
    serde_json::to_value(router::openapi()).unwrap()
}

/// Every `$ref` below a value.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(target)) = members.get("$ref") {
                found.insert(target.clone());
            }
            members
                .values()
                .for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn every_endpoint_and_stream_is_described() {
    let document = document();
    for (path, access) in ENDPOINTS {
        let operation = &document["paths"][path]["post"];
        assert!(operation.is_object(), "{path} is missing");
        assert_eq!(
            operation["security"].is_array(),
            *access == Access::Session,
            "{path}"
        );
        for part in ["requestBody", "responses"] {
            assert!(operation[part].is_object(), "{path} has no {part}");
        }
    }
    for path in [STREAM, ACCOUNT_STREAM, "/healthz", "/readyz"] {
        assert!(
            document["paths"][path]["get"].is_object(),
            "{path} is missing"
        );
    }
}

#[test]
fn the_page_names_the_longest_body_of_every_endpoint() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/protocol.md");
    let page = fs::read_to_string(page).unwrap();
    let document = document();
    for (path, _) in ENDPOINTS {
        let described = document["paths"][path]["post"]["description"]
            .as_str()
            .unwrap();
        let limit: String = described.chars().filter(char::is_ascii_digit).collect();
        let row = format!("| `{path}` | ");
        let row = page.lines().find(|line| line.starts_with(&row)).unwrap();
        let on_page = row.split(" | ").nth(3).unwrap().replace(',', "");
        assert_eq!(on_page, limit, "{path}");
    }
}

#[test]
fn schemas_name_fields_in_the_order_in_which_they_are_encoded() {
    let schemas = router::openapi().components.unwrap().schemas;
    let fields = |name: &str| match &schemas[name] {
        RefOr::T(Schema::Object(object)) => object.properties.keys().cloned().collect::<Vec<_>>(),
        _ => panic!("{name} is no structure"),
    };
    let changes = ["add", "refresh", "drop_owned", "drop_self", "list"];
    assert_eq!(fields("SeatChanges"), changes);
    assert_eq!(
        fields("Create"),
        ["stamp", "mailbox", "seat", "secret_hash", "owner_tag"]
    );
    assert_eq!(fields("WireError"), ["code", "retry_after_ms"]);
    let served = router::openapi().to_json().unwrap();
    let place = |field: &str| served.find(&format!("\"{field}\":{{")).unwrap();
    assert!(place("refresh") < place("drop_owned"));
}

#[test]
fn every_schema_that_is_named_is_there() {
    let document = document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 40, "{}", found.len());
    for target in found {
        let pointer = target.trim_start_matches('#');
        assert!(
            document.pointer(pointer).is_some(),
            "{target} leads nowhere"
        );
    }
}

#[test]
fn byte_strings_are_described_as_such() {
    let document = document();
    for pointer in ["/WriteVault/properties/sealed", "/MailboxAddress", "/Stamp"] {
        let described = document
            .pointer(&format!("/components/schemas{pointer}"))
            .unwrap();
        assert_eq!(
            (&described["type"], &described["format"]),
            (&"string".into(), &"bytes".into())
        );
    }
    let byte = serde_json::json!({ "type": "integer", "format": "int32", "minimum": 0 });
    let text = document.to_string();
    assert!(
        !text.contains(&format!("\"items\":{byte}")),
        "a list of numbers is left"
    );
}

#[test]
fn every_error_code_is_listed() {
    let listed = document()["components"]["schemas"]["ErrorCode"]["enum"].clone();
    let codes: Vec<_> = ErrorCode::ALL.iter().map(|code| code.code()).collect();
    assert_eq!(listed, Value::from(codes));
}

#[tokio::test]
async fn the_served_document_is_the_generated_one() {
    let relay = Relay::start().await;
    let url = format!("{}/v1/openapi.json", relay.url());
    let served = relay.http.get(url).send().await.unwrap();
    assert_eq!(served.headers()["content-type"], "application/json");
    let served: Value = serde_json::from_slice(&served.bytes().await.unwrap()).unwrap();
    assert_eq!(served, document());
}
