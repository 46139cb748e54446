//! Reading JSON Web Tokens (RFC 7519) as a gateway does: header, claims, and whether the signature
//! holds under a key.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{UnparsedPublicKey, VerificationAlgorithm};
use serde_json::Value;

/// A token whose signature holds.
#[derive(Debug)]
pub struct Verified {
    /// The header.
    pub header: Value,
    /// The claims.
    pub claims: Value,
}

/// Verifies a compact token.
#[must_use]
pub fn verify(
    token: &str,
    algorithm: &'static dyn VerificationAlgorithm,
    public: &[u8],
) -> Option<Verified> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    // RFC 7515 section 2: base64url with all trailing '=' omitted.
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    UnparsedPublicKey::new(algorithm, public)
        .verify(signed.as_bytes(), &decode(signature)?)
        .ok()?;
    let read = |part| serde_json::from_slice(&decode(part)?).ok();
    Some(Verified {
        header: read(header)?,
        claims: read(claims)?,
    })
}
