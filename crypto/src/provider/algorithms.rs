//! The algorithms of our suites, for MLS.
//!
//! Whatever a stranger's message names, no other is run or in the program. Never does: compute anything
//! itself. Read next: [`super::primitives`], [`super::hpke`].

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use openmls::prelude::tls_codec::SecretVLBytes;
use openmls_traits::{
    crypto::OpenMlsCrypto,
    types::{
        AeadType, Ciphersuite, CryptoError, ExporterSecret, HashType, HpkeCiphertext, HpkeConfig,
        HpkeKeyPair, SignatureScheme,
    },
};
use sha2::{Digest, Sha256};

use super::{
    hpke,
    primitives::{self, Aead},
};
use crate::{ciphersuite, randomness::Randomness};

/// What openmls computes with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Algorithms;

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
        is_sha256(hash)?;
        Ok(primitives::hkdf_extract(salt, key).as_slice().into())
    }

    fn hmac(
        &self,
        hash: HashType,
        key: &[u8],
        message: &[u8],
    ) -> Result<SecretVLBytes, CryptoError> {
        is_sha256(hash)?;
        Ok(primitives::hmac(key, message)?.as_slice().into())
    }

    fn hkdf_expand(
        &self,
        hash: HashType,
        key: &[u8],
        info: &[u8],
        len: usize,
    ) -> Result<SecretVLBytes, CryptoError> {
        is_sha256(hash)?;
        Ok(primitives::hkdf_expand(key, info, len)?.into())
    }

    fn hash(&self, hash: HashType, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        is_sha256(hash)?;
        Ok(Sha256::digest(data).to_vec())
    }

    fn aead_encrypt(
        &self,
        algorithm: AeadType,
        key: &[u8],
        data: &[u8],
        nonce: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        our_aead(algorithm)?.seal(key, nonce, aad, data)
    }

    fn aead_decrypt(
        &self,
        algorithm: AeadType,
        key: &[u8],
        sealed: &[u8],
        nonce: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        our_aead(algorithm)?.open(key, nonce, aad, sealed)
    }

    fn signature_key_gen(
        &self,
        scheme: SignatureScheme,
    ) -> Result<(Vec<u8>, Vec<u8>), CryptoError> {
        is_ed25519(scheme)?;
        let key = SigningKey::from_bytes(&Randomness::os().bytes());
        Ok((
            key.to_bytes().to_vec(),
            key.verifying_key().to_bytes().to_vec(),
        ))
    }

    /// As strict as everywhere in this crate: no weak keys, no second form of a signature.
    fn verify_signature(
        &self,
        scheme: SignatureScheme,
        data: &[u8],
        key: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        is_ed25519(scheme)?;
        let key = VerifyingKey::try_from(key).map_err(|_| CryptoError::CryptoLibraryError)?;
        let signature = Signature::from_slice(signature);
        let signature = signature.map_err(|_| CryptoError::CryptoLibraryError)?;
        key.verify_strict(data, &signature)
            .map_err(|_| CryptoError::InvalidSignature)
    }

    fn sign(
        &self,
        scheme: SignatureScheme,
        data: &[u8],
        key: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        is_ed25519(scheme)?;
        let key = SigningKey::try_from(key).map_err(|_| CryptoError::CryptoLibraryError)?;
        Ok(key.sign(data).to_bytes().to_vec())
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
fn is_ed25519(scheme: SignatureScheme) -> Result<(), CryptoError> {
    match scheme {
        SignatureScheme::ED25519 => Ok(()),
        _ => Err(CryptoError::UnsupportedSignatureScheme),
    }
}

/// Every suite of ours hashes with SHA-256.
fn is_sha256(hash: HashType) -> Result<(), CryptoError> {
    match hash {
        HashType::Sha2_256 => Ok(()),
        _ => Err(CryptoError::UnsupportedHashAlgorithm),
    }
}

fn our_aead(algorithm: AeadType) -> Result<Aead, CryptoError> {
    match algorithm {
        AeadType::Aes128Gcm => Ok(Aead::Aes128Gcm),
        AeadType::ChaCha20Poly1305 => Ok(Aead::ChaCha20Poly1305),
        AeadType::Aes256Gcm => Err(CryptoError::UnsupportedAeadAlgorithm),
    }
}

#[cfg(test)]
mod tests {
    use openmls_rust_crypto::RustCrypto;

    use super::*;

    #[test]
    fn what_no_suite_of_ours_names_is_not_run() {
        let all = RustCrypto::default();
        let ours = Algorithms;
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
        let ours = Algorithms;
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
        let ours = Algorithms;
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
    #[test]
    fn everything_below_hpke_is_as_rustcrypto_has_it() {
        let all = RustCrypto::default();
        let ours = Algorithms;
        let (hash, key, data) = (HashType::Sha2_256, [7; 32], b"words");
        assert_eq!(ours.hash(hash, data), all.hash(hash, data));
        let bytes =
            |secret: Result<SecretVLBytes, CryptoError>| secret.unwrap().as_slice().to_vec();
        assert_eq!(
            bytes(ours.hmac(hash, &key, data)),
            bytes(all.hmac(hash, &key, data))
        );
        assert_eq!(
            bytes(ours.hkdf_extract(hash, data, &key)),
            bytes(all.hkdf_extract(hash, data, &key))
        );
        assert_eq!(
            bytes(ours.hkdf_expand(hash, &key, data, 100)),
            bytes(all.hkdf_expand(hash, &key, data, 100))
        );
        for (algorithm, len) in [(AeadType::Aes128Gcm, 16), (AeadType::ChaCha20Poly1305, 32)] {
            let sealed = ours.aead_encrypt(algorithm, &key[..len], data, &[7; 12], b"aad");
            assert_eq!(
                sealed,
                all.aead_encrypt(algorithm, &key[..len], data, &[7; 12], b"aad")
            );
        }
        let scheme = SignatureScheme::ED25519;
        let (private, public) = ours.signature_key_gen(scheme).unwrap();
        let signature = ours.sign(scheme, data, &private).unwrap();
        assert_eq!(Ok(&signature), all.sign(scheme, data, &private).as_ref());
        assert_eq!(
            ours.verify_signature(scheme, data, &public, &signature),
            Ok(())
        );
        let forged = ours.verify_signature(scheme, b"other words", &public, &signature);
        assert_eq!(forged, Err(CryptoError::InvalidSignature));
        let short = ours.verify_signature(scheme, data, &public, &signature[..63]);
        assert_eq!(short, Err(CryptoError::CryptoLibraryError));
    }
}
