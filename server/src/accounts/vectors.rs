//! `tests/vectors/usernames.json` and `invites.json`: what this relay makes of names and codes as they
//! are typed.

use restante_vectors::{agree, hex};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{invite, username::Username};

#[test]
fn usernames_have_their_committed_form_and_skeleton() {
    let long = "a".repeat(65);
    let longest = "a".repeat(64);
    let typed = [
        // Taken, in one form.
        "Alice",
        "ＡＬＩＣＥ",
        "Cafe\u{301}",
        "王小明",
        "Δημήτρης",
        "हिन्दी",
        "a.b-c_9",
        "_a_",
        "taro太郎",
        "straße",
        "İpek",
        longest.as_str(),
        // Of one skeleton, in pairs.
        "bob",
        "b0b",
        "paul",
        "pau1",
        "modern",
        "modem",
        "coco",
        "сосо",
        "wendy",
        "vvendy",
        "alice",
        "ali\u{307}ce",
        "zoe",
        "żoe",
        // Refused: length, characters, ends, mixed scripts.
        "",
        long.as_str(),
        "a b",
        "a\u{0}b",
        "ali\u{202e}ce",
        "alice\u{200d}",
        "😀",
        "a/b",
        "a.",
        "-a",
        "\u{301}a",
        "pаypal",
        "αlice",
    ];
    let vectors = typed.map(|typed| {
        let parsed = Username::parse(typed).ok();
        json!({
            "typed": typed,
            "username": parsed.as_ref().map(Username::as_str),
            "skeleton": parsed.as_ref().map(Username::skeleton),
        })
    });
    agree("usernames.json", &vectors.to_vec().into());
}

#[test]
fn invites_have_their_committed_code() {
    let code = "0123456789ABCDEFGHJK";
    let typed = [
        ("01234-56789-ABCDE-FGHJK", Some(code)),
        ("0123456789abcdefghjk", Some(code)),
        (" O1234 56789 abcde-FGHJK ", Some(code)),
        ("oL234-56789-ABCDE-FGHJK", Some(code)),
        ("oi234-56789-ABCDE-FGHJK", Some(code)),
        ("01234-56789-ABCDE-FGHJU", None),
        ("01234-56789-ABCDE-FGHJ", None),
        ("01234-56789-ABCDE-FGHJK-0", None),
        ("01234_56789_ABCDE_FGHJK", None),
        ("", None),
    ];
    let vectors = typed.map(|(typed, code)| -> Value {
        let expected = code.map(|code| <[u8; 32]>::from(Sha256::digest(code)));
        assert_eq!(
            invite::hash(typed).ok().map(hex),
            expected.map(hex),
            "{typed}"
        );
        json!({ "typed": typed, "code": code })
    });
    agree("invites.json", &vectors.to_vec().into());
}
