//! Usernames as directories match them.

use precis_profiles::{UsernameCaseMapped, precis_core::profile::Profile};
use restante_wire::limits::MAX_USERNAME;

use crate::{Error, ErrorKind};

/// The one form of a username (RFC 8265, UsernameCaseMapped), by which a relay finds it and by which
/// a client checks that what was found is what was asked for.
///
/// # Errors
/// `bad_input` for what is no username.
pub fn normalise_username(typed: &str) -> Result<String, Error> {
    if typed.len() > MAX_USERNAME {
        return Err(ErrorKind::BadInput.into());
    }
    let name = UsernameCaseMapped::new()
        .enforce(typed)
        .map_err(|_| Error::new(ErrorKind::BadInput))?;
    if name.is_empty() || name.len() > MAX_USERNAME {
        return Err(ErrorKind::BadInput.into());
    }
    Ok(name.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_form() {
        assert_eq!(normalise_username("Alice").ok().as_deref(), Some("alice"));
        assert_eq!(
            normalise_username("Ａｌｉｃｅ").ok().as_deref(),
            Some("alice")
        );
        assert_eq!(normalise_username("李明").ok().as_deref(), Some("李明"));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for typed in [
            "",
            " ",
            "a b",
            "a\u{0}",
            "a\u{202e}b",
            &"a".repeat(MAX_USERNAME + 1),
        ] {
            assert!(normalise_username(typed).is_err(), "{typed:?}");
        }
    }
}
