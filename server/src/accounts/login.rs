//! Login by password: an OPAQUE exchange in two halves, with its state in memory between them. And by
//! the account's identity, which the recovery phrase opened.
//!
//! A name that nobody has is answered like one that somebody has when a password is shown, at the same
//! cost, and waits as long after as many attempts. Attempts by password and by phrase count as one.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use restante_wire::{
    AccountKeyHash, ErrorCode, SessionToken, WireError,
    account::{LoggedIn, LoginFinish, LoginStart, LoginStarted},
    credentials::{PhraseWrap, ReadPhraseWrap},
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
        sqlite::accounts::{self, LoginRow, vaults},
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
    account: Option<LoginRow>,
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
        let (name, name_hash) = self.begin(address, request.username)?;
        let now = self.clock.monotonic();
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
                account: row,
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
        let row = attempt.account.ok_or(ErrorCode::BadCredentials)?;
        lock(&self.throttle).succeed(attempt.address, &attempt.name);
        self.open(row.account, Some(row.password_file)).await
    }

    /// What the recovery phrase of a username opens. It counts as an attempt until the identity that
    /// it opens is shown.
    ///
    /// # Errors
    /// See [`ReadPhraseWrap`].
    pub async fn phrase_wrap(
        &self,
        address: ClientAddress,
        request: ReadPhraseWrap,
    ) -> Result<PhraseWrap, WireError> {
        let (name, _) = self.begin(address, request.username)?;
        let wraps = self
            .store
            .read(move |connection| {
                let row = accounts::login(connection, &name)?;
                row.map_or(Ok(None), |row| accounts::wraps(connection, &row.account))
            })
            .await?
            .ok_or(ErrorCode::NoSuchUser)?;
        Ok(PhraseWrap { wrap: wraps.phrase })
    }

    /// Signs in an account whose identity was proven.
    ///
    /// # Errors
    /// `unauthorized` if it was deleted.
    pub async fn by_identity(
        &self,
        address: ClientAddress,
        account: AccountKeyHash,
    ) -> Result<LoggedIn, WireError> {
        let opened = self.open(account, None).await;
        let opened = opened.map_err(|error| match error.code {
            ErrorCode::BadCredentials => ErrorCode::Unauthorized.into(),
            _ => error,
        })?;
        let name = hash(&opened.record.body.username);
        lock(&self.throttle).succeed(address, &name);
        Ok(opened)
    }

    /// Counts an attempt at a name as typed. Gives it in its normal form, and its hash.
    fn begin(
        &self,
        address: ClientAddress,
        username: String,
    ) -> Result<(String, [u8; 32]), WireError> {
        // A name that cannot be one is nobody's name, and is treated so.
        let name =
            Username::parse(&username).map_or(username, |username| username.as_str().to_owned());
        let name_hash = hash(&name);
        let now = self.clock.monotonic();
        lock(&self.throttle).start(address, &name_hash, now)?;
        Ok((name, name_hash))
    }

    /// Opens the session first: a new password, or the end of the account, ends the sessions that it
    /// finds after it was stored, and what was stored before that is seen here.
    async fn open(
        &self,
        account: AccountKeyHash,
        password_file: Option<Vec<u8>>,
    ) -> Result<LoggedIn, WireError> {
        let token = self.open_session(account);
        let read = self
            .store
            .read(move |connection| {
                if let Some(used) = password_file
                    && accounts::password_file(connection, &account)? != Some(used)
                {
                    return Err(ErrorCode::BadCredentials.into());
                }
                Ok((
                    accounts::wraps(connection, &account)?.ok_or(ErrorCode::BadCredentials)?,
                    accounts::record(connection, &account)?.ok_or(ErrorCode::BadCredentials)?,
                    vaults::read(connection, &account)?.ok_or(ErrorCode::Internal)?,
                ))
            })
            .await;
        if read.is_err() {
            self.sessions.end(&token);
        }
        let (wraps, record, vault) = read?;
        Ok(LoggedIn {
            token,
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

fn hash(name: &str) -> [u8; 32] {
    Sha256::digest(name).into()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
