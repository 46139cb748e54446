//! Sign-in with the password alone: opens the account's identity, vault key and vault.
//!
//! What a client does with them (certify itself, publish the next record) is not this module's.

use opaque_ke::{ClientLogin, ClientLoginFinishParameters, CredentialResponse, Identifiers};
use restante_crypto::{
    AccountIdentity, Randomness, VaultKey, certificate,
    vault::key_of,
    wrap::{WrapKey, unwrap},
};
use restante_wire::{
    ErrorCode, SessionToken,
    account::{AccountRecord, LoggedIn, LoginFinish, LoginStart, LoginStarted},
    fault::planted,
    limits,
};

use super::{
    Password, VaultContent,
    opaque::{Rng, Suite, key_stretching},
};
use crate::{Error, ErrorKind, redacted::redacted_debug};

/// A sign-in under way.
pub struct Login {
    password: Password,
    opaque: ClientLogin<Suite>,
    randomness: Randomness,
}

/// A sign-in that proved the password and waits for what the relay keeps of the account.
pub struct ProvedLogin {
    by_password: WrapKey,
}

/// What a sign-in opened. The identity is wiped when this is dropped.
pub struct SignedIn {
    /// Signs certificates and records.
    pub identity: AccountIdentity,
    /// The vault key that the wraps hold.
    pub wrapped_key: VaultKey,
    /// Generation of the vault key in force, and that key.
    pub vault_key: (u32, VaultKey),
    /// The account's record, verified.
    pub record: AccountRecord,
    /// Version of the vault.
    pub vault_version: u64,
    /// Its content.
    pub vault: VaultContent,
    /// Session of the account, without a client.
    pub token: SessionToken,
}

redacted_debug!(Login, ProvedLogin, SignedIn);

impl Login {
    /// Begins.
    ///
    /// # Errors
    /// `bad_input` for a username beyond its limits.
    pub fn start(
        username: &str,
        password: Password,
        randomness: &Randomness,
    ) -> Result<(Self, LoginStart), Error> {
        if !(1..=limits::MAX_USERNAME).contains(&username.len()) {
            return Err(ErrorKind::BadInput.into());
        }
        let started = ClientLogin::<Suite>::start(&mut Rng(randomness), password.as_bytes())
            .map_err(|error| Error::caused(ErrorKind::Internal, error))?;
        let request = LoginStart {
            username: username.to_owned(),
            opaque: started.message.serialize().to_vec(),
        };
        let login = Self {
            password,
            opaque: started.state,
            randomness: randomness.clone(),
        };
        Ok((login, request))
    }

    /// Proves the password to the relay, and the relay to us.
    ///
    /// # Errors
    /// `bad_credentials` if username or password are wrong; nobody can tell which.
    pub fn finish(self, answer: &LoginStarted) -> Result<(ProvedLogin, LoginFinish), Error> {
        let response = CredentialResponse::deserialize(&answer.opaque)
            .map_err(|error| Error::caused(ErrorKind::RelayFault, error))?;
        let stretching = key_stretching();
        let parameters =
            ClientLoginFinishParameters::new(None, Identifiers::default(), Some(&stretching));
        let finished = self
            .opaque
            .finish(
                &mut Rng(&self.randomness),
                self.password.as_bytes(),
                response,
                parameters,
            )
            .map_err(|error| Error::caused(ErrorKind::Relay(ErrorCode::BadCredentials), error))?;
        let request = LoginFinish {
            attempt: answer.attempt.clone(),
            opaque: finished.message.serialize().to_vec(),
        };
        let by_password = WrapKey::from_export_key(&finished.export_key);
        Ok((ProvedLogin { by_password }, request))
    }
}

impl ProvedLogin {
    /// Opens what the relay keeps of the account.
    ///
    /// # Errors
    /// `not_trusted` if wraps, record or vault are not those of one account.
    pub fn open(self, answer: LoggedIn) -> Result<SignedIn, Error> {
        let wrapped = answer.wraps.password.clone();
        SignedIn::open(&self.by_password, &wrapped, answer)
    }
}

impl SignedIn {
    /// Opens what the relay keeps of the account with the key of one of its wraps.
    pub(super) fn open(key: &WrapKey, wrapped: &[u8], answer: LoggedIn) -> Result<Self, Error> {
        let untrusted = |error| Error::caused(ErrorKind::NotTrusted, error);
        let (identity, wrapped_key) = unwrap(key, wrapped).map_err(untrusted)?;
        certificate::verify_record(&answer.record)
            .map_err(|error| Error::caused(ErrorKind::NotTrusted, error))?;
        let is_own = answer.record.body.identity_key == identity.key();
        if !is_own && !planted("c6_record_of_another_identity_trusted") {
            return Err(ErrorKind::NotTrusted.into());
        }
        let version = answer.vault.version;
        let key = |generation| Some(key_of(&identity, &wrapped_key, generation));
        let (generation, vault) = VaultContent::open(&answer.vault.sealed, version, key)?;
        let vault_key = key_of(&identity, &wrapped_key, generation);
        Ok(Self {
            identity,
            wrapped_key,
            vault_key: (generation, vault_key),
            record: answer.record,
            vault_version: version,
            vault,
            token: answer.token,
        })
    }
}
