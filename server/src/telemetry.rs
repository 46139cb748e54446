//! Logs and metrics without people in them.
//!
//! **Logs**: the relay's own events only, constant sentences with fields; at `debug` a line for each
//! request by route, status and rough time, and for each stream. Events of other crates
//! below `warn` are dropped whatever the filter says: at `trace` the HTTP libraries would print
//! headers, and with them bearer tokens.
//! **Metrics**: counters and gauges by route and status; no label comes from a request.

use std::sync::OnceLock;

use axum::{
    Router,
    extract::{MatchedPath, Request},
    http::{Method, header},
    middleware::Next,
    response::Response,
    routing::get,
};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing::Level;
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterFn, filter_fn},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::{
    clock::Clock,
    config::{Log, LogFormat},
};

/// Targets of this project's crates begin with it.
const OURS: &str = "restante";

/// Upper bounds in seconds of the buckets of request times.
const REQUEST_SECONDS: &[f64] = &[0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0];

/// The log filter of the configuration is not one.
#[derive(Debug, thiserror::Error)]
#[error("the setting log.level is wrong: it must be error, warn, info, debug, trace or a filter")]
pub struct LogFilterError;

/// Sends the log of this process to standard error.
///
/// # Errors
/// [`LogFilterError`]; the operator must change the setting.
pub fn start_log(log: &Log) -> Result<(), LogFilterError> {
    let filter = EnvFilter::try_new(&log.level).map_err(|_| LogFilterError)?;
    let registry = tracing_subscriber::registry().with(filter);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    // A process that has a log keeps it: only the first call decides.
    let started = match log.format {
        LogFormat::Json => registry
            .with(lines.json().with_filter(without_strangers()))
            .try_init(),
        LogFormat::Text => registry
            .with(lines.with_filter(without_strangers()))
            .try_init(),
    };
    drop(started);
    Ok(())
}

/// Lets other crates say what goes wrong and nothing else.
#[must_use]
pub fn without_strangers() -> FilterFn {
    filter_fn(|event| *event.level() <= Level::WARN || event.target().starts_with(OURS))
}

/// The metrics of this process, from the first call on.
pub(crate) fn metrics() -> &'static PrometheusHandle {
    static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();
    METRICS.get_or_init(|| {
        let builder = match PrometheusBuilder::new().set_buckets(REQUEST_SECONDS) {
            Ok(builder) => builder,
            Err(_) => PrometheusBuilder::new(),
        };
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        // Somebody who embeds the relay may have a recorder of their own: then it counts there.
        drop(metrics::set_global_recorder(recorder));
        handle
    })
}

/// Serves `/metrics`.
pub(crate) fn metrics_routes() -> Router {
    let text = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    Router::new().route(
        "/metrics",
        get(move || async move { (text, metrics().render()) }),
    )
}

/// Counts requests by route and status, and their time by route.
pub(crate) async fn count_request(
    clock: std::sync::Arc<dyn Clock>,
    request: Request,
    next: Next,
) -> Response {
    // The pattern of the route, never the path that was asked for.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unknown".to_owned(), |path| path.as_str().to_owned());
    let method = method_name(request.method());
    let start = clock.monotonic();
    let response = next.run(request).await;
    let seconds = clock.monotonic().saturating_sub(start).as_secs_f64();
    let status = response.status().as_str().to_owned();
    tracing::debug!(
        method,
        route,
        status,
        seconds_below = bucket(seconds),
        "a request was answered"
    );
    metrics::counter!("restante_requests_total", "route" => route.clone(), "status" => status)
        .increment(1);
    metrics::histogram!("restante_request_seconds", "route" => route).record(seconds);
    response
}

/// The method, if a relay knows it: what others are called comes from the request.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// The upper bound of a time, as the metrics have them: an exact time would help to recognise one
/// request among others.
fn bucket(seconds: f64) -> f64 {
    let bound = REQUEST_SECONDS.iter().find(|bound| seconds <= **bound);
    bound.copied().unwrap_or(f64::INFINITY)
}
