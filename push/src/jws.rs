//! Compact JSON Web Signatures (RFC 7515) with ES256 and RS256 (RFC 7518), signed by `ring`.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use restante_wire::P256Key;
use ring::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
    },
};
use rustls::pki_types::{PrivatePkcs8KeyDer, pem::PemObject};
use serde::Serialize;
use zeroize::Zeroizing;

/// A private key that signs.
pub enum SigningKey {
    /// ES256: ECDSA on P-256 with SHA-256.
    Es256(EcdsaKeyPair),
    /// RS256: RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256(RsaKeyPair),
}

/// Why a key or a signature is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwsError {
    /// The text is no private key of this kind in PKCS #8.
    #[error("not a private key of the kind that is needed, in PKCS #8")]
    Key,
    /// The system gave no randomness, or a claim is no JSON.
    #[error("the signature could not be made")]
    Signature,
}

impl SigningKey {
    /// Reads an ES256 key from PEM (`BEGIN PRIVATE KEY`).
    ///
    /// # Errors
    /// [`JwsError::Key`].
    pub fn es256_from_pem(pem: &str) -> Result<Self, JwsError> {
        let key = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| JwsError::Key)?;
        Self::es256_from_pkcs8(key.secret_pkcs8_der())
    }

    /// Reads an ES256 key from PKCS #8.
    ///
    /// # Errors
    /// [`JwsError::Key`].
    pub fn es256_from_pkcs8(der: &[u8]) -> Result<Self, JwsError> {
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        EcdsaKeyPair::from_pkcs8(algorithm, der, &SystemRandom::new())
            .map(Self::Es256)
            .map_err(|_| JwsError::Key)
    }

    /// Makes an ES256 key, in PKCS #8.
    ///
    /// # Errors
    /// [`JwsError::Signature`] without randomness.
    pub fn generate_es256() -> Result<Zeroizing<Vec<u8>>, JwsError> {
        EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
            .map(|der| Zeroizing::new(der.as_ref().to_vec()))
            .map_err(|_| JwsError::Signature)
    }

    /// Reads an RS256 key from PEM (`BEGIN PRIVATE KEY`).
    ///
    /// # Errors
    /// [`JwsError::Key`].
    pub fn rs256_from_pem(pem: &str) -> Result<Self, JwsError> {
        let key = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| JwsError::Key)?;
        RsaKeyPair::from_pkcs8(key.secret_pkcs8_der())
            .map(Self::Rs256)
            .map_err(|_| JwsError::Key)
    }

    /// The public point of an ES256 key.
    #[must_use]
    pub fn p256(&self) -> Option<P256Key> {
        match self {
            Self::Es256(pair) => P256Key::from_slice(pair.public_key().as_ref()),
            Self::Rs256(_) => None,
        }
    }

    /// Signs claims. `key_id` becomes the header's `kid`.
    ///
    /// # Errors
    /// [`JwsError::Signature`].
    pub fn sign(&self, key_id: Option<&str>, claims: &impl Serialize) -> Result<String, JwsError> {
        let header = Header {
            alg: match self {
                Self::Es256(_) => "ES256",
                Self::Rs256(_) => "RS256",
            },
            typ: "JWT",
            kid: key_id,
        };
        let header = serde_json::to_vec(&header).map_err(|_| JwsError::Signature)?;
        let claims = serde_json::to_vec(claims).map_err(|_| JwsError::Signature)?;
        let mut token = URL_SAFE_NO_PAD.encode(header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let signature = self.signature(token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }

    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, JwsError> {
        let random = SystemRandom::new();
        match self {
            Self::Es256(pair) => pair
                .sign(&random, message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| JwsError::Signature),
            Self::Rs256(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .map_err(|_| JwsError::Signature)?;
                Ok(signature)
            }
        }
    }
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'a str,
    typ: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    use super::*;

    #[test]
    fn a_token_verifies_under_the_public_key_and_says_what_was_claimed() {
        let key = SigningKey::es256_from_pkcs8(&SigningKey::generate_es256().unwrap()).unwrap();
        let token = key
            .sign(Some("K1"), &serde_json::json!({ "iss": "T" }))
            .unwrap();
        let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else {
            panic!("three parts");
        };
        let decode = |part| URL_SAFE_NO_PAD.decode(part).unwrap();
        assert_eq!(decode(header), br#"{"alg":"ES256","typ":"JWT","kid":"K1"}"#);
        assert_eq!(decode(claims), br#"{"iss":"T"}"#);
        let signed = format!("{header}.{claims}");
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.p256().unwrap().0)
            .verify(signed.as_bytes(), &decode(signature))
            .unwrap();
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let public = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
        for text in ["", "key", public] {
            assert_eq!(SigningKey::es256_from_pem(text).unwrap_err(), JwsError::Key);
            assert_eq!(SigningKey::rs256_from_pem(text).unwrap_err(), JwsError::Key);
        }
    }
}
