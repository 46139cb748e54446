//! Wraps of an account's identity: under the OPAQUE export key and under the recovery phrase.
//!
//! **Shape**: the form of `sealed.rs` over identity seed and vault key, 64 bytes.

use std::fmt;

use bip39::{Language, Mnemonic};
use zeroize::{Zeroize, Zeroizing};

use crate::{
    certificate::AccountIdentity,
    randomness::Randomness,
    sealed::{self, OpenError},
    secret::{self, VaultKey},
};

const CONTEXT: &[u8] = b"restante identity wrap v1\0";
const PASSWORD_INFO: &[u8] = b"restante identity wrap v1 password";
const PHRASE_INFO: &[u8] = b"restante identity wrap v1 phrase";

/// A key under which the identity is wrapped.
pub struct WrapKey(Zeroizing<[u8; 32]>);

impl WrapKey {
    /// From the export key that OPAQUE gives the client (RFC 9807 section 3).
    #[must_use]
    pub fn from_export_key(export_key: &[u8]) -> Self {
        Self(secret::derive(export_key, &[PASSWORD_INFO]))
    }

    /// From the recovery phrase. Its 256 random bits need no slow hash.
    #[must_use]
    pub fn from_phrase(phrase: &RecoveryPhrase) -> Self {
        Self(secret::derive(phrase.0.as_slice(), &[PHRASE_INFO]))
    }
}

impl fmt::Debug for WrapKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WrapKey(..)")
    }
}

/// Wraps identity seed and vault key.
#[must_use]
pub fn wrap(
    key: &WrapKey,
    identity: &AccountIdentity,
    vault: &VaultKey,
    randomness: &Randomness,
) -> Vec<u8> {
    let mut content = Zeroizing::new([0; 64]);
    let (seed, vault_key) = content.split_at_mut(32);
    seed.copy_from_slice(identity.seed());
    vault_key.copy_from_slice(vault.as_bytes());
    sealed::seal(&key.0, &[CONTEXT], content.as_slice(), randomness)
}

/// Opens a wrap.
///
/// # Errors
/// An [`OpenError`]: the wrong password or phrase, or a relay that changed the wrap.
pub fn unwrap(key: &WrapKey, wrap: &[u8]) -> Result<(AccountIdentity, VaultKey), OpenError> {
    let content = sealed::open(&key.0, &[CONTEXT], wrap)?;
    let (seed, vault) = content
        .split_first_chunk::<32>()
        .ok_or(OpenError::Malformed)?;
    let vault: &[u8; 32] = vault.try_into().map_err(|_| OpenError::Malformed)?;
    Ok((
        AccountIdentity::from_seed(seed),
        VaultKey::from_bytes(*vault),
    ))
}

/// 24 English words of BIP 39: 256 random bits and a checksum of eight.
pub struct RecoveryPhrase(Zeroizing<[u8; 32]>);

/// What was typed is not a recovery phrase: a word is not of the list, their number is not 24, or
/// the checksum does not fit. Nothing says which, for the text is secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a recovery phrase of 24 words")]
pub struct PhraseError;

impl RecoveryPhrase {
    /// A fresh phrase.
    #[must_use]
    pub fn generate(randomness: &Randomness) -> Self {
        Self(Zeroizing::new(randomness.bytes()))
    }

    /// Reads what a person typed; case and spacing do not matter.
    ///
    /// # Errors
    /// [`PhraseError`]: ask again.
    pub fn parse(text: &str) -> Result<Self, PhraseError> {
        let lower = Zeroizing::new(text.to_lowercase());
        let mnemonic =
            Mnemonic::parse_in_normalized(Language::English, &lower).map_err(|_| PhraseError)?;
        let mut entropy = mnemonic.to_entropy();
        let phrase = entropy
            .as_slice()
            .try_into()
            .map(|bytes| Self(Zeroizing::new(bytes)))
            .map_err(|_| PhraseError);
        entropy.zeroize();
        phrase
    }

    /// The words, to be shown once.
    #[must_use]
    pub fn words(&self) -> Zeroizing<String> {
        let mnemonic = Mnemonic::from_entropy(self.0.as_slice());
        #[expect(clippy::expect_used, reason = "BIP 39 takes 32 bytes of entropy")]
        let mnemonic = mnemonic.expect("32 bytes are 24 words");
        Zeroizing::new(mnemonic.to_string())
    }
}

impl fmt::Debug for RecoveryPhrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryPhrase(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn password_and_phrase_open_their_own_wrap_only() {
        let randomness = Randomness::os();
        let identity = AccountIdentity::generate(&randomness);
        let vault = VaultKey::generate(&randomness);
        let phrase = RecoveryPhrase::generate(&randomness);
        let by_password = WrapKey::from_export_key(&[5; 64]);
        let by_phrase = WrapKey::from_phrase(&phrase);

        let wrapped = wrap(&by_password, &identity, &vault, &randomness);
        let (seed, key) = unwrap(&by_password, &wrapped).unwrap();
        assert_eq!(seed.seed(), identity.seed());
        assert_eq!(key, vault);
        assert!(matches!(
            unwrap(&by_phrase, &wrapped),
            Err(OpenError::Unauthentic)
        ));

        let typed = RecoveryPhrase::parse(&phrase.words().to_uppercase()).unwrap();
        let wrapped = wrap(&by_phrase, &identity, &vault, &randomness);
        assert!(unwrap(&WrapKey::from_phrase(&typed), &wrapped).is_ok());
    }

    #[test]
    fn a_phrase_has_24_words_and_a_checksum() {
        let words = RecoveryPhrase::generate(&Randomness::os()).words();
        assert_eq!(words.split(' ').count(), 24);
        assert!(RecoveryPhrase::parse(&format!("  {}\n", words.replace(' ', "  "))).is_ok());
        let mut fewer: Vec<&str> = words.split(' ').collect();
        fewer.pop();
        assert!(RecoveryPhrase::parse(&fewer.join(" ")).is_err());
        assert!(RecoveryPhrase::parse(&"abandon ".repeat(24)).is_err());
        let twelve = "abandon ".repeat(11) + "about";
        assert!(RecoveryPhrase::parse(&twelve).is_err());
    }
}
