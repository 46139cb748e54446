//! A new password for an account: OPAQUE registration by whoever opened a session without a client.

use std::sync::Arc;

use restante_wire::{
    AccountKeyHash, ErrorCode, WireError,
    credentials::{PasswordFinish, PasswordStart, PasswordStarted},
    fault,
    limits::MAX_WRAP,
};
use tokio_util::sync::CancellationToken;

use super::{opaque::OpaqueServer, username::Username};
use crate::{
    auth::Sessions,
    store::{Store, sqlite::accounts},
};

/// What a change of the password needs.
pub struct Credentials {
    /// Where accounts are stored.
    pub store: Store,
    /// The relay's OPAQUE keys.
    pub opaque: Arc<OpaqueServer>,
    /// Ended by a new password, where they have no client.
    pub sessions: Sessions,
}

impl Credentials {
    /// Answers the first half; keeps nothing.
    ///
    /// # Errors
    /// See [`PasswordStart`].
    pub async fn start(
        &self,
        account: AccountKeyHash,
        request: PasswordStart,
    ) -> Result<PasswordStarted, WireError> {
        let record = self
            .store
            .read(move |connection| accounts::record(connection, &account))
            .await?
            .ok_or(ErrorCode::Unauthorized)?;
        let username = Username::parse(&record.body.username)?;
        let opaque = self.opaque.start_registration(&username, &request.opaque)?;
        Ok(PasswordStarted { opaque })
    }

    /// Sets the password, and ends the sessions that the old one opened. Of two who change the same
    /// password at once the first succeeds, for the session of the other has ended by then.
    ///
    /// # Errors
    /// See [`PasswordFinish`].
    pub async fn finish(
        &self,
        account: AccountKeyHash,
        ended: CancellationToken,
        request: PasswordFinish,
    ) -> Result<(), WireError> {
        check_wrap(&request.wrap)?;
        let file = OpaqueServer::finish_registration(&request.opaque)?;
        let sessions = self.sessions.clone();
        self.store
            .write(move |transaction| {
                if ended.is_cancelled() {
                    return Err(ErrorCode::Unauthorized.into());
                }
                if !accounts::set_password(transaction, &account, &file, &request.wrap)? {
                    return Err(ErrorCode::Unauthorized.into());
                }
                // Before the next write, or that could be another password by an old session. Should
                // this one fail yet, whoever asked signs in again.
                sessions.retain(&account, |session| {
                    session.client.is_some() || fault::planted("old_password_keeps_session")
                });
                Ok(())
            })
            .await?;
        Ok(())
    }
}

/// Checks the length of a wrap, which is all that the relay can see of it. None is empty: an account
/// without wraps is one that was deleted.
///
/// # Errors
/// `too_large`, `bad_request`.
pub fn check_wrap(wrap: &[u8]) -> Result<(), ErrorCode> {
    match wrap.len() {
        0 => Err(ErrorCode::BadRequest),
        1..=MAX_WRAP => Ok(()),
        _ => Err(ErrorCode::TooLarge),
    }
}
