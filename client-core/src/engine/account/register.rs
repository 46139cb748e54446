//! Registration: two requests, between which everything that matters is made.
//!
//! ```text
//! Registration::start ──RegisterStart──▶ relay ──RegisterStarted──▶ Registration::finish
//!     ──▶ Registered { RegisterFinish, NewAccount, recovery phrase }
//! ```
//!
//! The caller puts [`Registered`] on disk before it sends the finish (C1): the relay answers the same
//! bytes as it did the first time, so a crash or a lost answer only means to send them again.

use restante_crypto::{
    AccountIdentity, Client, ClientKeys, Randomness, VaultKey,
    wrap::{RecoveryPhrase, WrapKey, wrap},
};
use restante_wire::{
    ContactToken, MailboxAddress,
    account::{
        CertificateBody, IdentityWraps, RecordBody, RegisterFinish, RegisterStart, RegisterStarted,
    },
    limits,
};

use super::{NewAccount, StrongPassword, VaultContent, opaque::NewPassword};
use crate::{Error, ErrorKind, redacted::redacted_debug};

/// Version of an account's first vault.
const FIRST_VAULT: u64 = 1;

/// A registration that waits for the relay's first answer.
pub struct Registration {
    relay: String,
    invite: Option<String>,
    new: NewPassword,
    randomness: Randomness,
}

/// A registration whose last request is ready to be sent.
pub struct Registered {
    /// The last request.
    pub finish: RegisterFinish,
    /// What the home is made from.
    pub account: NewAccount,
    /// To be shown once.
    pub phrase: RecoveryPhrase,
}

redacted_debug!(Registration, Registered);

impl Registration {
    /// Checks what was typed and begins.
    ///
    /// # Errors
    /// `bad_input` for a relay URL, username or invite beyond its limits.
    pub fn start(
        relay: &str,
        username: &str,
        password: StrongPassword,
        invite: Option<String>,
        randomness: &Randomness,
    ) -> Result<(Self, RegisterStart), Error> {
        let fits = (1..=limits::MAX_RELAY_URL).contains(&relay.len())
            && (1..=limits::MAX_USERNAME).contains(&username.len())
            && invite
                .as_ref()
                .is_none_or(|invite| invite.len() <= limits::MAX_INVITE);
        if !fits {
            return Err(ErrorKind::BadInput.into());
        }
        let (new, opaque) = NewPassword::start(password, randomness)?;
        let request = RegisterStart {
            username: username.to_owned(),
            invite: invite.clone(),
            opaque,
        };
        let registration = Self {
            relay: relay.to_owned(),
            invite,
            new,
            randomness: randomness.clone(),
        };
        Ok((registration, request))
    }

    /// Makes the account from the relay's answer. Takes as long as one guess at the password.
    ///
    /// # Errors
    /// `relay_fault` if the answer is not one.
    pub fn finish(self, answer: &RegisterStarted) -> Result<Registered, Error> {
        if !(1..=limits::MAX_USERNAME).contains(&answer.username.len()) {
            return Err(ErrorKind::RelayFault.into());
        }
        let (opaque, by_password) = self.new.finish(&answer.opaque)?;
        make_account(
            &self.relay,
            &answer.username,
            self.invite,
            opaque,
            &by_password,
            &self.randomness,
        )
    }
}

fn make_account(
    relay: &str,
    username: &str,
    invite: Option<String>,
    opaque: Vec<u8>,
    by_password: &WrapKey,
    randomness: &Randomness,
) -> Result<Registered, Error> {
    let identity = AccountIdentity::generate(randomness);
    let vault_key = VaultKey::generate(randomness);
    let phrase = RecoveryPhrase::generate(randomness);
    let by_phrase = WrapKey::from_phrase(&phrase);
    let client = certify(&identity, relay, username, randomness)?;
    let record = identity.sign_record(RecordBody {
        account: identity.account(relay),
        identity_key: identity.key(),
        username: username.to_owned(),
        sequence: 1,
        clients: vec![client.certificate().clone()],
    });
    let vault = VaultContent::default().seal(&(0, vault_key.clone()), FIRST_VAULT, randomness);
    Ok(Registered {
        finish: RegisterFinish {
            username: username.to_owned(),
            invite,
            opaque,
            record,
            wraps: IdentityWraps {
                password: wrap(by_password, &identity, &vault_key, randomness),
                phrase: wrap(&by_phrase, &identity, &vault_key, randomness),
            },
            vault,
        },
        account: NewAccount {
            relay: relay.to_owned(),
            username: username.to_owned(),
            client,
            vault_key,
            vault_version: FIRST_VAULT,
            contact_token: ContactToken(randomness.bytes()),
        },
        phrase,
    })
}

/// A new client with a new inbox, certified by the account.
pub(super) fn certify(
    identity: &AccountIdentity,
    relay: &str,
    username: &str,
    randomness: &Randomness,
) -> Result<Client, Error> {
    let keys = ClientKeys::generate(randomness);
    let certificate = identity.certify(CertificateBody {
        account: identity.account(relay),
        identity_key: identity.key(),
        username: username.to_owned(),
        client: keys.client(),
        signature_key: keys.signature_key(),
        inbox: MailboxAddress(randomness.bytes()),
        inbox_key: keys.inbox_key(),
    });
    Client::new(keys, certificate, randomness.clone())
        .map_err(|error| Error::caused(ErrorKind::Internal, error))
}

#[cfg(test)]
mod tests;
