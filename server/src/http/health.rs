//! Whether the relay lives, and whether it can serve.

use std::{sync::Arc, time::Duration};

use axum::{extract::State, http::StatusCode};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::services::Services;

/// Longest that a database may take for nothing.
const READY_WITHIN: Duration = Duration::from_secs(5);

pub(super) fn routes() -> OpenApiRouter<Arc<Services>> {
    OpenApiRouter::new()
        .routes(routes!(healthz))
        .routes(routes!(readyz))
}

/// Answers while the process runs.
#[utoipa::path(get, path = "/healthz", responses((status = 200, description = "It runs.")))]
async fn healthz() -> &'static str {
    "ok\n"
}

/// Answers 200 while the database can be written, with room for more, and read, else 503.
#[utoipa::path(
    get,
    path = "/readyz",
    responses(
        (status = 200, description = "Requests are served."),
        (status = 503, description = "The database does not answer or has no room.")
    )
)]
async fn readyz(State(services): State<Arc<Services>>) -> (StatusCode, &'static str) {
    match tokio::time::timeout(READY_WITHIN, services.store.ready()).await {
        Ok(Ok(())) => (StatusCode::OK, "ready\n"),
        _ => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database does not answer or has no room\n",
        ),
    }
}
