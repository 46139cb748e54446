//! Opening sealed handles, and the keys for it.
//!
//! A key is 32 random bytes, from which HPKE derives a pair (RFC 9180 section 7.1.3). The newest is
//! announced; earlier ones still open what was sealed to them, until the next rotation but one.
//! **Shape** of a sealed handle: [`restante_wire::push`].

use std::fmt;

use hpke_rs::{Hpke, HpkePrivateKey, Mode};
use hpke_rs_crypto::types::{AeadAlgorithm, KdfAlgorithm, KemAlgorithm};
use hpke_rs_rust_crypto::HpkeRustCrypto;
use restante_wire::{
    PushKey, PushKeyId,
    mailbox::SealedHandle,
    push::{
        HANDLE_ENCAPSULATED_LEN, HANDLE_HEADER_LEN, HANDLE_INFO, HANDLE_VERSION, SEALED_HANDLE_LEN,
        Target,
    },
};
use zeroize::{Zeroize, Zeroizing};

/// Most keys of a ring: the one that is announced and those that still open.
pub const MAX_KEYS: usize = 3;

/// What a pair is derived from.
#[derive(Clone)]
pub struct KeySeed(pub [u8; 32]);

impl KeySeed {
    /// A new one.
    ///
    /// # Errors
    /// [`NoKeys`] if the system gives no randomness.
    pub fn generate() -> Result<Self, NoKeys> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|_| NoKeys)?;
        Ok(Self(seed))
    }
}

impl Drop for KeySeed {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for KeySeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeySeed(..)")
    }
}

/// There is no key, or there are too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("one to {MAX_KEYS} keys are needed")]
pub struct NoKeys;

/// Why a handle does not open: whoever sealed it must do so again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Not of the one length that handles have.
    #[error("handle of {len} bytes, expected {SEALED_HANDLE_LEN}")]
    Length {
        /// Its length.
        len: usize,
    },
    /// A version that this build does not know.
    #[error("handle of version {got}, expected {HANDLE_VERSION}")]
    Version {
        /// The byte that was found.
        got: u8,
    },
    /// Sealed to a key that this module does not have (any more).
    #[error("handle sealed to an unknown key")]
    UnknownKey,
    /// Damaged, or never sealed to this key.
    #[error("handle does not open")]
    Unauthentic,
    /// It opens, and is no target.
    #[error("handle holds no target")]
    Malformed,
}

/// Keys that open handles, the newest first.
pub struct KeyRing {
    hpke: Hpke<HpkeRustCrypto>,
    announced: PushKey,
    keys: Vec<(PushKeyId, HpkePrivateKey)>,
}

impl KeyRing {
    /// A ring of these keys, the newest first.
    ///
    /// # Errors
    /// [`NoKeys`].
    pub fn new(seeds: &[KeySeed]) -> Result<Self, NoKeys> {
        let hpke = suite();
        let mut keys = Vec::with_capacity(seeds.len());
        let mut announced = None;
        for seed in seeds {
            let pair = hpke.derive_key_pair(&seed.0).map_err(|_| NoKeys)?;
            let (private, public) = pair.into_keys();
            let public = PushKey::from_slice(public.as_slice()).ok_or(NoKeys)?;
            announced.get_or_insert(public);
            keys.push((public.id(), private));
        }
        match announced {
            Some(announced) if keys.len() <= MAX_KEYS => Ok(Self {
                hpke,
                announced,
                keys,
            }),
            _ => Err(NoKeys),
        }
    }

    /// What clients seal to.
    #[must_use]
    pub const fn announced(&self) -> PushKey {
        self.announced
    }

    /// Opens a handle.
    ///
    /// # Errors
    /// An [`OpenError`].
    pub fn open(&self, handle: &SealedHandle) -> Result<Target, OpenError> {
        let bytes = &handle.0;
        let length = OpenError::Length { len: bytes.len() };
        if bytes.len() != SEALED_HANDLE_LEN {
            return Err(length);
        }
        let (header, rest) = bytes.split_at_checked(HANDLE_HEADER_LEN).ok_or(length)?;
        let (&version, id) = header.split_first().ok_or(length)?;
        if version != HANDLE_VERSION {
            return Err(OpenError::Version { got: version });
        }
        let known = self.keys.iter().find(|(known, _)| known.0[..] == *id);
        let (_, key) = known.ok_or(OpenError::UnknownKey)?;
        let (encapsulated, sealed) = rest
            .split_at_checked(HANDLE_ENCAPSULATED_LEN)
            .ok_or(length)?;
        let opened = self
            .hpke
            .open(
                encapsulated,
                key,
                HANDLE_INFO,
                header,
                sealed,
                None,
                None,
                None,
            )
            .map(Zeroizing::new)
            .map_err(|_| OpenError::Unauthentic)?;
        Target::from_block(&opened).ok_or(OpenError::Malformed)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyRing(..)")
    }
}

fn suite() -> Hpke<HpkeRustCrypto> {
    Hpke::new(
        Mode::Base,
        KemAlgorithm::DhKem25519,
        KdfAlgorithm::HkdfSha256,
        AeadAlgorithm::ChaCha20Poly1305,
    )
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// Seals as a client does (`restante-crypto` has its own way to the same bytes).
    pub(crate) fn seal(key: &PushKey, target: &Target) -> SealedHandle {
        let mut bytes = vec![HANDLE_VERSION];
        bytes.extend(key.id().0);
        let header = bytes.clone();
        let public = key.0.to_vec().into();
        let block = target.to_block().unwrap();
        let (encapsulated, sealed) = suite()
            .seal(&public, HANDLE_INFO, &header, &block, None, None, None)
            .unwrap();
        bytes.extend(encapsulated);
        bytes.extend(sealed);
        SealedHandle(bytes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{testing::seal, *};

    fn fcm() -> Target {
        Target::Fcm {
            token: "token".into(),
        }
    }

    fn seeds<const N: usize>(bytes: [u8; N]) -> Vec<KeySeed> {
        bytes.map(|byte| KeySeed([byte; 32])).to_vec()
    }

    #[test]
    fn a_handle_opens_and_two_of_one_target_share_nothing() {
        let ring = KeyRing::new(&seeds([1])).unwrap();
        let (one, other) = (
            seal(&ring.announced(), &fcm()),
            seal(&ring.announced(), &fcm()),
        );
        assert_eq!(one.0.len(), SEALED_HANDLE_LEN);
        assert_eq!(ring.open(&one), Ok(fcm()));
        let secret = |handle: &SealedHandle| handle.0[HANDLE_HEADER_LEN..].to_vec();
        let same = secret(&one)
            .iter()
            .zip(secret(&other))
            .filter(|(a, b)| *a == b)
            .count();
        assert!(same < 20, "{same} bytes are alike");
    }

    #[test]
    fn after_a_rotation_earlier_handles_open_until_their_key_is_gone() {
        let first = KeyRing::new(&seeds([1])).unwrap();
        let handle = seal(&first.announced(), &fcm());
        let rotated = KeyRing::new(&seeds([2, 1])).unwrap();
        assert_ne!(rotated.announced(), first.announced());
        assert_eq!(rotated.open(&handle), Ok(fcm()));
        let later = KeyRing::new(&seeds([3, 2])).unwrap();
        assert_eq!(later.open(&handle), Err(OpenError::UnknownKey));
    }

    #[test]
    fn a_ring_has_one_to_three_keys() {
        assert_eq!(KeyRing::new(&[]).unwrap_err(), NoKeys);
        assert_eq!(KeyRing::new(&seeds([1, 2, 3, 4])).unwrap_err(), NoKeys);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_changed_handle_does_not_open(
            at in any::<prop::sample::Index>(),
            flip in 1..=255_u8,
        ) {
            let ring = KeyRing::new(&seeds([1])).unwrap();
            let mut handle = seal(&ring.announced(), &fcm());
            let at = at.index(handle.0.len());
            handle.0[at] ^= flip;
            prop_assert!(ring.open(&handle).is_err());
        }

        #[test]
        fn noise_does_not_open(bytes in proptest::collection::vec(any::<u8>(), 0..700)) {
            let ring = KeyRing::new(&seeds([1])).unwrap();
            prop_assert!(ring.open(&SealedHandle(bytes)).is_err());
        }
    }
}
