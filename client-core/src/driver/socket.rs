//! A WebSocket to a relay.

use std::{sync::Arc, time::Duration};

use futures_util::{SinkExt, StreamExt};
use restante_wire::{
    ErrorCode, SessionToken, codec,
    error::Outcome,
    inbox::{InboxAnswer, InboxRequest},
    stream::{ClientFrame, ServerFrame},
};
use serde::de::DeserializeOwned;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

use super::{
    relay_url::stream_url,
    side::{CONNECT_TIMEOUT, MAX_ANSWER},
    trust,
};
use crate::engine::io::Failure;

/// How long a new connection may take to greet, or to take a session.
const GREETING_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a goodbye may take.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(500);

/// Number of the request that opens a session; the link's own numbers start at 1.
const OPENING: u64 = 0;

/// A connected WebSocket.
pub(super) struct Socket(pub(super) WebSocketStream<MaybeTlsStream<TcpStream>>);

/// Connects to a stream of a relay.
pub(super) async fn connect(
    relay: &str,
    path: &str,
    tls: Arc<rustls::ClientConfig>,
) -> Result<Socket, Failure> {
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_ANSWER))
        .max_frame_size(Some(MAX_ANSWER));
    let connecting = connect_async_tls_with_config(
        stream_url(relay, path),
        Some(config),
        true,
        Some(Connector::Rustls(tls)),
    );
    match timeout(CONNECT_TIMEOUT, connecting).await {
        Ok(Ok((socket, _))) => Ok(Socket(socket)),
        Ok(Err(error)) => Err(trust::failure(&error)),
        Err(_) => Err(Failure::Lost),
    }
}

impl Socket {
    /// The next frame of a connection that is being opened.
    pub(super) async fn next_frame<A: DeserializeOwned>(
        &mut self,
    ) -> Result<ServerFrame<A>, Failure> {
        let next = timeout(GREETING_TIMEOUT, async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Binary(bytes))) => return Ok(bytes),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    _ => return Err(Failure::Lost),
                }
            }
        });
        let bytes = next.await.map_err(|_| Failure::Lost)??;
        codec::decode(&bytes).map_err(|_| Failure::Refused(ErrorCode::Internal.into()))
    }

    /// Shows the session on an account stream.
    pub(super) async fn open_session(&mut self, token: SessionToken) -> Result<(), Failure> {
        let frame = ClientFrame {
            request: OPENING,
            body: InboxRequest::Open { token },
        };
        self.feed(codec::encode(&frame)).await?;
        self.flush().await?;
        match self.next_frame::<InboxAnswer>().await? {
            ServerFrame::Answer {
                request: OPENING,
                result: Outcome::Done(InboxAnswer::Done),
            } => Ok(()),
            ServerFrame::Answer {
                request: OPENING,
                result: Outcome::Refused(error),
            } => Err(Failure::Refused(error)),
            _ => Err(Failure::Refused(ErrorCode::Internal.into())),
        }
    }

    pub(super) async fn feed(&mut self, frame: Vec<u8>) -> Result<(), Failure> {
        let fed = self.0.feed(Message::Binary(frame.into())).await;
        fed.map_err(|_| Failure::Lost)
    }

    pub(super) async fn flush(&mut self) -> Result<(), Failure> {
        self.0.flush().await.map_err(|_| Failure::Lost)
    }

    /// Says goodbye, without waiting long for an answer.
    pub(super) async fn close(&mut self) {
        let _ = timeout(CLOSE_TIMEOUT, self.0.close(None)).await;
    }
}
