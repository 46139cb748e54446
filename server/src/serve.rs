//! Accepting connections: TCP, TLS, HTTP/1.1 and HTTP/2, with limits on each, until the end.
//!
//! Owns: sockets up to the router. Never does: routes (see [`crate::router`]).

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body, http::Request};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use restante_wire::{ErrorCode, WireError, codec};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;
use tower_service::Service;

use crate::{
    connections::{Connections, Counted},
    router::PeerAddress,
    shutdown::Shutdown,
};

/// How long a TLS handshake may take.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);

/// How long the head of a request may take, and how long a connection may be idle between requests.
const HEAD_WITHIN: Duration = Duration::from_secs(30);

/// Longest head of a request in HTTP/1.1, and of its headers in HTTP/2.
const MAX_HEAD: usize = 16 * 1024;

/// Most headers of a request.
const MAX_HEADERS: usize = 64;

/// Requests at once on one HTTP/2 connection of a stranger.
pub(crate) const MAX_H2_STREAMS: u32 = 64;

/// Bytes that an HTTP/2 peer may send ahead on one connection, over all its requests.
const H2_CONNECTION_WINDOW: u32 = 256 * 1024;

/// Pause after the system refused a socket: it has none to give, and asking at once only spins.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// When to try again if there are too many connections.
const CONNECTIONS_RETRY_MS: u64 = 5_000;

/// A bound socket and how its connections are served.
pub(crate) struct Endpoint {
    pub(crate) listener: TcpListener,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) connections: Connections,
    /// Requests at once on one HTTP/2 connection.
    pub(crate) h2_streams: u32,
    pub(crate) router: Router,
    pub(crate) shutdown: Shutdown,
}

impl Endpoint {
    /// Serves until the relay goes down. Connections end after it.
    pub(crate) async fn run(self) {
        let _running = self.shutdown.running();
        let http = Arc::new(http(self.h2_streams));
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = self.shutdown.begun() => return,
            };
            match accepted {
                Ok((socket, peer)) => self.admit(socket, peer, &http),
                Err(_) => {
                    tracing::warn!("no socket for a new connection: raise the open-file limit");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn admit(&self, socket: TcpStream, peer: SocketAddr, http: &Arc<Builder<TokioExecutor>>) {
        let Some(slot) = self.connections.admit(peer.ip()) else {
            metrics::counter!("restante_connections_refused_total").increment(1);
            if self.tls.is_none() {
                refuse(&socket);
            }
            return;
        };
        // Small answers leave at once; a socket that refuses the option works without it.
        drop(socket.set_nodelay(true));
        let (router, shutdown, tls) =
            (self.router.clone(), self.shutdown.clone(), self.tls.clone());
        let http = Arc::clone(http);
        let running = self.shutdown.running();
        tokio::spawn(async move {
            let _running = running;
            let Some(tls) = tls else {
                let socket = Counted {
                    socket,
                    _slot: slot,
                };
                return serve(socket, peer, router, &http, &shutdown).await;
            };
            let handshake = tokio::time::timeout(HANDSHAKE_WITHIN, tls.accept(socket));
            if let Ok(Ok(socket)) = handshake.await {
                let socket = Counted {
                    socket,
                    _slot: slot,
                };
                serve(socket, peer, router, &http, &shutdown).await;
            }
        });
    }
}

/// Serves one connection; what goes wrong with it is its peer's affair.
async fn serve<T>(
    socket: T,
    peer: SocketAddr,
    router: Router,
    http: &Builder<TokioExecutor>,
    shutdown: &Shutdown,
) where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let has_asked = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&has_asked);
    let service = service_fn(move |request: Request<Incoming>| {
        asked.store(true, Ordering::Relaxed);
        let mut router = router.clone();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(PeerAddress(peer));
        // A router is always ready.
        router.call(request)
    });
    let connection = http.serve_connection_with_upgrades(TokioIo::new(socket), service);
    let mut connection = std::pin::pin!(connection);
    // The HTTP library's own limit starts only once it knows which HTTP it hears.
    let first_request = tokio::time::sleep(HEAD_WITHIN);
    let mut first_request = std::pin::pin!(first_request);
    loop {
        tokio::select! {
            ended = connection.as_mut() => return drop(ended),
            () = shutdown.begun() => {
                connection.as_mut().graceful_shutdown();
                return drop(connection.await);
            }
            () = first_request.as_mut(), if !has_asked.load(Ordering::Relaxed) => {
                if !has_asked.load(Ordering::Relaxed) {
                    return;
                }
            }
        }
    }
}

fn http(h2_streams: u32) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(HEAD_WITHIN)
        .keep_alive_timeout(HEAD_WITHIN)
        .max_concurrent_streams(h2_streams)
        .initial_connection_window_size(H2_CONNECTION_WINDOW)
        .max_header_list_size(u32::try_from(MAX_HEAD).unwrap_or(u32::MAX));
    builder
}

/// A typed refusal, as far as the fresh socket takes it without waiting.
fn refuse(socket: &TcpStream) {
    let error = WireError::retry(ErrorCode::Overloaded, CONNECTIONS_RETRY_MS);
    let body = codec::encode(&error);
    let head = format!(
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: {}\r\nRetry-After: {}\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        restante_wire::api::CONTENT_TYPE,
        CONNECTIONS_RETRY_MS / 1000,
        body.len(),
    );
    let answer = [head.into_bytes(), body].concat();
    let written: io::Result<usize> = socket.try_write(&answer);
    drop(written);
}
