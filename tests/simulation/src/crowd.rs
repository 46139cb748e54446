//! Clients that never run: a crowd for large rooms.

use restante_client::engine::intent::ClaimedPackage;
use restante_crypto::{AccountIdentity, Client, ClientKeys, ciphersuite::CLASSICAL, key_package};
use restante_wire::{
    Day, MailboxAddress,
    account::{CertificateBody, RecordBody},
    key_package::{PooledKeyPackage, Suite},
};

use crate::{World, person::RELAY};

impl World {
    /// Registers an account of this many clients that offer the suites of the first person.
    pub fn register_crowd(&mut self, name: &str, clients: usize) {
        let suites = self.people[0].suites.clone();
        self.register_clients(name, &vec![&suites[..]; clients]);
    }

    /// Registers an account of clients that offer these suites, each with one key package of each in
    /// the pool.
    pub fn register_clients(&mut self, name: &str, clients: &[&[Suite]]) {
        let identity = AccountIdentity::generate(&self.randomness);
        let mut certificates = Vec::new();
        for suites in clients {
            let client = self.stranger(&identity, name).offering(suites);
            for &suite in client.suites() {
                let package = PooledKeyPackage {
                    suite,
                    expires: Day(u32::MAX),
                    last_resort: false,
                    bytes: key_package_of(&client, suite),
                };
                self.relay.directory.stock(client.id(), package);
            }
            certificates.push(client.certificate().clone());
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

    /// Classical key packages of this many accounts of one client each, as if claimed.
    #[must_use]
    pub fn claimed_packages(&self, count: usize) -> Vec<ClaimedPackage> {
        let claimed = (0..count).map(|_| {
            let identity = AccountIdentity::generate(&self.randomness);
            let client = self.stranger(&identity, "stranger");
            ClaimedPackage {
                account: client.certificate().body.account.key_hash,
                client: client.id(),
                bytes: key_package_of(&client, CLASSICAL),
            }
        });
        claimed.collect()
    }

    fn stranger(&self, identity: &AccountIdentity, name: &str) -> Client {
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
        Client::new(keys, certificate, self.randomness.clone()).expect("they fit")
    }
}

fn key_package_of(client: &Client, suite: Suite) -> Vec<u8> {
    let made = key_package::generate(client, suite, false);
    made.expect("a key package").public
}
