//! Sealing wake-up handles: where this device is reached, for the push module's eyes only.
//!
//! Sealed freshly for every seat, so that the relay cannot tell that two seats are one device's.
//! **Shape**: [`restante_wire::push`]. Opened by `restante-push`.

use openmls_traits::{
    crypto::OpenMlsCrypto,
    types::{HpkeAeadType, HpkeConfig, HpkeKdfType, HpkeKemType},
};
use restante_wire::{
    PushKey,
    mailbox::SealedHandle,
    push::{BadTarget, HANDLE_INFO, HANDLE_VERSION, SEALED_HANDLE_LEN, Target},
};

use crate::provider::Algorithms;

/// Why a handle could not be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealHandleError {
    /// The target cannot be sealed: another token or endpoint is needed.
    #[error(transparent)]
    Target(#[from] BadTarget),
    /// The relay announces no usable X25519 key.
    #[error("push key is unusable")]
    Key,
}

/// Seals a target to the key that a relay announces.
///
/// # Errors
/// A [`SealHandleError`]; a retry with the same arguments is useless.
pub fn seal_handle(key: &PushKey, target: &Target) -> Result<SealedHandle, SealHandleError> {
    let block = target.to_block()?;
    let mut handle = Vec::with_capacity(SEALED_HANDLE_LEN);
    handle.push(HANDLE_VERSION);
    handle.extend_from_slice(&key.id().0);
    let sealed = Algorithms
        .hpke_seal(SUITE, &key.0, HANDLE_INFO, &handle, &block)
        .map_err(|_| SealHandleError::Key)?;
    handle.extend_from_slice(sealed.kem_output.as_slice());
    handle.extend_from_slice(sealed.ciphertext.as_slice());
    Ok(SealedHandle(handle))
}

const SUITE: HpkeConfig = HpkeConfig(
    HpkeKemType::DhKem25519,
    HpkeKdfType::HkdfSha256,
    HpkeAeadType::ChaCha20Poly1305,
);

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> Target {
        Target::Fcm {
            token: "token".into(),
        }
    }

    #[test]
    fn r7_two_handles_of_one_device_have_one_length_and_nothing_else_in_common() {
        let pair = Algorithms.derive_hpke_keypair(SUITE, &[1; 32]).unwrap();
        let key = PushKey::from_slice(&pair.public).unwrap();
        let (one, other) = (
            seal_handle(&key, &target()).unwrap(),
            seal_handle(&key, &target()).unwrap(),
        );
        assert_eq!(
            (one.0.len(), other.0.len()),
            (SEALED_HANDLE_LEN, SEALED_HANDLE_LEN)
        );
        let header = 1 + key.id().0.len();
        assert_eq!(one.0[..header], other.0[..header]);
        let pairs = one.0.iter().zip(&other.0).skip(header);
        let same = pairs.filter(|(a, b)| a == b).count();
        assert!(same < 20, "{same} bytes are alike");
    }

    #[test]
    fn a_degenerate_key_is_refused() {
        let refused = seal_handle(&PushKey([0; 32]), &target());
        assert_eq!(refused, Err(SealHandleError::Key));
    }
}
