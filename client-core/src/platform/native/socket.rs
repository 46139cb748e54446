//! WebSockets.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

use super::{
    http::{CONNECT_TIMEOUT, Http},
    trust,
};
use crate::{
    engine::io::Failure,
    platform::{Incoming, MAX_ANSWER},
};

/// How long a goodbye may take.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(500);

/// A connected WebSocket.
pub(crate) struct WebSocket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl WebSocket {
    /// Whether [`Self::ping`] asks the peer for a sign of life.
    pub(crate) const PINGS: bool = true;

    /// Connects.
    ///
    /// # Errors
    /// [`Failure::Lost`], [`Failure::Untrusted`].
    pub(crate) async fn connect(http: &Http, url: String) -> Result<Self, Failure> {
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_ANSWER))
            .max_frame_size(Some(MAX_ANSWER));
        let tls = Some(Connector::Rustls(http.tls()));
        let connecting = connect_async_tls_with_config(url, Some(config), true, tls);
        match timeout(CONNECT_TIMEOUT, connecting).await {
            Ok(Ok((socket, _))) => Ok(Self(socket)),
            Ok(Err(error)) => Err(trust::failure(&error)),
            Err(_) => Err(Failure::Lost),
        }
    }

    /// What the peer says next; none once the connection has ended.
    pub(crate) async fn next(&mut self) -> Option<Incoming> {
        match self.0.next().await {
            Some(Ok(Message::Binary(bytes))) => Some(Incoming::Frame(bytes.into())),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Some(Incoming::SignOfLife),
            _ => None,
        }
    }

    /// Takes a frame to be written.
    ///
    /// # Errors
    /// [`Failure::Lost`].
    pub(crate) async fn feed(&mut self, frame: Vec<u8>) -> Result<(), Failure> {
        let fed = self.0.feed(Message::Binary(frame.into())).await;
        fed.map_err(|_| Failure::Lost)
    }

    /// Writes what was taken.
    ///
    /// # Errors
    /// [`Failure::Lost`].
    pub(crate) async fn flush(&mut self) -> Result<(), Failure> {
        self.0.flush().await.map_err(|_| Failure::Lost)
    }

    /// Asks for a sign of life.
    ///
    /// # Errors
    /// [`Failure::Lost`].
    pub(crate) async fn ping(&mut self) -> Result<(), Failure> {
        let sent = self.0.send(Message::Ping(Vec::new().into())).await;
        sent.map_err(|_| Failure::Lost)
    }

    /// Says goodbye, without waiting long for an answer.
    pub(crate) async fn close(&mut self) {
        let _ = timeout(CLOSE_TIMEOUT, self.0.close(None)).await;
    }
}
