//! Account passwords: their form, their strength, and better ones to propose.

use precis_profiles::{OpaqueString, precis_core::profile::Profile};
use restante_crypto::Randomness;
use zeroize::Zeroizing;

use crate::{Error, ErrorKind, redacted::redacted_debug};

/// Longest password in bytes.
pub const MAX_PASSWORD: usize = 1024;

/// Words of a proposed password: 6 × 11 bits, out of reach at one Argon2id a guess.
const PROPOSED_WORDS: usize = 6;

/// An account password, in the one form in which it is used. Wiped when dropped, never printed.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Takes what a person typed: RFC 8265 `OpaqueString`, so that every keyboard and input method
    /// gives the same bytes.
    ///
    /// # Errors
    /// `bad_input` if empty, too long, or with control characters.
    pub fn new(typed: &str) -> Result<Self, Error> {
        if typed.len() > MAX_PASSWORD {
            return Err(ErrorKind::BadInput.into());
        }
        // The precis error could carry a character of the password: it is not kept.
        let enforced = OpaqueString::new()
            .enforce(typed)
            .map_err(|_| Error::new(ErrorKind::BadInput))?;
        Ok(Self(Zeroizing::new(enforced.into_owned())))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A password for an account to have: the judge of this machine let it pass.
#[derive(Clone)]
pub struct StrongPassword(Password);

impl StrongPassword {
    /// Takes what the judge says of a password (`restante_strength::is_strong`; a browser has it in a
    /// module of its own).
    ///
    /// # Errors
    /// `weak_password`.
    pub(crate) fn judged(password: Password, is_strong: bool) -> Result<Self, Error> {
        match is_strong {
            true => Ok(Self(password)),
            false => Err(ErrorKind::WeakPassword.into()),
        }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl From<StrongPassword> for Password {
    fn from(strong: StrongPassword) -> Self {
        strong.0
    }
}

redacted_debug!(Password, StrongPassword);

/// A password to propose: random words of the BIP 39 list, joined by hyphens.
#[must_use]
pub fn propose_password(randomness: &Randomness) -> Zeroizing<String> {
    let words = bip39::Language::English.word_list();
    let mut proposed = Zeroizing::new(String::with_capacity(PROPOSED_WORDS * 9));
    for index in 0..PROPOSED_WORDS {
        if index > 0 {
            proposed.push('-');
        }
        // 2048 words: a mask keeps the choice uniform.
        let choice = usize::from(u16::from_le_bytes(randomness.bytes()) & 2047);
        proposed.push_str(words.get(choice).copied().unwrap_or_default());
    }
    proposed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proposed_password_is_strong() {
        let proposed = propose_password(&Randomness::os());
        assert_eq!(proposed.split('-').count(), PROPOSED_WORDS);
        assert!(restante_strength::is_strong(&proposed, "alice"));
    }

    #[test]
    fn two_ways_to_type_a_letter_give_one_password() {
        let composed = Password::new("m\u{fc}hlenbach").unwrap();
        let decomposed = Password::new("mu\u{308}hlenbach").unwrap();
        assert_eq!(composed.as_bytes(), decomposed.as_bytes());
        assert_eq!(format!("{composed:?}"), "Password(..)");
    }

    #[test]
    fn empty_long_and_unprintable_passwords_are_bad_input() {
        for bad in ["", "tab\tbell\u{7}", &"x".repeat(MAX_PASSWORD + 1)] {
            assert_eq!(Password::new(bad).unwrap_err().kind, ErrorKind::BadInput);
        }
    }
}
