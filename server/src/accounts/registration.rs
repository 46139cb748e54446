//! Registration: from a name and an OPAQUE exchange to an account, all or nothing.
//!
//! The first half keeps nothing. The second makes account, client, inbox and vault in one
//! transaction, with the invite used up in it; its hash is kept, so that a client that never saw the
//! answer may send the same again.

use std::sync::Arc;

use restante_wire::{
    Day, ErrorCode, WireError,
    account::{RegisterFinish, RegisterStart, RegisterStarted},
    codec,
    error::Done,
    fault,
    limits::MAX_VAULT,
};
use rusqlite::Transaction;
use sha2::{Digest, Sha256};

use super::{credentials::check_wrap, invite, opaque::OpaqueServer, record, username::Username};
use crate::{
    clock::{Clock, Entropy},
    config::Registration,
    store::{
        Store, StoreError,
        sqlite::{
            accounts::{self, NewAccount, invites, vaults},
            inboxes,
        },
    },
};

/// What registrations need.
pub struct Registrations {
    /// Where accounts are stored.
    pub store: Store,
    /// Tells the day.
    pub clock: Arc<dyn Clock>,
    /// Draws the key of the inbox.
    pub entropy: Arc<dyn Entropy>,
    /// The relay's OPAQUE keys.
    pub opaque: Arc<OpaqueServer>,
    /// Who may register.
    pub admission: Registration,
    /// The relay's own URL, if it is set.
    pub public_url: Option<String>,
}

/// A registration that was checked as far as that goes without the database.
struct Checked {
    username: Username,
    invite: Option<[u8; 32]>,
    registration: [u8; 32],
    password_file: Vec<u8>,
    request: RegisterFinish,
}

impl Registrations {
    /// Answers the first half.
    ///
    /// # Errors
    /// See [`RegisterStart`].
    pub async fn start(&self, request: RegisterStart) -> Result<RegisterStarted, WireError> {
        let username = Username::parse(&request.username)?;
        if fault::planted("r7_name_is_logged") {
            tracing::trace!(name = username.as_str(), "a registration begins");
        }
        let invite = self.admit(request.invite.as_deref())?;
        let opaque = self.opaque.start_registration(&username, &request.opaque)?;
        let wanted = username.clone();
        self.store
            .read(move |connection| {
                if accounts::is_taken(connection, wanted.as_str(), wanted.skeleton())? {
                    return Err(ErrorCode::UsernameTaken.into());
                }
                match invite {
                    Some(code) if !invites::exists(connection, &code)? => {
                        Err(ErrorCode::InviteInvalid.into())
                    }
                    _ => Ok(()),
                }
            })
            .await?;
        Ok(RegisterStarted {
            username: username.as_str().to_owned(),
            opaque,
        })
    }

    /// Makes the account.
    ///
    /// # Errors
    /// See [`RegisterFinish`].
    pub async fn finish(&self, request: RegisterFinish) -> Result<Done, WireError> {
        let checked = self.check(request)?;
        let day = self.clock.day();
        let entropy = Arc::clone(&self.entropy);
        self.store
            .write(move |transaction| make(transaction, entropy.as_ref(), &checked, day))
            .await?;
        Ok(Done {})
    }

    fn check(&self, request: RegisterFinish) -> Result<Checked, WireError> {
        check_wrap(&request.wraps.password)?;
        check_wrap(&request.wraps.phrase)?;
        if request.vault.len() > MAX_VAULT {
            return Err(ErrorCode::TooLarge.into());
        }
        let username = Username::parse(&request.username)?;
        let body = &request.record.body;
        let is_first = username.as_str() == request.username
            && body.username == request.username
            && body.sequence == 1
            && body.clients.len() == 1;
        if !is_first {
            return Err(ErrorCode::BadRequest.into());
        }
        record::check(&request.record, self.public_url.as_deref())?;
        Ok(Checked {
            username,
            invite: self.admit(request.invite.as_deref())?,
            registration: Sha256::digest(codec::encode(&request)).into(),
            password_file: OpaqueServer::finish_registration(&request.opaque)?,
            request,
        })
    }

    /// The hash of the invite that must be used, if one must.
    fn admit(&self, invite: Option<&str>) -> Result<Option<[u8; 32]>, ErrorCode> {
        match (self.admission, invite) {
            (Registration::Open, _) => Ok(None),
            (Registration::Invite, None) => Err(ErrorCode::InviteRequired),
            (Registration::Invite, Some(code)) => invite::hash(code).map(Some),
        }
    }
}

fn make(
    transaction: &Transaction<'_>,
    entropy: &dyn Entropy,
    new: &Checked,
    day: Day,
) -> Result<(), StoreError> {
    let account = new.request.record.body.account.key_hash;
    match accounts::registration(transaction, &account)? {
        Some(registration) if registration == new.registration => return Ok(()),
        Some(_) => return Err(ErrorCode::Conflict.into()),
        None => {}
    }
    if accounts::is_taken(transaction, new.username.as_str(), new.username.skeleton())? {
        return Err(ErrorCode::UsernameTaken.into());
    }
    if let Some(code) = &new.invite
        && !invites::consume(transaction, code)?
    {
        return Err(ErrorCode::InviteInvalid.into());
    }
    accounts::insert(
        transaction,
        &NewAccount {
            username: new.username.as_str(),
            skeleton: new.username.skeleton(),
            registration: new.registration,
            password_file: &new.password_file,
            wraps: &new.request.wraps,
            record: &new.request.record,
        },
    )?;
    for certificate in &new.request.record.body.clients {
        let client = record::row(certificate);
        inboxes::create_inbox(transaction, entropy, &client.inbox, &client.client)?;
        accounts::insert_client(transaction, &account, &client)?;
    }
    vaults::insert(transaction, &account, day, &new.request.vault)
}
