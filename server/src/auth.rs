//! Sessions of accounts: who a bearer token speaks for.
//!
//! Owns: tokens, kept in memory only and as hashes, with an end and a bound. Never does: decide
//! whether somebody may have one (see [`crate::accounts`]).
//! A relay that restarts has forgotten all sessions; clients open new ones.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use restante_wire::{AccountKeyHash, ClientId, SessionToken};
use sha2::{Digest, Sha256};

use crate::{clock::Clock, expiring::ExpiringMap, random};

/// How long a session of a client holds.
pub const CLIENT_SESSION: Duration = Duration::from_secs(24 * 3600);

/// How long a session by password holds: long enough to certify a client or change the password.
pub const PASSWORD_SESSION: Duration = Duration::from_secs(15 * 60);

/// Most sessions at once: some 10 MB. Beyond it the oldest ends, and its client opens another.
const MAX_SESSIONS: usize = 100_000;

/// Who a session speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionOwner {
    /// The account.
    pub account: AccountKeyHash,
    /// The client; none for a session by password.
    pub client: Option<ClientId>,
}

/// The sessions of a relay. Cheap to clone.
#[derive(Clone)]
pub struct Sessions {
    clock: Arc<dyn Clock>,
    live: Arc<Mutex<ExpiringMap<TokenHash, SessionOwner>>>,
}

type TokenHash = [u8; 32];

impl Sessions {
    /// No sessions yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            live: Arc::new(Mutex::new(ExpiringMap::new(MAX_SESSIONS))),
        }
    }

    /// Opens a session that ends after `valid`.
    #[must_use]
    pub fn open(&self, owner: SessionOwner, valid: Duration) -> SessionToken {
        let token = SessionToken(random::bytes());
        let now = self.clock.monotonic();
        self.lock().insert(hash(&token), owner, now, now + valid);
        token
    }

    /// Who the token speaks for, if its session has not ended.
    #[must_use]
    pub fn check(&self, token: &SessionToken) -> Option<SessionOwner> {
        let now = self.clock.monotonic();
        self.lock().find(&hash(token), now).copied()
    }

    /// Ends the sessions of an account for which `keep` says no.
    pub fn retain(&self, account: &AccountKeyHash, keep: impl Fn(&SessionOwner) -> bool) {
        self.lock()
            .retain(|owner| owner.account != *account || keep(owner));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, ExpiringMap<TokenHash, SessionOwner>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tokens are looked up by hash, so that the time of a look-up says nothing about a token.
fn hash(token: &SessionToken) -> TokenHash {
    Sha256::digest(token.0).into()
}
