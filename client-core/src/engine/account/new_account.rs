//! What a home is made from.

use restante_crypto::{Client, ClientKeys, Randomness, VaultKey};
use restante_wire::{ContactToken, account::ClientCertificate};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::redacted::redacted_debug;

/// An account's client, as registration or sign-in leaves it. The first row of a store.
#[derive(Clone, Serialize, Deserialize)]
#[serde(into = "Stored", try_from = "Stored")]
pub struct NewAccount {
    /// Base URL of the home relay, without a trailing slash.
    pub relay: String,
    /// Normalised username.
    pub username: String,
    /// Keys and certificate of this client.
    pub client: Client,
    /// Seals the vault.
    pub vault_key: VaultKey,
    /// Version of the vault that the relay has.
    pub vault_version: u64,
    /// Told to accepted contacts; opens the contacts' lane of this client's inbox.
    pub contact_token: ContactToken,
}

redacted_debug!(NewAccount);

/// The stored form: keys as [`ClientKeys::to_bytes`], so that reading verifies the certificate again.
#[derive(Serialize, Deserialize)]
struct Stored {
    relay: String,
    username: String,
    #[serde(with = "serde_bytes")]
    keys: Vec<u8>,
    certificate: ClientCertificate,
    vault_key: VaultKey,
    vault_version: u64,
    contact_token: ContactToken,
}

impl Drop for Stored {
    fn drop(&mut self) {
        self.keys.zeroize();
    }
}

impl From<NewAccount> for Stored {
    fn from(account: NewAccount) -> Self {
        Self {
            keys: account.client.keys().to_bytes().to_vec(),
            certificate: account.client.certificate().clone(),
            relay: account.relay,
            username: account.username,
            vault_key: account.vault_key,
            vault_version: account.vault_version,
            contact_token: account.contact_token,
        }
    }
}

impl TryFrom<Stored> for NewAccount {
    type Error = &'static str;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        let keys = ClientKeys::from_bytes(&stored.keys).map_err(|_| "stored keys")?;
        let client = Client::new(keys, stored.certificate.clone(), Randomness::os())
            .map_err(|_| "stored certificate")?;
        Ok(Self {
            relay: stored.relay.clone(),
            username: stored.username.clone(),
            client,
            vault_key: stored.vault_key.clone(),
            vault_version: stored.vault_version,
            contact_token: stored.contact_token.clone(),
        })
    }
}
