//! Sign-in on a new home by the password alone, and expelling a client, which takes the password, too.
//!
//! The new client's keys are on disk before the record that lists it is published ([`super::pending`]):
//! whoever calls [`Client::login`] again in the same home goes on with the same client. The identity
//! key lives in [`SignedIn`] only, and is wiped with it.

use std::path::{Path, PathBuf};

use restante_crypto::Randomness;
use restante_wire::{
    ClientId, ErrorCode,
    account::{AccountRecord, PublishRecord, ReadRecord},
    api::Endpoint,
};
use zeroize::Zeroizing;

use super::{
    client::Client,
    pending::{PendingFile, PendingLogin},
    relay_url::normalise_relay,
    side::Side,
};
use crate::{
    Error, ErrorKind,
    engine::account::{Login, NewAccount, Password, SignedIn},
    platform::{Clock, SystemClock, blocking, create_home},
    redacted::redacted_debug,
    store::Store,
};

/// How often a record is signed anew because another client was faster.
const MAX_RACES: usize = 16;

/// What a sign-in on a new home needs.
pub struct LoginOptions {
    /// Directory of the new home.
    pub home: PathBuf,
    /// Encrypts what is in it.
    pub passphrase: Zeroizing<String>,
    /// Base URL of the relay, as typed.
    pub relay: String,
    /// As typed.
    pub username: String,
    /// The account's password.
    pub password: Password,
}

redacted_debug!(LoginOptions);

impl Client {
    /// Makes the home of a further client of an account. It has contacts and rooms at once; the
    /// account's other clients are told.
    ///
    /// # Errors
    /// `bad_credentials`, `account_exists` (this home has one), `too_many` clients, `offline` (call it
    /// again: nothing is lost), `not_trusted` where the relay gives what is not this account's, and
    /// those of opening a home.
    pub async fn login(options: LoginOptions) -> Result<Self, Error> {
        let relay = normalise_relay(&options.relay)?;
        let (home, passphrase) = (options.home.clone(), options.passphrase.clone());
        let file = blocking(move || open_home(&home, &passphrase)).await?;
        let side = Side::new()?;
        let signed_in = sign_in(&side, &relay, &options.username, options.password).await;
        let signed_in = match signed_in {
            Ok(signed_in) => signed_in,
            Err(error) => {
                if file.read()?.is_none() {
                    file.remove()?;
                }
                return Err(error);
            }
        };
        let kept = file.read()?.map(|kept| kept.account);
        let account = match kept.and_then(|account| signed_in.resumed(account)) {
            Some(account) => account,
            None => keep_new_client(&file, &signed_in)?,
        };
        let (account, record) = certify(&side, &relay, &file, &signed_in, account).await?;
        let arrival = signed_in.arrival(record);
        let making = move || {
            let made =
                Store::create_arrived(&options.home, &options.passphrase, &account, &arrival);
            made.and_then(|store| file.remove().map(|()| store))
        };
        Self::start(blocking(making).await?, SystemClock).await
    }

    /// Expels a client of this account: it loses its session, its letters, its place in every room,
    /// and the vault.
    ///
    /// # Errors
    /// `bad_credentials`, `not_found`, `bad_input` for this very client, `offline` (call it again).
    pub async fn expel(&self, client: ClientId, password: Password) -> Result<(), Error> {
        let me = self.query(|engine| engine.whoami()).await?;
        if me.client == client {
            return Err(ErrorKind::BadInput.into());
        }
        let known = self.query(|engine| engine.clients()).await??;
        if !known.iter().any(|known| known.id == client) {
            return Err(ErrorKind::NotFound.into());
        }
        let side = Side::new()?;
        let signed_in = sign_in(&side, &me.relay, &me.username, password).await?;
        let noted = self.query(move |engine| engine.begin_expelling(SystemClock.now(), client));
        noted.await??;
        let next = |current: &AccountRecord| Ok(signed_in.record_without(current, &client));
        let record = publish(&side, &me.relay, &signed_in, next, publishing).await?;
        let keys = [
            signed_in.vault_key.clone(),
            signed_in.next_vault_key(&record),
        ];
        drop(signed_in);
        self.query(move |engine| engine.expelled(SystemClock.now(), &record, keys))
            .await?
    }
}

/// A directory in which no account is, and what an earlier sign-in left there.
pub(super) fn open_home(home: &Path, passphrase: &str) -> Result<PendingFile<PendingLogin>, Error> {
    create_home(home)?;
    match Store::open(home, passphrase) {
        Ok(_) => Err(ErrorKind::AccountExists.into()),
        Err(error) if error.kind == ErrorKind::NoAccount => PendingFile::open(home, passphrase),
        Err(error) => Err(error),
    }
}

/// OPAQUE (RFC 9807), and what it opens.
pub(super) async fn sign_in(
    side: &Side,
    relay: &str,
    username: &str,
    password: Password,
) -> Result<SignedIn, Error> {
    let (login, request) = Login::start(username, password, &Randomness::os())?;
    let answer = side.call(relay, &request).await.map_err(Error::from)?;
    let (proved, request) = blocking(move || login.finish(&answer)).await?;
    let answer = side.call(relay, &request).await.map_err(Error::from)?;
    proved.open(answer)
}

fn keep_new_client(
    file: &PendingFile<PendingLogin>,
    signed_in: &SignedIn,
) -> Result<NewAccount, Error> {
    let account = signed_in.new_client(&Randomness::os())?;
    file.clear()?;
    file.write(&PendingLogin {
        account: account.clone(),
    })?;
    Ok(account)
}

/// Publishes the record that lists the new client. Where somebody has its inbox address, another client
/// is drawn.
async fn certify(
    side: &Side,
    relay: &str,
    file: &PendingFile<PendingLogin>,
    signed_in: &SignedIn,
    mut account: NewAccount,
) -> Result<(NewAccount, AccountRecord), Error> {
    let taken = ErrorKind::Relay(ErrorCode::MailboxExists);
    for _ in 0..MAX_RACES {
        let certificate = account.client.certificate().clone();
        let next = |current: &AccountRecord| signed_in.record_with(current, &certificate);
        match publish(side, relay, signed_in, next, publishing).await {
            Ok(record) => return Ok((account, record)),
            Err(error) if error.kind == taken => account = keep_new_client(file, signed_in)?,
            Err(error) => return Err(error),
        }
    }
    Err(taken.into())
}

fn publishing(record: AccountRecord) -> PublishRecord {
    PublishRecord { record }
}

/// Publishes what follows the latest record: compare and swap, until nobody was faster.
pub(super) async fn publish<E: Endpoint>(
    side: &Side,
    relay: &str,
    signed_in: &SignedIn,
    next: impl Fn(&AccountRecord) -> Result<AccountRecord, Error>,
    ask: impl Fn(AccountRecord) -> E,
) -> Result<AccountRecord, Error> {
    let conflict = ErrorKind::Relay(ErrorCode::Conflict);
    let mut current = signed_in.record.clone();
    for _ in 0..MAX_RACES {
        let record = next(&current)?;
        if record == current {
            return Ok(record);
        }
        match call(side, relay, signed_in, &ask(record.clone())).await {
            Ok(_) => return Ok(record),
            Err(error) if error.kind == conflict => {}
            Err(error) => return Err(error),
        }
        let found = call(side, relay, signed_in, &ReadRecord {}).await?;
        let is_same = found.body.account == current.body.account;
        if !is_same || restante_crypto::verify_record(&found).is_err() {
            return Err(ErrorKind::NotTrusted.into());
        }
        current = found;
    }
    Err(conflict.into())
}

/// Calls an endpoint with the session that the password opened.
pub(super) async fn call<E: Endpoint>(
    side: &Side,
    relay: &str,
    signed_in: &SignedIn,
    request: &E,
) -> Result<E::Answer, Error> {
    let token = Some(&signed_in.token);
    let answer = side.call_with(relay, token, request).await;
    answer.map_err(Error::from)
}
