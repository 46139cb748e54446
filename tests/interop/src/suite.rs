//! The ciphersuites of rooms (protocol/groups.md, "Ciphersuites"): the classical one of mls-rs, and the
//! hybrid one, which is RFC 9180 with X-Wing as its KEM. Only the KEM itself, the crate `x-wing`, is
//! what our client uses, too.

use getrandom::{SysRng, rand_core::UnwrapErr};
use mls_rs::{CipherSuite, CipherSuiteProvider, CryptoProvider};
use mls_rs_core::crypto::{
    HpkeCiphertext, HpkePsk, HpkePublicKey, HpkeSecretKey, SignaturePublicKey, SignatureSecretKey,
};
use mls_rs_crypto_hpke::{
    context::{ContextR, ContextS},
    dhkem::DhKem,
};
use mls_rs_crypto_rustcrypto::{
    RustCryptoCipherSuite, RustCryptoError, aead::Aead, ecdh::Ecdh, kdf::Kdf,
};
use mls_rs_crypto_traits::{KemId, KemResult, KemType};
use shake::{ExtendableOutput, Shake256, Update, XofReader};
use x_wing::{
    Ciphertext, Decapsulate, DecapsulationKey, Decapsulator, Encapsulate, EncapsulationKey,
    KeyExport,
};
use zeroize::Zeroizing;

use crate::PeerError;

/// The suite of large rooms.
pub const CLASSICAL: CipherSuite = CipherSuite::CURVE25519_CHACHA;

/// The suite of all others.
pub const HYBRID: CipherSuite = CipherSuite::new(0x004F);

/// The suite of RFC 9420 that has everything of the hybrid one but the KEM.
const HYBRID_BESIDE_KEM: CipherSuite = CipherSuite::CURVE25519_AES128;

/// HPKE's number of X-Wing.
const X_WING: u16 = 0x647A;

/// Both suites.
#[derive(Debug, Clone, Copy)]
pub struct Suites;

impl CryptoProvider for Suites {
    type CipherSuiteProvider = Suite;

    fn supported_cipher_suites(&self) -> Vec<CipherSuite> {
        vec![HYBRID, CLASSICAL]
    }

    fn cipher_suite_provider(&self, suite: CipherSuite) -> Option<Suite> {
        let (beside_kem, kem) = match suite {
            CLASSICAL => (CLASSICAL, Kem::X25519(x25519()?)),
            HYBRID => (HYBRID_BESIDE_KEM, Kem::XWing),
            _ => return None,
        };
        let (kdf, aead) = (Kdf::new(beside_kem)?, Aead::new(beside_kem)?);
        let algorithms = RustCryptoCipherSuite::new(beside_kem, kem, kdf, aead)?;
        Some(Suite { suite, algorithms })
    }
}

fn x25519() -> Option<DhKem<Ecdh, Kdf>> {
    let id = KemId::DhKemX25519Sha256;
    let (ecdh, kdf) = (Ecdh::new(CLASSICAL)?, Kdf::new(CLASSICAL)?);
    Some(DhKem::new(ecdh, kdf, id as u16, id.n_secret()))
}

/// The KEM of a suite.
#[derive(Clone)]
enum Kem {
    X25519(DhKem<Ecdh, Kdf>),
    XWing,
}

/// The key pair of an X-Wing seed, which is the private key.
fn key_pair(seed: [u8; 32]) -> (HpkeSecretKey, HpkePublicKey) {
    let public = DecapsulationKey::from(seed).encapsulation_key().to_bytes();
    (seed.to_vec().into(), public.as_slice().to_vec().into())
}

/// DeriveKeyPair of the hybrid suite.
#[must_use]
pub fn derive_hybrid_key_pair(ikm: &[u8]) -> (HpkeSecretKey, HpkePublicKey) {
    let mut shake = Shake256::default();
    shake.update(ikm);
    let mut seed = [0; 32];
    shake.finalize_xof().read(&mut seed);
    key_pair(seed)
}

fn public_key(bytes: &[u8]) -> Result<EncapsulationKey, PeerError> {
    EncapsulationKey::try_from(bytes).map_err(|_| PeerError::Crypto)
}

impl KemType for Kem {
    type Error = PeerError;

    fn kem_id(&self) -> u16 {
        match self {
            Self::X25519(kem) => kem.kem_id(),
            Self::XWing => X_WING,
        }
    }

    fn generate_deterministic(
        &self,
        seed: &[u8],
    ) -> Result<(HpkeSecretKey, HpkePublicKey), PeerError> {
        match self {
            Self::X25519(kem) => kem
                .generate_deterministic(seed)
                .map_err(|_| PeerError::Crypto),
            Self::XWing => Ok(key_pair(seed.try_into().map_err(|_| PeerError::Crypto)?)),
        }
    }

    fn generate(&self) -> Result<(HpkeSecretKey, HpkePublicKey), PeerError> {
        match self {
            Self::X25519(kem) => kem.generate().map_err(|_| PeerError::Crypto),
            Self::XWing => Ok(key_pair(crate::random()?)),
        }
    }

    fn public_key_validate(&self, key: &HpkePublicKey) -> Result<(), PeerError> {
        match self {
            Self::X25519(kem) => kem.public_key_validate(key).map_err(|_| PeerError::Crypto),
            Self::XWing => public_key(key).map(|_| ()),
        }
    }

    fn encap(&self, remote: &HpkePublicKey) -> Result<KemResult, PeerError> {
        match self {
            Self::X25519(kem) => kem.encap(remote).map_err(|_| PeerError::Crypto),
            Self::XWing => {
                let (sealed, shared) =
                    public_key(remote)?.encapsulate_with_rng(&mut UnwrapErr(SysRng));
                let (sealed, shared) = (sealed.as_slice(), shared.as_slice());
                Ok(KemResult::new(shared.to_vec(), sealed.to_vec()))
            }
        }
    }

    fn decap(
        &self,
        sealed: &[u8],
        secret: &HpkeSecretKey,
        public: &HpkePublicKey,
    ) -> Result<Vec<u8>, PeerError> {
        match self {
            Self::X25519(kem) => kem
                .decap(sealed, secret, public)
                .map_err(|_| PeerError::Crypto),
            Self::XWing => {
                let seed: [u8; 32] = secret.as_ref().try_into().map_err(|_| PeerError::Crypto)?;
                let sealed = Ciphertext::try_from(sealed).map_err(|_| PeerError::Crypto)?;
                let shared = DecapsulationKey::from(seed).decapsulate(&sealed);
                Ok(shared.as_slice().to_vec())
            }
        }
    }

    fn seed_length_for_derive(&self) -> usize {
        match self {
            Self::X25519(kem) => kem.seed_length_for_derive(),
            Self::XWing => 32,
        }
    }
}

/// One suite: what mls-rs makes of its algorithms, but for the number of the suite and for
/// DeriveKeyPair, which X-Wing has without the labels of RFC 9180.
#[derive(Clone)]
pub struct Suite {
    suite: CipherSuite,
    algorithms: RustCryptoCipherSuite<Kem, Kdf, Aead>,
}

type Answer<T> = Result<T, RustCryptoError>;

impl CipherSuiteProvider for Suite {
    type Error = RustCryptoError;
    type HpkeContextR = ContextR<Kdf, Aead>;
    type HpkeContextS = ContextS<Kdf, Aead>;

    fn cipher_suite(&self) -> CipherSuite {
        self.suite
    }

    fn kem_derive(&self, ikm: &[u8]) -> Answer<(HpkeSecretKey, HpkePublicKey)> {
        match self.suite {
            HYBRID => Ok(derive_hybrid_key_pair(ikm)),
            _ => self.algorithms.kem_derive(ikm),
        }
    }

    fn hash(&self, data: &[u8]) -> Answer<Vec<u8>> {
        CipherSuiteProvider::hash(&self.algorithms, data)
    }

    fn mac(&self, key: &[u8], data: &[u8]) -> Answer<Vec<u8>> {
        self.algorithms.mac(key, data)
    }

    fn aead_seal(
        &self,
        key: &[u8],
        data: &[u8],
        aad: Option<&[u8]>,
        nonce: &[u8],
    ) -> Answer<Vec<u8>> {
        self.algorithms.aead_seal(key, data, aad, nonce)
    }

    fn aead_open(
        &self,
        key: &[u8],
        ciphertext: &[u8],
        aad: Option<&[u8]>,
        nonce: &[u8],
    ) -> Answer<Zeroizing<Vec<u8>>> {
        self.algorithms.aead_open(key, ciphertext, aad, nonce)
    }

    fn aead_key_size(&self) -> usize {
        self.algorithms.aead_key_size()
    }

    fn aead_nonce_size(&self) -> usize {
        self.algorithms.aead_nonce_size()
    }

    fn kdf_extract(&self, salt: &[u8], ikm: &[u8]) -> Answer<Zeroizing<Vec<u8>>> {
        self.algorithms.kdf_extract(salt, ikm)
    }

    fn kdf_expand(&self, prk: &[u8], info: &[u8], len: usize) -> Answer<Zeroizing<Vec<u8>>> {
        self.algorithms.kdf_expand(prk, info, len)
    }

    fn kdf_extract_size(&self) -> usize {
        self.algorithms.kdf_extract_size()
    }

    fn hpke_seal(
        &self,
        remote: &HpkePublicKey,
        info: &[u8],
        aad: Option<&[u8]>,
        plaintext: &[u8],
    ) -> Answer<HpkeCiphertext> {
        self.algorithms.hpke_seal(remote, info, aad, plaintext)
    }

    fn hpke_seal_psk(
        &self,
        remote: &HpkePublicKey,
        info: &[u8],
        aad: Option<&[u8]>,
        plaintext: &[u8],
        psk: HpkePsk<'_>,
    ) -> Answer<HpkeCiphertext> {
        self.algorithms
            .hpke_seal_psk(remote, info, aad, plaintext, psk)
    }

    fn hpke_open(
        &self,
        ciphertext: &HpkeCiphertext,
        secret: &HpkeSecretKey,
        public: &HpkePublicKey,
        info: &[u8],
        aad: Option<&[u8]>,
    ) -> Answer<Zeroizing<Vec<u8>>> {
        self.algorithms
            .hpke_open(ciphertext, secret, public, info, aad)
    }

    fn hpke_open_psk(
        &self,
        ciphertext: &HpkeCiphertext,
        secret: &HpkeSecretKey,
        public: &HpkePublicKey,
        info: &[u8],
        aad: Option<&[u8]>,
        psk: HpkePsk<'_>,
    ) -> Answer<Zeroizing<Vec<u8>>> {
        self.algorithms
            .hpke_open_psk(ciphertext, secret, public, info, aad, psk)
    }

    fn hpke_setup_s(
        &self,
        remote: &HpkePublicKey,
        info: &[u8],
    ) -> Answer<(Vec<u8>, Self::HpkeContextS)> {
        self.algorithms.hpke_setup_s(remote, info)
    }

    fn hpke_setup_r(
        &self,
        sealed: &[u8],
        secret: &HpkeSecretKey,
        public: &HpkePublicKey,
        info: &[u8],
    ) -> Answer<Self::HpkeContextR> {
        self.algorithms.hpke_setup_r(sealed, secret, public, info)
    }

    fn kem_generate(&self) -> Answer<(HpkeSecretKey, HpkePublicKey)> {
        self.algorithms.kem_generate()
    }

    fn kem_public_key_validate(&self, key: &HpkePublicKey) -> Answer<()> {
        self.algorithms.kem_public_key_validate(key)
    }

    fn random_bytes(&self, out: &mut [u8]) -> Answer<()> {
        self.algorithms.random_bytes(out)
    }

    fn sign(&self, secret: &SignatureSecretKey, data: &[u8]) -> Answer<Vec<u8>> {
        self.algorithms.sign(secret, data)
    }

    fn verify(&self, public: &SignaturePublicKey, signature: &[u8], data: &[u8]) -> Answer<()> {
        self.algorithms.verify(public, signature, data)
    }

    fn signature_key_generate(&self) -> Answer<(SignatureSecretKey, SignaturePublicKey)> {
        self.algorithms.signature_key_generate()
    }

    fn signature_key_derive_public(
        &self,
        secret: &SignatureSecretKey,
    ) -> Answer<SignaturePublicKey> {
        self.algorithms.signature_key_derive_public(secret)
    }
}
