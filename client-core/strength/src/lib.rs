//! Whether a new password is strong enough, by the one rule of every client.
//!
//! Owns: the rule, and with it the word lists of zxcvbn, which weigh as much as half of all else that a
//! browser fetches. They are therefore a module of their own there, fetched by whoever chooses a password;
//! everywhere else a plain library. Never does: keep what it is asked about.

use zeroize::Zeroizing;

/// How many characters of a password and of a name are looked at: what follows only makes a password
/// stronger, and looking takes time that grows faster than the length.
const JUDGED: usize = 100;

/// A word that everybody would try first.
const PRODUCT: &str = "restante";

/// Whether guessing with Argon2id would not find this password: an operator has the means to try.
#[cfg_attr(target_family = "wasm", wasm_bindgen::prelude::wasm_bindgen)]
#[must_use]
pub fn is_strong(password: &str, username: &str) -> bool {
    let judged = Zeroizing::new(beginning(password));
    let entropy = zxcvbn::zxcvbn(&judged, &[&beginning(username), PRODUCT]);
    entropy.score() >= zxcvbn::Score::Three
}

fn beginning(text: &str) -> String {
    text.chars().take(JUDGED).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_passwords_are_told_from_strong_ones() {
        for weak in [
            "",
            "password",
            "12345678",
            "qwertyuiop",
            "alice2026",
            "letmein!",
        ] {
            assert!(!is_strong(weak, "alice"), "{weak}");
        }
        assert!(is_strong("an unlikely heron walks sideways", "alice"));
    }

    #[test]
    fn the_username_is_no_strong_password() {
        assert!(!is_strong("wolfgangamadeus", "wolfgangamadeus"));
    }

    #[test]
    fn what_is_long_is_judged_in_no_time() {
        assert!(is_strong(&"heron walks sideways ".repeat(50_000), "alice"));
        assert!(!is_strong("password", &"alice".repeat(200_000)));
    }
}
