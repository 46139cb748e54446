//! A new password, and the recovery phrase in the place of the old one.
//!
//! Read next: `driver/credentials.rs`, which sends what is made here.

use restante_crypto::{
    AccountIdentity, Randomness,
    wrap::{RecoveryPhrase, WrapKey, unwrap, wrap},
};
use restante_wire::{
    account::{AccountRecord, LoggedIn},
    credentials::{PasswordFinish, PasswordStart, PasswordStarted, PhraseWrap, ProveIdentity},
};

use super::{SignedIn, StrongPassword, opaque::NewPassword};
use crate::{Error, ErrorKind, redacted::redacted_debug};

/// A change of the password under way.
pub struct PasswordChange {
    new: NewPassword,
    randomness: Randomness,
}

/// An identity that the recovery phrase opened.
pub struct Recovery {
    by_phrase: WrapKey,
    identity: AccountIdentity,
}

redacted_debug!(PasswordChange, Recovery);

impl PasswordChange {
    /// Begins.
    ///
    /// # Errors
    /// None but faults of this program.
    pub fn start(
        password: StrongPassword,
        randomness: &Randomness,
    ) -> Result<(Self, PasswordStart), Error> {
        let (new, opaque) = NewPassword::start(password, randomness)?;
        let request = PasswordStart { opaque };
        let change = Self {
            new,
            randomness: randomness.clone(),
        };
        Ok((change, request))
    }

    /// Wraps the identity under the new password. Takes as long as one guess at it.
    ///
    /// # Errors
    /// `relay_fault` if the answer is not one.
    pub fn finish(
        self,
        answer: &PasswordStarted,
        signed_in: &SignedIn,
    ) -> Result<PasswordFinish, Error> {
        let (opaque, by_password) = self.new.finish(&answer.opaque)?;
        let (identity, vault_key) = (&signed_in.identity, &signed_in.wrapped_key);
        Ok(PasswordFinish {
            opaque,
            wrap: wrap(&by_password, identity, vault_key, &self.randomness),
        })
    }
}

impl Recovery {
    /// Opens the wrap that the relay keeps for the phrase.
    ///
    /// # Errors
    /// `wrong_phrase`.
    pub fn open(phrase: &RecoveryPhrase, answer: &PhraseWrap) -> Result<Self, Error> {
        let by_phrase = WrapKey::from_phrase(phrase);
        let (identity, _) = unwrap(&by_phrase, &answer.wrap)
            .map_err(|error| Error::caused(ErrorKind::WrongPhrase, error))?;
        Ok(Self {
            by_phrase,
            identity,
        })
    }

    /// Whether it is the identity of this account.
    #[must_use]
    pub fn is_of(&self, account: &restante_wire::AccountKeyHash) -> bool {
        self.identity.key().account() == *account
    }

    /// Proves the identity to the relay.
    #[must_use]
    pub fn prove(&self, relay: &str, nonce: Vec<u8>) -> ProveIdentity {
        self.identity.prove(relay, nonce)
    }

    /// Opens what the relay keeps of the account.
    ///
    /// # Errors
    /// `not_trusted` if wraps, record or vault are not those of one account.
    pub fn sign_in(self, answer: LoggedIn) -> Result<SignedIn, Error> {
        let wrapped = answer.wraps.phrase.clone();
        SignedIn::open(&self.by_phrase, &wrapped, answer)
    }
}

impl SignedIn {
    /// The record that says that the account has no client any more.
    #[must_use]
    pub fn last_record(&self, current: &AccountRecord) -> AccountRecord {
        self.next_record(current, Vec::new())
    }
}
