//! Registration, made so that no crash and no lost answer leaves a username that nobody owns.
//!
//! The last request is on disk before it is sent ([`super::pending`]). Whoever calls
//! [`Client::register`] again in the same home, sends the same bytes again, and the relay answers as
//! it did the first time. The record goes only when the person has seen the recovery phrase.

use std::path::{Path, PathBuf};

use restante_crypto::Randomness;
use restante_wire::{ErrorCode, fault::planted};
use zeroize::Zeroizing;

use super::{
    client::Client,
    pending::{Pending, PendingFile},
    relay_url::normalise_relay,
    side::Side,
};
use crate::{
    Error, ErrorKind,
    engine::account::{Password, Registration, normalise_username},
    platform::{SystemClock, blocking, check_password, create_home},
    redacted::redacted_debug,
    store::Store,
};

/// What a registration needs.
pub struct RegisterOptions {
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
    /// Where the relay wants one.
    pub invite: Option<String>,
}

/// A new home, and the phrase to show.
pub struct NewHome {
    /// The client, offline.
    pub client: Client,
    /// 24 words, to be shown once.
    pub phrase: Zeroizing<String>,
    /// Whether an earlier registration in this home was carried to its end instead of a new one.
    pub resumed: bool,
    pub(super) pending: PendingFile,
}

redacted_debug!(RegisterOptions, NewHome);

impl NewHome {
    /// The person has seen the phrase: forgets it.
    ///
    /// # Errors
    /// `storage`; the phrase is then shown again by the next registration in this home.
    pub fn phrase_was_shown(self) -> Result<Client, Error> {
        self.pending.remove()?;
        Ok(self.client)
    }
}

impl Client {
    /// Registers a username and makes the home of its first client.
    ///
    /// # Errors
    /// `account_exists`, `bad_input`, `weak_password`, `offline` (call it again: nothing is lost),
    /// `registration_pending` (call it again as it was called first), the relay's refusals, and those
    /// of opening a home.
    pub async fn register(options: RegisterOptions) -> Result<NewHome, Error> {
        let relay = normalise_relay(&options.relay)?;
        let (home, passphrase) = (options.home.clone(), options.passphrase.clone());
        let opened = blocking(move || open_home(&home, &passphrase)).await?;
        let side = Side::new()?;
        let (file, pending) = match opened {
            Opened::Finished(store, file, pending) => {
                return finished_before(store, file, &pending).await;
            }
            Opened::Unfinished(file, pending) => (file, pending),
        };
        if let Some(pending) = pending {
            let account = &pending.account;
            let is_same_name = normalise_username(&options.username)
                .is_ok_and(|username| username == account.username);
            if account.relay != relay || !is_same_name {
                return Err(ErrorKind::RegistrationPending.into());
            }
            match send(&side, &pending).await {
                Ok(()) => return make_home(options, pending, file, true).await,
                Err(error) if is_final(&error) => file.clear()?,
                Err(error) => return Err(error),
            }
        }
        let pending = match make_account(&side, &options, &relay).await {
            Ok(pending) => pending,
            Err(error) => return give_up(file, error),
        };
        if !planted("c1_registration_sent_before_it_is_kept") {
            file.write(&pending)?;
        }
        match send(&side, &pending).await {
            Ok(()) => make_home(options, pending, file, false).await,
            Err(error) if is_final(&error) => give_up(file, error),
            Err(error) => Err(error),
        }
    }
}

/// The relay has no account by this registration: nothing of it stays in the directory.
fn give_up<T>(file: PendingFile, error: Error) -> Result<T, Error> {
    file.remove()?;
    Err(error)
}

/// What lies in the directory of the new home.
enum Opened {
    /// A home whose person has not seen the phrase.
    Finished(Store, PendingFile, Pending),
    /// No home, but perhaps a registration under way.
    Unfinished(PendingFile, Option<Pending>),
}

fn open_home(home: &Path, passphrase: &str) -> Result<Opened, Error> {
    create_home(home)?;
    let file = PendingFile::open(home, passphrase)?;
    let pending = file.read()?;
    match (Store::open(home, passphrase), pending) {
        (Ok(store), Some(pending)) => Ok(Opened::Finished(store, file, pending)),
        (Ok(_), None) => {
            file.remove()?;
            Err(ErrorKind::AccountExists.into())
        }
        (Err(error), pending) if error.kind == ErrorKind::NoAccount => {
            Ok(Opened::Unfinished(file, pending))
        }
        (Err(error), _) => Err(error),
    }
}

/// The account is there: only its phrase may not have been seen.
async fn finished_before(
    store: Store,
    file: PendingFile,
    pending: &Pending,
) -> Result<NewHome, Error> {
    Ok(NewHome {
        client: Client::start(store, SystemClock).await?,
        phrase: Zeroizing::new(pending.phrase.clone()),
        resumed: true,
        pending: file,
    })
}

/// The first request, and everything that is made from its answer.
async fn make_account(
    side: &Side,
    options: &RegisterOptions,
    relay: &str,
) -> Result<Pending, Error> {
    let password = check_password(options.password.clone(), &options.username).await?;
    let (registration, request) = Registration::start(
        relay,
        &options.username,
        password,
        options.invite.clone(),
        &Randomness::os(),
    )?;
    let answer = side.call(relay, &request).await.map_err(Error::from)?;
    let registered = blocking(move || registration.finish(&answer)).await?;
    Ok(Pending {
        finish: registered.finish,
        account: registered.account,
        phrase: registered.phrase.words().to_string(),
    })
}

async fn send(side: &Side, pending: &Pending) -> Result<(), Error> {
    let done = side.call(&pending.account.relay, &pending.finish).await;
    done.map(|_| ()).map_err(Error::from)
}

/// The relay has the account: the home may have it, too.
async fn make_home(
    options: RegisterOptions,
    pending: Pending,
    file: PendingFile,
    resumed: bool,
) -> Result<NewHome, Error> {
    let phrase = Zeroizing::new(pending.phrase.clone());
    let making = move || Store::create(&options.home, &options.passphrase, &pending.account);
    Ok(NewHome {
        client: Client::start(blocking(making).await?, SystemClock).await?,
        phrase,
        resumed,
        pending: file,
    })
}

/// Whether the same request will never be taken: then the account was not made by it either.
fn is_final(error: &Error) -> bool {
    const FINAL: [ErrorCode; 8] = [
        ErrorCode::UsernameTaken,
        ErrorCode::UsernameInvalid,
        ErrorCode::InviteRequired,
        ErrorCode::InviteInvalid,
        ErrorCode::BadRequest,
        ErrorCode::BadSignature,
        ErrorCode::TooLarge,
        ErrorCode::UnsupportedVersion,
    ];
    matches!(error.kind, ErrorKind::Relay(code) if FINAL.contains(&code))
}
