//! The seal of an account's vault, and the keys that follow each other.

use zeroize::Zeroizing;

use crate::{
    certificate::AccountIdentity,
    padding,
    randomness::Randomness,
    sealed::{self, OpenError},
    secret::{self, VaultKey},
};

const CONTEXT: &[u8] = b"restante vault v1\0";
const KEY_INFO: &[u8] = b"restante vault key v1\0";

/// The vault key of a generation. Generation 0 is the one in the wraps; each expelled client makes
/// the next, which follows from the identity, so that password and phrase open it without being
/// wrapped again, and whoever holds only an earlier one does not.
#[must_use]
pub fn key_of(identity: &AccountIdentity, wrapped: &VaultKey, generation: u32) -> VaultKey {
    if generation == 0 {
        return wrapped.clone();
    }
    let info = [KEY_INFO, &generation.to_be_bytes()];
    VaultKey::from_bytes(*secret::derive(identity.seed(), &info))
}

/// Seals the vault's content as `version`, padded so that its length says little.
#[must_use]
pub fn seal(key: &VaultKey, version: u64, content: &[u8], randomness: &Randomness) -> Vec<u8> {
    let padded = padding::pad(content);
    sealed::seal(
        key.as_bytes(),
        &[CONTEXT, &version.to_be_bytes()],
        &padded,
        randomness,
    )
}

/// Opens a vault that must be of `version`: a relay cannot pass an old one off as the newest.
///
/// # Errors
/// An [`OpenError`]: another key or version, or changed bytes.
pub fn open(key: &VaultKey, version: u64, vault: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let padded = sealed::open(key.as_bytes(), &[CONTEXT, &version.to_be_bytes()], vault)?;
    padding::unpad(&padded)
        .map(|content| Zeroizing::new(content.to_vec()))
        .ok_or(OpenError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_generation_has_a_key_of_its_own() {
        let identity = AccountIdentity::from_seed(&[3; 32]);
        let first = VaultKey::from_bytes([1; 32]);
        assert_eq!(key_of(&identity, &first, 0), first);
        let second = key_of(&identity, &first, 1);
        assert_ne!(second, key_of(&identity, &first, 2));
        assert_ne!(
            second,
            key_of(&AccountIdentity::from_seed(&[4; 32]), &first, 1)
        );
    }

    #[test]
    fn a_vault_opens_as_its_own_version_only() {
        let key = VaultKey::from_bytes([1; 32]);
        let vault = seal(&key, 7, b"contacts", &Randomness::os());
        assert_eq!(&**open(&key, 7, &vault).unwrap(), b"contacts");
        assert_eq!(open(&key, 8, &vault), Err(OpenError::Unauthentic));
        assert_eq!(
            open(&key, 7, &vault[..12]),
            Err(OpenError::Length { len: 12 })
        );
    }
}
