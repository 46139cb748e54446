//! VAPID (RFC 8292): a push service learns which relay sends, and that it is the one to which the
//! subscription was given.
//!
//! A token is good for one origin and at most a day; it is signed once and used for all messages to
//! that origin until it is half over.

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, PoisonError},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use restante_wire::P256Key;
use serde::Serialize;

use crate::jws::{JwsError, SigningKey};

/// For how long a token is good, in seconds; at most a day (RFC 8292 section 2).
const TOKEN_LIFE_S: u64 = 12 * 3600;

/// Tokens that are kept: more origins than there are push services.
const MAX_TOKENS: usize = 1024;

/// This relay's identity before push services.
pub struct Vapid {
    key: SigningKey,
    public: P256Key,
    /// Where the operator can be reached: `mailto:` or `https:`.
    contact: Option<String>,
    tokens: Mutex<HashMap<String, Token>>,
}

struct Token {
    header: String,
    made_s: u64,
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<&'a str>,
}

impl Vapid {
    /// An identity of an ES256 key.
    ///
    /// # Errors
    /// [`JwsError::Key`] for a key of another kind.
    pub fn new(key: SigningKey, contact: Option<String>) -> Result<Self, JwsError> {
        Ok(Self {
            public: key.p256().ok_or(JwsError::Key)?,
            key,
            contact,
            tokens: Mutex::default(),
        })
    }

    /// What a browser subscribes with.
    #[must_use]
    pub const fn public(&self) -> P256Key {
        self.public
    }

    /// The `Authorization` header for an origin.
    ///
    /// # Errors
    /// [`JwsError::Signature`].
    pub fn authorization(&self, origin: &str, now_s: u64) -> Result<String, JwsError> {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fresh =
            |token: &&Token| token.made_s <= now_s && now_s - token.made_s < TOKEN_LIFE_S / 2;
        if let Some(token) = tokens.get(origin).filter(is_fresh) {
            return Ok(token.header.clone());
        }
        let claims = Claims {
            aud: origin,
            exp: now_s + TOKEN_LIFE_S,
            sub: self.contact.as_deref(),
        };
        let token = self.key.sign(None, &claims)?;
        let public = URL_SAFE_NO_PAD.encode(self.public.0);
        let header = format!("vapid t={token}, k={public}");
        if tokens.len() >= MAX_TOKENS {
            tokens.clear();
        }
        let kept = Token {
            header: header.clone(),
            made_s: now_s,
        };
        tokens.insert(origin.to_owned(), kept);
        Ok(header)
    }
}

impl fmt::Debug for Vapid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vapid(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vapid() -> Vapid {
        let key = SigningKey::es256_from_pkcs8(&SigningKey::generate_es256().unwrap()).unwrap();
        Vapid::new(key, Some("https://relay.example".into())).unwrap()
    }

    #[test]
    fn a_token_is_used_for_its_origin_until_it_is_half_over() {
        let vapid = vapid();
        let first = vapid.authorization("https://a.example", 1_000).unwrap();
        let other = vapid.authorization("https://b.example", 1_000).unwrap();
        assert_ne!(first, other);
        let half = TOKEN_LIFE_S / 2;
        let again = |at| vapid.authorization("https://a.example", at).unwrap();
        assert_eq!(again(1_000 + half - 1), first);
        assert_ne!(again(1_000 + half), first);
        // A clock that was set back must not leave a token of the future in use.
        assert_ne!(again(10), first);
    }

    #[test]
    fn a_token_names_origin_end_and_contact() {
        let header = vapid().authorization("https://a.example", 1_000).unwrap();
        let token = header.strip_prefix("vapid t=").unwrap();
        let claims = token.split('.').nth(1).unwrap();
        let claims = URL_SAFE_NO_PAD.decode(claims).unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(
            claims,
            serde_json::json!({
                "aud": "https://a.example", "exp": 1_000 + TOKEN_LIFE_S,
                "sub": "https://relay.example",
            })
        );
    }
}
