//! Login by password: an OPAQUE exchange in two halves, with its state in memory between them.
//!
//! A name that nobody has is answered like one that somebody has, at the same cost, and waits as
//! long after as many attempts.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use restante_wire::{
    AccountKeyHash, ErrorCode, SessionToken, WireError,
    account::{LoggedIn, LoginFinish, LoginStart, LoginStarted},
};
use sha2::{Digest, Sha256};

use super::{
    opaque::{LoginState, OpaqueServer},
    throttle::Throttle,
    username::Username,
};
use crate::{
    auth::{PASSWORD_SESSION, SessionOwner, Sessions},
    clock::Clock,
    expiring::ExpiringMap,
    random,
    rate_limit::ClientAddress,
    store::{
        Store,
        sqlite::accounts::{self, vaults},
    },
};

/// How long the second half may take: an Argon2id on a slow telephone, and a bad network.
const ATTEMPT_VALID: Duration = Duration::from_secs(60);

/// Most attempts between their halves: some 4 MB.
const MAX_ATTEMPTS: usize = 8_192;

/// Names an attempt.
type AttemptId = [u8; 16];

/// What logins need. Times are the relay's clock, so that tests can move it.
pub struct Logins {
    store: Store,
    clock: Arc<dyn Clock>,
    opaque: Arc<OpaqueServer>,
    sessions: Sessions,
    attempts: Mutex<ExpiringMap<AttemptId, Attempt>>,
    throttle: Mutex<Throttle>,
}

struct Attempt {
    state: LoginState,
    /// None where there is no such user: the attempt then fails whatever it shows.
    account: Option<AccountKeyHash>,
    /// Hash of the name, which may be as long as a request: what the throttle counts.
    name: [u8; 32],
    /// Who started it, which is whose count it clears.
    address: ClientAddress,
}

impl Logins {
    /// No attempts yet.
    #[must_use]
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        opaque: Arc<OpaqueServer>,
        sessions: Sessions,
    ) -> Self {
        Self {
            store,
            clock,
            opaque,
            sessions,
            attempts: Mutex::new(ExpiringMap::new(MAX_ATTEMPTS)),
            throttle: Mutex::new(Throttle::new()),
        }
    }

    /// Answers the first half.
    ///
    /// # Errors
    /// See [`LoginStart`].
    pub async fn start(
        &self,
        address: ClientAddress,
        request: LoginStart,
    ) -> Result<LoginStarted, WireError> {
        // A name that cannot be one is nobody's name, and is treated so.
        let name = Username::parse(&request.username)
            .map_or(request.username, |username| username.as_str().to_owned());
        let name_hash: [u8; 32] = Sha256::digest(&name).into();
        let now = self.clock.monotonic();
        lock(&self.throttle).start(address, &name_hash, now)?;
        let wanted = name.clone();
        let row = self
            .store
            .read(move |connection| accounts::login(connection, &wanted))
            .await?;
        let password_file = row.as_ref().map(|row| row.password_file.as_slice());
        let (state, opaque) =
            self.opaque
                .start_login(name.as_bytes(), password_file, &request.opaque)?;
        let attempt: AttemptId = random::bytes();
        lock(&self.attempts).insert(
            attempt,
            Attempt {
                state,
                account: row.map(|row| row.account),
                name: name_hash,
                address,
            },
            now,
            now + ATTEMPT_VALID,
        );
        Ok(LoginStarted {
            attempt: attempt.to_vec(),
            opaque,
        })
    }

    /// Answers the second half: each attempt has one try.
    ///
    /// # Errors
    /// See [`LoginFinish`].
    pub async fn finish(&self, request: LoginFinish) -> Result<LoggedIn, WireError> {
        let id = AttemptId::try_from(request.attempt.as_slice())
            .map_err(|_| ErrorCode::BadCredentials)?;
        let attempt = lock(&self.attempts)
            .take(&id, self.clock.monotonic())
            .ok_or(ErrorCode::BadCredentials)?;
        OpaqueServer::finish_login(attempt.state, &request.opaque)?;
        let account = attempt.account.ok_or(ErrorCode::BadCredentials)?;
        lock(&self.throttle).succeed(attempt.address, &attempt.name);
        self.logged_in(account).await
    }

    async fn logged_in(&self, account: AccountKeyHash) -> Result<LoggedIn, WireError> {
        let (wraps, record, vault) = self
            .store
            .read(move |connection| {
                Ok((
                    accounts::wraps(connection, &account)?.ok_or(ErrorCode::BadCredentials)?,
                    accounts::record(connection, &account)?.ok_or(ErrorCode::BadCredentials)?,
                    vaults::read(connection, &account)?.ok_or(ErrorCode::Internal)?,
                ))
            })
            .await?;
        Ok(LoggedIn {
            token: self.open_session(account),
            wraps,
            record,
            vault,
        })
    }

    fn open_session(&self, account: AccountKeyHash) -> SessionToken {
        let owner = SessionOwner {
            account,
            client: None,
        };
        self.sessions.open(owner, PASSWORD_SESSION)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
