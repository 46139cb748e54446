//! The seal of an account's vault.

use zeroize::Zeroizing;

use crate::{
    padding,
    randomness::Randomness,
    sealed::{self, OpenError},
    secret::VaultKey,
};

const CONTEXT: &[u8] = b"restante vault v1\0";

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
