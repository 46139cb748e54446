//! The algorithms of our suites, out of all that RustCrypto has for MLS.
//!
//! Whatever a stranger's message names, no other is run; and a compiler that sees every call can leave the
//! others out of a program. Never does: compute anything itself. Read next: [`super::hpke`].

use openmls::prelude::tls_codec::SecretVLBytes;
use openmls_rust_crypto::RustCrypto;
use openmls_traits::{
    crypto::OpenMlsCrypto,
    types::{
        AeadType, Ciphersuite, CryptoError, ExporterSecret, HashType, HpkeCiphertext, HpkeConfig,
        HpkeKeyPair, SignatureScheme,
    },
};

use super::hpke;
use crate::ciphersuite;

/// What openmls computes with.
#[derive(Debug, Default)]
pub(crate) struct Algorithms(RustCrypto);

impl OpenMlsCrypto for Algorithms {
    fn supports(&self, suite: Ciphersuite) -> Result<(), CryptoError> {
        match self.supported_ciphersuites().contains(&suite) {
            true => Ok(()),
            false => Err(CryptoError::UnsupportedCiphersuite),
        }
    }

    fn supported_ciphersuites(&self) -> Vec<Ciphersuite> {
        let suites = ciphersuite::SUPPORTED.iter();
        suites
            .filter_map(|suite| ciphersuite::mls(*suite).ok())
            .collect()
    }

    fn hkdf_extract(
        &self,
        hash: HashType,
        salt: &[u8],
        key: &[u8],
    ) -> Result<SecretVLBytes, CryptoError> {
        self.0.hkdf_extract(our_hash(hash)?, salt, key)
    }

    fn hmac(
        &self,
        hash: HashType,
        key: &[u8],
        message: &[u8],
    ) -> Result<SecretVLBytes, CryptoError> {
        self.0.hmac(our_hash(hash)?, key, message)
    }

    fn hkdf_expand(
        &self,
        hash: HashType,
        key: &[u8],
        info: &[u8],
        len: usize,
    ) -> Result<SecretVLBytes, CryptoError> {
        self.0.hkdf_expand(our_hash(hash)?, key, info, len)
    }

    fn hash(&self, hash: HashType, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.0.hash(our_hash(hash)?, data)
    }

    fn aead_encrypt(
        &self,
        algorithm: AeadType,
        key: &[u8],
        data: &[u8],
        nonce: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let algorithm = our_aead(algorithm)?;
        self.0.aead_encrypt(algorithm, key, data, nonce, aad)
    }

    fn aead_decrypt(
        &self,
        algorithm: AeadType,
        key: &[u8],
        sealed: &[u8],
        nonce: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let algorithm = our_aead(algorithm)?;
        self.0.aead_decrypt(algorithm, key, sealed, nonce, aad)
    }

    fn signature_key_gen(
        &self,
        scheme: SignatureScheme,
    ) -> Result<(Vec<u8>, Vec<u8>), CryptoError> {
        ours(scheme)?;
        self.0.signature_key_gen(SignatureScheme::ED25519)
    }

    fn verify_signature(
        &self,
        scheme: SignatureScheme,
        data: &[u8],
        key: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        ours(scheme)?;
        self.0
            .verify_signature(SignatureScheme::ED25519, data, key, signature)
    }

    fn sign(
        &self,
        scheme: SignatureScheme,
        data: &[u8],
        key: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        ours(scheme)?;
        self.0.sign(SignatureScheme::ED25519, data, key)
    }

    fn hpke_seal(
        &self,
        config: HpkeConfig,
        to: &[u8],
        info: &[u8],
        aad: &[u8],
        plain: &[u8],
    ) -> Result<HpkeCiphertext, CryptoError> {
        hpke::seal(config, to, info, aad, plain)
    }

    fn hpke_open(
        &self,
        config: HpkeConfig,
        sealed: &HpkeCiphertext,
        key: &[u8],
        info: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        hpke::open(config, sealed, key, info, aad)
    }

    fn hpke_setup_sender_and_export(
        &self,
        config: HpkeConfig,
        to: &[u8],
        info: &[u8],
        context: &[u8],
        len: usize,
    ) -> Result<(Vec<u8>, ExporterSecret), CryptoError> {
        hpke::send_export(config, to, info, context, len)
    }

    fn hpke_setup_receiver_and_export(
        &self,
        config: HpkeConfig,
        encapsulated: &[u8],
        key: &[u8],
        info: &[u8],
        context: &[u8],
        len: usize,
    ) -> Result<ExporterSecret, CryptoError> {
        hpke::receive_export(config, encapsulated, key, info, context, len)
    }

    fn derive_hpke_keypair(
        &self,
        config: HpkeConfig,
        ikm: &[u8],
    ) -> Result<HpkeKeyPair, CryptoError> {
        hpke::derive_key_pair(config, ikm)
    }
}

/// Every suite of ours signs with Ed25519.
fn ours(scheme: SignatureScheme) -> Result<(), CryptoError> {
    match scheme {
        SignatureScheme::ED25519 => Ok(()),
        _ => Err(CryptoError::UnsupportedSignatureScheme),
    }
}

/// Every suite of ours hashes with SHA-256.
fn our_hash(hash: HashType) -> Result<HashType, CryptoError> {
    match hash {
        HashType::Sha2_256 => Ok(HashType::Sha2_256),
        _ => Err(CryptoError::UnsupportedHashAlgorithm),
    }
}

fn our_aead(algorithm: AeadType) -> Result<AeadType, CryptoError> {
    match algorithm {
        AeadType::Aes128Gcm => Ok(AeadType::Aes128Gcm),
        AeadType::ChaCha20Poly1305 => Ok(AeadType::ChaCha20Poly1305),
        AeadType::Aes256Gcm => Err(CryptoError::UnsupportedAeadAlgorithm),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_suite_of_ours_names_is_not_run() {
        let all = RustCrypto::default();
        let ours = Algorithms::default();
        let foreign = SignatureScheme::ECDSA_SECP256R1_SHA256;
        let (private, public) = all.signature_key_gen(foreign).unwrap();
        let signature = all.sign(foreign, b"words", &private).unwrap();
        assert!(
            all.verify_signature(foreign, b"words", &public, &signature)
                .is_ok()
        );
        assert_eq!(
            ours.verify_signature(foreign, b"words", &public, &signature),
            Err(CryptoError::UnsupportedSignatureScheme)
        );
        assert_eq!(
            ours.hash(HashType::Sha2_512, b"words"),
            Err(CryptoError::UnsupportedHashAlgorithm)
        );
        assert_eq!(
            ours.aead_encrypt(AeadType::Aes256Gcm, &[7; 32], b"words", &[7; 12], b""),
            Err(CryptoError::UnsupportedAeadAlgorithm)
        );
        let foreign = Ciphersuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256;
        assert!(all.supports(foreign).is_ok());
        assert!(ours.supports(foreign).is_err());
        assert!(
            ours.derive_hpke_keypair(foreign.hpke_config(), &[7; 32])
                .is_err()
        );
    }

    #[test]
    fn either_side_opens_what_all_of_rustcrypto_seals_and_the_other_way_round() {
        let all = RustCrypto::default();
        let ours = Algorithms::default();
        for suite in ours.supported_ciphersuites() {
            let pair = ours
                .derive_hpke_keypair(suite.hpke_config(), &[7; 32])
                .unwrap();
            let same = all
                .derive_hpke_keypair(suite.hpke_config(), &[7; 32])
                .unwrap();
            assert_eq!(pair.public, same.public);
            let sealed = |by: &dyn Fn() -> Result<HpkeCiphertext, CryptoError>| by().unwrap();
            let one = sealed(&|| {
                ours.hpke_seal(suite.hpke_config(), &pair.public, b"info", b"aad", b"words")
            });
            let other = sealed(&|| {
                all.hpke_seal(suite.hpke_config(), &pair.public, b"info", b"aad", b"words")
            });
            for sealed in [one, other] {
                let opened =
                    ours.hpke_open(suite.hpke_config(), &sealed, &pair.private, b"info", b"aad");
                assert_eq!(opened.unwrap(), b"words");
                let opened =
                    all.hpke_open(suite.hpke_config(), &sealed, &pair.private, b"info", b"aad");
                assert_eq!(opened.unwrap(), b"words");
                let foreign =
                    ours.hpke_open(suite.hpke_config(), &sealed, &pair.private, b"info", b"");
                assert_eq!(foreign, Err(CryptoError::HpkeDecryptionError));
            }
        }
    }

    #[test]
    fn both_sides_of_an_export_get_the_same() {
        let ours = Algorithms::default();
        for suite in ours.supported_ciphersuites() {
            let config = || suite.hpke_config();
            let pair = ours.derive_hpke_keypair(config(), &[7; 32]).unwrap();
            let (encapsulated, sent) = ours
                .hpke_setup_sender_and_export(config(), &pair.public, b"info", b"context", 32)
                .unwrap();
            let all = RustCrypto::default();
            let received = all
                .hpke_setup_receiver_and_export(
                    config(),
                    &encapsulated,
                    &pair.private,
                    b"info",
                    b"context",
                    32,
                )
                .unwrap();
            assert_eq!(sent.as_ref(), received.as_ref());
        }
    }
}
