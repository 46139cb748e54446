//! Who this client is. Read once, when the home is opened.

use restante_crypto::{Client, group::room_state::PROTOCOL_VERSION};
use restante_wire::{
    AccountKeyHash, ClientId, MailboxAddress,
    account::{AccountId, SessionRequest},
};

use super::account::NewAccount;

/// This client and its account.
#[derive(Debug)]
pub(super) struct Me {
    pub(super) client: Client,
    pub(super) stored: NewAccount,
    /// The highest version of the protocol that this program speaks.
    pub(super) speaks: u16,
}

impl Me {
    pub(super) fn new(stored: NewAccount) -> Self {
        Self {
            client: stored.client.clone(),
            stored,
            speaks: PROTOCOL_VERSION,
        }
    }

    /// Base URL of the home relay.
    pub(super) fn relay(&self) -> &str {
        &self.stored.relay
    }

    /// The username as registered.
    pub(super) fn username(&self) -> &str {
        &self.stored.username
    }

    pub(super) fn account(&self) -> AccountKeyHash {
        self.account_id().key_hash
    }

    pub(super) fn account_id(&self) -> &AccountId {
        &self.client.certificate().body.account
    }

    pub(super) fn inbox(&self) -> MailboxAddress {
        self.client.certificate().body.inbox
    }

    pub(super) fn id(&self) -> ClientId {
        self.client.id()
    }

    /// Signs a relay's challenge.
    pub(super) fn sign_session(&self, nonce: &[u8]) -> SessionRequest {
        let signature = self
            .client
            .keys()
            .sign_session(self.relay(), &self.account(), nonce);
        SessionRequest {
            account: self.account(),
            client: self.id(),
            nonce: nonce.to_vec(),
            signature,
        }
    }
}
