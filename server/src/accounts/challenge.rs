//! Challenges: signed by a client's own key for its session, or by the account's identity key.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ed25519_dalek::VerifyingKey;
use restante_wire::{
    AccountKeyHash, ClientId, ErrorCode, SessionToken, WireError,
    account::{Challenge, Session, SessionRequest, session_signing_bytes},
    credentials::{ProveIdentity, identity_signing_bytes},
    fault,
};

use super::record;
use crate::{
    auth::{CLIENT_SESSION, SessionOwner, Sessions},
    clock::Clock,
    expiring::ExpiringMap,
    random,
    store::{Store, sqlite::accounts},
};

/// How long a challenge holds.
const CHALLENGE_VALID: Duration = Duration::from_secs(60);

/// Most challenges at once: some 5 MB.
const MAX_CHALLENGES: usize = 65_536;

type Nonce = [u8; 32];

/// Challenges that nobody has answered yet.
pub struct Challenges {
    store: Store,
    clock: Arc<dyn Clock>,
    sessions: Sessions,
    open: Mutex<ExpiringMap<Nonce, ()>>,
}

impl Challenges {
    /// None yet.
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>, sessions: Sessions) -> Self {
        Self {
            store,
            clock,
            sessions,
            open: Mutex::new(ExpiringMap::new(MAX_CHALLENGES)),
        }
    }

    /// A fresh challenge.
    #[must_use]
    pub fn issue(&self) -> Challenge {
        let nonce: Nonce = random::bytes();
        let now = self.clock.monotonic();
        self.open().insert(nonce, (), now, now + CHALLENGE_VALID);
        Challenge {
            nonce: nonce.to_vec(),
        }
    }

    /// Opens a session for a client that signed one. A challenge is good for one try.
    ///
    /// # Errors
    /// `unauthorized`, whatever was wrong.
    pub async fn answer(&self, request: SessionRequest) -> Result<Session, WireError> {
        self.take(&request.nonce)?;
        let (account, client) = (request.account, request.client);
        let (row, record) = self
            .store
            .read(move |connection| {
                Ok((
                    accounts::client(connection, &account, &client)?
                        .ok_or(ErrorCode::Unauthorized)?,
                    accounts::record(connection, &account)?.ok_or(ErrorCode::Unauthorized)?,
                ))
            })
            .await?;
        // The URL of the account id: a signature for one relay opens nothing at another.
        let relay = &record.body.account.relay;
        let signed = session_signing_bytes(relay, &account, &client, &request.nonce);
        VerifyingKey::from_bytes(&row.signature_key.0)
            .map_err(|_| ErrorCode::Unauthorized)
            .and_then(|key| {
                record::verify(&key, &signed, &request.signature)
                    .map_err(|_| ErrorCode::Unauthorized)
            })?;
        let owner = SessionOwner {
            account,
            client: Some(client),
        };
        let token = self.sessions.open(owner, CLIENT_SESSION);
        self.still_there(account, client, &token).await?;
        Ok(Session {
            token,
            valid_seconds: u32::try_from(CLIENT_SESSION.as_secs()).unwrap_or(u32::MAX),
        })
    }

    /// Checks that the account identity key signed a challenge, which is good for one try.
    ///
    /// # Errors
    /// `unauthorized`, whatever was wrong.
    pub async fn check_identity(&self, request: &ProveIdentity) -> Result<(), WireError> {
        self.take(&request.nonce)?;
        let account = request.account;
        let record = self
            .store
            .read(move |connection| accounts::record(connection, &account))
            .await?
            .ok_or(ErrorCode::Unauthorized)?;
        let relay = &record.body.account.relay;
        let signed = identity_signing_bytes(relay, &account, &request.nonce);
        if fault::planted("identity_not_proven") {
            return Ok(());
        }
        VerifyingKey::from_bytes(&record.body.identity_key.0)
            .map_err(|_| ErrorCode::Unauthorized)
            .and_then(|key| {
                record::verify(&key, &signed, &request.signature)
                    .map_err(|_| ErrorCode::Unauthorized)
            })?;
        Ok(())
    }

    fn take(&self, nonce: &[u8]) -> Result<(), ErrorCode> {
        let nonce = Nonce::try_from(nonce).ok();
        nonce
            .and_then(|nonce| self.open().take(&nonce, self.clock.monotonic()))
            .ok_or(ErrorCode::Unauthorized)
    }

    /// Looks once more whether the client is there, now that its session is: a record that expels it
    /// ends the sessions that it finds after it was stored, and what was stored before that is seen
    /// here.
    async fn still_there(
        &self,
        account: AccountKeyHash,
        client: ClientId,
        token: &SessionToken,
    ) -> Result<(), WireError> {
        let found = self
            .store
            .read(move |connection| accounts::client(connection, &account, &client))
            .await;
        if !matches!(found, Ok(Some(_))) {
            self.sessions.end(token);
        }
        found?.ok_or(ErrorCode::Unauthorized)?;
        Ok(())
    }

    fn open(&self) -> std::sync::MutexGuard<'_, ExpiringMap<Nonce, ()>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
