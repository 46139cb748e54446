//! OAuth 2.0 access tokens of a service account: a signed assertion for a token (RFC 7523), which is
//! kept and renewed before it ends.
//!
//! Source: "Using OAuth 2.0 for server to server applications" (Google Identity documentation).

use std::{fmt, time::Duration};

use reqwest::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use crate::{
    http::{self, Http},
    jws::{JwsError, SigningKey},
    retry_after::retry_after,
};

/// What a token may be used for.
pub const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";

/// Life of an assertion; at most an hour.
const ASSERTION_LIFE_S: u64 = 3600;

/// A token is renewed when it has this long left.
const RENEW_BEFORE_S: u64 = 5 * 60;

/// The file of a service account, as far as it is needed.
#[derive(Deserialize)]
struct ServiceAccountFile {
    project_id: String,
    private_key_id: String,
    private_key: String,
    client_email: String,
    token_uri: String,
}

/// Why there is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenError {
    /// The account or its key is not accepted.
    Refused,
    /// No answer, or a fault there; with the time to wait, if one was named.
    Down(Option<Duration>),
}

/// The file is not one of a service account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the JSON key of a Google service account")]
pub struct BadAccount;

/// Fetches and keeps access tokens.
pub struct AccessTokens {
    project: String,
    key: SigningKey,
    key_id: String,
    email: String,
    token_url: String,
    present: Mutex<Option<Present>>,
}

struct Present {
    token: Zeroizing<String>,
    renew_at_s: u64,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    scope: &'a str,
    aud: &'a str,
    iat: u64,
    exp: u64,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: u64,
}

impl AccessTokens {
    /// Tokens of the service account of a JSON key file.
    ///
    /// # Errors
    /// [`BadAccount`].
    pub fn from_json(json: &str) -> Result<Self, BadAccount> {
        let file: ServiceAccountFile = serde_json::from_str(json).map_err(|_| BadAccount)?;
        let private_key = Zeroizing::new(file.private_key);
        let is_plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
        if !is_plain(&file.project_id) || file.project_id.contains('/') {
            return Err(BadAccount);
        }
        Ok(Self {
            key: SigningKey::rs256_from_pem(&private_key).map_err(|_| BadAccount)?,
            project: file.project_id,
            key_id: file.private_key_id,
            email: file.client_email,
            token_url: file.token_uri,
            present: Mutex::default(),
        })
    }

    /// Id of the project whose app is woken.
    #[must_use]
    pub fn project(&self) -> &str {
        &self.project
    }

    /// A token that is good for minutes to come. Who asks while one is being fetched waits for it.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn current(&self, http: &Http, now_s: u64) -> Result<Zeroizing<String>, TokenError> {
        let mut present = self.present.lock().await;
        if let Some(kept) = present.as_ref().filter(|kept| now_s < kept.renew_at_s) {
            return Ok(kept.token.clone());
        }
        let granted = self.fetch(http, now_s).await?;
        let renew_at_s = now_s + granted.expires_in.saturating_sub(RENEW_BEFORE_S);
        let token = Zeroizing::new(granted.access_token);
        *present = Some(Present {
            token: token.clone(),
            renew_at_s,
        });
        Ok(token)
    }

    /// Forgets a token that was refused, unless another has taken its place.
    pub async fn forget(&self, token: &str) {
        let mut present = self.present.lock().await;
        if present.as_ref().is_some_and(|kept| *kept.token == *token) {
            *present = None;
        }
    }

    async fn fetch(&self, http: &Http, now_s: u64) -> Result<Granted, TokenError> {
        let assertion = self.assertion(now_s).map_err(|_| TokenError::Refused)?;
        let grant = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";
        let body = format!("grant_type={grant}&assertion={assertion}");
        let request = http
            .post_operator(&self.token_url)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body);
        let answer = http::send(request).await;
        let answer = answer.map_err(|_| TokenError::Down(None))?;
        match answer.status {
            200 => serde_json::from_slice(&answer.body).map_err(|_| TokenError::Down(None)),
            429 | 500.. => Err(TokenError::Down(retry_after(&answer.headers, now_s))),
            _ => Err(TokenError::Refused),
        }
    }

    fn assertion(&self, now_s: u64) -> Result<String, JwsError> {
        let claims = Claims {
            iss: &self.email,
            scope: SCOPE,
            aud: &self.token_url,
            iat: now_s,
            exp: now_s + ASSERTION_LIFE_S,
        };
        self.key.sign(Some(&self.key_id), &claims)
    }
}

impl fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessTokens(..)")
    }
}
