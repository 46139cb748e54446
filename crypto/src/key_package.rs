//! Key packages: what others need to add a client to a group (RFC 9420 section 10).
//!
//! Their MLS lifetime is always valid, so that no commit's validity depends on a clock; the true
//! expiry stands beside them in the directory and is judged by the client that adds.

use std::fmt;

use openmls::prelude::{
    KeyPackage, KeyPackageIn, Lifetime, ProtocolVersion,
    tls_codec::{DeserializeBytes, Serialize},
};
use openmls_traits::OpenMlsProvider;
use restante_wire::{account::ClientCertificate, key_package::Suite, limits};

use crate::{
    certificate::CertificateError,
    ciphersuite::{self, UnsupportedSuite},
    client::Client,
    group::member,
    provider::{Provider, rows::Rows},
};

/// A fresh key package of this client.
pub struct NewKeyPackage {
    /// TLS-encoded `KeyPackage`, to be uploaded.
    pub public: Vec<u8>,
    /// Its `KeyPackageRef`, by which a Welcome names it.
    pub reference: Vec<u8>,
    /// Its private part, to be stored before the upload. Secret.
    pub rows: Rows,
}

/// A key package whose signatures, suite, capabilities and certificate hold.
#[derive(Clone)]
pub struct VerifiedKeyPackage {
    /// Whose it is.
    pub certificate: ClientCertificate,
    /// Its `KeyPackageRef`.
    pub reference: Vec<u8>,
    /// Whether it is given out again and again.
    pub last_resort: bool,
    /// Suites that its client offers, by its own signature.
    pub offers: Vec<Suite>,
    pub(crate) inner: KeyPackage,
}

/// Shows no person and no content.
impl fmt::Debug for VerifiedKeyPackage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerifiedKeyPackage(..)")
    }
}

/// Why a key package cannot be used or made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyPackageError {
    /// The suite is not one of ours.
    #[error(transparent)]
    Suite(#[from] UnsupportedSuite),
    /// Longer than [`limits::MAX_KEY_PACKAGE`].
    #[error("key package of {len} bytes is too long")]
    TooLong {
        /// Its length.
        len: usize,
    },
    /// Not a `KeyPackage`, or one that MLS refuses.
    #[error("not a valid key package")]
    Invalid,
    /// Of another suite than asked for.
    #[error("key package is of suite {:#06x}", .got.0)]
    WrongSuite {
        /// Its suite.
        got: Suite,
    },
    /// Its lifetime is bounded, which would make commits depend on clocks.
    #[error("key package has a bounded lifetime")]
    Lifetime,
    /// Its client does not know the room state.
    #[error("key package lacks a required capability")]
    Capabilities,
    /// Its credential is not a certificate that holds, or not of its signature key.
    #[error("key package has an invalid certificate")]
    Certificate(#[from] CertificateError),
    /// It could not be made.
    #[error("key package could not be made")]
    Internal,
}

/// Makes a key package for groups of `suite`.
///
/// # Errors
/// [`KeyPackageError::Suite`] for a suite that this client does not offer.
pub fn generate(
    client: &Client,
    suite: Suite,
    last_resort: bool,
) -> Result<NewKeyPackage, KeyPackageError> {
    if !client.suites().contains(&suite) {
        return Err(UnsupportedSuite(suite).into());
    }
    let provider = Provider::new(client.randomness().clone(), Rows::new());
    let builder = KeyPackage::builder()
        .key_package_lifetime(always())
        .leaf_node_capabilities(ciphersuite::capabilities(client.suites()));
    let builder = if last_resort {
        builder.mark_as_last_resort()
    } else {
        builder
    };
    let bundle = builder
        .build(
            ciphersuite::mls(suite)?,
            &provider,
            client.keys(),
            client.credential(),
        )
        .map_err(|_| KeyPackageError::Internal)?;
    let key_package = bundle.key_package();
    let public = key_package
        .tls_serialize_detached()
        .map_err(|_| KeyPackageError::Internal)?;
    let reference = reference(key_package, &provider)?;
    Ok(NewKeyPackage {
        public,
        reference,
        rows: provider.rows().take_all(),
    })
}

/// Verifies somebody's key package for a group of `suite`; `client` is who verifies it.
///
/// # Errors
/// A [`KeyPackageError`]: its client is at fault; add the others without it.
pub fn verify(
    client: &Client,
    public: &[u8],
    suite: Suite,
) -> Result<VerifiedKeyPackage, KeyPackageError> {
    ciphersuite::mls(suite)?;
    if public.len() > limits::MAX_KEY_PACKAGE {
        return Err(KeyPackageError::TooLong { len: public.len() });
    }
    let unverified =
        KeyPackageIn::tls_deserialize_exact_bytes(public).map_err(|_| KeyPackageError::Invalid)?;
    let provider = Provider::new(client.randomness().clone(), Rows::new());
    let inner = unverified
        .validate(provider.crypto(), ProtocolVersion::Mls10)
        .map_err(|_| KeyPackageError::Invalid)?;
    let got = ciphersuite::code_point(inner.ciphersuite());
    if got != suite {
        return Err(KeyPackageError::WrongSuite { got });
    }
    if !is_always(inner.life_time()) {
        return Err(KeyPackageError::Lifetime);
    }
    let offers = ciphersuite::offered_by(inner.leaf_node());
    if !offers.contains(&suite) || !ciphersuite::supports_rooms(inner.leaf_node()) {
        return Err(KeyPackageError::Capabilities);
    }
    let (certificate, _) = member::certificate_of_leaf(inner.leaf_node(), client.verified())?;
    Ok(VerifiedKeyPackage {
        certificate,
        reference: reference(&inner, &provider)?,
        last_resort: inner.last_resort(),
        offers,
        inner,
    })
}

/// The lifetime of every leaf of ours.
pub(crate) fn always() -> Lifetime {
    Lifetime::init(0, u64::MAX)
}

/// Whether a leaf's validity is the same at any time.
pub(crate) fn is_always(lifetime: &Lifetime) -> bool {
    *lifetime == always()
}

fn reference(key_package: &KeyPackage, provider: &Provider) -> Result<Vec<u8>, KeyPackageError> {
    key_package
        .hash_ref(provider.crypto())
        .map(|reference| reference.as_slice().to_vec())
        .map_err(|_| KeyPackageError::Internal)
}
