//! One person with one client: its disk, its process, and what is on the wire to and from it.

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    path::Path,
};

use restante_client::{
    engine::{
        Engine,
        account::{Arrival, NewAccount, VaultContent},
        io::{Event, Input, Outgoing, RoomId, Time},
    },
    store::Store,
};
use restante_crypto::{
    AccountIdentity, Client, ClientKeys, Randomness, VaultKey, ciphersuite::SUPPORTED,
    group::room_state::PROTOCOL_VERSION,
};
use restante_power_cut::WatchedDisk;
use restante_wire::{
    ContactToken, MailboxAddress, SeatId, SecretHash,
    account::{AccountRecord, CertificateBody, RecordBody},
    key_package::Suite,
    mailbox::{Position, Request, SeatAccess},
};
use tempfile::TempDir;

/// The relay everybody uses.
pub const RELAY: &str = "http://relay.test";

/// Passphrase of every home: a raw key, which SQLCipher takes without deriving one, so that a client
/// starts in no time.
pub const PASSPHRASE: &str = "x'0101010101010101010101010101010101010101010101010101010101010101'";

/// Where a process ends behind a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crash {
    /// Before anything that the transaction asked for has left.
    BeforeSending,
    /// When it has arrived at the relay, before any answer.
    AfterSending,
    /// The same, and the whole machine loses power: what was not flushed to the disk may be gone. The disk
    /// has to be watched ([`World::watch_disk`](crate::World::watch_disk)).
    PowerCut,
}

/// A person.
pub struct Person {
    /// Its name.
    pub name: String,
    pub(crate) home: TempDir,
    /// What of it was flushed, if that is watched.
    pub(crate) disk: Option<WatchedDisk>,
    /// The running client; none while it is off.
    pub engine: Option<Engine>,
    /// Whether its streams are up.
    pub connected: bool,
    /// On the way to the relay.
    pub to_relay: VecDeque<Outgoing>,
    /// On the way to the client.
    pub to_client: VecDeque<Input>,
    /// What its shell was told.
    pub events: Vec<Event>,
    /// Seats it has shown, by mailbox: what an insider can misuse.
    pub seats: Vec<SeatAccess>,
    /// Whether it stays off.
    pub(crate) is_off: bool,
    /// Until when it takes nothing from the wire: a slow reader.
    pub(crate) frozen_until: Time,
    /// How far its clock is from the true time.
    pub(crate) skew_ms: i64,
    /// After how many further transactions the process ends, and where.
    pub crash_at: Option<(u64, Crash)>,
    /// Sealed copies that are gone from its disk.
    pub lost_copies: HashSet<String>,
    pub(crate) watches: Vec<Position>,
    /// Secrets that seats were to be given on this connection.
    rotated: BTreeMap<(MailboxAddress, SeatId), SecretHash>,
    pub(crate) inbox_watch: Option<u64>,
    pub(crate) account: NewAccount,
    /// The version of the protocol that its program speaks from its next start on.
    pub speaks: u16,
    /// What the password of the account opens.
    pub(crate) identity: AccountIdentity,
    pub(crate) wrapped_key: VaultKey,
    /// Ciphersuites that it offers.
    pub(crate) suites: Vec<Suite>,
    /// What a trace said last of its standing in each room.
    pub(crate) traced: BTreeMap<RoomId, String>,
}

impl Person {
    /// A new account: its person with its first client, its record and its vault.
    pub(crate) fn register(name: &str, randomness: &Randomness) -> (Self, AccountRecord, Vec<u8>) {
        let identity = AccountIdentity::generate(randomness);
        let keys = ClientKeys::generate(randomness);
        let body = CertificateBody {
            account: identity.account(RELAY),
            identity_key: identity.key(),
            username: name.to_owned(),
            client: keys.client(),
            signature_key: keys.signature_key(),
            inbox: MailboxAddress(randomness.bytes()),
            inbox_key: keys.inbox_key(),
        };
        let certificate = identity.certify(body);
        let record = identity.sign_record(RecordBody {
            account: identity.account(RELAY),
            identity_key: identity.key(),
            username: name.to_owned(),
            sequence: 1,
            clients: vec![certificate.clone()],
        });
        let client = Client::new(keys, certificate, randomness.clone()).expect("they fit");
        let account = NewAccount {
            relay: RELAY.to_owned(),
            username: name.to_owned(),
            client,
            vault_key: VaultKey::generate(randomness),
            vault_version: 1,
            contact_token: ContactToken(randomness.bytes()),
        };
        let home = temporary_home();
        let store = Store::create(home.path(), PASSPHRASE, &account).expect("a new home");
        drop(store);
        let key = (0, account.vault_key.clone());
        let vault = VaultContent::default().seal(&key, 1, &Randomness::os());
        let wrapped_key = account.vault_key.clone();
        (
            Self::at(name, home, account, identity, wrapped_key),
            record,
            vault,
        )
    }

    /// A further client of somebody, in a home of its own.
    pub(crate) fn another(&self, account: NewAccount, arrival: &Arrival) -> Self {
        let home = temporary_home();
        let store = Store::create_arrived(home.path(), PASSPHRASE, &account, arrival);
        drop(store.expect("a new home"));
        let identity = AccountIdentity::from_seed(self.identity.seed());
        let person = Self::at(
            &self.name,
            home,
            account,
            identity,
            self.wrapped_key.clone(),
        );
        Self {
            suites: self.suites.clone(),
            ..person
        }
    }

    fn at(
        name: &str,
        home: TempDir,
        account: NewAccount,
        identity: AccountIdentity,
        wrapped_key: VaultKey,
    ) -> Self {
        Self {
            name: name.to_owned(),
            home,
            disk: None,
            engine: None,
            connected: false,
            to_relay: VecDeque::new(),
            to_client: VecDeque::new(),
            events: Vec::new(),
            seats: Vec::new(),
            is_off: false,
            frozen_until: Time(0),
            skew_ms: 0,
            crash_at: None,
            lost_copies: HashSet::new(),
            watches: Vec::new(),
            rotated: BTreeMap::new(),
            inbox_watch: None,
            account,
            speaks: PROTOCOL_VERSION,
            identity,
            wrapped_key,
            suites: SUPPORTED.to_vec(),
            traced: BTreeMap::new(),
        }
    }

    /// Where its home lies.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Its account.
    #[must_use]
    pub const fn account(&self) -> &NewAccount {
        &self.account
    }

    /// What its clock shows at a true time.
    pub(crate) const fn clock(&self, now: Time) -> Time {
        Time(now.0.saturating_add_signed(self.skew_ms))
    }

    /// At what true time its engine is due.
    pub(crate) fn due(&self) -> Option<Time> {
        let due = self.engine.as_ref()?.next_deadline()?;
        Some(Time(due.0.saturating_add_signed(-self.skew_ms)))
    }

    /// Starts the client from its disk.
    pub(crate) fn start(&mut self, randomness: &Randomness, now: Time) {
        let now = self.clock(now);
        let engine = Store::open(self.home.path(), PASSPHRASE)
            .and_then(|store| Engine::with_randomness(store, randomness.clone(), now))
            .expect("the home opens again");
        self.engine = Some(engine.offering(&self.suites).speaking(self.speaks));
    }

    /// The process ends at once: what is not on disk is gone.
    pub(crate) fn crash(&mut self) {
        self.cut();
        self.to_client.clear();
        self.engine = None;
        self.disk = None;
    }

    /// The machine loses power: of the disk, if it is watched, only what was flushed is sure to be left.
    pub(crate) fn lose_power(&mut self) {
        if let Some(disk) = self.disk.take() {
            let left = temporary_home();
            disk.cut(left.path()).expect("a disk");
            // What the process does to its files at its end is done to files that nobody reads any more.
            self.crash();
            self.home = left;
        }
        self.crash();
    }

    /// A watch on a connection goes on with the secret that its seat was given there: it is known to the
    /// relay by its hash when it is set, and here by itself when it is first shown, which puts it in force.
    pub(crate) fn carry_watches_on(&mut self, request: &Request) {
        let shown: Vec<&SeatAccess> = match request {
            Request::Append(append) => vec![&append.access],
            Request::Rotate(rotate) => vec![&rotate.access],
            Request::Ephemeral(ephemeral) => vec![&ephemeral.access],
            Request::Ack(ack) => ack.positions.iter().map(|found| &found.access).collect(),
            Request::Watch(watch) => watch.positions.iter().map(|found| &found.access).collect(),
            _ => Vec::new(),
        };
        for access in shown {
            let place = (access.mailbox, access.seat);
            if self.rotated.get(&place) != Some(&access.secret.hash()) {
                continue;
            }
            let mut watches = self.watches.iter_mut().map(|watch| &mut watch.access);
            if let Some(watch) = watches.find(|found| (found.mailbox, found.seat) == place) {
                watch.secret = access.secret.clone();
            }
        }
        if let Request::Rotate(rotate) = request {
            let place = (rotate.access.mailbox, rotate.access.seat);
            self.rotated.insert(place, rotate.secret_hash);
        }
    }

    /// The connection ends: nobody knows what of the requests arrived.
    pub(crate) fn cut(&mut self) {
        self.connected = false;
        self.watches.clear();
        self.rotated.clear();
        self.inbox_watch = None;
        self.to_relay.clear();
    }
}

/// In memory where the system has such a place: a simulation flushes often, and cuts no power.
pub(crate) fn temporary_home() -> TempDir {
    let in_memory = TempDir::new_in("/dev/shm").ok();
    in_memory.unwrap_or_else(|| TempDir::new().expect("a temporary folder"))
}
