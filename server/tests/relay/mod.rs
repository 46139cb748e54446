//! A relay of this process over real HTTP, with a clock that moves when it is told.

use std::{net::SocketAddr, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use restante_server::{
    app::{App, RunningApp},
    clock::{DAY_MS, ManualClock},
    config::Config,
};
use restante_wire::{
    ErrorCode, SessionToken, WireError,
    api::{CONTENT_TYPE, Endpoint},
    codec,
};
use tempfile::TempDir;

/// 2026-11-22.
const TODAY_MS: u64 = 20_779 * DAY_MS;

pub(crate) struct Relay {
    app: Option<RunningApp>,
    config: Config,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) http: reqwest::Client,
    pub(crate) dir: Arc<TempDir>,
}

impl Relay {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config::in_dir(dir.path());
        config.listen = ([127, 0, 0, 1], 0).into();
        // The disk of whoever runs the tests may be fuller than a relay's should be.
        config.blobs.keep_free_mib = 0;
        change(&mut config);
        // Built together with the client, reqwest expects somebody to have chosen a provider.
        let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
        let clock = Arc::new(ManualClock::at_ms(TODAY_MS));
        let app = App::start(config.clone(), Arc::clone(&clock) as _).await;
        Self {
            app: Some(app.unwrap()),
            config,
            clock,
            http: reqwest::Client::new(),
            dir: Arc::new(dir),
        }
    }

    /// Ends the relay in good order and starts another one on the same data.
    pub(crate) async fn restart(&mut self) {
        assert!(self.app.take().unwrap().shutdown().await);
        let app = App::start(self.config.clone(), Arc::clone(&self.clock) as _).await;
        self.app = Some(app.unwrap());
    }

    pub(crate) async fn shutdown(mut self) -> bool {
        self.app.take().unwrap().shutdown().await
    }

    /// What runs.
    pub(crate) fn app(&self) -> &RunningApp {
        self.app.as_ref().unwrap()
    }

    pub(crate) fn url(&self) -> String {
        self.app().url().to_owned()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.app().local_addr()
    }

    pub(crate) fn metrics_addr(&self) -> Option<SocketAddr> {
        self.app().metrics_addr()
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance_ms(seconds * 1000);
    }

    pub(crate) async fn ask<E: Endpoint>(&self, request: &E) -> Result<E::Answer, WireError> {
        self.ask_as(None, request).await
    }

    pub(crate) async fn ask_as<E: Endpoint>(
        &self,
        token: Option<&SessionToken>,
        request: &E,
    ) -> Result<E::Answer, WireError> {
        let authorization = token.map(bearer);
        let (status, body) = self
            .post(E::PATH, codec::encode(request), authorization.as_deref())
            .await;
        if status == 200 {
            return Ok(codec::decode(&body).unwrap());
        }
        let error: WireError = codec::decode(&body).unwrap();
        assert_eq!(status, error.code.http_status(), "{:?}", error.code);
        Err(error)
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        body: Vec<u8>,
        authorization: Option<&str>,
    ) -> (u16, Vec<u8>) {
        let mut request = self
            .http
            .post(format!("http://{}{path}", self.address()))
            .header("content-type", CONTENT_TYPE)
            .body(body);
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.bytes().await.unwrap().to_vec())
    }
}

pub(crate) fn bearer(token: &SessionToken) -> String {
    format!("Bearer {}", URL_SAFE_NO_PAD.encode(token.0))
}

/// The code of a refusal.
pub(crate) fn refusal<T>(result: Result<T, WireError>) -> ErrorCode {
    result.err().unwrap().code
}
