//! The module in a process of its own: what the relay asks it, and the asking.
//!
//! Bodies are in the one encoding of `restante_wire::codec`, the token stands in the `Authorization`
//! header. The relay sends sealed handles, which it cannot open; the answer is an [`Outcome`].

use std::fmt;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use restante_wire::{
    codec,
    mailbox::SealedHandle,
    push::{PushService, ReadPushService, Urgency},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use crate::{
    Outcome, Rejection,
    http::{self, Http, NoAnswer},
};

/// Path of [`WakeUp`].
pub const WAKE_PATH: &str = "/v1/wake";

/// Path of [`ReadPushService`].
pub const SERVICE_PATH: &str = "/v1/service";

/// Longest body that the gateway takes: a handle and a few bytes.
pub const MAX_REQUEST: usize = 2 * restante_wire::push::SEALED_HANDLE_LEN;

/// Asks for one device to be woken. The answer is an [`Outcome`].
#[derive(Debug, Serialize, Deserialize)]
pub struct WakeUp {
    /// Which.
    pub handle: SealedHandle,
    /// How soon.
    pub urgency: Urgency,
}

/// A push gateway elsewhere.
pub struct Remote {
    http: Http,
    url: String,
    authorization: HeaderValue,
}

/// The token has characters that no header can carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the gateway's token must be plain text")]
pub struct BadToken;

/// Why a gateway elsewhere says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoWord {
    /// It does not answer.
    #[error(transparent)]
    Silent(NoAnswer),
    /// It knows another token.
    #[error("the gateway knows another token")]
    Token,
    /// Something else answers.
    #[error("not a push gateway, or one of another version")]
    Foreign,
}

impl Remote {
    /// The gateway at a base URL, which knows this token.
    ///
    /// # Errors
    /// [`BadToken`].
    pub fn new(http: Http, url: &str, token: &str) -> Result<Self, BadToken> {
        let text = Zeroizing::new(format!("Bearer {token}"));
        let mut authorization = HeaderValue::try_from(text.as_str()).map_err(|_| BadToken)?;
        authorization.set_sensitive(true);
        Ok(Self {
            http,
            url: url.trim_end_matches('/').to_owned(),
            authorization,
        })
    }

    /// Has the device of a handle woken.
    pub async fn wake(&self, handle: &SealedHandle, urgency: Urgency) -> Outcome {
        let request = WakeUp {
            handle: handle.clone(),
            urgency,
        };
        match self
            .ask::<Outcome>(WAKE_PATH, codec::encode(&request))
            .await
        {
            Ok(outcome) => outcome,
            Err(NoWord::Token) => Outcome::Rejected(Rejection::Credentials),
            Err(_) => Outcome::GatewayDown(None),
        }
    }

    /// What clients are told.
    ///
    /// # Errors
    /// [`NoWord`].
    pub async fn service(&self) -> Result<PushService, NoWord> {
        let request = codec::encode(&ReadPushService {});
        self.ask(SERVICE_PATH, request).await
    }

    async fn ask<T: DeserializeOwned>(&self, path: &str, body: Vec<u8>) -> Result<T, NoWord> {
        let request = self
            .http
            .post_operator(&format!("{}{path}", self.url))
            .header(AUTHORIZATION, self.authorization.clone())
            .body(body);
        let answer = http::send(request).await.map_err(NoWord::Silent)?;
        match answer.status {
            200 => codec::decode(&answer.body).map_err(|_| NoWord::Foreign),
            401 => Err(NoWord::Token),
            _ => Err(NoWord::Foreign),
        }
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Remote(..)")
    }
}
