//! The clients of this account: which the record lists, who is new, who was expelled, and what they
//! tell each other by their inboxes.

use std::collections::BTreeSet;

use restante_crypto::{Member, VaultKey, certificate};
use restante_wire::{
    AccountKeyHash, ClientId, ErrorCode, MailboxAddress, WireError,
    account::{AccountRecord, ClientCertificate, ReadRecord},
    codec,
    fault::planted,
};
use serde::{Deserialize, Serialize};

use super::{
    account::VaultSettings,
    intent::{Change, Intent},
    io::{Client, Event, Failure, Reply, RoomId, RoomPhase},
    letters::{Letter, account_of},
    live::Call,
    tasks::{Goal, Task},
    title::check_title,
    turn::Turn,
};
use crate::{
    Error, ErrorKind, platform,
    store::{Db, RoomRow, TimerKind, Value},
};

/// Wait before the account's record is read again after that failed.
const RETRY_MS: u64 = 10_000;

/// How long a new client has for a successor of a room of two before it is added to the present group.
const SUCCESSOR_MS: u64 = 60_000;

/// Spread of what the clients of an account want to commit at once.
const SPREAD_MS: u64 = 2_000;

/// One client is let into one room at most this often.
const LET_IN_EVERY_MS: u64 = 3_600_000;

/// Longest name of a client in bytes.
pub(super) const MAX_NAME: usize = 64;

/// What the person chose, for all clients.
#[derive(Default, Serialize, Deserialize)]
struct Settings(VaultSettings);

impl Value for Settings {
    const KEY: &'static str = "settings";
}

/// Sequence of the record whose clients were compared with all rooms.
#[derive(Default, Serialize, Deserialize)]
struct RecordSeen(u64);

impl Value for RecordSeen {
    const KEY: &'static str = "record_seen";
}

/// A client that is being expelled: its record may be published while the vault key is still the one
/// that it knows.
#[derive(Serialize, Deserialize)]
struct Expelling(ClientId);

impl Value for Expelling {
    const KEY: &'static str = "expelling";
}

impl Turn<'_> {
    /// Reads the account's record once a connection.
    pub(super) fn pump_record(&mut self) {
        if !self.live.record_checked {
            self.live.record_checked = true;
            self.post_home(Call::ReadRecord, &ReadRecord {});
        }
    }

    /// The relay gave the account's record. Where it does not know this client any more, the directory
    /// tells whether that is so.
    pub(super) fn record_read(&mut self, result: Result<Reply, Failure>) -> Result<(), Error> {
        match result {
            Ok(Reply::Http(body)) => match codec::decode::<AccountRecord>(&body) {
                Ok(record) => self.own_record(&record),
                Err(_) => Ok(()),
            },
            Err(Failure::Refused(WireError {
                code: ErrorCode::Unauthorized,
                ..
            })) => {
                let username = self.me.username().to_owned();
                self.add_once(Goal::LookUpOwn, vec![username])
            }
            _ => {
                let due = self.now.plus_ms(RETRY_MS);
                self.db.set_timer(TimerKind::ReadRecord, None, due)
            }
        }
    }

    /// Follows the account's record: who is new is told of and let in, who is gone loses its place in
    /// every room, and a client that is gone itself ends.
    pub(super) fn own_record(&mut self, record: &AccountRecord) -> Result<(), Error> {
        let is_own = record.body.account == *self.me.account_id();
        let before = self.own_record_known()?;
        if !is_own
            || certificate::verify_record(record).is_err()
            || self.learn_record(record)?.is_none()
        {
            return Ok(());
        }
        let clients = &record.body.clients;
        if !clients.contains(self.me.client.certificate()) && !planted("c7_expelled_client_goes_on")
        {
            return self.end_here(record);
        }
        let known: Vec<ClientId> = before.iter().flat_map(ids).collect();
        for client in ids(record) {
            if before.is_some() && client != self.me.id() && !known.contains(&client) {
                self.events.push(Event::NewClient { client });
            }
        }
        self.take_told_keys()?;
        for client in clients {
            let id = client.body.client;
            if before.is_some() && id != self.me.id() && !known.contains(&id) {
                self.tell_vault_key(client)?;
            }
        }
        let sequence = record.body.sequence;
        let RecordSeen(seen) = self.db.value::<RecordSeen>()?.unwrap_or_default();
        if sequence <= seen {
            return Ok(());
        }
        self.db.set_value(&RecordSeen(sequence))?;
        if clients.len() > 1 {
            self.name_this_client()?;
            self.vault_is_stale()?;
        }
        for room in self.db.rooms()? {
            if room.phase == RoomPhase::Joined {
                self.add_own_soon(&room)?;
            }
        }
        self.remove_expelled()
    }

    /// A room was joined, or somebody added to it: a client of this account that its record, as it is
    /// known here, does not list is newer than what is known, or was expelled. The record tells.
    pub(super) fn suspect_own(&mut self, room: &RoomRow) -> Result<(), Error> {
        if self.unlisted_in(room)?.is_empty() {
            return Ok(());
        }
        let username = self.me.username().to_owned();
        self.add_once(Goal::LookUpOwn, vec![username])
    }

    /// The record of this account as this client last saw it.
    fn own_record_known(&self) -> Result<Option<AccountRecord>, Error> {
        let me = self.db.person(&self.me.account())?;
        Ok(me.and_then(|me| me.record))
    }

    /// The other clients of this account.
    pub(super) fn own_clients(&self) -> Result<Vec<ClientCertificate>, Error> {
        let record = self.own_record_known()?;
        let mut clients = record.map(|record| record.body.clients).unwrap_or_default();
        clients.retain(|client| client.body.client != self.me.id());
        Ok(clients)
    }

    /// Writes the same letter to every other client of this account.
    pub(super) fn write_to_own_clients(&mut self, letter: &Letter) -> Result<(), Error> {
        for client in self.own_clients()? {
            self.write_letter(&client.body, letter.clone())?;
        }
        Ok(())
    }

    /// Whether a letter came from a client that the account's record lists.
    pub(super) fn is_own_client(&self, from: &ClientCertificate) -> Result<bool, Error> {
        Ok(account_of(from) == self.me.account() && self.own_clients()?.contains(from))
    }

    /// A client says that it is new in this account: the record tells whether it is. One that is known
    /// asks for the vault's key.
    pub(super) fn told_of_client(&mut self, from: &ClientCertificate) -> Result<(), Error> {
        if self.is_own_client(from)? {
            return self.tell_vault_key(from);
        }
        if account_of(from) == self.me.account() {
            self.live.record_checked = false;
        }
        Ok(())
    }

    /// Another client of this account changed the password.
    pub(super) fn told_of_password(&mut self, from: &ClientCertificate) -> Result<(), Error> {
        if self.is_own_client(from)? {
            self.events.push(Event::PasswordChanged);
        }
        Ok(())
    }

    /// Another client of this account wrote the vault.
    pub(super) fn told_of_vault(&mut self, from: &ClientCertificate) -> Result<(), Error> {
        match self.is_own_client(from)? {
            true => self.vault_is_stale(),
            false => Ok(()),
        }
    }

    /// Sets the timer by which clients of this account that are not in a room are added, if any are.
    pub(super) fn add_own_soon(&mut self, room: &RoomRow) -> Result<(), Error> {
        if room.is_beside() || self.own_missing(room)?.is_empty() {
            return Ok(());
        }
        let wait = if room.state.direct { SUCCESSOR_MS } else { 0 };
        let due = self.now.plus_ms(wait + self.jitter(SPREAD_MS));
        self.db.set_timer(TimerKind::AddOwn, Some(&room.id), due)
    }

    /// The timer of [`Self::add_own_soon`].
    pub(super) fn add_own(&mut self, id: &RoomId) -> Result<(), Error> {
        let Some(room) = self.db.room(id)? else {
            return Ok(());
        };
        if room.phase == RoomPhase::Joined && !self.own_missing(&room)?.is_empty() {
            self.want_in(&room, self.me.account())?;
            // A client without key packages may have some then.
            let again = self
                .now
                .plus_ms(LET_IN_EVERY_MS + self.jitter(LET_IN_EVERY_MS));
            return self.db.set_timer(TimerKind::AddOwn, Some(id), again);
        }
        Ok(())
    }

    /// Clients of this account that are not in a room.
    fn own_missing(&mut self, room: &RoomRow) -> Result<Vec<ClientId>, Error> {
        let mut missing = self.own_clients()?;
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let present: Vec<ClientId> = group.members().map(Member::client).collect();
        missing.retain(|client| !present.contains(&client.body.client));
        Ok(missing.iter().map(|client| client.body.client).collect())
    }

    /// Removes clients of this account that its record no longer lists from every room.
    pub(super) fn remove_expelled(&mut self) -> Result<(), Error> {
        for room in self.db.rooms()? {
            if room.phase == RoomPhase::Joined {
                self.remove_expelled_from(&room)?;
            }
        }
        Ok(())
    }

    /// Clients of this account that are in a room and not in its record as it is known here.
    fn unlisted_in(&mut self, room: &RoomRow) -> Result<BTreeSet<ClientId>, Error> {
        let Some(record) = self.own_record_known()? else {
            return Ok(BTreeSet::new());
        };
        let listed = ids(&record);
        self.own_in(room, |client| !listed.contains(client))
    }

    /// Clients of this account in a room.
    fn own_in(
        &mut self,
        room: &RoomRow,
        wanted: impl Fn(&ClientId) -> bool,
    ) -> Result<BTreeSet<ClientId>, Error> {
        let me = self.me.account();
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let own = group.members().filter(|member| member.account() == me);
        Ok(own.map(Member::client).filter(wanted).collect())
    }

    fn remove_expelled_from(&mut self, room: &RoomRow) -> Result<(), Error> {
        let unlisted = self.unlisted_in(room)?;
        self.remove_own(room, |client| unlisted.contains(client))
    }

    /// Removes clients of this account from a room.
    pub(super) fn remove_own(
        &mut self,
        room: &RoomRow,
        goes: impl Fn(&ClientId) -> bool,
    ) -> Result<(), Error> {
        let clients = self.own_in(room, goes)?;
        if clients.is_empty() {
            return Ok(());
        }
        let tagged = self.vault_generations()?;
        let change = Change::RemoveClients { clients, tagged };
        self.want_once(&room.id, change)
    }

    /// Wants a change unless it is wanted already.
    pub(super) fn want_once(&mut self, room: &RoomId, change: Change) -> Result<(), Error> {
        let queued = self.db.outbox(room, u32::MAX)?;
        match queued.iter().any(|row| row.intent.is_change_like(&change)) {
            true => Ok(()),
            false => self.want(room, &Intent::Commit(change), None),
        }
    }

    /// Wants all clients of an account in a room.
    pub(super) fn want_in(&mut self, room: &RoomRow, account: AccountKeyHash) -> Result<(), Error> {
        let change = Change::add(vec![account], String::new());
        self.want_once(&room.id, change)
    }

    /// A client of somebody in a room is to be added: its record is looked up first.
    pub(super) fn let_in(
        &mut self,
        room: &RoomId,
        account: AccountKeyHash,
        username: String,
    ) -> Result<(), Error> {
        let goal = Goal::LetIn {
            room: *room,
            account,
        };
        self.add_once(goal, vec![username])
    }

    /// Somebody whose account is in a room asks to be let in. No person is asked: the account is in it,
    /// and its record says whose client this is.
    pub(super) fn asked_in(
        &mut self,
        from: &ClientCertificate,
        id: &RoomId,
        relay: &str,
        mailbox: &MailboxAddress,
    ) -> Result<(), Error> {
        let Some(mut room) = self.db.room(id)? else {
            return Ok(());
        };
        if room.phase != RoomPhase::Joined {
            return Ok(());
        }
        let (account, client) = (account_of(from), from.body.client);
        let group = self.groups.of(self.db, &self.me.client, &room)?;
        let is_in = group.members().any(|member| member.account() == account);
        let is_member = group.members().any(|member| member.certificate == *from);
        let knows_more =
            room.mailbox != *mailbox && self.db.room_by_mailbox(relay, mailbox)?.is_none();
        if is_member && knows_more {
            // It has read of a group that this client has yet to follow it to.
            return Ok(());
        }
        if !is_in {
            let letter = Letter::NotMember {
                mailbox: *mailbox,
                relay: relay.to_owned(),
            };
            return self.write_letter(&from.body, letter);
        }
        let earliest = self.live.let_in.get(&(*id, client)).copied();
        if earliest.is_some_and(|earliest| self.now < earliest) {
            return Ok(());
        }
        let next = self.now.plus_ms(LET_IN_EVERY_MS);
        self.live.let_in.insert((*id, client), next);
        if is_member {
            // It was added, and its invitation never came: it has no secret for its seat.
            room.state.seatless.insert(client);
            self.write_room(&room)?;
            return self.want_once(id, Change::repair(client));
        }
        self.let_in(id, account, from.body.username.clone())
    }

    /// Adds a task of the engine's own, unless it is there.
    fn add_once(&mut self, goal: Goal, usernames: Vec<String>) -> Result<(), Error> {
        if self.db.tasks()?.iter().any(|(_, task)| task.goal == goal) {
            return Ok(());
        }
        let people = usernames.into_iter().map(|name| (name, None)).collect();
        self.db.add_task(&Task {
            goal,
            people,
            handed_over: false,
        })?;
        Ok(())
    }

    /// Notes that a client is to be expelled, before its record is published.
    pub(super) fn begin_expelling(&mut self, client: ClientId) -> Result<(), Error> {
        self.db.set_value(&Expelling(client))
    }

    /// The record without a client is published: the vault gets a key that it does not know, and it
    /// loses its place in every room.
    pub(super) fn expelled(
        &mut self,
        record: &AccountRecord,
        [(present, present_key), (generation, key)]: [(u32, VaultKey); 2],
    ) -> Result<(), Error> {
        self.own_record(record)?;
        if self.end()?.is_some() {
            // The two expelled each other: what is left to do is for the clients that are left.
            return Ok(());
        }
        if present > self.vault_key()?.0 {
            // The letter with it is still on its way.
            self.keep_vault_key(present, present_key)?;
        }
        if generation > self.vault_key()?.0 {
            self.keep_vault_key(generation, key.clone())?;
            self.write_to_own_clients(&Letter::VaultKey { generation, key })?;
            self.tag_seats_anew()?;
        }
        self.db.take_value::<Expelling>()?;
        self.vault_changed()
    }

    /// The settings, for the vault.
    pub(super) fn settings(&self) -> Result<VaultSettings, Error> {
        Ok(self.db.value::<Settings>()?.unwrap_or_default().0)
    }

    /// What another client chose counts, unless this one has something to write itself.
    pub(super) fn take_settings(&mut self, theirs: &VaultSettings) -> Result<(), Error> {
        let mut settings = self.settings()?;
        let is_waiting = self.db.timer(TimerKind::WriteVault, None)?.is_some();
        for (name, value) in &theirs.values {
            if !(is_waiting && settings.values.contains_key(name)) {
                settings.values.insert(name.clone(), value.clone());
            }
        }
        self.db.set_value(&Settings(settings))
    }

    /// Tells the other clients on what this one runs.
    pub(super) fn name_this_client(&mut self) -> Result<(), Error> {
        let key = setting(&self.me.id(), "platform");
        let mut settings = self.settings()?;
        if settings.values.contains_key(&key) {
            return Ok(());
        }
        settings.values.insert(key, platform::NAME.to_owned());
        self.db.set_value(&Settings(settings))?;
        self.vault_changed()
    }

    /// Gives a client a name.
    pub(super) fn rename_client(&mut self, client: &ClientId, name: &str) -> Result<(), Error> {
        let is_known = self
            .own_record_known()?
            .is_some_and(|record| ids(&record).contains(client));
        if !is_known {
            return Err(ErrorKind::NotFound.into());
        }
        check_title(name)?;
        if name.len() > MAX_NAME {
            return Err(ErrorKind::BadInput.into());
        }
        let mut settings = self.settings()?;
        settings
            .values
            .insert(setting(client, "name"), name.to_owned());
        self.db.set_value(&Settings(settings))?;
        self.vault_changed()
    }
}

/// Whether the next thing to be sent in a room removes expelled clients: nothing else is sent beside the
/// line that a room keeps to.
pub(super) fn removes_expelled(db: Db<'_>, room: &RoomId) -> Result<bool, Error> {
    let next = db.outbox(room, 1)?.pop();
    let intent = next.map(|row| row.intent);
    Ok(matches!(
        intent,
        Some(Intent::Commit(Change::RemoveClients { .. }))
    ))
}

/// The clients of this account as shells list them, and one whose removal is not finished.
pub(super) fn clients(db: Db<'_>, me: &super::me::Me) -> Result<Vec<Client>, Error> {
    let record = db.person(&me.account())?.and_then(|me| me.record);
    let settings = db.value::<Settings>()?.unwrap_or_default().0.values;
    let mut heard = db.last_heard_of(&me.account())?;
    heard.remove(&me.id());
    let half_gone = db.value::<Expelling>()?.map(|Expelling(client)| client);
    let mut listed = record.as_ref().map(ids).unwrap_or_default();
    if listed.is_empty() {
        listed.push(me.id());
    }
    listed.extend(half_gone.filter(|client| !listed.contains(client)));
    let shown = listed.into_iter().map(|client| Client {
        id: client,
        name: settings.get(&setting(&client, "name")).cloned(),
        platform: match client == me.id() {
            // The others hear of it when the vault is written.
            true => Some(platform::NAME.to_owned()),
            false => settings.get(&setting(&client, "platform")).cloned(),
        },
        is_this: client == me.id(),
        last_heard: heard.get(&client).copied(),
        is_half_removed: half_gone == Some(client),
    });
    Ok(shown.collect())
}

fn ids(record: &AccountRecord) -> Vec<ClientId> {
    let clients = record.body.clients.iter();
    clients.map(|client| client.body.client).collect()
}

/// Name of a setting about a client.
fn setting(client: &ClientId, what: &str) -> String {
    let hex: String = client
        .as_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("client/{hex}/{what}")
}
