//! HPKE (RFC 9180, base mode) with the KEMs of our suites.
//!
//! The curves that no suite of ours has would be a fifth of the cryptography in a browser. Never does:
//! compute anything itself; `hpke-rs` does, with RustCrypto's algorithms.

use hpke_rs::{Hpke, HpkeError, Mode};
use hpke_rs_crypto::{
    HpkeCrypto,
    error::Error,
    types::{AeadAlgorithm, KdfAlgorithm, KemAlgorithm},
};
use hpke_rs_rust_crypto::HpkeRustCrypto;
use openmls_traits::types::{
    CryptoError, ExporterSecret, HpkeAeadType, HpkeCiphertext, HpkeConfig, HpkeKdfType,
    HpkeKemType, HpkeKeyPair,
};

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

/// RustCrypto with the algorithms of our suites alone.
#[derive(Debug)]
struct Kems;

impl HpkeCrypto for Kems {
    type HpkePrng = <HpkeRustCrypto as HpkeCrypto>::HpkePrng;

    fn name() -> String {
        HpkeRustCrypto::name()
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

    fn prng() -> Self::HpkePrng {
        HpkeRustCrypto::prng()
    }

    fn kdf_extract(algorithm: KdfAlgorithm, salt: &[u8], ikm: &[u8]) -> Result<Vec<u8>, Error> {
        is_hkdf_sha256(algorithm)?;
        HpkeRustCrypto::kdf_extract(KdfAlgorithm::HkdfSha256, salt, ikm)
    }

    fn kdf_expand(
        algorithm: KdfAlgorithm,
        prk: &[u8],
        info: &[u8],
        len: usize,
    ) -> Result<Vec<u8>, Error> {
        is_hkdf_sha256(algorithm)?;
        HpkeRustCrypto::kdf_expand(KdfAlgorithm::HkdfSha256, prk, info, len)
    }

    fn dh(algorithm: KemAlgorithm, public: &[u8], private: &[u8]) -> Result<Vec<u8>, Error> {
        is_x25519(algorithm)?;
        HpkeRustCrypto::dh(KemAlgorithm::DhKem25519, public, private)
    }

    fn secret_to_public(algorithm: KemAlgorithm, private: &[u8]) -> Result<Vec<u8>, Error> {
        is_x25519(algorithm)?;
        HpkeRustCrypto::secret_to_public(KemAlgorithm::DhKem25519, private)
    }

    /// For the sender's side of a Diffie-Hellman alone: the keys of members are derived.
    fn kem_key_gen(algorithm: KemAlgorithm, prng: &mut Self::HpkePrng) -> Result<Pair, Error> {
        is_x25519(algorithm)?;
        HpkeRustCrypto::kem_key_gen(KemAlgorithm::DhKem25519, prng)
    }

    fn kem_key_gen_derand(algorithm: KemAlgorithm, seed: &[u8]) -> Result<Pair, Error> {
        is_x_wing(algorithm)?;
        HpkeRustCrypto::kem_key_gen_derand(KemAlgorithm::XWingDraft06, seed)
    }

    fn kem_encaps(
        algorithm: KemAlgorithm,
        public: &[u8],
        prng: &mut Self::HpkePrng,
    ) -> Result<Pair, Error> {
        is_x_wing(algorithm)?;
        HpkeRustCrypto::kem_encaps(KemAlgorithm::XWingDraft06, public, prng)
    }

    fn kem_decaps(
        algorithm: KemAlgorithm,
        encapsulated: &[u8],
        private: &[u8],
    ) -> Result<Vec<u8>, Error> {
        is_x_wing(algorithm)?;
        HpkeRustCrypto::kem_decaps(KemAlgorithm::XWingDraft06, encapsulated, private)
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
        HpkeRustCrypto::aead_seal(our_aead(algorithm)?, key, nonce, aad, plain)
    }

    fn aead_open(
        algorithm: AeadAlgorithm,
        key: &[u8],
        nonce: &[u8],
        aad: &[u8],
        sealed: &[u8],
    ) -> Result<Vec<u8>, Error> {
        HpkeRustCrypto::aead_open(our_aead(algorithm)?, key, nonce, aad, sealed)
    }
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

fn our_aead(algorithm: AeadAlgorithm) -> Result<AeadAlgorithm, Error> {
    match algorithm {
        AeadAlgorithm::Aes128Gcm => Ok(AeadAlgorithm::Aes128Gcm),
        AeadAlgorithm::ChaCha20Poly1305 => Ok(AeadAlgorithm::ChaCha20Poly1305),
        _ => Err(Error::UnknownAeadAlgorithm),
    }
}
