//! Names of files that others chose, made safe for a disk and a screen.

/// Longest name in bytes: every file system takes it, with room for a number.
pub const MAX_NAME: usize = 120;

/// Longest ending that survives shortening.
const MAX_ENDING: usize = 16;

/// Stands for a name of which nothing is left.
const NAMELESS: &str = "file";

/// Names that some systems keep for devices, whatever ending they have.
const RESERVED: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8",
    "com9", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// A name for a file on this disk: without folders, control characters, characters that turn text
/// around or that some system refuses, not hidden, not a device, and not too long.
#[must_use]
pub fn safe(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|c| is_harmless(*c)).collect();
    let trimmed = clean
        .trim_start_matches(|c: char| c == '.' || c.is_whitespace())
        .trim_end_matches(|c: char| c == '.' || c.is_whitespace());
    let short = shorten(trimmed);
    if short.is_empty() {
        return NAMELESS.to_owned();
    }
    let stem = short.split('.').next().unwrap_or_default().trim_end();
    match RESERVED.contains(&stem.to_lowercase().as_str()) {
        true => format!("_{short}"),
        false => short,
    }
}

/// The same name with a number, for when the name is taken.
#[must_use]
pub fn numbered(name: &str, number: u32) -> String {
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => format!("{stem} ({number}).{ending}"),
        _ => format!("{name} ({number})"),
    }
}

fn is_harmless(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*')
        && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Cuts the middle, so that the ending stays.
fn shorten(name: &str) -> String {
    if name.len() <= MAX_NAME {
        return name.to_owned();
    }
    let ending = match name.rsplit_once('.') {
        Some((_, ending)) if ending.len() <= MAX_ENDING => format!(".{ending}"),
        _ => String::new(),
    };
    let mut kept = String::new();
    for c in name.chars() {
        if kept.len() + c.len_utf8() + ending.len() > MAX_NAME {
            break;
        }
        kept.push(c);
    }
    kept.trim_end().to_owned() + &ending
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_lose_what_could_do_harm() {
        for (name, expected) in [
            ("cat.jpg", "cat.jpg"),
            ("../../etc/passwd", "passwd"),
            ("C:\\windows\\evil.exe", "evil.exe"),
            ("..", "file"),
            (".bashrc", "bashrc"),
            ("", "file"),
            ("a\u{0}b\n.txt", "ab.txt"),
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
            ("NUL.txt", "_NUL.txt"),
            ("com1", "_com1"),
            ("ends with dot. ", "ends with dot"),
            ("照片.png", "照片.png"),
        ] {
            assert_eq!(safe(name), expected, "{name:?}");
        }
    }

    #[test]
    fn long_names_keep_their_ending() {
        let name = safe(&format!("{}.tar.gz", "长".repeat(200)));
        assert!(name.len() <= MAX_NAME && name.ends_with(".gz"), "{name}");
    }

    #[test]
    fn a_taken_name_gets_a_number_before_its_ending() {
        assert_eq!(numbered("cat.jpg", 2), "cat (2).jpg");
        assert_eq!(numbered("README", 3), "README (3)");
    }

    proptest! {
        #[test]
        fn any_name_becomes_one_component(name in any::<String>()) {
            let safe = safe(&name);
            prop_assert!(!safe.is_empty() && safe.len() <= MAX_NAME + 1);
            prop_assert!(!safe.contains(['/', '\\', '\0']) && !safe.starts_with('.'));
            let path = std::path::Path::new(&safe);
            prop_assert_eq!(path.components().count(), 1);
            prop_assert_eq!(path.file_name().and_then(|name| name.to_str()), Some(safe.as_str()));
        }
    }
}
