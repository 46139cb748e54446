//! The vectors of this folder, for the tests that check them.
//!
//! A test computes the whole content of a file from the inputs that it fixes, and hands it to
//! [`agree`], which compares it with what is committed. `cargo xtask vectors` writes the files anew;
//! its result belongs into review. `README.md` beside the files describes every field.
#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "a vector that cannot be read, or differs, has to fail its test loudly"
)]

mod readable;

use std::{fs, path::PathBuf};

use serde::de::DeserializeOwned;
use serde_json::Value;

pub use readable::readable;

/// Set by `cargo xtask vectors`: write instead of compare.
const WRITE: &str = "RESTANTE_WRITE_VECTORS";

/// Compares computed vectors with the committed file, or writes it.
///
/// # Panics
/// If they differ, or the file is not there.
pub fn agree(file: &str, computed: &Value) {
    if std::env::var_os(WRITE).is_some() {
        let text = serde_json::to_string_pretty(computed).expect("JSON is written");
        fs::write(path(file), text + "\n").expect("the folder of the vectors is writable");
        return;
    }
    let committed: Value = read(file);
    if let Some(place) = difference("", &committed, computed) {
        panic!("{file}{place} differs: if that is meant, run `cargo xtask vectors`");
    }
}

/// Reads a committed file.
///
/// # Panics
/// If it is not there or of another shape.
#[must_use]
pub fn read<T: DeserializeOwned>(file: &str) -> T {
    let text = fs::read_to_string(path(file)).expect("the vector file is committed");
    serde_json::from_str(&text).expect("the vector file has its shape")
}

/// A committed file, if there is one already.
#[must_use]
pub fn committed(file: &str) -> Option<Value> {
    serde_json::from_str(&fs::read_to_string(path(file)).ok()?).ok()
}

/// Bytes as lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: impl AsRef<[u8]>) -> String {
    use std::fmt::Write as _;
    bytes.as_ref().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Bytes from hexadecimal.
///
/// # Panics
/// If it is none.
#[must_use]
pub fn unhex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|pair| {
            std::str::from_utf8(pair)
                .ok()
                .filter(|pair| pair.len() == 2)
                .and_then(|pair| u8::from_str_radix(pair, 16).ok())
                .expect("hexadecimal")
        })
        .collect()
}

/// Where two values differ first.
fn difference(place: &str, a: &Value, b: &Value) -> Option<String> {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => a
            .iter()
            .zip(b.values())
            .find_map(|((key, a), b)| difference(&format!("{place}.{key}"), a, b)),
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => a
            .iter()
            .zip(b)
            .enumerate()
            .find_map(|(index, (a, b))| difference(&format!("{place}[{index}]"), a, b)),
        _ => (a != b).then(|| place.to_owned()),
    }
}

fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_difference_is_named_by_its_place() {
        let (a, b) = (json!({"x": [1, {"y": "a"}]}), json!({"x": [1, {"y": "b"}]}));
        assert_eq!(difference("", &a, &a), None);
        assert_eq!(difference("", &a, &b), Some(".x[1].y".into()));
        assert_eq!(difference("", &a, &json!({})), Some(String::new()));
    }

    #[test]
    fn hexadecimal_goes_there_and_back() {
        assert_eq!(hex([0, 0xab]), "00ab");
        assert_eq!(unhex("00ab"), [0, 0xab]);
    }
}
