//! From an HTTP request to a WebSocket whose memory is bounded.

use axum::{
    body::Body,
    extract::FromRequestParts,
    http::{Request, request::Parts},
    response::Response,
};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use restante_wire::ErrorCode;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        handshake::server::create_response_with_body,
        protocol::{Role, WebSocketConfig},
    },
};

use super::{
    super::{budget::Budget, endpoint::refuse},
    frame::CHUNK,
    metered::{Metered, READ_BUFFER},
};
use crate::rate_limit::ClientAddress;

/// Frames are collected up to this length before they are written; nothing is kept for it while a
/// connection is idle.
const WRITE_BUFFER: usize = 16 * 1024;

/// A WebSocket with a client.
pub(super) type Socket = WebSocketStream<Metered<TokioIo<Upgraded>>>;

/// A request that asks for a WebSocket.
pub(super) struct Upgrade {
    answer: Response,
    connection: OnUpgrade,
    sender: ClientAddress,
}

impl<S: Sync> FromRequestParts<S> for Upgrade {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let no_upgrade = || refuse(ErrorCode::BadRequest.into());
        let sender = ClientAddress::from_request_parts(parts, state).await;
        let mut request = Request::new(());
        *request.method_mut() = parts.method.clone();
        *request.version_mut() = parts.version;
        *request.headers_mut() = parts.headers.clone();
        Ok(Self {
            answer: create_response_with_body(&request, Body::empty).map_err(|_| no_upgrade())?,
            connection: parts.extensions.remove().ok_or_else(no_upgrade)?,
            sender: sender.map_err(|_| refuse(ErrorCode::Internal.into()))?,
        })
    }
}

impl Upgrade {
    /// Answers, and serves the WebSocket in a task of its own.
    pub(super) fn serve<F>(
        self,
        budget: Budget,
        max_message: usize,
        serve: impl FnOnce(Socket) -> F + Send + 'static,
    ) -> Response
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let Self {
            answer,
            connection,
            sender,
        } = self;
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(WRITE_BUFFER)
            .max_message_size(Some(max_message))
            .max_frame_size(Some(CHUNK));
        tokio::spawn(async move {
            // A peer that is gone before the answer is no stream.
            let Ok(connection) = connection.await else {
                return;
            };
            let metered = Metered::new(TokioIo::new(connection), budget, sender, max_message);
            serve(WebSocketStream::from_raw_socket(metered, Role::Server, Some(config)).await)
                .await;
        });
        answer
    }
}
