//! `tests/vectors/wire.json`, `errors.json` and `log.json`: a value of every structure and variant, and
//! its bytes. Other clients read them; here they hold the encoding still.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a vector of another shape has to fail loudly"
)]

mod accounts;
mod codes;
mod log;
mod mailboxes;
mod push;
mod streams;

use restante_vectors::{agree, hex, readable};
use restante_wire::codec;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

#[test]
fn every_value_on_the_wire_has_its_committed_bytes() {
    let vectors = [
        accounts::vectors(),
        mailboxes::vectors(),
        push::vectors(),
        streams::vectors(),
    ]
    .concat();
    agree("wire.json", &vectors.into());
}

#[test]
fn every_error_code_has_its_committed_status_and_bytes() {
    agree("errors.json", &codes::vector().into());
}

#[test]
fn logs_have_their_committed_hashes() {
    agree("log.json", &log::vector());
}

/// One entry: the name of the type, the value and its bytes, which must decode to the same value.
fn vector<T>(name: &str, value: &T) -> Value
where
    T: Serialize + DeserializeOwned + PartialEq,
{
    let bytes = codec::encode(value);
    assert!(codec::decode::<T>(&bytes).as_ref() == Ok(value), "{name}");
    json!({ "type": name, "value": readable(value), "bytes": hex(bytes) })
}
