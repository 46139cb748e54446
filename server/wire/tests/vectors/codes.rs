//! Every error code: its status, and the refusal that says nothing but it.

use restante_vectors::hex;
use restante_wire::{ErrorCode, WireError, codec};
use serde_json::{Value, json};

pub(crate) fn vector() -> Vec<Value> {
    let codes = ErrorCode::ALL.iter().map(|&code| {
        json!({
            "code": code.code(),
            "status": code.http_status(),
            "bytes": hex(codec::encode(&WireError::new(code))),
        })
    });
    codes.collect()
}
