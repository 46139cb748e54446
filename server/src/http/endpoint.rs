//! The one shape of every HTTP endpoint: who may call it, how long its body may be, how it is
//! decoded, answered and described in the OpenAPI document.
//!
//! A handler is a plain function from a decoded request to an answer or a refusal. [`anonymous`] and
//! [`session`] turn it into a route: a route can therefore neither forget a limit nor be missing in
//! the document. Read next: [`crate::router`].

use std::future::Future;

use axum::{
    body::Body,
    extract::{FromRef, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use restante_wire::{
    ErrorCode, SessionToken, WireError,
    api::{Access, CONTENT_TYPE, Endpoint},
    codec,
};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;
use utoipa_axum::router::UtoipaMethodRouter;

use super::{body, budget::Budget, describe::describe};
use crate::{
    auth::{SessionOwner, Sessions},
    config::Limits,
    rate_limit::ClientAddress,
};

/// Longest body of requests that carry a handful of short fields.
pub const SMALL_BODY: usize = 16 * 1024;

/// What every endpoint needs before its handler runs.
#[derive(Clone)]
pub struct Border {
    sessions: Sessions,
    budget: Budget,
}

impl Border {
    /// A border with an unspent budget.
    #[must_use]
    pub fn new(sessions: Sessions, limits: &Limits) -> Self {
        Self {
            sessions,
            budget: Budget::new(limits),
        }
    }

    /// The memory of what arrives, here and on streams.
    pub(super) const fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Reads the body within its limit and the budget, then decodes it. Its type must be named: a
    /// page of somebody else in a browser cannot name it without being asked first.
    async fn decode<E: Endpoint>(
        &self,
        headers: &HeaderMap,
        sender: ClientAddress,
        body: Body,
        max: usize,
    ) -> Result<E, WireError> {
        if headers
            .get(header::CONTENT_TYPE)
            .is_none_or(|found| found != CONTENT_TYPE)
        {
            return Err(ErrorCode::BadRequest.into());
        }
        let read = body::read(&self.budget, sender, body, max).await?;
        Ok(codec::decode(read.as_ref())?)
    }
}

/// A route that refuses requests which carry an account's authentication.
///
/// The handler gets the state, the caller's address for rate limits, and the request.
pub fn anonymous<E, S, H, Answered>(
    summary: &'static str,
    max_body: usize,
    handler: H,
) -> UtoipaMethodRouter<S>
where
    E: Endpoint + ToSchema + Send + 'static,
    E::Answer: ToSchema,
    S: Clone + Send + Sync + 'static,
    Border: FromRef<S>,
    H: Fn(S, ClientAddress, E) -> Answered + Clone + Send + Sync + 'static,
    Answered: Future<Output = Result<E::Answer, WireError>> + Send,
{
    debug_assert_eq!(E::ACCESS, Access::Anonymous);
    let admit = |_: &Border, headers: &HeaderMap| {
        if headers.contains_key(header::AUTHORIZATION) {
            return Err(ErrorCode::WrongConnection);
        }
        Ok(())
    };
    let handler = move |state, (), address, request| handler(state, address, request);
    route(summary, max_body, admit, handler)
}

/// A route for the holder of a session, checked before the body is read.
///
/// The handler gets the state, the session's owner and the request.
pub fn session<E, S, H, Answered>(
    summary: &'static str,
    max_body: usize,
    handler: H,
) -> UtoipaMethodRouter<S>
where
    E: Endpoint + ToSchema + Send + 'static,
    E::Answer: ToSchema,
    S: Clone + Send + Sync + 'static,
    Border: FromRef<S>,
    H: Fn(S, SessionOwner, E) -> Answered + Clone + Send + Sync + 'static,
    Answered: Future<Output = Result<E::Answer, WireError>> + Send,
{
    let handler = move |state, owner, _ended, request| handler(state, owner, request);
    followed_session(summary, max_body, handler)
}

/// The same for a handler that must know until its last step whether the session has ended meanwhile:
/// it gets a token that is cancelled then.
pub fn followed_session<E, S, H, Answered>(
    summary: &'static str,
    max_body: usize,
    handler: H,
) -> UtoipaMethodRouter<S>
where
    E: Endpoint + ToSchema + Send + 'static,
    E::Answer: ToSchema,
    S: Clone + Send + Sync + 'static,
    Border: FromRef<S>,
    H: Fn(S, SessionOwner, CancellationToken, E) -> Answered + Clone + Send + Sync + 'static,
    Answered: Future<Output = Result<E::Answer, WireError>> + Send,
{
    debug_assert_eq!(E::ACCESS, Access::Session);
    let admit = |border: &Border, headers: &HeaderMap| {
        bearer(headers)
            .and_then(|token| border.sessions.follow(&token))
            .ok_or(ErrorCode::Unauthorized)
    };
    let handler = move |state, (owner, ended), _, request| handler(state, owner, ended, request);
    route(summary, max_body, admit, handler)
}

/// A route that asks `admit` who calls before it reads the body.
fn route<E, S, C, A, H, Answered>(
    summary: &'static str,
    max_body: usize,
    admit: A,
    handler: H,
) -> UtoipaMethodRouter<S>
where
    E: Endpoint + ToSchema + Send + 'static,
    E::Answer: ToSchema,
    S: Clone + Send + Sync + 'static,
    Border: FromRef<S>,
    C: Send,
    A: Fn(&Border, &HeaderMap) -> Result<C, ErrorCode> + Clone + Send + Sync + 'static,
    H: Fn(S, C, ClientAddress, E) -> Answered + Clone + Send + Sync + 'static,
    Answered: Future<Output = Result<E::Answer, WireError>> + Send,
{
    let route = move |State(state): State<S>, address: ClientAddress, request: Request| async move {
        let (parts, body) = request.into_parts();
        let border = Border::from_ref(&state);
        let answer = async {
            let caller = admit(&border, &parts.headers)?;
            let request = border
                .decode::<E>(&parts.headers, address, body, max_body)
                .await?;
            handler(state, caller, address, request).await
        };
        respond(answer.await)
    };
    describe::<E, S>(summary, max_body, post(route))
}

/// A refusal as every endpoint gives it: the code's status, the encoded error, and `Retry-After`.
#[must_use]
pub fn refuse(error: WireError) -> Response {
    metrics::counter!("restante_refusals_total", "code" => error.code.code()).increment(1);
    let status =
        StatusCode::from_u16(error.code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, content_type(), codec::encode(&error)).into_response();
    if let Some(after_ms) = error.retry_after_ms {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, after_ms.div_ceil(1000).into());
    }
    response
}

fn respond<T: serde::Serialize>(answer: Result<T, WireError>) -> Response {
    match answer {
        Ok(answer) => (content_type(), codec::encode(&answer)).into_response(),
        Err(error) => refuse(error),
    }
}

fn content_type() -> [(header::HeaderName, HeaderValue); 1] {
    [(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE))]
}

/// The bearer token of a request: base64url without padding, exactly one.
fn bearer(headers: &HeaderMap) -> Option<SessionToken> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    if values.next().is_some() {
        return None;
    }
    let token = value.strip_prefix("Bearer ")?;
    SessionToken::from_slice(&URL_SAFE_NO_PAD.decode(token).ok()?)
}
