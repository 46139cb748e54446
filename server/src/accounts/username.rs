//! Which usernames there are: PRECIS for what a name is, Unicode TR39 for which names look alike.
//!
//! **Source**: RFC 8265 section 3.3 (UsernameCaseMapped), Unicode Technical Standard 39 sections 4
//! (confusable detection) and 5.2 (restriction levels).

use precis_profiles::{UsernameCaseMapped, precis_core::profile::PrecisFastInvocation};
use restante_wire::{ErrorCode, limits::MAX_USERNAME};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use unicode_security::{
    confusable_detection::skeleton,
    restriction_level::{RestrictionLevel, RestrictionLevelDetection},
};

/// A normalised username.
#[derive(Clone, PartialEq, Eq)]
pub struct Username {
    name: String,
    skeleton: String,
}

impl Username {
    /// Normalises a name as somebody typed it.
    ///
    /// # Errors
    /// `username_invalid`: too long, empty, with characters that no identifier has, punctuation at
    /// an end, or of scripts that nobody mixes.
    pub fn parse(typed: &str) -> Result<Self, ErrorCode> {
        if typed.len() > MAX_USERNAME {
            return Err(ErrorCode::UsernameInvalid);
        }
        let name = UsernameCaseMapped::enforce(typed)
            .map_err(|_| ErrorCode::UsernameInvalid)?
            .into_owned();
        // PRECIS lets a name begin with an accent, which would sit on whatever stands before it.
        // And with a full stop, which nobody would take for part of it at the end of a sentence.
        let is_letter = |c: char| c.is_alphanumeric() || c == '_';
        let may_stand = name.starts_with(is_letter)
            && name.ends_with(|last: char| is_letter(last) || is_combining_mark(last))
            && name.len() <= MAX_USERNAME
            && name
                .as_str()
                .check_restriction_level(RestrictionLevel::HighlyRestrictive);
        if !may_stand {
            return Err(ErrorCode::UsernameInvalid);
        }
        Ok(Self {
            skeleton: lookalike(&name),
            name,
        })
    }

    /// The name, in the one form in which it is stored, compared and certified.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// What all names that look like this one have in common.
    #[must_use]
    pub fn skeleton(&self) -> &str {
        &self.skeleton
    }
}

/// TR39's skeleton, taken twice with case folded between: names hold no capitals, but the skeleton
/// of a digit may (`0` becomes `O`), which must then meet the small letter. Two things that TR39
/// leaves to the font are added: an i or j shows no second dot, and two v may stand for a w.
fn lookalike(name: &str) -> String {
    let first: String = skeleton(&without_second_dots(name)).collect();
    let second: String = skeleton(&first.to_lowercase()).collect();
    second.replace('w', "vv")
}

/// Leaves out a dot above that follows a letter which has one already.
fn without_second_dots(name: &str) -> String {
    let mut is_dotted = false;
    name.nfd()
        .filter(|c| {
            let is_second = is_dotted && *c == DOT_ABOVE;
            is_dotted = SOFT_DOTTED.contains(c) || is_dotted && is_combining_mark(*c);
            !is_second
        })
        .collect()
}

/// Letters of Latin and Cyrillic that show one dot, with a combining one or without (Unicode's
/// property Soft_Dotted, as far as names of one script have them).
const SOFT_DOTTED: &[char] = &['i', 'j', 'ɨ', 'ɉ', 'і', 'ј'];

const DOT_ABOVE: char = '\u{307}';

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(typed: &str) -> Option<String> {
        Username::parse(typed).ok().map(|username| username.name)
    }

    fn skeleton_of(typed: &str) -> String {
        Username::parse(typed).unwrap().skeleton
    }

    #[test]
    fn names_are_normalised_to_one_form() {
        assert_eq!(name("Alice").as_deref(), Some("alice"));
        assert_eq!(name("ＡＬＩＣＥ").as_deref(), Some("alice"));
        assert_eq!(name("Cafe\u{301}"), name("café"));
        assert_eq!(name("王小明").as_deref(), Some("王小明"));
        assert_eq!(name("Δημήτρης").as_deref(), Some("δημήτρης"));
        assert_eq!(name("a.b-c_9").as_deref(), Some("a.b-c_9"));
        assert_eq!(name("_a_").as_deref(), Some("_a_"));
        assert_eq!(name("हिन्दी").as_deref(), Some("हिन्दी"), "ends with a mark");
    }

    #[test]
    fn names_that_no_identifier_has_are_refused() {
        let long = "a".repeat(65);
        let long_in_bytes = "王".repeat(22);
        let refused = [
            "",
            " ",
            "a b",
            "a\0b",
            "a\nb",
            "\u{7f}",
            "\u{200b}alice",
            "ali\u{202e}ce",
            "\u{feff}",
            "alice\u{200d}",
            "😀",
            "a/b",
            "a@b",
            "a.",
            "a-",
            "a'",
            "-a",
            "a·",
            "\u{301}",
            "\u{e000}",
            &long,
            &long_in_bytes,
        ];
        for typed in refused {
            assert_eq!(
                Username::parse(typed).err(),
                Some(ErrorCode::UsernameInvalid),
                "{typed:?}"
            );
        }
        assert!(name(&"a".repeat(64)).is_some());
    }

    #[test]
    fn a_name_of_mixed_scripts_is_refused() {
        assert_eq!(name("pаypal"), None, "Cyrillic a among Latin");
        assert_eq!(name("αlice"), None, "Greek alpha among Latin");
        assert!(name("taro太郎").is_some(), "Latin with Han is ordinary");
    }

    #[test]
    fn names_that_look_alike_share_a_skeleton() {
        assert_eq!(skeleton_of("bob"), skeleton_of("b0b"));
        assert_eq!(skeleton_of("paul"), skeleton_of("pau1"));
        assert_eq!(skeleton_of("modern"), skeleton_of("modem"));
        assert_eq!(skeleton_of("сосо"), skeleton_of("coco"), "all Cyrillic");
        assert_eq!(skeleton_of("wendy"), skeleton_of("vvendy"));
        assert_eq!(skeleton_of("alice"), skeleton_of("ali\u{307}ce"));
        assert_eq!(skeleton_of("alice"), skeleton_of("alİce"));
        assert_eq!(skeleton_of("alice"), skeleton_of("ali\u{307}\u{307}ce"));
        assert_ne!(skeleton_of("alice"), skeleton_of("bob"));
        assert_ne!(skeleton_of("via"), skeleton_of("vvia"));
        assert_ne!(skeleton_of("zoe"), skeleton_of("żoe"), "an accent is seen");
    }

    proptest! {
        #[test]
        fn a_normalised_name_is_its_own_normal_form(typed in "\\PC{0,24}") {
            if let Ok(username) = Username::parse(&typed) {
                let again = Username::parse(username.as_str());
                prop_assert!(again.as_ref() == Ok(&username));
                prop_assert!(username.as_str().len() <= MAX_USERNAME);
            }
        }
    }
}
