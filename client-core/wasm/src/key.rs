//! Keys of the home: one at random, and one from a passphrase that wraps it.

use argon2::{Algorithm, Argon2, Params, Version};
use restante_client::{Error, ErrorKind};
use zeroize::Zeroizing;

/// KiB that a guess at a passphrase takes.
const MEMORY_KIB: u32 = 64 * 1024;

/// Passes over them.
const PASSES: u32 = 3;

/// Length of keys.
const KEY: usize = 32;

/// Longest passphrase in bytes.
const MAX_PASSPHRASE: usize = 1024;

/// The key that wraps the storage key where a person has set a passphrase: Argon2id (RFC 9106).
///
/// # Errors
/// `bad_input` for an empty or endless passphrase, or a salt that is none.
pub(crate) fn of_passphrase(passphrase: &str, salt: &[u8]) -> Result<Zeroizing<[u8; KEY]>, Error> {
    if passphrase.is_empty() || passphrase.len() > MAX_PASSPHRASE {
        return Err(ErrorKind::BadInput.into());
    }
    let refused = |_| Error::new(ErrorKind::BadInput);
    let params = Params::new(MEMORY_KIB, PASSES, 1, Some(KEY)).map_err(refused)?;
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut key = Zeroizing::new([0; KEY]);
    argon
        .hash_password_into(passphrase.as_bytes(), salt, key.as_mut_slice())
        .map_err(refused)?;
    Ok(key)
}

/// A storage key as the database takes it: a key and no passphrase, so that nothing is derived from it.
///
/// **Source**: SQLCipher, "Raw Key Data".
///
/// # Errors
/// `bad_input` if it has another length.
pub(crate) fn as_passphrase(key: &[u8]) -> Result<Zeroizing<String>, Error> {
    if key.len() != KEY {
        return Err(ErrorKind::BadInput.into());
    }
    let mut text = Zeroizing::new(String::with_capacity(2 * KEY + 3));
    text.push_str("x'");
    for byte in key {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(digit.into(), 16).unwrap_or('0'));
        }
    }
    text.push('\'');
    Ok(text)
}
