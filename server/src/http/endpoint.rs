//! The one shape of every HTTP endpoint: who may call it, how long its body may be, how it is
//! decoded, answered and described in the OpenAPI document.
//!
//! A handler is a plain function from a decoded request to an answer or a refusal. [`anonymous`] and
//! [`session`] turn it into a route: a route can therefore neither forget a limit nor be missing in
//! the document. Read next: [`crate::router`].

use std::{borrow::Cow, future::Future, sync::Arc};

use axum::{
    body::{Body, Bytes},
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
use tokio::sync::Semaphore;
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

/// Bytes of request bodies that may be in memory at once, over all connections: what a machine with
/// 512 MB can spare.
const BODY_BUDGET: usize = 64 * 1024 * 1024;

/// Unit of the budget: a semaphore counts permits in 32 bits, and a small request takes one.
const BUDGET_UNIT: usize = 4 * 1024;

/// When to try again if the budget is spent.
const BUDGET_RETRY_MS: u64 = 500;

/// What every endpoint needs before its handler runs.
#[derive(Clone)]
pub struct Border {
    sessions: Sessions,
    bodies: Arc<Semaphore>,
}

impl Border {
    /// A border with an unspent body budget.
    #[must_use]
    pub fn new(sessions: Sessions) -> Self {
        Self {
            sessions,
            bodies: Arc::new(Semaphore::new(BODY_BUDGET / BUDGET_UNIT)),
        }
    }

    /// Reads the body within its limit and the budget, then decodes it.
    async fn decode<E: Endpoint>(&self, body: Body, max: usize) -> Result<E, WireError> {
        let permits = u32::try_from(max.div_ceil(BUDGET_UNIT)).unwrap_or(u32::MAX);
        let _budget = self
            .bodies
            .try_acquire_many(permits)
            .map_err(|_| WireError::retry(ErrorCode::Overloaded, BUDGET_RETRY_MS))?;
        let bytes = read(body, max).await?;
        Ok(codec::decode(&bytes)?)
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
            let request = border
                .decode::<E>(body, limited(&parts.headers, max_body)?)
                .await?;
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
            let request = border
                .decode::<E>(body, limited(&parts.headers, max_body)?)
                .await?;
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

/// How much this request may read: what it announces, if it does and that is not too much.
fn limited(headers: &HeaderMap, max: usize) -> Result<usize, WireError> {
    let Some(announced) = headers.get(header::CONTENT_LENGTH) else {
        return Ok(max);
    };
    let announced: usize = announced
        .to_str()
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or(ErrorCode::BadRequest)?;
    if announced > max {
        return Err(ErrorCode::TooLarge.into());
    }
    Ok(announced.max(1))
}

async fn read(body: Body, max: usize) -> Result<Bytes, WireError> {
    axum::body::to_bytes(body, max).await.map_err(|error| {
        let too_long = std::error::Error::source(&error)
            .is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>);
        WireError::new(if too_long {
            ErrorCode::TooLarge
        } else {
            ErrorCode::BadRequest
        })
    })
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
