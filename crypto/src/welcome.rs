//! Welcomes: how a commit carries the invitation of those it adds.
//!
//! The relay stores a Welcome beside its commit, sealed under a fresh key that travels in the
//! invitation: neither the relay nor a member reads who was added from it.

use openmls::prelude::{MlsMessageBodyIn, MlsMessageIn, Welcome, tls_codec::DeserializeBytes};
use restante_wire::limits;

use crate::{
    padding,
    randomness::Randomness,
    sealed::{self, OpenError},
    secret::SymmetricKey,
};

const CONTEXT: &[u8] = b"restante welcome v1\0";

/// Seals a Welcome under a fresh key.
#[must_use]
pub fn seal(welcome: &[u8], randomness: &Randomness) -> (Vec<u8>, SymmetricKey) {
    let key = SymmetricKey::generate(randomness);
    let padded = padding::pad(welcome);
    let sealed = sealed::seal(key.as_bytes(), &[CONTEXT], &padded, randomness);
    (sealed, key)
}

/// Opens a sealed Welcome.
///
/// # Errors
/// An [`OpenError`]: the invitation's key is not that of this Welcome.
pub fn open(key: &SymmetricKey, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
    if sealed.len() > limits::MAX_WELCOME {
        return Err(OpenError::Length { len: sealed.len() });
    }
    let padded = sealed::open(key.as_bytes(), &[CONTEXT], sealed)?;
    padding::unpad(&padded)
        .map(<[u8]>::to_vec)
        .ok_or(OpenError::Malformed)
}

/// Not an `MLSMessage` that holds a Welcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a Welcome")]
pub struct NotAWelcome;

/// References of the key packages that a Welcome is for (RFC 9420 section 12.4.3.1): whose rows to
/// hand to [`crate::Group::join`].
///
/// # Errors
/// [`NotAWelcome`].
pub fn references(welcome: &[u8]) -> Result<Vec<Vec<u8>>, NotAWelcome> {
    let references = parse(welcome)?
        .secrets()
        .iter()
        .map(|secrets| secrets.new_member().as_slice().to_vec())
        .collect();
    Ok(references)
}

/// Parses the `MLSMessage` frame around a Welcome.
pub(crate) fn parse(welcome: &[u8]) -> Result<Welcome, NotAWelcome> {
    let message = MlsMessageIn::tls_deserialize_exact_bytes(welcome).map_err(|_| NotAWelcome)?;
    match message.extract() {
        MlsMessageBodyIn::Welcome(welcome) => Ok(welcome),
        _ => Err(NotAWelcome),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_welcome_opens_under_its_own_key_only() {
        let (sealed, key) = seal(b"welcome", &Randomness::os());
        assert_eq!(open(&key, &sealed).unwrap(), b"welcome");
        let (_, other) = seal(b"welcome", &Randomness::os());
        assert_eq!(open(&other, &sealed), Err(OpenError::Unauthentic));
        assert_eq!(references(b"welcome"), Err(NotAWelcome));
    }
}
