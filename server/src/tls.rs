//! TLS from files: the certificate chain and key that an operator names.

use std::{path::PathBuf, sync::Arc};

use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
        sign::CertifiedKey,
    },
};

use crate::config::Tls;

/// What is wrong with the TLS files, for the operator.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The certificate file is missing, unreadable or holds no certificate.
    #[error("no certificate can be read from {}; `tls.cert` must name a PEM file with the chain", .0.display())]
    Certificate(PathBuf),
    /// The key file is missing, unreadable or holds no key.
    #[error("no private key can be read from {}; `tls.key` must name a PEM file with the key", .0.display())]
    Key(PathBuf),
    /// The key is not the certificate's.
    #[error("the key in {} does not belong to the certificate in {}; name the two that were issued together", key.display(), cert.display())]
    Mismatch {
        /// Certificate file.
        cert: PathBuf,
        /// Key file.
        key: PathBuf,
    },
    /// The TLS library refuses them.
    #[error(
        "the certificate or key cannot be used for TLS: make new ones (ECDSA P-256 or RSA 2048)"
    )]
    Unusable,
}

/// A certificate chain and its key.
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// Reads both files and checks that they belong together.
    ///
    /// # Errors
    /// A [`TlsError`]; the operator must act.
    pub fn read(files: &Tls) -> Result<Self, TlsError> {
        let chain: Vec<_> = CertificateDer::pem_file_iter(&files.cert)
            .and_then(Iterator::collect)
            .map_err(|_| TlsError::Certificate(files.cert.clone()))?;
        if chain.is_empty() {
            return Err(TlsError::Certificate(files.cert.clone()));
        }
        let key = PrivateKeyDer::from_pem_file(&files.key)
            .map_err(|_| TlsError::Key(files.key.clone()))?;
        let signing = ring::sign::any_supported_type(&key).map_err(|_| TlsError::Unusable)?;
        CertifiedKey::new(chain.clone(), signing)
            .keys_match()
            .map_err(|_| TlsError::Mismatch {
                cert: files.cert.clone(),
                key: files.key.clone(),
            })?;
        Ok(Self { chain, key })
    }

    /// Seconds since 1970-01-01 UTC at which the relay's own certificate ends; none if it cannot be
    /// read, which then is for clients to judge.
    #[must_use]
    pub fn ends_at(&self) -> Option<i64> {
        let own = self.chain.first()?;
        let (_, certificate) = x509_parser::parse_x509_certificate(own).ok()?;
        Some(certificate.validity().not_after.timestamp())
    }

    /// What turns a socket into a TLS connection.
    ///
    /// # Errors
    /// [`TlsError::Unusable`].
    pub fn acceptor(self) -> Result<TlsAcceptor, TlsError> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|_| TlsError::Unusable)?
            .with_no_client_auth()
            .with_single_cert(self.chain, self.key)
            .map_err(|_| TlsError::Unusable)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        // Tickets instead of a cache: memory does not grow with visitors.
        config.session_storage = Arc::new(tokio_rustls::rustls::server::NoServerSessionStorage {});
        config.ticketer = ring::Ticketer::new().map_err(|_| TlsError::Unusable)?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}
