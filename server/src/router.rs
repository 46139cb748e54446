//! All routes of a relay as one service, and what happens to every request before its handler.
//!
//! Owns: the order of layers, the answer to unknown paths, the caller's address. Never does: what a
//! single endpoint does (see [`crate::http`]).

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::Response,
};
use restante_wire::{ErrorCode, fault};
use utoipa::openapi::OpenApi;

use crate::{http, proxy::TrustedProxies, services::Services, telemetry};

/// The address at the other end of a connection, put into each request by [`crate::serve`].
#[derive(Clone, Copy)]
pub struct PeerAddress(pub SocketAddr);

/// The OpenAPI document of every route.
#[must_use]
pub fn openapi() -> OpenApi {
    http::routes().into_openapi()
}

/// The relay's routes.
///
/// # Errors
/// If the OpenAPI document is no JSON, which is a fault of this program.
pub fn router(
    services: Arc<Services>,
    proxies: Arc<TrustedProxies>,
) -> Result<Router, serde_json::Error> {
    let (routes, document) = http::routes().split_for_parts();
    let not_found = || async { http::endpoint::refuse(ErrorCode::NotFound.into()) };
    let clock = Arc::clone(&services.clock);
    Ok(routes
        .with_state(services)
        .merge(http::openapi::route(&document)?)
        .merge(http::web::routes::<http::web::Built>())
        .fallback(not_found)
        .method_not_allowed_fallback(not_found)
        .layer(middleware::from_fn_with_state(proxies, find_caller))
        .layer(middleware::from_fn(move |request, next| {
            telemetry::count_request(Arc::clone(&clock), request, next)
        })))
}

/// Keeps of the caller's address what limits need.
async fn find_caller(
    State(proxies): State<Arc<TrustedProxies>>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Some(PeerAddress(peer)) = request.extensions().get().copied() {
        if fault::planted("r7_address_is_logged") {
            tracing::trace!(peer = %peer.ip(), "a request came");
        }
        let caller = proxies.caller(peer.ip(), request.headers());
        request.extensions_mut().insert(caller);
    }
    next.run(request).await
}
