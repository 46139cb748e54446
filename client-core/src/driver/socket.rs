//! A WebSocket to a relay.

use std::time::Duration;

use restante_wire::{
    ErrorCode, SessionToken, codec,
    error::Outcome,
    inbox::{InboxAnswer, InboxRequest},
    stream::{ClientFrame, ServerFrame},
};
use serde::de::DeserializeOwned;

use super::relay_url::stream_url;
use crate::{
    engine::io::Failure,
    platform::{Http, Incoming, WebSocket, timeout},
};

/// How long a new connection may take to greet, or to take a session.
const GREETING_TIMEOUT: Duration = Duration::from_secs(10);

/// Number of the request that opens a session; the link's own numbers start at 1.
const OPENING: u64 = 0;

/// A connected WebSocket.
pub(super) struct Socket(pub(super) WebSocket);

/// Connects to a stream of a relay.
pub(super) async fn connect(relay: &str, path: &str, http: &Http) -> Result<Socket, Failure> {
    let connecting = WebSocket::connect(http, stream_url(relay, path));
    connecting.await.map(Socket)
}

impl Socket {
    /// The next frame of a connection that is being opened.
    pub(super) async fn next_frame<A: DeserializeOwned>(
        &mut self,
    ) -> Result<ServerFrame<A>, Failure> {
        let next = timeout(GREETING_TIMEOUT, async {
            loop {
                match self.0.next().await {
                    Some(Incoming::Frame(bytes)) => return Ok(bytes),
                    Some(Incoming::SignOfLife) => {}
                    None => return Err(Failure::Lost),
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
        self.0.feed(codec::encode(&frame)).await?;
        self.0.flush().await?;
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
}
