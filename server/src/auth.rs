//! Sessions of accounts: who a bearer token speaks for.
//!
//! Owns: tokens, kept in memory only and as hashes, with an end and a bound, and the news that one
//! has ended. Never does: decide whether somebody may have one (see [`crate::accounts`]).
//! A relay that restarts has forgotten all sessions; clients open new ones.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use restante_wire::{AccountKeyHash, ClientId, SessionToken, fault};
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use crate::{clock::Clock, expiring::ExpiringMap, random};

/// How long a session of a client holds.
pub const CLIENT_SESSION: Duration = Duration::from_secs(24 * 3600);

/// How long a session by password holds: long enough to certify a client or change the password.
pub const PASSWORD_SESSION: Duration = Duration::from_secs(15 * 60);

/// Most sessions at once: some 10 MB. Beyond it the oldest ends, and its client opens another.
const MAX_SESSIONS: usize = 100_000;

/// Most sessions of one account: every client may have several programs open, and one that opens
/// sessions without end pushes out its own. Beyond it the account's oldest ends.
const MAX_SESSIONS_OF_ACCOUNT: usize = 64;

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
    live: Arc<Mutex<ExpiringMap<TokenHash, Session>>>,
    by_account: Arc<ByAccount>,
}

type TokenHash = [u8; 32];

/// Sessions of each account, oldest first. Locked after `live`, never before it.
#[derive(Default)]
struct ByAccount(Mutex<HashMap<AccountKeyHash, VecDeque<TokenHash>>>);

/// A session that has not ended. Dropped, it has: whoever waits for that learns it.
struct Session {
    owner: SessionOwner,
    token: TokenHash,
    ended: CancellationToken,
    by_account: Arc<ByAccount>,
}

impl Sessions {
    /// No sessions yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            live: Arc::new(Mutex::new(ExpiringMap::new(MAX_SESSIONS))),
            by_account: Arc::default(),
        }
    }

    /// Opens a session that ends after `valid`.
    #[must_use]
    pub fn open(&self, owner: SessionOwner, valid: Duration) -> SessionToken {
        let token = SessionToken(random::bytes());
        let now = self.clock.monotonic();
        let session = Session {
            owner,
            token: hash(&token),
            ended: CancellationToken::new(),
            by_account: Arc::clone(&self.by_account),
        };
        let mut live = self.lock();
        if let Some(oldest) = self.by_account.add(&session) {
            drop(live.take(&oldest, now));
        }
        live.insert(hash(&token), session, now, now + valid);
        token
    }

    /// Who the token speaks for, if its session has not ended.
    #[must_use]
    pub fn check(&self, token: &SessionToken) -> Option<SessionOwner> {
        let now = self.clock.monotonic();
        let live = self.lock();
        Some(live.find(&hash(token), now)?.owner)
    }

    /// Who the token speaks for, and a token that is cancelled when the session is ended before its
    /// time.
    #[must_use]
    pub fn follow(&self, token: &SessionToken) -> Option<(SessionOwner, CancellationToken)> {
        let now = self.clock.monotonic();
        let live = self.lock();
        let session = live.find(&hash(token), now)?;
        Some((session.owner, session.ended.clone()))
    }

    /// Ends a session.
    pub fn end(&self, token: &SessionToken) {
        let now = self.clock.monotonic();
        drop(self.lock().take(&hash(token), now));
    }

    /// Ends the sessions of an account for which `keep` says no.
    pub fn retain(&self, account: &AccountKeyHash, keep: impl Fn(&SessionOwner) -> bool) {
        self.lock()
            .retain(|session| session.owner.account != *account || keep(&session.owner));
    }

    fn lock(&self) -> MutexGuard<'_, ExpiringMap<TokenHash, Session>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ByAccount {
    /// Adds a session. Gives the account's oldest if there are too many.
    fn add(&self, session: &Session) -> Option<TokenHash> {
        let mut all = self.lock();
        let tokens = all.entry(session.owner.account).or_default();
        tokens.push_back(session.token);
        let is_beyond = tokens.len() > MAX_SESSIONS_OF_ACCOUNT;
        is_beyond.then(|| tokens.front().copied()).flatten()
    }

    fn remove(&self, session: &Session) {
        let mut all = self.lock();
        if let Some(tokens) = all.get_mut(&session.owner.account) {
            tokens.retain(|token| *token != session.token);
            if tokens.is_empty() {
                all.remove(&session.owner.account);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AccountKeyHash, VecDeque<TokenHash>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.by_account.remove(self);
        if !fault::planted("c7_expelled_client_keeps_stream") {
            self.ended.cancel();
        }
    }
}

/// Tokens are looked up by hash, so that the time of a look-up says nothing about a token.
fn hash(token: &SessionToken) -> TokenHash {
    Sha256::digest(token.0).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    const HOUR: Duration = Duration::from_secs(3600);

    fn owner(account: u8, client: u8) -> SessionOwner {
        SessionOwner {
            account: AccountKeyHash([account; 32]),
            client: Some(ClientId([client; 16])),
        }
    }

    fn sessions() -> (Arc<ManualClock>, Sessions) {
        let clock = Arc::new(ManualClock::at_ms(0));
        let sessions = Sessions::new(Arc::clone(&clock) as _);
        (clock, sessions)
    }

    #[test]
    fn who_follows_a_session_learns_that_it_was_ended() {
        let (_, sessions) = sessions();
        let [kept, lost] = [1, 2].map(|client| sessions.open(owner(7, client), HOUR));
        let (_, kept_ends) = sessions.follow(&kept).unwrap();
        let (_, lost_ends) = sessions.follow(&lost).unwrap();
        sessions.retain(&owner(7, 0).account, |owner| {
            owner.client == Some(ClientId([1; 16]))
        });
        assert!(lost_ends.is_cancelled() && !kept_ends.is_cancelled());
        assert!(sessions.check(&lost).is_none());
        sessions.end(&kept);
        assert!(kept_ends.is_cancelled());
        assert!(sessions.by_account.lock().is_empty());
    }

    #[test]
    fn r8_an_account_that_opens_sessions_without_end_pushes_out_its_own() {
        let (_, sessions) = sessions();
        let stranger = sessions.open(owner(1, 1), HOUR);
        let tokens: Vec<_> = (0..MAX_SESSIONS_OF_ACCOUNT + 10)
            .map(|_| sessions.open(owner(7, 1), HOUR))
            .collect();
        let (ended, held) = tokens.split_at(10);
        assert!(ended.iter().all(|token| sessions.check(token).is_none()));
        assert!(held.iter().all(|token| sessions.check(token).is_some()));
        assert!(sessions.check(&stranger).is_some());
    }

    #[test]
    fn r8_sessions_that_ended_by_themselves_leave_no_trace() {
        let (clock, sessions) = sessions();
        for account in 0..100 {
            let _token = sessions.open(owner(account, 1), HOUR);
        }
        clock.advance_ms(2 * 3_600_000);
        let _token = sessions.open(owner(200, 1), HOUR);
        assert_eq!(sessions.by_account.lock().len(), 1);
    }
}
