//! The one shape of every HTTP endpoint: who may call it, how long its body may be, how it is
//! decoded, answered and described in the OpenAPI document.
//!
//! A handler is a plain function from a decoded request to an answer or a refusal. [`anonymous`] and
//! [`session`] turn it into a route: a route can therefore neither forget a limit nor be missing in
//! the document. Read next: [`crate::router`].

use std::{borrow::Cow, future::Future, sync::Arc, time::Duration};

use axum::{
    body::{Body, HttpBody},
    extract::{FromRef, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http_body_util::BodyExt;
use restante_wire::{
    ErrorCode, SessionToken, WireError,
    api::{Access, CONTENT_TYPE, Endpoint},
    codec,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use utoipa::{
    ToSchema,
    openapi::{
        ContentBuilder, HttpMethod, PathsBuilder, Ref, RefOr, ResponseBuilder, Schema,
        path::OperationBuilder, path::PathItem, request_body::RequestBodyBuilder,
        security::SecurityRequirement,
    },
};
use utoipa_axum::router::UtoipaMethodRouter;

use crate::{
    auth::{SessionOwner, Sessions},
    rate_limit::ClientAddress,
};

/// Longest body of requests that carry a handful of short fields.
pub const SMALL_BODY: usize = 16 * 1024;

/// Name of the bearer scheme in the OpenAPI document.
pub const SESSION_SCHEME: &str = "session";

/// When to try again if a budget is spent.
const BUDGET_RETRY_MS: u64 = 500;

/// How long a body may take to arrive: the longest one over a bad network.
const BODY_WITHIN: Duration = Duration::from_secs(120);

/// What every endpoint needs before its handler runs.
#[derive(Clone)]
pub struct Border {
    sessions: Sessions,
    small: BodyBudget,
    large: BodyBudget,
}

impl Border {
    /// A border with unspent budgets.
    #[must_use]
    pub fn new(sessions: Sessions) -> Self {
        Self {
            sessions,
            small: BodyBudget::new(16 * 1024 * 1024),
            large: BodyBudget::new(64 * 1024 * 1024),
        }
    }

    /// Reads the body within its limit and the budget, then decodes it.
    async fn decode<E: Endpoint>(&self, body: Body, max: usize) -> Result<E, WireError> {
        check_announced(&body, max)?;
        let budget = if max <= SMALL_BODY {
            &self.small
        } else {
            &self.large
        };
        let bytes = tokio::time::timeout(BODY_WITHIN, budget.read(body, max))
            .await
            .map_err(|_| ErrorCode::BadRequest)??;
        Ok(codec::decode(bytes.as_ref())?)
    }
}

/// Bytes of request bodies that may be in memory at once, over all connections (R8): what a machine
/// with 512 MB can spare. Short bodies have a budget of their own, so that somebody who sends many
/// long ones does not keep others from logging in.
#[derive(Clone)]
struct BodyBudget(Arc<Semaphore>);

/// A body that was read, and its share of the budget.
struct Budgeted {
    bytes: Vec<u8>,
    _share: Option<OwnedSemaphorePermit>,
}

impl AsRef<[u8]> for Budgeted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl BodyBudget {
    /// A semaphore counts what it gives in 32 bits: this budget is in bytes and stays below.
    fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes)))
    }

    /// Takes from the budget as bytes arrive: who announces much and sends nothing holds nothing.
    async fn read(&self, mut body: Body, max: usize) -> Result<Budgeted, WireError> {
        let mut bytes = Vec::new();
        let mut share: Option<OwnedSemaphorePermit> = None;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| ErrorCode::BadRequest)?;
            let Some(chunk) = frame.data_ref().filter(|chunk| !chunk.is_empty()) else {
                continue;
            };
            if chunk.len() > max - bytes.len() {
                return Err(ErrorCode::TooLarge.into());
            }
            let more = u32::try_from(chunk.len())
                .ok()
                .and_then(|len| Arc::clone(&self.0).try_acquire_many_owned(len).ok())
                .ok_or(WireError::retry(ErrorCode::Overloaded, BUDGET_RETRY_MS))?;
            match &mut share {
                Some(share) => share.merge(more),
                None => share = Some(more),
            }
            bytes.extend_from_slice(chunk);
        }
        Ok(Budgeted {
            bytes,
            _share: share,
        })
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
    let route = move |State(state): State<S>, address: ClientAddress, request: Request| async move {
        let (parts, body) = request.into_parts();
        if parts.headers.contains_key(header::AUTHORIZATION) {
            return refuse(ErrorCode::WrongConnection.into());
        }
        let border = Border::from_ref(&state);
        let answer = async {
            let request = border.decode::<E>(body, max_body).await?;
            handler(state, address, request).await
        };
        respond(answer.await)
    };
    describe::<E, S>(summary, max_body, post(route))
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
    debug_assert_eq!(E::ACCESS, Access::Session);
    let route = move |State(state): State<S>, request: Request| async move {
        let (parts, body) = request.into_parts();
        let border = Border::from_ref(&state);
        let answer = async {
            let owner = bearer(&parts.headers)
                .and_then(|token| border.sessions.check(&token))
                .ok_or(ErrorCode::Unauthorized)?;
            let request = border.decode::<E>(body, max_body).await?;
            handler(state, owner, request).await
        };
        respond(answer.await)
    };
    describe::<E, S>(summary, max_body, post(route))
}

/// A refusal as every endpoint gives it: the code's status, the encoded error, and `Retry-After`.
#[must_use]
pub fn refuse(error: WireError) -> Response {
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

/// Refuses a body that announces more than may be read, before any of it is.
fn check_announced(body: &Body, max: usize) -> Result<(), WireError> {
    if body.size_hint().lower() > max as u64 {
        return Err(ErrorCode::TooLarge.into());
    }
    Ok(())
}

fn describe<E, S>(
    summary: &'static str,
    max_body: usize,
    route: axum::routing::MethodRouter<S>,
) -> UtoipaMethodRouter<S>
where
    E: Endpoint + ToSchema,
    E::Answer: ToSchema,
    S: Clone + Send + Sync + 'static,
{
    let mut schemas = Vec::new();
    let request = reference::<E>(&mut schemas);
    let answer = reference::<E::Answer>(&mut schemas);
    let refusal = reference::<WireError>(&mut schemas);
    let mut operation = OperationBuilder::new()
        .operation_id(Some(operation_id(E::PATH)))
        .summary(Some(summary))
        .description(Some(format!("Body of at most {max_body} bytes.")))
        .request_body(Some(
            RequestBodyBuilder::new()
                .content(
                    CONTENT_TYPE,
                    ContentBuilder::new().schema(Some(request)).build(),
                )
                .required(Some(utoipa::openapi::Required::True))
                .build(),
        ))
        .response("200", body("The answer.", answer))
        .response(
            "default",
            body("A refusal, with the status of its code.", refusal),
        );
    if E::ACCESS == Access::Session {
        operation = operation.security(SecurityRequirement::new(
            SESSION_SCHEME,
            Vec::<String>::new(),
        ));
    }
    let paths = PathsBuilder::new()
        .path(E::PATH, PathItem::new(HttpMethod::Post, operation))
        .build();
    (schemas, paths, route)
}

/// `/v1/mailboxes/append` becomes `mailboxes_append`.
fn operation_id(path: &str) -> String {
    path.trim_start_matches("/v1/").replace(['/', '-'], "_")
}

fn body(description: &str, schema: RefOr<Schema>) -> utoipa::openapi::Response {
    ResponseBuilder::new()
        .description(description)
        .content(
            CONTENT_TYPE,
            ContentBuilder::new().schema(Some(schema)).build(),
        )
        .build()
}

/// Adds a type and all it mentions to the schemas; lists have no name and stand where they are.
fn reference<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) -> RefOr<Schema> {
    T::schemas(schemas);
    let name = T::name();
    if name == "Vec" {
        return T::schema();
    }
    let reference = RefOr::Ref(Ref::from_schema_name(Cow::clone(&name)));
    schemas.push((name.into_owned(), T::schema()));
    reference
}
