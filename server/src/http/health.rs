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

/// Answers 200 while the database can be written and read, else 503.
#[utoipa::path(
    get,
    path = "/readyz",
    responses(
        (status = 200, description = "Requests are served."),
        (status = 503, description = "The database does not answer.")
    )
)]
async fn readyz(State(services): State<Arc<Services>>) -> (StatusCode, &'static str) {
    let probe = async {
        // A write that writes nothing would succeed on a full disk.
        let touch = "UPDATE relay SET restore_id = restore_id";
        services
            .store
            .write(move |transaction| Ok(transaction.execute(touch, []).map(drop)?))
            .await?;
        services
            .store
            .read(|connection| Ok(connection.query_row("SELECT 1", [], |_| Ok(()))?))
            .await
    };
    match tokio::time::timeout(READY_WITHIN, probe).await {
        Ok(Ok(())) => (StatusCode::OK, "ready\n"),
        _ => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database does not answer\n",
        ),
    }
}
