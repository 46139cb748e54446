//! Clients of an account that is there already: certified into its record, or left out of it. Both
//! need the identity, which a sign-in by password opened.

use restante_crypto::{Randomness, VaultKey, vault::key_of};
use restante_wire::{
    ClientId, ContactToken,
    account::{AccountRecord, ClientCertificate, RecordBody},
    fault::planted,
    limits::MAX_CLIENTS,
};
use serde::{Deserialize, Serialize};

use super::{NewAccount, SignedIn, VaultContent, register::certify};
use crate::{Error, ErrorKind, redacted::redacted_debug, store::Value};

/// What a sign-in leaves for the new home beside its account: taken in when the engine first opens it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Arrival {
    /// The account's record, this client in it.
    pub record: AccountRecord,
    /// What the account's clients know.
    pub vault: VaultContent,
    /// Generation of the vault key.
    pub generation: u32,
}

redacted_debug!(Arrival);

impl Value for Arrival {
    const KEY: &'static str = "arrival";
}

impl SignedIn {
    /// A new client of the account, with keys of its own.
    ///
    /// # Errors
    /// `internal_client`.
    pub fn new_client(&self, randomness: &Randomness) -> Result<NewAccount, Error> {
        let body = &self.record.body;
        let (relay, username) = (&body.account.relay, &body.username);
        Ok(NewAccount {
            client: certify(&self.identity, relay, username, randomness)?,
            relay: relay.clone(),
            username: username.clone(),
            vault_key: self.vault_key.1.clone(),
            vault_version: self.vault_version,
            contact_token: ContactToken(randomness.bytes()),
        })
    }

    /// The account of a client that an earlier sign-in made, with what this one opened. `None` if it is
    /// of another account.
    #[must_use]
    pub fn resumed(&self, account: NewAccount) -> Option<NewAccount> {
        let is_same = account.client.certificate().body.account == self.record.body.account;
        is_same.then(|| NewAccount {
            vault_key: self.vault_key.1.clone(),
            vault_version: self.vault_version,
            ..account
        })
    }

    /// What the new home takes in, with the record that holds its client.
    #[must_use]
    pub fn arrival(&self, record: AccountRecord) -> Arrival {
        Arrival {
            record,
            vault: self.vault.clone(),
            generation: self.vault_key.0,
        }
    }

    /// The vault key from the record on by which a client was expelled. Its generation is the record's
    /// sequence: the vault tells only which key sealed it last, and another client may have been expelled
    /// since, and know the key that follows that.
    #[must_use]
    pub fn next_vault_key(&self, record: &AccountRecord) -> (u32, VaultKey) {
        let sequence = match planted("c7_vault_key_follows_the_vault") {
            true => u64::from(self.vault_key.0) + 1,
            false => record.body.sequence,
        };
        let generation = u32::try_from(sequence).unwrap_or(u32::MAX);
        let key = key_of(&self.identity, &self.wrapped_key, generation);
        (generation, key)
    }

    /// The record that follows `current` with this client in it; `current` where it is in.
    ///
    /// # Errors
    /// `too_many` if the account has as many clients as it may.
    pub fn record_with(
        &self,
        current: &AccountRecord,
        client: &ClientCertificate,
    ) -> Result<AccountRecord, Error> {
        let mut clients = current.body.clients.clone();
        if clients.contains(client) {
            return Ok(current.clone());
        }
        if clients.len() >= MAX_CLIENTS {
            return Err(ErrorKind::Relay(restante_wire::ErrorCode::TooMany).into());
        }
        clients.push(client.clone());
        Ok(self.next_record(current, clients))
    }

    /// The record that follows `current` without this client; `current` where it is gone.
    #[must_use]
    pub fn record_without(&self, current: &AccountRecord, client: &ClientId) -> AccountRecord {
        let mut clients = current.body.clients.clone();
        clients.retain(|kept| kept.body.client != *client);
        match clients.len() == current.body.clients.len() {
            true => current.clone(),
            false => self.next_record(current, clients),
        }
    }

    pub(super) fn next_record(
        &self,
        current: &AccountRecord,
        mut clients: Vec<ClientCertificate>,
    ) -> AccountRecord {
        clients.sort_by_key(|client| client.body.client);
        self.identity.sign_record(RecordBody {
            sequence: current.body.sequence.saturating_add(1),
            clients,
            ..current.body.clone()
        })
    }
}
