//! People with several clients: signing in by password, expelling a lost one; and the end of an account.

use restante_client::engine::account::{SignedIn, VaultContent};
use restante_crypto::{AccountIdentity, VaultKey, vault::key_of};
use restante_wire::{ClientId, SessionToken, account::AccountRecord};

use crate::World;

impl World {
    /// Somebody signs in on a new home with the password alone. Gives the new client, which runs; nothing
    /// of what it does has arrived yet.
    ///
    /// # Panics
    /// If the relay refuses.
    pub fn log_in(&mut self, who: usize) -> usize {
        let signed_in = self.sign_in(who);
        self.certify(who, &signed_in)
    }

    /// Two sign-ins at once: both are given the same record, and one of them finds that it is not the
    /// latest any more.
    ///
    /// # Panics
    /// If the relay refuses.
    pub fn log_in_twice(&mut self, who: usize) -> (usize, usize) {
        let (first, second) = (self.sign_in(who), self.sign_in(who));
        (self.certify(who, &first), self.certify(who, &second))
    }

    /// What the password opens.
    pub(crate) fn sign_in(&self, who: usize) -> SignedIn {
        let person = &self.people[who];
        let (record, vault) = self.relay.directory.signed_in(&person.name);
        let key = |generation| Some(key_of(&person.identity, &person.wrapped_key, generation));
        let (generation, content) =
            VaultContent::open(&vault.sealed, vault.version, key).expect("the vault opens");
        SignedIn {
            identity: AccountIdentity::from_seed(person.identity.seed()),
            wrapped_key: person.wrapped_key.clone(),
            vault_key: (
                generation,
                key_of(&person.identity, &person.wrapped_key, generation),
            ),
            record,
            vault_version: vault.version,
            vault: content,
            token: SessionToken([0; 32]),
        }
    }

    fn certify(&mut self, who: usize, signed_in: &SignedIn) -> usize {
        let account = signed_in
            .new_client(&self.randomness)
            .expect("a new client");
        let certificate = account.client.certificate().clone();
        let record = self.publish_record(who, signed_in, |current| {
            signed_in
                .record_with(current, &certificate)
                .expect("a place for a client")
        });
        let mut person = self.people[who].another(account, &signed_in.arrival(record));
        person.start(&self.randomness, self.now);
        self.people.push(person);
        let new = self.people.len() - 1;
        self.drain(new);
        new
    }

    /// One client of a person expels another. Gives the generation of the vault's key from now on.
    ///
    /// # Panics
    /// If the relay refuses, or the client does not run.
    pub fn expel(&mut self, who: usize, lost: usize) -> u32 {
        let expulsion = self.begin_expelling(who, lost);
        let generation = expulsion.keys[1].0;
        self.finish_expelling(who, expulsion);
        generation
    }

    /// Two clients of a person expel each other: the first writes the vault under the key that follows,
    /// as far as it gets before the second, which signed in meanwhile, publishes the record without it.
    ///
    /// # Panics
    /// If the relay refuses, or one of them does not run.
    pub fn expel_each_other(&mut self, first: usize, second: usize) {
        let by_first = self.begin_expelling(first, second);
        self.finish_expelling(first, by_first);
        self.hasten(first);
        let steps = self.random.usize(..60);
        self.run(steps, usize::MAX);
        let by_second = self.begin_expelling(second, first);
        self.finish_expelling(second, by_second);
    }

    /// The record without a client is published; who did so has yet to hear of it.
    fn begin_expelling(&mut self, who: usize, lost: usize) -> Expulsion {
        let client = self.client_of(lost);
        let signed_in = self.sign_in(who);
        let now = self.people[who].clock(self.now);
        let engine = self.people[who].engine.as_mut().expect("the client is on");
        engine.begin_expelling(now, client).expect("a disk");
        let record = self.publish_record(who, &signed_in, |current| {
            signed_in.record_without(current, &client)
        });
        // The relay ends the streams of a client that is no longer in the record.
        self.cut(lost);
        let keys = [
            signed_in.vault_key.clone(),
            signed_in.next_vault_key(&record),
        ];
        Expulsion { record, keys }
    }

    fn finish_expelling(&mut self, who: usize, expulsion: Expulsion) {
        self.start(who);
        let now = self.people[who].clock(self.now);
        let engine = self.people[who].engine.as_mut().expect("the client is on");
        let expelled = engine.expelled(now, &expulsion.record, expulsion.keys);
        expelled.expect("a disk");
        self.after_transaction(who);
    }

    /// Somebody deletes the account on this client, as `delete_account` of the driver does: what can be
    /// sent before is.
    ///
    /// # Panics
    /// If the relay refuses, or the client does not run.
    pub fn delete_account(&mut self, who: usize) {
        let signed_in = self.sign_in(who);
        let now = self.now;
        let engine = self.people[who].engine.as_mut().expect("the client is on");
        engine.begin_deletion(now).expect("a disk");
        self.after_transaction(who);
        self.rest();
        let record = self.publish_record(who, &signed_in, |current| signed_in.last_record(current));
        let now = self.now;
        let engine = self.people[who].engine.as_mut().expect("the client is on");
        engine.deleted(now, &record).expect("a disk");
        self.after_transaction(who);
    }

    /// Tells the other clients of an account that this one changed the password.
    ///
    /// # Panics
    /// If the client does not run.
    pub fn change_password(&mut self, who: usize) {
        let now = self.now;
        let engine = self.people[who].engine.as_mut().expect("the client is on");
        engine.password_changed(now).expect("a disk");
        self.after_transaction(who);
    }

    /// Publishes what follows the latest record, however often it takes.
    fn publish_record(
        &mut self,
        who: usize,
        signed_in: &SignedIn,
        next: impl Fn(&AccountRecord) -> AccountRecord,
    ) -> AccountRecord {
        let mut current = signed_in.record.clone();
        loop {
            let record = next(&current);
            if self.relay.directory.publish(record.clone()).is_ok() {
                self.end_sessions(who, &record);
                return record;
            }
            current = self.relay.directory.signed_in(&self.people[who].name).0;
        }
    }

    /// The relay closes the streams of clients that a record does not list any more.
    fn end_sessions(&mut self, who: usize, record: &AccountRecord) {
        for other in 0..self.people.len() {
            let is_own = self.people[other].name == self.people[who].name;
            let certificate = self.people[other].account.client.certificate();
            if is_own && !record.body.clients.contains(certificate) {
                self.cut(other);
            }
        }
    }

    /// The id of a client.
    #[must_use]
    pub fn client_of(&self, who: usize) -> ClientId {
        self.people[who].account.client.id()
    }
}

/// An expulsion that is published.
struct Expulsion {
    record: AccountRecord,
    keys: [(u32, VaultKey); 2],
}
