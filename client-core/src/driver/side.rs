//! The two sides on which a client meets a relay: as an account, and as nobody.
//!
//! Each side has its own HTTP client, connection pool and TLS session cache, so that nothing a relay
//! sees on one connection (a ticket, a reused connection, a cookie) ties seats to an account. There
//! are no cookies, no redirects and no proxy from the environment: the WebSockets would not follow
//! it, and half of the traffic would give the address away.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use restante_wire::{
    ErrorCode, SessionToken, WireError,
    api::{self, Endpoint},
    codec, limits,
};
use rustls::RootCertStore;

use super::trust;
use crate::{Error, ErrorKind, engine::io::Failure};

/// How long a connection may take to come up.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a request may take from the first byte to the last.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// Longest answer that is read: a page, or one commit with its Welcome, and their frames.
pub(super) const MAX_ANSWER: usize = limits::MAX_FRAME + limits::MAX_PAGE_BYTES;

/// One side.
#[derive(Debug, Clone)]
pub(super) struct Side {
    http: reqwest::Client,
    tls: Arc<rustls::ClientConfig>,
}

impl Side {
    /// A side that shares nothing with any other.
    pub(super) fn new() -> Result<Self, Error> {
        Self::trusting(trust::roots())
    }

    /// The same with other authorities than this machine's.
    pub(super) fn trusting(roots: RootCertStore) -> Result<Self, Error> {
        let internal = |error: Box<dyn std::error::Error + Send + Sync>| {
            Error::caused(ErrorKind::Internal, error)
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| internal(error.into()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls.clone())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .build()
            .map_err(|error| internal(error.into()))?;
        Ok(Self {
            http,
            tls: Arc::new(tls),
        })
    }

    /// For the WebSockets of this side.
    pub(super) fn tls(&self) -> Arc<rustls::ClientConfig> {
        Arc::clone(&self.tls)
    }

    /// Calls an endpoint that needs no session.
    pub(super) async fn call<E: Endpoint>(
        &self,
        relay: &str,
        request: &E,
    ) -> Result<E::Answer, Failure> {
        let answer = self
            .post(relay, E::PATH, None, codec::encode(request))
            .await?;
        codec::decode(&answer).map_err(|_| Failure::Refused(ErrorCode::Internal.into()))
    }

    /// Posts an encoded request and gives the encoded answer of a 200.
    pub(super) async fn post(
        &self,
        relay: &str,
        path: &str,
        token: Option<&SessionToken>,
        body: Vec<u8>,
    ) -> Result<Vec<u8>, Failure> {
        let mut request = self
            .http
            .post(format!("{relay}{path}"))
            .header(CONTENT_TYPE, api::CONTENT_TYPE)
            .body(body);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, bearer(token));
        }
        let response = request
            .send()
            .await
            .map_err(|error| trust::failure(&error))?;
        let status = response.status();
        let answer = read_limited(response).await?;
        if status == reqwest::StatusCode::OK {
            return Ok(answer);
        }
        Err(Failure::Refused(refusal(status.as_u16(), &answer)))
    }
}

/// The `Authorization` header of a session, marked so that no library logs it.
fn bearer(token: &SessionToken) -> HeaderValue {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(token.as_bytes());
    #[expect(clippy::expect_used, reason = "base64url is visible ASCII")]
    let mut value =
        HeaderValue::try_from(format!("Bearer {encoded}")).expect("a valid header value");
    value.set_sensitive(true);
    value
}

/// What a relay, or something in front of it, meant by an answer that is not a 200.
fn refusal(status: u16, body: &[u8]) -> WireError {
    codec::decode(body).unwrap_or(match status {
        404 => ErrorCode::NotFound.into(),
        429 | 502..=504 => WireError::retry(ErrorCode::Overloaded, 1000),
        _ => ErrorCode::Internal.into(),
    })
}

async fn read_limited(response: reqwest::Response) -> Result<Vec<u8>, Failure> {
    let mut answer = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Failure::Lost)?;
        if answer.len() + chunk.len() > MAX_ANSWER {
            return Err(Failure::Refused(ErrorCode::TooLarge.into()));
        }
        answer.extend_from_slice(&chunk);
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_keep_the_relays_code_and_others_get_one() {
        let encoded = codec::encode(&WireError::retry(ErrorCode::RateLimited, 7));
        assert_eq!(
            refusal(429, &encoded),
            WireError::retry(ErrorCode::RateLimited, 7)
        );
        assert_eq!(refusal(502, b"<html>").code, ErrorCode::Overloaded);
        assert_eq!(refusal(404, b"").code, ErrorCode::NotFound);
        assert_eq!(refusal(500, b"").code, ErrorCode::Internal);
    }

    #[test]
    fn the_bearer_header_is_marked_sensitive() {
        assert!(bearer(&SessionToken([1; 32])).is_sensitive());
    }
}
