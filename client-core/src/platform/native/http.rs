//! Requests by HTTP, and the trust in who answers.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use restante_wire::{ErrorCode, api};
use rustls::RootCertStore;

use super::trust;
use crate::{
    Error, ErrorKind,
    engine::io::Failure,
    platform::{Answer, MAX_ANSWER, REQUEST_TIMEOUT},
};

/// How long a connection may take to come up.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// One HTTP client with its own connection pool and TLS session cache. There are no cookies, no
/// redirects and no proxy from the environment: the WebSockets would not follow it, and half of the
/// traffic would give the address away.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    client: reqwest::Client,
    tls: Arc<rustls::ClientConfig>,
}

impl Http {
    /// A client that shares nothing with any other.
    ///
    /// # Errors
    /// `internal_client` if TLS cannot be set up.
    pub(crate) fn new() -> Result<Self, Error> {
        Self::trusting(trust::roots())
    }

    /// The same with other authorities than this machine's.
    ///
    /// # Errors
    /// `internal_client` if TLS cannot be set up.
    pub(crate) fn trusting(roots: RootCertStore) -> Result<Self, Error> {
        let internal = |error: Box<dyn std::error::Error + Send + Sync>| {
            Error::caused(ErrorKind::Internal, error)
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| internal(error.into()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls.clone())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .build()
            .map_err(|error| internal(error.into()))?;
        Ok(Self {
            client,
            tls: Arc::new(tls),
        })
    }

    /// For the WebSockets beside it.
    pub(super) fn tls(&self) -> Arc<rustls::ClientConfig> {
        Arc::clone(&self.tls)
    }

    /// Posts a body, with a value of the `Authorization` header if there is one.
    ///
    /// # Errors
    /// [`Failure::Lost`], [`Failure::Untrusted`], `too_large` beyond [`MAX_ANSWER`].
    pub(crate) async fn post(
        &self,
        url: &str,
        authorization: Option<&str>,
        body: Vec<u8>,
    ) -> Result<Answer, Failure> {
        let mut request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, api::CONTENT_TYPE)
            .body(body);
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, sensitive(authorization));
        }
        let response = request
            .send()
            .await
            .map_err(|error| trust::failure(&error))?;
        Ok(Answer {
            status: response.status().as_u16(),
            body: read_limited(response).await?,
        })
    }
}

/// A header that no library logs.
fn sensitive(value: &str) -> HeaderValue {
    #[expect(clippy::expect_used, reason = "base64url is visible ASCII")]
    let mut value = HeaderValue::try_from(value).expect("a valid header value");
    value.set_sensitive(true);
    value
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
    fn the_bearer_header_is_marked_sensitive() {
        assert!(sensitive("Bearer AQEB").is_sensitive());
    }
}
