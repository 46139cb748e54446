//! Clients that never run: a crowd for large rooms.

use restante_client::engine::intent::ClaimedPackage;
use restante_crypto::{AccountIdentity, Client, ClientKeys, key_package};
use restante_wire::{
    Day, MailboxAddress,
    account::{CertificateBody, ClientCertificate, RecordBody},
    key_package::{PooledKeyPackage, Suite},
};

use crate::{World, person::RELAY};

impl World {
    /// Registers an account of this many clients, each with one key package in the pool.
    pub fn register_crowd(&mut self, name: &str, clients: usize) {
        let identity = AccountIdentity::generate(&self.randomness);
        let mut certificates = Vec::new();
        for _ in 0..clients {
            let (certificate, bytes) = self.stranger(&identity, name);
            let package = PooledKeyPackage {
                suite: Suite::X25519_CHACHA20,
                expires: Day(u32::MAX),
                last_resort: false,
                bytes,
            };
            let client = certificate.body.client;
            self.relay.directory.stock(client, package);
            certificates.push(certificate);
        }
        certificates.sort_by_key(|certificate| certificate.body.client);
        let record = identity.sign_record(RecordBody {
            account: identity.account(RELAY),
            identity_key: identity.key(),
            username: name.to_owned(),
            sequence: 1,
            clients: certificates,
        });
        self.relay.directory.register(record, Vec::new());
    }

    /// Key packages of this many accounts of one client each, as if claimed.
    #[must_use]
    pub fn claimed_packages(&self, count: usize) -> Vec<ClaimedPackage> {
        let claimed = (0..count).map(|_| {
            let identity = AccountIdentity::generate(&self.randomness);
            let (certificate, bytes) = self.stranger(&identity, "stranger");
            ClaimedPackage {
                account: certificate.body.account.key_hash,
                client: certificate.body.client,
                bytes,
            }
        });
        claimed.collect()
    }

    fn stranger(&self, identity: &AccountIdentity, name: &str) -> (ClientCertificate, Vec<u8>) {
        let keys = ClientKeys::generate(&self.randomness);
        let certificate = identity.certify(CertificateBody {
            account: identity.account(RELAY),
            identity_key: identity.key(),
            username: name.to_owned(),
            client: keys.client(),
            signature_key: keys.signature_key(),
            inbox: MailboxAddress(self.randomness.bytes()),
            inbox_key: keys.inbox_key(),
        });
        let client = Client::new(keys, certificate.clone(), self.randomness.clone());
        let client = client.expect("they fit");
        let made = key_package::generate(&client, Suite::X25519_CHACHA20, false);
        (certificate, made.expect("a key package").public)
    }
}
