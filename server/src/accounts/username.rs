//! Which usernames there are: PRECIS for what a name is, Unicode TR39 for which names look alike.
//!
//! **Source**: RFC 8265 section 3.3 (UsernameCaseMapped), Unicode Technical Standard 39 sections 4
//! (confusable detection) and 5.2 (restriction levels).

use precis_profiles::{UsernameCaseMapped, precis_core::profile::PrecisFastInvocation};
use restante_wire::{ErrorCode, limits::MAX_USERNAME};
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
    /// `username_invalid`: too long, empty, with characters that no identifier has, or of scripts
    /// that nobody mixes.
    pub fn parse(typed: &str) -> Result<Self, ErrorCode> {
        if typed.len() > MAX_USERNAME {
            return Err(ErrorCode::UsernameInvalid);
        }
        let name = UsernameCaseMapped::enforce(typed)
            .map_err(|_| ErrorCode::UsernameInvalid)?
            .into_owned();
        // PRECIS lets a name begin with an accent, which would sit on whatever stands before it.
        let may_stand = name.starts_with(|first: char| first.is_alphanumeric() || first == '_')
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
/// of a digit may (`0` becomes `O`), which must then meet the small letter.
fn lookalike(name: &str) -> String {
    let first: String = skeleton(name).collect();
    skeleton(&first.to_lowercase()).collect()
}

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
        assert_ne!(skeleton_of("alice"), skeleton_of("bob"));
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
