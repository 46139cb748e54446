//! The one HTTP client under all gateways.
//!
//! Two pools, made alike: one for what the operator names (gateways of Apple and Google, a push
//! gateway of one's own), always HTTP/2 on one kept connection each; one for endpoints that strangers
//! name, whose addresses are checked as they are resolved. They share no connection, so that no
//! stranger's endpoint rides on the operator's trust. No redirects, no cookies, no proxy from the
//! environment, bounded answers.

use std::{sync::Arc, time::Duration};

use reqwest::{
    Client, RequestBuilder,
    dns::{Addrs, Name, Resolve, Resolving},
    header::HeaderMap,
    redirect,
};
use rustls::{ClientConfig, RootCertStore, pki_types::CertificateDer};

use crate::endpoint::{Reach, is_public};

/// How long a connection may take to come up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a request may take with everything.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// How often a quiet connection of HTTP/2 is tried, and how long for an answer is waited.
const KEEP_ALIVE: Duration = Duration::from_secs(60);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(10);

/// Connections to strangers' hosts that are kept for later.
const IDLE_PER_HOST: usize = 16;

/// More than any gateway has to say.
const MAX_ANSWER: usize = 16 * 1024;

/// The shared client. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Http {
    operator: Client,
    strangers: Client,
    reach: Reach,
}

/// TLS could not be set up: a fault of this program.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be set up")]
pub struct SetupError;

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoAnswer {
    /// The name leads to no public address.
    #[error("the host has no public address")]
    Private,
    /// Whoever answers cannot prove to be the one that was named.
    #[error("no trusted certificate")]
    Tls,
    /// Not reached, not in time, or it broke off.
    #[error("no answer")]
    Lost,
}

/// An answer of a gateway.
#[derive(Debug)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, cut off where it is longer than any gateway's.
    pub body: Vec<u8>,
}

impl Http {
    /// A client that trusts Mozilla's roots, those of this machine, and `more`.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn new(reach: Reach, more: &[CertificateDer<'static>]) -> Result<Self, SetupError> {
        let mut roots = RootCertStore::empty();
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        roots.add_parsable_certificates(more.iter().cloned());
        let roots = Arc::new(roots);
        let operator = builder(&roots, &[b"h2"])?.http2_prior_knowledge();
        let mut strangers =
            builder(&roots, &[b"h2", b"http/1.1"])?.pool_max_idle_per_host(IDLE_PER_HOST);
        if reach == Reach::Public {
            strangers = strangers.dns_resolver(Arc::new(PublicOnly));
        }
        Ok(Self {
            operator: operator.build().map_err(|_| SetupError)?,
            strangers: strangers.build().map_err(|_| SetupError)?,
            reach,
        })
    }

    /// Who may be talked to.
    #[must_use]
    pub const fn reach(&self) -> Reach {
        self.reach
    }

    /// A `POST` to somebody whom the operator named.
    pub fn post_operator(&self, url: &str) -> RequestBuilder {
        self.operator.post(url)
    }

    /// A `POST` to an endpoint that [`crate::endpoint::check`] let pass.
    pub fn post_stranger(&self, url: url::Url) -> RequestBuilder {
        self.strangers.post(url)
    }
}

/// Sends a request and reads the answer.
///
/// # Errors
/// [`NoAnswer`].
pub async fn send(request: RequestBuilder) -> Result<Answer, NoAnswer> {
    let mut response = request.send().await.map_err(|error| no_answer(&error))?;
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let mut body = Vec::new();
    while body.len() < MAX_ANSWER
        && let Some(chunk) = response.chunk().await.map_err(|_| NoAnswer::Lost)?
    {
        body.extend_from_slice(&chunk);
    }
    body.truncate(MAX_ANSWER);
    Ok(Answer {
        status,
        headers,
        body,
    })
}

fn no_answer(error: &reqwest::Error) -> NoAnswer {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = source {
        if error.is::<NotPublic>() {
            return NoAnswer::Private;
        }
        if is_of_tls(error) {
            return NoAnswer::Tls;
        }
        source = error.source();
    }
    NoAnswer::Lost
}

/// Whether an error is of TLS, or carries one: what an I/O error carries is not its source.
fn is_of_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    match io.and_then(std::io::Error::get_ref) {
        Some(carried) => is_of_tls(carried),
        None => error.is::<rustls::Error>(),
    }
}

fn builder(
    roots: &Arc<RootCertStore>,
    protocols: &[&[u8]],
) -> Result<reqwest::ClientBuilder, SetupError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| SetupError)?
        .with_root_certificates(Arc::clone(roots))
        .with_no_client_auth();
    tls.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    Ok(Client::builder()
        .tls_backend_preconfigured(tls)
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(REQUEST_TIMEOUT)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .http2_keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
        .http2_keep_alive_while_idle(true)
        .redirect(redirect::Policy::none())
        .referer(false)
        .no_proxy())
}

/// Resolves names to public addresses and refuses those that have others only.
struct PublicOnly;

/// A name without a public address.
#[derive(Debug, thiserror::Error)]
#[error("no public address")]
struct NotPublic;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<_> = found.filter(|found| is_public(found.ip())).collect();
            if public.is_empty() {
                return Err(NotPublic.into());
            }
            let addresses: Addrs = Box::new(public.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint;

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_refused_when_it_is_resolved() {
        let http = Http::new(Reach::Public, &[]).unwrap();
        let url = endpoint::check("https://localhost:9/x", Reach::Public).unwrap();
        let refused = send(http.post_stranger(url)).await.unwrap_err();
        assert_eq!(refused, NoAnswer::Private);
    }
}
