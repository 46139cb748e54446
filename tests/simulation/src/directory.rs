//! The relay's accounts as far as clients see them: records, key packages, inboxes, vaults.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use restante_server::delivery::inbox::Inbox;
use restante_wire::{
    AccountKeyHash, ClientId, Day, Done, EnvelopeId, ErrorCode, MailboxAddress, SecretHash,
    WireError,
    account::{AccountRecord, ClientCertificate, ReadRecord, SetContactToken, Vault, WriteVault},
    api::Endpoint,
    codec,
    directory::{Found, Lookup},
    inbox::{Deliver, Lane, Letter},
    key_package::{
        Claim, Claimed, KeyPackagePool, PooledKeyPackage, Suite, SuitePool, UploadKeyPackages,
    },
};

/// Everything about accounts.
#[derive(Clone, Default)]
pub(crate) struct Directory {
    records: HashMap<String, AccountRecord>,
    /// Names for which it lies: it gives somebody else's record.
    pub(crate) lies: HashMap<String, String>,
    pools: HashMap<ClientId, VecDeque<PooledKeyPackage>>,
    /// Whose key packages of which suite it keeps to itself.
    pub(crate) withheld: HashSet<(ClientId, Suite)>,
    /// Whose last resort of which suite was given out.
    used_last_resorts: HashSet<(ClientId, Suite)>,
    vaults: HashMap<AccountKeyHash, Vault>,
    /// For their lanes only.
    lanes: HashMap<ClientId, Inbox>,
    pub(crate) day: Day,
    /// Inboxes whose next letter is lost.
    losing: Vec<MailboxAddress>,
    pub(crate) inboxes: BTreeMap<MailboxAddress, Vec<Letter>>,
}

impl Directory {
    pub(crate) fn lose_none(&mut self) {
        self.losing.clear();
    }

    pub(crate) fn lose_next(&mut self, name: &str) {
        let clients = self.records.get(name).map(|record| &record.body.clients);
        self.losing.extend(
            clients
                .into_iter()
                .flatten()
                .map(|client| client.body.inbox),
        );
    }

    pub(crate) fn withhold(&mut self, name: &str, suite: Suite) {
        let clients = self.records.get(name).map(|record| &record.body.clients);
        let clients = clients.into_iter().flatten();
        self.withheld
            .extend(clients.map(|client| (client.body.client, suite)));
    }

    pub(crate) fn replay(&mut self, name: &str) {
        let bodies: Vec<Vec<u8>> = self
            .inboxes_of(name)
            .iter()
            .flat_map(|inbox| &self.inboxes[inbox])
            .map(|letter| letter.body.clone())
            .collect();
        for body in bodies {
            self.put_letter(name, &body);
        }
    }

    pub(crate) fn put_letter(&mut self, name: &str, body: &[u8]) {
        for inbox in self.inboxes_of(name) {
            let letters = self.inboxes.entry(inbox).or_default();
            let number = letters.len() as u64 + 1;
            let mut id = [0; 16];
            id[..8].copy_from_slice(&number.to_le_bytes());
            letters.push(Letter {
                number,
                id: EnvelopeId(id),
                day: Day(0),
                lane: Lane::Stranger,
                body: body.to_vec(),
            });
        }
    }

    fn inboxes_of(&self, name: &str) -> Vec<MailboxAddress> {
        let clients = self.records.get(name).map(|record| &record.body.clients);
        let clients = clients.into_iter().flatten();
        clients.map(|client| client.body.inbox).collect()
    }

    pub(crate) fn key_packages_of(&self, name: &str) -> usize {
        let clients = self.records.get(name).map(|record| &record.body.clients);
        let clients = clients.into_iter().flatten();
        clients
            .filter_map(|client| Some(self.pools.get(&client.body.client)?.len()))
            .sum()
    }

    /// Changes all key packages of somebody that wait at the relay.
    pub(crate) fn change_pools(
        &mut self,
        name: &str,
        mut change: impl FnMut(&mut VecDeque<PooledKeyPackage>),
    ) {
        let clients = self.records.get(name).map(|record| &record.body.clients);
        for client in clients.into_iter().flatten() {
            if let Some(pool) = self.pools.get_mut(&client.body.client) {
                change(pool);
            }
        }
    }

    pub(crate) fn stock(&mut self, client: ClientId, package: PooledKeyPackage) {
        self.pools.entry(client).or_default().push_back(package);
    }

    pub(crate) fn register(&mut self, record: AccountRecord, sealed: Vec<u8>) {
        let body = &record.body;
        for client in &body.clients {
            self.inboxes.insert(client.body.inbox, Vec::new());
        }
        let vault = Vault {
            version: 1,
            day: Day(0),
            sealed,
        };
        self.vaults.insert(body.account.key_hash, vault);
        self.records.insert(body.username.clone(), record);
    }

    /// The record and the vault that a sign-in by password is given.
    pub(crate) fn signed_in(&self, name: &str) -> (AccountRecord, Vault) {
        let record = self.records[name].clone();
        let vault = self.vaults[&record.body.account.key_hash].clone();
        (record, vault)
    }

    /// Publishes the next record of an account.
    pub(crate) fn publish(&mut self, record: AccountRecord) -> Result<(), ErrorCode> {
        let current = &self.records[&record.body.username];
        if current.body.sequence + 1 != record.body.sequence {
            return Err(ErrorCode::Conflict);
        }
        for client in &current.body.clients {
            if !record.body.clients.contains(client) {
                self.inboxes.remove(&client.body.inbox);
                self.pools.remove(&client.body.client);
            }
        }
        for client in &record.body.clients {
            self.inboxes.entry(client.body.inbox).or_default();
        }
        self.records.insert(record.body.username.clone(), record);
        Ok(())
    }

    /// Whether the relay would open a session for this client.
    pub(crate) fn check_session(
        &self,
        account: &AccountKeyHash,
        client: &ClientId,
    ) -> Result<(), ErrorCode> {
        let record = self.record_of(account).ok_or(ErrorCode::Unauthorized)?;
        let mut clients = record.body.clients.iter();
        match clients.any(|listed| listed.body.client == *client) {
            true => Ok(()),
            false => Err(ErrorCode::Unauthorized),
        }
    }

    fn record_of(&self, account: &AccountKeyHash) -> Option<&AccountRecord> {
        let mut records = self.records.values();
        records.find(|record| record.body.account.key_hash == *account)
    }

    /// Answers a post. `from` is the client whose session it would carry.
    pub(crate) fn post(
        &mut self,
        account: AccountKeyHash,
        client: ClientId,
        path: &str,
        body: &[u8],
    ) -> Result<Vec<u8>, WireError> {
        let is_anonymous = [Lookup::PATH, Claim::PATH, Deliver::PATH].contains(&path);
        if !is_anonymous {
            self.check_session(&account, &client)?;
        }
        match path {
            ReadRecord::PATH => Ok(self
                .record_of(&account)
                .map(codec::encode)
                .unwrap_or_default()),
            Lookup::PATH => self.lookup(&codec::decode(body)?),
            Claim::PATH => self.claim(&codec::decode(body)?),
            Deliver::PATH => self.deliver(codec::decode(body)?),
            UploadKeyPackages::PATH => {
                let upload: UploadKeyPackages = codec::decode(body)?;
                let pool = self.pools.entry(client).or_default();
                if upload.replace_all {
                    pool.clear();
                }
                for package in upload.packages {
                    if package.last_resort {
                        let (suite, replaced) = (package.suite, (client, package.suite));
                        pool.retain(|old| !old.last_resort || old.suite != suite);
                        self.used_last_resorts.remove(&replaced);
                    }
                    if !pool.contains(&package) {
                        pool.push_back(package);
                    }
                }
                Ok(codec::encode(&Done {}))
            }
            restante_wire::key_package::ReadKeyPackagePool::PATH => Ok(self.pool(client)),
            SetContactToken::PATH => {
                let set: SetContactToken = codec::decode(body)?;
                let inbox = self.lanes.entry(client).or_default();
                inbox.set_contact_token(set.token_hash, set.keeps_earlier, self.day);
                Ok(codec::encode(&Done {}))
            }
            WriteVault::PATH => self.write_vault(account, codec::decode(body)?),
            restante_wire::account::ReadVault::PATH => Ok(self
                .vaults
                .get(&account)
                .map(codec::encode)
                .unwrap_or_default()),
            _ => Err(ErrorCode::NotFound.into()),
        }
    }

    fn lookup(&self, lookup: &Lookup) -> Result<Vec<u8>, WireError> {
        let record = self
            .records
            .get(self.lies.get(&lookup.username).unwrap_or(&lookup.username))
            .ok_or(ErrorCode::NoSuchUser)?;
        Ok(codec::encode(&Found {
            record: record.clone(),
            proof: None,
        }))
    }

    fn claim(&mut self, claim: &Claim) -> Result<Vec<u8>, WireError> {
        let record = self
            .record_of(&claim.account)
            .ok_or(ErrorCode::NoSuchUser)?;
        let wanted = record
            .body
            .clients
            .iter()
            .map(|client| client.body.client)
            .filter(|client| claim.clients.is_empty() || claim.clients.contains(client))
            .collect::<Vec<_>>()
            .into_iter();
        let clients = wanted
            .map(|client| {
                let pool = self.pools.entry(client).or_default();
                let withheld = &self.withheld;
                let is_given = |package: &PooledKeyPackage| {
                    package.suite == claim.suite && !withheld.contains(&(client, package.suite))
                };
                let single = pool
                    .iter()
                    .position(|package| is_given(package) && !package.last_resort);
                let package = match single {
                    Some(index) => pool.remove(index),
                    None => pool.iter().find(|package| is_given(package)).cloned(),
                };
                if package.as_ref().is_some_and(|package| package.last_resort) {
                    self.used_last_resorts.insert((client, claim.suite));
                }
                (client, package)
            })
            .collect();
        Ok(codec::encode(&Claimed { clients }))
    }

    fn deliver(&mut self, deliver: Deliver) -> Result<Vec<u8>, WireError> {
        if let Some(index) = self.losing.iter().position(|lost| *lost == deliver.inbox) {
            self.losing.remove(index);
            return Ok(codec::encode(&Done {}));
        }
        let lane = self.lane(&deliver)?;
        let inbox = self
            .inboxes
            .get_mut(&deliver.inbox)
            .ok_or(ErrorCode::NoSuchInbox)?;
        if !inbox.iter().any(|letter| letter.id == deliver.id) {
            inbox.push(Letter {
                number: inbox.len() as u64 + 1,
                id: deliver.id,
                day: Day(0),
                lane,
                body: deliver.body,
            });
        }
        Ok(codec::encode(&Done {}))
    }

    fn lane(&self, deliver: &Deliver) -> Result<Lane, WireError> {
        let mut clients = self
            .records
            .values()
            .flat_map(|record| &record.body.clients);
        let owner = clients.find(|client| client.body.inbox == deliver.inbox);
        let inbox = owner.and_then(|client| self.lanes.get(&client.body.client));
        match inbox {
            Some(inbox) => inbox.lane(deliver, self.day),
            None => Inbox::default().lane(deliver, self.day),
        }
    }

    pub(crate) fn contact_token_of(&self, name: &str) -> Option<SecretHash> {
        let clients = &self.records.get(name)?.body.clients;
        let inbox = |client: &ClientCertificate| self.lanes.get(&client.body.client);
        clients.iter().find_map(inbox)?.contact_token
    }

    pub(crate) fn lanes_to(&self, name: &str) -> Vec<Lane> {
        let inboxes = self.inboxes_of(name);
        let letters = inboxes.iter().flat_map(|inbox| &self.inboxes[inbox]);
        letters.map(|letter| letter.lane).collect()
    }

    /// The lane of the last letter to somebody.
    pub(crate) fn last_lane(&self, name: &str) -> Option<Lane> {
        let inboxes = self.inboxes_of(name);
        let letters = inboxes.iter().filter_map(|inbox| self.inboxes.get(inbox));
        letters.flatten().last().map(|letter| letter.lane)
    }

    fn pool(&self, client: ClientId) -> Vec<u8> {
        let mut suites: BTreeMap<Suite, SuitePool> = BTreeMap::new();
        for package in self.pools.get(&client).into_iter().flatten() {
            let state = suites.entry(package.suite).or_insert(SuitePool {
                suite: package.suite,
                single_use: 0,
                has_last_resort: false,
                last_resort_used: false,
            });
            state.single_use += u32::from(!package.last_resort);
            state.has_last_resort |= package.last_resort;
            state.last_resort_used |= self.used_last_resorts.contains(&(client, package.suite));
        }
        codec::encode(&KeyPackagePool {
            suites: suites.into_values().collect(),
        })
    }

    fn write_vault(
        &mut self,
        account: AccountKeyHash,
        write: WriteVault,
    ) -> Result<Vec<u8>, WireError> {
        let vault = self
            .vaults
            .get_mut(&account)
            .ok_or(ErrorCode::Unauthorized)?;
        if vault.version != write.expected {
            return Err(ErrorCode::Conflict.into());
        }
        *vault = Vault {
            version: write.expected + 1,
            day: Day(0),
            sealed: write.sealed,
        };
        Ok(codec::encode(&Done {}))
    }
}
