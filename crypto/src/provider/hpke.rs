//! HPKE (RFC 9180, base mode) with the KEMs of our suites.
//!
//! Never does: compute anything itself. `hpke-rs` is RFC 9180; `x25519-dalek` and `x-wing` are its KEMs.
//! Read next: [`super::primitives`].

use std::convert::Infallible;

use chacha20::rand_core::{TryCryptoRng, TryRng};
use hpke_rs::{Hpke, HpkeError, Mode};
use hpke_rs_crypto::{
    HpkeCrypto, HpkeTestRng,
    error::Error,
    types::{AeadAlgorithm, KdfAlgorithm, KemAlgorithm},
};
use openmls_traits::types::{
    CryptoError, ExporterSecret, HpkeAeadType, HpkeCiphertext, HpkeConfig, HpkeKdfType,
    HpkeKemType, HpkeKeyPair,
};
use x_wing::{
    Decapsulate as _, Decapsulator as _, Encapsulate as _, KeyExport as _, TryKeyInit as _,
};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroize;

use super::primitives::{self, Aead};
use crate::randomness::Randomness;

/// A public and a private key, or a shared secret and what encapsulates it.
type Pair = (Vec<u8>, Vec<u8>);

pub(super) fn seal(
    config: HpkeConfig,
    to: &[u8],
    info: &[u8],
    aad: &[u8],
    plain: &[u8],
) -> Result<HpkeCiphertext, CryptoError> {
    let sealed = hpke(config)?.seal(&to.into(), info, aad, plain, None, None, None);
    let (encapsulated, ciphertext) = sealed.map_err(failed)?;
    Ok(HpkeCiphertext {
        kem_output: encapsulated.into(),
        ciphertext: ciphertext.into(),
    })
}

pub(super) fn open(
    config: HpkeConfig,
    sealed: &HpkeCiphertext,
    key: &[u8],
    info: &[u8],
    aad: &[u8],
) -> Result<Vec<u8>, CryptoError> {
    let (encapsulated, sealed) = (sealed.kem_output.as_slice(), sealed.ciphertext.as_slice());
    hpke(config)?
        .open(
            encapsulated,
            &key.into(),
            info,
            aad,
            sealed,
            None,
            None,
            None,
        )
        .map_err(|_| CryptoError::HpkeDecryptionError)
}

pub(super) fn send_export(
    config: HpkeConfig,
    to: &[u8],
    info: &[u8],
    context: &[u8],
    len: usize,
) -> Result<(Vec<u8>, ExporterSecret), CryptoError> {
    let sender = hpke(config)?.setup_sender(&to.into(), info, None, None, None);
    let (encapsulated, sender) = sender.map_err(|_| CryptoError::SenderSetupError)?;
    let secret = sender.export(context, len);
    let secret = secret.map_err(|_| CryptoError::ExporterError)?;
    Ok((encapsulated, secret.into()))
}

pub(super) fn receive_export(
    config: HpkeConfig,
    encapsulated: &[u8],
    key: &[u8],
    info: &[u8],
    context: &[u8],
    len: usize,
) -> Result<ExporterSecret, CryptoError> {
    let receiver = hpke(config)?.setup_receiver(encapsulated, &key.into(), info, None, None, None);
    let receiver = receiver.map_err(|_| CryptoError::ReceiverSetupError)?;
    let secret = receiver.export(context, len);
    Ok(secret.map_err(|_| CryptoError::ExporterError)?.into())
}

pub(super) fn derive_key_pair(config: HpkeConfig, ikm: &[u8]) -> Result<HpkeKeyPair, CryptoError> {
    let pair = hpke(config)?.derive_key_pair(ikm).map_err(failed)?;
    let (private, public) = pair.into_keys();
    Ok(HpkeKeyPair {
        private: private.as_slice().into(),
        public: public.as_slice().into(),
    })
}

fn hpke(HpkeConfig(kem, kdf, aead): HpkeConfig) -> Result<Hpke<Kems>, CryptoError> {
    let kem = match kem {
        HpkeKemType::DhKem25519 => KemAlgorithm::DhKem25519,
        HpkeKemType::XWingKemDraft6 => KemAlgorithm::XWingDraft06,
        _ => return Err(CryptoError::UnsupportedCiphersuite),
    };
    let kdf = match kdf {
        HpkeKdfType::HkdfSha256 => KdfAlgorithm::HkdfSha256,
        _ => return Err(CryptoError::UnsupportedKdf),
    };
    let aead = match aead {
        HpkeAeadType::AesGcm128 => AeadAlgorithm::Aes128Gcm,
        HpkeAeadType::ChaCha20Poly1305 => AeadAlgorithm::ChaCha20Poly1305,
        _ => return Err(CryptoError::UnsupportedAeadAlgorithm),
    };
    Ok(Hpke::new(Mode::Base, kem, kdf, aead))
}

/// A key of another length is told from everything else.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn failed(error: HpkeError) -> CryptoError {
    match error {
        HpkeError::InvalidInput => CryptoError::InvalidLength,
        _ => CryptoError::CryptoLibraryError,
    }
}

/// The algorithms of our suites, as `hpke-rs` asks for them.
#[derive(Debug)]
struct Kems;

impl HpkeCrypto for Kems {
    type HpkePrng = Prng;

    fn name() -> String {
        "restante".to_owned()
    }

    fn supports_kdf(algorithm: KdfAlgorithm) -> Result<(), Error> {
        is_hkdf_sha256(algorithm)
    }

    fn supports_kem(algorithm: KemAlgorithm) -> Result<(), Error> {
        is_x25519(algorithm).or_else(|_| is_x_wing(algorithm))
    }

    fn supports_aead(algorithm: AeadAlgorithm) -> Result<(), Error> {
        our_aead(algorithm).map(drop)
    }

    fn prng() -> Prng {
        Prng(Randomness::os())
    }

    fn kdf_extract(algorithm: KdfAlgorithm, salt: &[u8], ikm: &[u8]) -> Result<Vec<u8>, Error> {
        is_hkdf_sha256(algorithm)?;
        Ok(primitives::hkdf_extract(salt, ikm).to_vec())
    }

    fn kdf_expand(
        algorithm: KdfAlgorithm,
        prk: &[u8],
        info: &[u8],
        len: usize,
    ) -> Result<Vec<u8>, Error> {
        is_hkdf_sha256(algorithm)?;
        primitives::hkdf_expand(prk, info, len).map_err(|_| Error::HpkeInvalidOutputLength)
    }

    /// A public key with which nothing secret comes out is refused (RFC 9180 section 7.1.4).
    fn dh(algorithm: KemAlgorithm, public: &[u8], private: &[u8]) -> Result<Vec<u8>, Error> {
        is_x25519(algorithm)?;
        let public: [u8; 32] = public.try_into().map_err(|_| Error::KemInvalidPublicKey)?;
        let shared = x25519(private)?.diffie_hellman(&PublicKey::from(public));
        match shared.was_contributory() {
            true => Ok(shared.as_bytes().to_vec()),
            false => Err(Error::KemInvalidPublicKey),
        }
    }

    fn secret_to_public(algorithm: KemAlgorithm, private: &[u8]) -> Result<Vec<u8>, Error> {
        is_x25519(algorithm)?;
        Ok(PublicKey::from(&x25519(private)?).as_bytes().to_vec())
    }

    /// For the sender's side of a Diffie-Hellman alone: the keys of members are derived.
    fn kem_key_gen(algorithm: KemAlgorithm, prng: &mut Prng) -> Result<Pair, Error> {
        is_x25519(algorithm)?;
        let private = StaticSecret::from(prng.0.bytes());
        let public = PublicKey::from(&private);
        Ok((public.as_bytes().to_vec(), private.as_bytes().to_vec()))
    }

    fn kem_key_gen_derand(algorithm: KemAlgorithm, seed: &[u8]) -> Result<Pair, Error> {
        is_x_wing(algorithm)?;
        let private = x_wing(seed)?;
        let public = private.encapsulation_key().to_bytes();
        Ok((public.to_vec(), private.as_bytes().to_vec()))
    }

    fn kem_encaps(algorithm: KemAlgorithm, public: &[u8], prng: &mut Prng) -> Result<Pair, Error> {
        is_x_wing(algorithm)?;
        let public = x_wing::EncapsulationKey::new_from_slice(public);
        let public = public.map_err(|_| Error::KemInvalidPublicKey)?;
        let (encapsulated, shared) = public.encapsulate_with_rng(prng);
        Ok((shared.to_vec(), encapsulated.to_vec()))
    }

    fn kem_decaps(
        algorithm: KemAlgorithm,
        encapsulated: &[u8],
        private: &[u8],
    ) -> Result<Vec<u8>, Error> {
        is_x_wing(algorithm)?;
        let encapsulated = x_wing::Ciphertext::try_from(encapsulated);
        let encapsulated = encapsulated.map_err(|_| Error::KemInvalidCiphertext)?;
        Ok(x_wing(private)?.decapsulate(&encapsulated).to_vec())
    }

    /// Of the NIST curves alone, whose keys are not any bytes.
    fn dh_validate_sk(_algorithm: KemAlgorithm, _private: &[u8]) -> Result<Vec<u8>, Error> {
        Err(Error::UnknownKemAlgorithm)
    }

    fn aead_seal(
        algorithm: AeadAlgorithm,
        key: &[u8],
        nonce: &[u8],
        aad: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, Error> {
        let sealed = our_aead(algorithm)?.seal(key, nonce, aad, plain);
        sealed.map_err(|_| Error::AeadInvalidNonce)
    }

    fn aead_open(
        algorithm: AeadAlgorithm,
        key: &[u8],
        nonce: &[u8],
        aad: &[u8],
        sealed: &[u8],
    ) -> Result<Vec<u8>, Error> {
        let opened = our_aead(algorithm)?.open(key, nonce, aad, sealed);
        opened.map_err(|_| Error::AeadOpenError)
    }
}

/// The operating system's randomness, as `hpke-rs` asks for it.
struct Prng(Randomness);

impl TryRng for Prng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.0.bytes()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.0.bytes()))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Prng {}

impl Zeroize for Prng {
    /// It holds nothing.
    fn zeroize(&mut self) {}
}

/// Asked for by the trait; `hpke-rs` seeds it in tests of its own.
impl HpkeTestRng for Prng {
    type Error = Infallible;

    fn try_fill_test_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.try_fill_bytes(bytes)
    }

    fn seed(&mut self, _seed: &[u8]) {}
}

fn x25519(private: &[u8]) -> Result<StaticSecret, Error> {
    let private: [u8; 32] = private.try_into().map_err(|_| Error::KemInvalidSecretKey)?;
    Ok(StaticSecret::from(private))
}

fn x_wing(private: &[u8]) -> Result<x_wing::DecapsulationKey, Error> {
    let private: [u8; 32] = private.try_into().map_err(|_| Error::KemInvalidSecretKey)?;
    Ok(private.into())
}

fn is_x25519(algorithm: KemAlgorithm) -> Result<(), Error> {
    match algorithm {
        KemAlgorithm::DhKem25519 => Ok(()),
        _ => Err(Error::UnknownKemAlgorithm),
    }
}

fn is_x_wing(algorithm: KemAlgorithm) -> Result<(), Error> {
    match algorithm {
        KemAlgorithm::XWingDraft06 => Ok(()),
        _ => Err(Error::UnknownKemAlgorithm),
    }
}

fn is_hkdf_sha256(algorithm: KdfAlgorithm) -> Result<(), Error> {
    match algorithm {
        KdfAlgorithm::HkdfSha256 => Ok(()),
        _ => Err(Error::UnknownKdfAlgorithm),
    }
}

fn our_aead(algorithm: AeadAlgorithm) -> Result<Aead, Error> {
    match algorithm {
        AeadAlgorithm::Aes128Gcm => Ok(Aead::Aes128Gcm),
        AeadAlgorithm::ChaCha20Poly1305 => Ok(Aead::ChaCha20Poly1305),
        _ => Err(Error::UnknownAeadAlgorithm),
    }
}
