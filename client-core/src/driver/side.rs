//! The two sides on which a client meets a relay: as an account, and as nobody.
//!
//! Each side has its own HTTP client, connection pool and TLS session cache, so that nothing a relay
//! sees on one connection (a ticket, a reused connection, a cookie) ties seats to an account. In a
//! browser the connections are the browser's, and only cookies are kept out (docs/threat-model.md).

use restante_wire::{ErrorCode, SessionToken, WireError, api::Endpoint, codec};
use zeroize::Zeroizing;

use super::backoff::Patience;
use crate::{
    Error,
    engine::io::Failure,
    platform::{Http, sleep},
};

/// The status of an answer that was carried out.
const OK: u16 = 200;

/// One side.
#[derive(Debug, Clone)]
pub(super) struct Side(Http);

impl Side {
    /// A side that shares nothing with any other.
    pub(super) fn new() -> Result<Self, Error> {
        Http::new().map(Self)
    }

    /// The same with other authorities than this machine's.
    #[cfg(test)]
    pub(super) fn trusting(roots: rustls::RootCertStore) -> Result<Self, Error> {
        Http::trusting(roots).map(Self)
    }

    /// For the WebSockets of this side.
    pub(super) const fn http(&self) -> &Http {
        &self.0
    }

    /// Calls an endpoint that needs no session, and waits out what the relay refuses for a short time.
    pub(super) async fn call<E: Endpoint>(
        &self,
        relay: &str,
        request: &E,
    ) -> Result<E::Answer, Failure> {
        self.call_with(relay, None, request).await
    }

    /// The same with a session.
    pub(super) async fn call_with<E: Endpoint>(
        &self,
        relay: &str,
        token: Option<&SessionToken>,
        request: &E,
    ) -> Result<E::Answer, Failure> {
        let mut patience = Patience::new();
        let body = codec::encode(request);
        loop {
            let answer = match self.post(relay, E::PATH, token, body.clone()).await {
                Ok(answer) => answer,
                Err(failure) => match patience.wait(&failure) {
                    Some(wait) => {
                        sleep(wait).await;
                        continue;
                    }
                    None => return Err(failure),
                },
            };
            return codec::decode(&answer)
                .map_err(|_| Failure::Refused(ErrorCode::Internal.into()));
        }
    }

    /// Posts an encoded request and gives the encoded answer of a 200.
    pub(super) async fn post(
        &self,
        relay: &str,
        path: &str,
        token: Option<&SessionToken>,
        body: Vec<u8>,
    ) -> Result<Vec<u8>, Failure> {
        let bearer = token.map(bearer);
        let bearer = bearer.as_ref().map(|bearer| bearer.as_str());
        let answer = self.0.post(&format!("{relay}{path}"), bearer, body).await?;
        match answer.status {
            OK => Ok(answer.body),
            status => Err(Failure::Refused(refusal(status, &answer.body))),
        }
    }
}

/// The `Authorization` header of a session.
fn bearer(token: &SessionToken) -> Zeroizing<String> {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(token.as_bytes());
    Zeroizing::new(format!("Bearer {encoded}"))
}

/// What a relay, or something in front of it, meant by an answer that is not a 200.
fn refusal(status: u16, body: &[u8]) -> WireError {
    codec::decode(body).unwrap_or(match status {
        404 => ErrorCode::NotFound.into(),
        429 | 502..=504 => WireError::retry(ErrorCode::Overloaded, 1000),
        _ => ErrorCode::Internal.into(),
    })
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
}
