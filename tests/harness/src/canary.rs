//! Looking for words that must not be there, in every form in which a program might have left them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use base64::{
    Engine as _,
    engine::general_purpose::{GeneralPurpose, STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};

/// A word that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// In which file.
    pub file: PathBuf,
    /// In which form.
    pub form: &'static str,
    /// At which byte.
    pub offset: usize,
}

/// Looks for a word in every file below a folder: logs, databases with their free pages, write-ahead
/// logs.
///
/// # Panics
/// If a file cannot be read.
#[must_use]
pub fn search(folder: &Path, word: &str) -> Vec<Sighting> {
    let forms = forms(word);
    let mut sightings = Vec::new();
    for file in files(folder) {
        let content = fs::read(&file).expect("a file of the story is readable");
        for (form, needle) in &forms {
            if let Some(offset) = find(&content, needle) {
                sightings.push(Sighting {
                    file: file.clone(),
                    form,
                    offset,
                });
            }
        }
    }
    sightings
}

/// Every form of a word that [`search`] knows.
#[must_use]
pub fn forms(word: &str) -> Vec<(&'static str, Vec<u8>)> {
    let bytes = word.as_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![
        ("plain", bytes.to_vec()),
        ("hex", hex.clone().into_bytes()),
        ("HEX", hex.to_uppercase().into_bytes()),
        (
            "UTF-16LE",
            word.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
        (
            "UTF-16BE",
            word.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        ),
    ];
    for before in 0..3 {
        for alphabet in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            forms.push(("base64", base64_inside(bytes, before, alphabet)));
        }
    }
    forms
}

/// The characters that a word always gives when it stands `before` bytes into base64 text, whatever
/// stands around it: those of which all six bits are its own.
fn base64_inside(word: &[u8], before: usize, alphabet: &GeneralPurpose) -> Vec<u8> {
    let shifted = [vec![0; before], word.to_vec()].concat();
    let (first, end) = ((before * 8).div_ceil(6), shifted.len() * 8 / 6);
    alphabet
        .encode(&shifted)
        .into_bytes()
        .into_iter()
        .take(end)
        .skip(first)
        .collect()
}

fn find(content: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut from = 0;
    while let Some(at) = content.get(from..)?.iter().position(|&byte| byte == first) {
        if content.get(from + at..)?.starts_with(needle) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the story is readable") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORD: &str = "Kanarienvogel";

    fn sightings_of(content: &[u8]) -> Vec<Sighting> {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("below")).unwrap();
        fs::write(folder.path().join("below/file"), content).unwrap();
        search(folder.path(), WORD)
    }

    #[test]
    fn a_word_is_found_in_every_form() {
        for (form, bytes) in forms(WORD) {
            let content = [b"\0\xFFbefore".as_slice(), &bytes, b"after"].concat();
            let found = sightings_of(&content);
            assert!(found.iter().any(|sighting| sighting.form == form), "{form}");
        }
    }

    #[test]
    fn base64_is_found_at_every_place_in_a_longer_text() {
        for before in 0..9 {
            for after in 0..4 {
                let text = ["x".repeat(before), WORD.into(), "y".repeat(after)].concat();
                for encoded in [STANDARD_NO_PAD.encode(&text), URL_SAFE_NO_PAD.encode(&text)] {
                    let found = sightings_of(encoded.as_bytes());
                    assert_eq!(found.first().map(|sighting| sighting.form), Some("base64"));
                }
            }
        }
    }

    #[test]
    fn a_word_that_is_not_there_is_not_found() {
        assert_eq!(sightings_of(b"KanarienVogel, Kanarienvoge"), []);
    }
}
