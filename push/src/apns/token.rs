//! Provider tokens: what proves to Apple who sends.
//!
//! Source: "Establishing a token-based connection to APNs": ES256, `kid`, `iss`, `iat`; refreshed "no
//! more than once every 20 minutes and no less than once every 60 minutes".

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use serde::Serialize;

use crate::jws::{JwsError, SigningKey};

/// Age at which another is made.
pub const REFRESH_S: u64 = 50 * 60;

/// Youngest age at which Apple lets another be made.
pub const YOUNGEST_S: u64 = 20 * 60;

/// Makes provider tokens and keeps the present one.
pub struct ProviderTokens {
    key: SigningKey,
    key_id: String,
    team_id: String,
    present: Mutex<Option<(String, u64)>>,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    iat: u64,
}

impl ProviderTokens {
    /// Tokens of a key of Apple's.
    #[must_use]
    pub fn new(key: SigningKey, key_id: String, team_id: String) -> Self {
        Self {
            key,
            key_id,
            team_id,
            present: Mutex::default(),
        }
    }

    /// The present token, a new one if it is time.
    ///
    /// # Errors
    /// [`JwsError::Signature`].
    pub fn current(&self, now_s: u64) -> Result<String, JwsError> {
        let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((token, made_s)) = &*present
            && *made_s <= now_s
            && now_s - made_s < REFRESH_S
        {
            return Ok(token.clone());
        }
        let claims = Claims {
            iss: &self.team_id,
            iat: now_s,
        };
        let token = self.key.sign(Some(&self.key_id), &claims)?;
        *present = Some((token.clone(), now_s));
        Ok(token)
    }

    /// The gateway says that a token is too old. Whether another may be used now: there is one
    /// already, or it is not too early to make one.
    #[must_use]
    pub fn expire(&self, token: &str, now_s: u64) -> bool {
        let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        match &*present {
            Some((current, made_s)) if current == token => {
                let is_old = now_s.abs_diff(*made_s) >= YOUNGEST_S;
                if is_old {
                    *present = None;
                }
                is_old
            }
            _ => true,
        }
    }
}

impl fmt::Debug for ProviderTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProviderTokens(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens() -> ProviderTokens {
        let key = SigningKey::es256_from_pkcs8(&SigningKey::generate_es256().unwrap()).unwrap();
        ProviderTokens::new(key, "KEY1234567".into(), "TEAM123456".into())
    }

    #[test]
    fn a_token_is_used_until_it_is_fifty_minutes_old() {
        let tokens = tokens();
        let first = tokens.current(1_000).unwrap();
        assert_eq!(tokens.current(1_000 + REFRESH_S - 1).unwrap(), first);
        assert_ne!(tokens.current(1_000 + REFRESH_S).unwrap(), first);
    }

    #[test]
    fn an_expired_token_is_replaced_unless_that_is_too_often() {
        let tokens = tokens();
        let first = tokens.current(1_000).unwrap();
        assert!(!tokens.expire(&first, 1_000 + YOUNGEST_S - 1));
        assert_eq!(tokens.current(1_001).unwrap(), first);
        assert!(tokens.expire(&first, 1_000 + YOUNGEST_S));
        let second = tokens.current(1_000 + YOUNGEST_S).unwrap();
        assert_ne!(second, first);
        // A request that still carried the first one learns late that it is over.
        assert!(tokens.expire(&first, 1_000 + YOUNGEST_S));
        assert_eq!(tokens.current(1_000 + YOUNGEST_S).unwrap(), second);
    }
}
