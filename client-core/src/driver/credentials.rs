//! A new password by the old one or by the recovery phrase, the check of the phrase, and the end of
//! the account. Read next: `engine/account/credentials.rs`.

use std::time::Duration;

use restante_crypto::Randomness;
use restante_wire::{
    ErrorCode,
    account::{AccountRecord, ChallengeRequest},
    credentials::{DeleteAccount, ReadPhraseWrap},
};

use super::{
    LoginOptions,
    client::Client,
    login::{call, open_home, publish, sign_in},
    relay_url::normalise_relay,
    side::Side,
};
use crate::{
    Error, ErrorKind,
    engine::account::{
        Password, PasswordChange, Recovery, RecoveryPhrase, SignedIn, StrongPassword,
    },
    platform::{Clock, SystemClock, blocking, check_password},
};

/// The password is not that of the account, or there is no account.
const WRONG: ErrorKind = ErrorKind::Relay(ErrorCode::BadCredentials);

/// The relay ended the session that a sign-in opened.
const SESSION_ENDED: ErrorKind = ErrorKind::Relay(ErrorCode::Unauthorized);

/// How long the rooms of an account that goes may take to let it go.
const LEAVING: Duration = Duration::from_secs(20);

impl Client {
    /// Gives the account another password. Clients stay as they are. Called again after a lost answer,
    /// it finds that it is done.
    ///
    /// # Errors
    /// `weak_password`, `bad_credentials`, `password_changed` if another client was faster,
    /// `rate_limited`, `offline` (call it again).
    pub async fn change_password(&self, old: Password, new: Password) -> Result<(), Error> {
        let me = self.query(|engine| engine.whoami()).await?;
        let new = check_password(new, &me.username).await?;
        let side = Side::new()?;
        let (relay, username) = (&me.relay, &me.username);
        match replace_password(&side, relay, username, &old, &new).await {
            Err(error) if error.kind == SESSION_ENDED => {
                // Another client set a password, or the relay was started anew.
                let again = replace_password(&side, relay, username, &old, &new).await;
                again.map_err(|error| match error.kind {
                    WRONG => ErrorKind::PasswordChanged.into(),
                    _ => error,
                })?;
            }
            done => done?,
        }
        self.query(|engine| engine.password_changed(SystemClock.now()))
            .await?
    }

    /// Sets the password of an account by its recovery phrase, and signs in with it on a new home.
    ///
    /// # Errors
    /// `wrong_phrase`, `no_such_user`, `weak_password`, and those of [`Self::login`]. Call it again
    /// after any: nothing is lost.
    pub async fn reset(options: LoginOptions, phrase: RecoveryPhrase) -> Result<Self, Error> {
        let relay = normalise_relay(&options.relay)?;
        let password = check_password(options.password.clone(), &options.username).await?;
        let (home, passphrase) = (options.home.clone(), options.passphrase.clone());
        let file = blocking(move || open_home(&home, &passphrase)).await?;
        if file.read()?.is_none() {
            file.remove()?;
        } else {
            drop(file);
        }
        let side = Side::new()?;
        let recovery = open_phrase(&side, &relay, &options.username, &phrase).await?;
        let challenge = side.call(&relay, &ChallengeRequest {}).await;
        let request = recovery.prove(&relay, challenge.map_err(Error::from)?.nonce);
        let answer = side.call(&relay, &request).await.map_err(Error::from)?;
        let signed_in = recovery.sign_in(answer)?;
        set_password(&side, &relay, signed_in, password).await?;
        Self::login(options).await
    }

    /// Checks that a phrase opens this account.
    ///
    /// # Errors
    /// `wrong_phrase`, `offline`.
    pub async fn check_phrase(&self, phrase: RecoveryPhrase) -> Result<(), Error> {
        let (me, account) = self
            .query(|engine| (engine.whoami(), engine.account()))
            .await?;
        let recovery = open_phrase(&Side::new()?, &me.relay, &me.username, &phrase).await?;
        match recovery.is_of(&account) {
            true => Ok(()),
            false => Err(ErrorKind::NotTrusted.into()),
        }
    }

    /// Leaves every room that lets it, then deletes the account. What is in this home stays readable.
    ///
    /// # Errors
    /// `bad_credentials`, `rate_limited`, `offline` (call it again).
    pub async fn delete_account(&self, password: Password) -> Result<(), Error> {
        let me = self.query(|engine| engine.whoami()).await?;
        let side = Side::new()?;
        let signed_in = match sign_in(&side, &me.relay, &me.username, password).await {
            Err(error) if error.kind == WRONG => return self.deleted_before(error).await,
            signed_in => signed_in?,
        };
        self.query(|engine| engine.begin_deletion(SystemClock.now()))
            .await??;
        // A room that cannot be left now sees by the account's last record that nobody is there.
        let _ = self.sync(LEAVING).await;
        let next = |current: &AccountRecord| Ok(signed_in.last_record(current));
        let ask = |record| DeleteAccount { record };
        let record = publish(&side, &me.relay, &signed_in, next, ask).await?;
        drop(signed_in);
        self.query(move |engine| engine.deleted(SystemClock.now(), &record))
            .await?
    }

    /// An earlier call may have deleted the account, and its answer was lost: its record tells.
    async fn deleted_before(&self, refused: Error) -> Result<(), Error> {
        match self.sync(LEAVING).await {
            Err(error) if error.kind == ErrorKind::AccountDeleted => Ok(()),
            _ => Err(refused),
        }
    }
}

async fn open_phrase(
    side: &Side,
    relay: &str,
    username: &str,
    phrase: &RecoveryPhrase,
) -> Result<Recovery, Error> {
    let username = username.to_owned();
    let answer = side.call(relay, &ReadPhraseWrap { username }).await;
    Recovery::open(phrase, &answer.map_err(Error::from)?)
}

/// Sets a new password by the old one; done where it is set already.
async fn replace_password(
    side: &Side,
    relay: &str,
    username: &str,
    old: &Password,
    new: &StrongPassword,
) -> Result<(), Error> {
    match sign_in(side, relay, username, old.clone()).await {
        Ok(signed_in) => set_password(side, relay, signed_in, new.clone()).await,
        // An earlier call may have set the new one, and its answer was lost.
        Err(error) if error.kind == WRONG => {
            let new = new.clone().into();
            sign_in(side, relay, username, new).await.map(drop)
        }
        Err(error) => Err(error),
    }
}

async fn set_password(
    side: &Side,
    relay: &str,
    signed_in: SignedIn,
    password: StrongPassword,
) -> Result<(), Error> {
    let (change, request) = PasswordChange::start(password, &Randomness::os())?;
    let answer = call(side, relay, &signed_in, &request).await?;
    let (signed_in, request) = blocking(move || {
        let request = change.finish(&answer, &signed_in)?;
        Ok((signed_in, request))
    })
    .await?;
    call(side, relay, &signed_in, &request).await.map(drop)
}
