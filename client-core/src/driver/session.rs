//! The session of this client at its home relay: opened by signing a challenge, kept until refused.

use restante_wire::{
    ErrorCode, SessionToken,
    account::{ChallengeRequest, SessionRequest},
};
use tokio::sync::{Mutex, mpsc, oneshot};

use super::{report::Report, side::Side};
use crate::engine::io::Failure;

/// One session, shared by the account stream and the posts of the account side.
#[derive(Debug)]
pub(super) struct Session {
    relay: String,
    side: Side,
    reports: mpsc::Sender<Report>,
    token: Mutex<Option<SessionToken>>,
}

impl Session {
    pub(super) fn new(relay: String, side: Side, reports: mpsc::Sender<Report>) -> Self {
        Self {
            relay,
            side,
            reports,
            token: Mutex::new(None),
        }
    }

    pub(super) fn relay(&self) -> &str {
        &self.relay
    }

    pub(super) fn side(&self) -> &Side {
        &self.side
    }

    /// The token, of a session that is opened if there is none. Callers that come meanwhile wait for
    /// the same one.
    pub(super) async fn token(&self) -> Result<SessionToken, Failure> {
        let mut kept = self.token.lock().await;
        if let Some(token) = &*kept {
            return Ok(token.clone());
        }
        let token = self.open().await?;
        *kept = Some(token.clone());
        Ok(token)
    }

    /// The relay does not know this token any more.
    pub(super) async fn forget(&self, refused: &SessionToken) {
        let mut kept = self.token.lock().await;
        if kept.as_ref() == Some(refused) {
            *kept = None;
        }
    }

    /// Takes a token as that of an open session.
    #[cfg(test)]
    pub(super) async fn keep(&self, token: SessionToken) {
        *self.token.lock().await = Some(token);
    }

    /// Posts with a token, and once more with a new one if the relay has forgotten the first: it
    /// keeps sessions in memory only.
    pub(super) async fn post(&self, path: &str, body: Vec<u8>) -> Result<Vec<u8>, Failure> {
        let token = self.token().await?;
        let first = self
            .side
            .post(&self.relay, path, Some(&token), body.clone())
            .await;
        if !is_unauthorized(&first) {
            return first;
        }
        self.forget(&token).await;
        let token = self.token().await?;
        self.side.post(&self.relay, path, Some(&token), body).await
    }

    async fn open(&self) -> Result<SessionToken, Failure> {
        let challenge = self.side.call(&self.relay, &ChallengeRequest {}).await?;
        let request = self.sign(challenge.nonce).await?;
        let session = self.side.call(&self.relay, &request).await?;
        Ok(session.token)
    }

    async fn sign(&self, nonce: Vec<u8>) -> Result<SessionRequest, Failure> {
        let (signed, request) = oneshot::channel();
        self.reports
            .send(Report::Sign { nonce, signed })
            .await
            .map_err(|_| Failure::Lost)?;
        request.await.map_err(|_| Failure::Lost)
    }
}

/// Whether a session has ended.
pub(super) fn is_unauthorized<T>(result: &Result<T, Failure>) -> bool {
    matches!(result, Err(Failure::Refused(error)) if error.code == ErrorCode::Unauthorized)
}
