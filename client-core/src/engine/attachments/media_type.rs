//! What kind of file this is, by its first bytes and the ending of its name.
//!
//! A short list of what people send. Senders declare a type by it; receivers compare a declared type
//! with the bytes and refuse what contradicts it.

/// Bytes from the start of a file that are enough for every question here.
pub const HEAD: usize = 512;

/// The type of bytes of which nothing is known.
pub const UNKNOWN: &str = "application/octet-stream";

/// A type that is known by its first bytes.
struct Known {
    media_type: &'static str,
    /// Any of these, each at its place.
    magic: &'static [(usize, &'static [u8])],
    endings: &'static [&'static str],
}

const KNOWN: &[Known] = &[
    known("image/png", &[(0, b"\x89PNG\r\n\x1a\n")], &["png"]),
    known("image/jpeg", &[(0, b"\xFF\xD8\xFF")], &["jpg", "jpeg"]),
    known("image/gif", &[(0, b"GIF87a"), (0, b"GIF89a")], &["gif"]),
    known("image/webp", &[(8, b"WEBP")], &["webp"]),
    known("audio/wav", &[(8, b"WAVE")], &["wav"]),
    known("audio/ogg", &[(0, b"OggS")], &["ogg", "oga", "opus"]),
    known("audio/flac", &[(0, b"fLaC")], &["flac"]),
    known(
        "audio/mpeg",
        &[
            (0, b"ID3"),
            (0, b"\xFF\xFB"),
            (0, b"\xFF\xF3"),
            (0, b"\xFF\xF2"),
        ],
        &["mp3"],
    ),
    known("audio/mp4", &[(4, b"ftypM4A")], &["m4a"]),
    known("video/quicktime", &[(4, b"ftypqt")], &["mov"]),
    known("video/mp4", &[(4, b"ftyp")], &["mp4", "m4v"]),
    known("video/webm", &[(0, b"\x1A\x45\xDF\xA3")], &["webm", "mkv"]),
    // Sound alone has the same first bytes; only the ending tells.
    known("audio/webm", &[(0, b"\x1A\x45\xDF\xA3")], &["weba"]),
    known("application/pdf", &[(0, b"%PDF-")], &["pdf"]),
    known("application/gzip", &[(0, b"\x1F\x8B")], &["gz", "tgz"]),
    known(
        "application/zip",
        &[(0, b"PK\x03\x04"), (0, b"PK\x05\x06")],
        &["zip"],
    ),
];

/// Types of text, which have no first bytes of their own.
const TEXTS: &[(&str, &str)] = &[
    ("txt", "text/plain;charset=utf-8"),
    ("md", "text/markdown;charset=utf-8"),
    ("csv", "text/csv;charset=utf-8"),
    ("json", "application/json"),
];

const fn known(
    media_type: &'static str,
    magic: &'static [(usize, &'static [u8])],
    endings: &'static [&'static str],
) -> Known {
    Known {
        media_type,
        magic,
        endings,
    }
}

impl Known {
    fn fits(&self, head: &[u8]) -> bool {
        self.magic
            .iter()
            .any(|(place, magic)| head.get(*place..).is_some_and(|at| at.starts_with(magic)))
    }
}

/// The type of a file with this beginning and name. The beginning decides, where it says anything.
#[must_use]
pub fn guess(head: &[u8], name: &str) -> &'static str {
    let ending = name
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_ascii_lowercase())
        .unwrap_or_default();
    let mut fitting = KNOWN.iter().filter(|known| known.fits(head));
    let by_both = fitting
        .clone()
        .find(|known| known.endings.contains(&ending.as_str()));
    if let Some(known) = by_both.or_else(|| fitting.next()) {
        return known.media_type;
    }
    let text = TEXTS.iter().find(|(text, _)| *text == ending);
    match text {
        Some((_, media_type)) if is_text(head) => media_type,
        _ => UNKNOWN,
    }
}

/// Whether a declared type may be true of a file with this beginning: a type of the list must have
/// its first bytes, and text must be text.
#[must_use]
pub fn may_be(declared: &str, head: &[u8]) -> bool {
    let bare = bare(declared);
    if let Some(known) = KNOWN.iter().find(|known| known.media_type == bare) {
        return known.fits(head);
    }
    if bare.starts_with("text/") {
        return is_text(head);
    }
    // Something of which nothing is known must not be shown as a picture or played.
    !["image/", "audio/", "video/"]
        .iter()
        .any(|shown| bare.starts_with(shown) && is_another_kind(shown, head))
}

/// The type without parameters, in lower case.
#[must_use]
pub fn bare(media_type: &str) -> String {
    let bare = media_type.split(';').next().unwrap_or_default();
    bare.trim().to_ascii_lowercase()
}

fn is_another_kind(shown: &str, head: &[u8]) -> bool {
    KNOWN
        .iter()
        .any(|known| known.fits(head) && !known.media_type.starts_with(shown))
}

/// UTF-8 without zeros, perhaps cut in the middle of a character.
fn is_text(head: &[u8]) -> bool {
    let valid = match str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && head.len() >= HEAD,
    };
    valid && !head.contains(&0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n....";

    #[test]
    fn the_beginning_decides_and_the_ending_helps() {
        for (head, name, expected) in [
            (PNG, "a.png", "image/png"),
            (PNG, "a.txt", "image/png"),
            (b"RIFF....WAVEfmt ".as_slice(), "v", "audio/wav"),
            (b"....ftypM4A ", "v.m4a", "audio/mp4"),
            (b"....ftypisom", "v.mp4", "video/mp4"),
            (b"\x1A\x45\xDF\xA3", "v.webm", "video/webm"),
            (b"\x1A\x45\xDF\xA3", "v.weba", "audio/webm"),
            (b"\x1A\x45\xDF\xA3", "v", "video/webm"),
            (b"hello", "a.txt", "text/plain;charset=utf-8"),
            (b"hello\0", "a.txt", UNKNOWN),
            (b"hello", "a", UNKNOWN),
            (b"", "", UNKNOWN),
        ] {
            assert_eq!(guess(head, name), expected, "{name}");
        }
    }

    #[test]
    fn a_type_that_contradicts_the_bytes_is_found_out() {
        assert!(may_be("image/png", PNG));
        assert!(may_be("IMAGE/PNG; x=y", PNG));
        assert!(!may_be("image/jpeg", PNG));
        assert!(!may_be("image/png", b"\x7FELF"));
        assert!(!may_be("text/plain", b"a\0b"));
        assert!(!may_be("image/x-new", b"%PDF-1.7"));
        assert!(may_be("image/x-new", b"whatever"));
        assert!(may_be(UNKNOWN, PNG));
    }

    #[test]
    fn what_is_guessed_may_be() {
        for head in [PNG, b"GIF89a", b"OggS", b"%PDF-1", b"words"] {
            assert!(may_be(guess(head, "a.txt"), head));
        }
    }
}
