//! The pure engine: inputs with the time go in; requests, a deadline and events come out. It opens no
//! socket and reads no clock.
//!
//! Every input is one transaction on the store ([`turn`]), and what it asks for leaves only after that
//! is on disk, so a crash between any two steps is harmless. What must be done next follows from the
//! rows alone: after a restart the engine looks at them and goes on.
//!
//! Read next: [`io`] for what goes in and out, [`receive`] for the one path on which a room's state
//! moves, [`outbox`] for the way out, [`doubt`] for the rule that keeps groups from forking.

pub mod account;
mod acks;
mod anew;
mod arrival;
mod asking;
pub mod attachments;
mod claims;
mod clients;
mod commands;
mod commits;
pub mod contact;
mod contact_token;
pub mod content;
pub mod doubt;
mod ending;
mod groups;
pub mod halt;
pub mod idle;
mod ids;
mod inbox;
mod inputs;
pub mod intent;
pub mod io;
mod join;
pub mod kept;
mod leaving;
pub mod letters;
mod lines;
mod live;
mod lost_logs;
mod me;
pub mod message;
pub mod messages;
pub mod moves;
pub mod mute;
pub mod naming;
pub mod newcomers;
pub mod notices;
mod of_two;
pub mod outbox;
pub mod payload;
mod people;
pub mod picture;
mod plans;
pub mod push;
mod queries;
mod questions;
mod receipts;
mod receive;
mod relay_name;
mod repair;
mod requests;
mod restored;
pub mod room;
mod rooms;
pub mod search;
mod seats;
mod setbacks;
pub mod settings;
mod settled;
pub mod signals;
mod successor;
pub mod suites;
mod taken;
pub mod tasks;
mod tidy;
pub mod title;
mod turn;
mod upkeep;
mod vanished;
mod vault_keys;
mod vouching;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use restante_crypto::{Randomness, VaultKey};
use restante_wire::{
    ClientId,
    account::{AccountRecord, SessionRequest},
    key_package::Suite,
};

pub use ending::end_of;
pub use queries::WhoAmI;

use self::{
    groups::Groups,
    io::{Command, Event, Input, Outcome, Outgoing, RoomPhase, Stream, Time},
    live::{Call, Live},
    me::Me,
    tasks::Goal,
    turn::Turn,
};
use crate::{Error, store::Store};

/// One account's client.
pub struct Engine {
    store: Store,
    me: Me,
    randomness: Randomness,
    groups: Groups,
    live: Live,
    outgoing: VecDeque<Outgoing>,
    events: VecDeque<Event>,
    failure: Option<Error>,
}

impl Engine {
    /// Takes a home into use.
    ///
    /// # Errors
    /// `storage`.
    pub fn open(store: Store, now: Time) -> Result<Self, Error> {
        Self::with_randomness(store, Randomness::os(), now)
    }

    /// The same with another source of randomness, for simulations.
    ///
    /// # Errors
    /// `storage`.
    pub fn with_randomness(store: Store, randomness: Randomness, now: Time) -> Result<Self, Error> {
        let me = Me::new(store.read().account()?);
        let mut engine = Self {
            store,
            me,
            randomness,
            groups: Groups::default(),
            live: Live::default(),
            outgoing: VecDeque::new(),
            events: VecDeque::new(),
            failure: None,
        };
        engine.turn(now, |turn| {
            turn.arrive()?;
            Ok(())
        })?;
        engine.input(now, Input::Tick)?;
        Ok(engine)
    }

    /// The same engine speaking another version of the protocol, for simulations of an upgrade.
    #[must_use]
    pub const fn speaking(mut self, version: u16) -> Self {
        self.me.speaks = version;
        self
    }

    /// The same engine offering only these ciphersuites, as an earlier version does, for simulations.
    #[must_use]
    pub fn offering(mut self, suites: &[Suite]) -> Self {
        self.me.client = self.me.client.offering(suites);
        self
    }

    /// Takes what a person wants: durable when this returns.
    ///
    /// # Errors
    /// A refusal that tells what is wrong with the command, or `storage`, `disk_full`.
    pub fn command(&mut self, now: Time, command: Command) -> Result<Outcome, Error> {
        let outcome = self.turn(now, |turn| turn.command(command))?;
        // The command stands: what goes wrong with carrying it out is told to the driver next.
        self.failure = self.input(now, Input::Tick).err();
        Ok(outcome)
    }

    /// Takes what the driver tells. After an error nothing volatile is kept: the driver ends its
    /// connections and starts anew after a while.
    ///
    /// # Errors
    /// `storage`, `disk_full`; nothing that was accepted is lost.
    pub fn input(&mut self, now: Time, input: Input) -> Result<(), Error> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let result = self.turn(now, |turn| {
            turn.input(input)?;
            turn.pump()
        });
        if result.is_err() {
            self.live.reset();
            self.outgoing.clear();
        }
        result
    }

    /// The next request to make.
    pub fn next_outgoing(&mut self) -> Option<Outgoing> {
        self.outgoing.pop_front()
    }

    /// The next thing that happened.
    pub fn next_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`Input::Tick`] is due at the latest.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Time> {
        let stored = self.store.read().next_timer().ok().flatten();
        stored.into_iter().chain(self.live.wake_at).min()
    }

    /// Streams that should be up.
    ///
    /// # Errors
    /// `storage`.
    pub fn streams(&self) -> Result<BTreeSet<(String, Stream)>, Error> {
        if self.ended()?.is_some() {
            return Ok(BTreeSet::new());
        }
        let home = self.me.relay().to_owned();
        let mut streams = BTreeSet::from([(home.clone(), Stream::Account), (home, Stream::Rooms)]);
        for room in self.store.read().rooms()? {
            if matches!(
                room.phase,
                RoomPhase::Creating | RoomPhase::Joining | RoomPhase::Joined
            ) {
                streams.insert((room.relay, Stream::Rooms));
            }
        }
        Ok(streams)
    }

    /// Signs a relay's challenge, to open a session of this client.
    #[must_use]
    pub fn sign_session(&self, nonce: &[u8]) -> SessionRequest {
        self.me.sign_session(nonce)
    }

    /// Whether the account's record is being looked at, which tells if this client is in it still.
    ///
    /// # Errors
    /// `storage`.
    pub fn looks_at_own_record(&self) -> Result<bool, Error> {
        let is_asked = self
            .live
            .calls
            .values()
            .any(|call| *call == Call::ReadRecord);
        let tasks = self.store.read().tasks_at_work()?;
        Ok(is_asked || tasks.iter().any(|(_, task)| task.goal == Goal::LookUpOwn))
    }

    /// Notes that a client is about to be expelled: before the record without it is published.
    ///
    /// # Errors
    /// `storage`.
    pub fn begin_expelling(&mut self, now: Time, client: ClientId) -> Result<(), Error> {
        self.turn(now, |turn| turn.begin_expelling(client))
    }

    /// Takes the published record without a client, and two vault keys: the one that the
    /// sign-in found in use, and the one that follows.
    ///
    /// # Errors
    /// `storage`.
    pub fn expelled(
        &mut self,
        now: Time,
        record: &AccountRecord,
        keys: [(u32, VaultKey); 2],
    ) -> Result<(), Error> {
        self.turn(now, |turn| turn.expelled(record, keys))?;
        self.input(now, Input::Tick)
    }

    /// From now on does at once what may otherwise wait for company: a client that is asked to end
    /// writes its vault first.
    ///
    /// # Errors
    /// `storage`.
    pub fn hasten(&mut self, now: Time) -> Result<(), Error> {
        self.live.hurries = true;
        if self.vault_waits()? {
            self.turn(now, |turn| {
                turn.vault_changed()?;
                Ok(())
            })?;
        }
        self.input(now, Input::Tick)
    }

    /// Bytes in the store's write-ahead log; for benchmarks.
    #[must_use]
    pub fn wal_bytes(&self) -> u64 {
        self.store.wal_bytes()
    }

    /// One transaction. What it wants sent and told is queued when it is on disk.
    fn turn<T>(
        &mut self,
        now: Time,
        work: impl FnOnce(&mut Turn<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let Self {
            store,
            me,
            randomness,
            groups,
            live,
            outgoing,
            events,
            ..
        } = self;
        let result = store.transact(|db| {
            let mut turn = Turn {
                db,
                now,
                me,
                randomness,
                groups: &mut *groups,
                live: &mut *live,
                outgoing: Vec::new(),
                events: Vec::new(),
                touched: BTreeSet::new(),
                receipts: BTreeSet::new(),
                watches: BTreeMap::new(),
            };
            let value = work(&mut turn)?;
            Ok((value, turn.outgoing, turn.events))
        });
        match result {
            Ok((value, requests, happened)) => {
                outgoing.extend(requests);
                events.extend(happened);
                Ok(value)
            }
            Err(error) => {
                groups.clear();
                Err(error)
            }
        }
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Engine(..)")
    }
}
