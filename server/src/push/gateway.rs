//! The push module as a server of its own: what `restante-server push-gateway` runs.
//!
//! It holds the keys and knows no mailbox; the relay holds sealed handles and no key. Whoever asks
//! must know the token.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Request, State},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::post,
};
use restante_push::{
    Module,
    remote::{MAX_REQUEST, SERVICE_PATH, WAKE_PATH, WakeUp},
};
use restante_wire::{codec, push::ReadPushService};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A module and who may use it.
struct Gateway {
    module: Module,
    /// Hash of the token: secrets are compared as hashes.
    token: [u8; 32],
}

/// The routes of a gateway.
pub fn router(module: Module, token: &str) -> Router {
    let gateway = Arc::new(Gateway {
        module,
        token: Sha256::digest(token).into(),
    });
    Router::new()
        .route(WAKE_PATH, post(wake))
        .route(SERVICE_PATH, post(service))
        .layer(DefaultBodyLimit::max(MAX_REQUEST))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&gateway),
            authorize,
        ))
        .with_state(gateway)
}

async fn authorize(State(gateway): State<Arc<Gateway>>, request: Request, next: Next) -> Response {
    let shown = request.headers().get(header::AUTHORIZATION);
    let shown = shown.and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    let is_known = shown.is_some_and(|shown| {
        let hash: [u8; 32] = Sha256::digest(shown).into();
        bool::from(hash.ct_eq(&gateway.token))
    });
    if is_known {
        next.run(request).await
    } else {
        StatusCode::UNAUTHORIZED.into_response()
    }
}

async fn wake(State(gateway): State<Arc<Gateway>>, body: Bytes) -> Response {
    let Ok(WakeUp { handle, urgency }) = codec::decode(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    codec::encode(&gateway.module.wake(&handle, urgency).await).into_response()
}

async fn service(State(gateway): State<Arc<Gateway>>, body: Bytes) -> Response {
    match codec::decode::<ReadPushService>(&body) {
        Ok(_) => codec::encode(&gateway.module.service()).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}
