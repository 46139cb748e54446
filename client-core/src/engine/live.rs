//! What the engine knows while it runs and need not know after a restart: which streams are up,
//! which calls are open, how far the relay's logs reach.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use restante_wire::{ClientId, EnvelopeId, ErrorCode, MailboxAddress};

use super::{
    claims::Asked,
    io::{CallId, RoomId, TaskId, Time},
    push::Service,
    questions::Question,
    signals::Signals,
};
use crate::store::HandleMark;

/// What an open call is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Call {
    /// A mailbox is being made.
    Create(RoomId),
    /// A seat's secret is being replaced.
    Rotate(RoomId),
    /// Outbox rows are being appended, in this order, under these ids.
    Append(RoomId, Vec<(i64, EnvelopeId)>),
    /// Rooms are being watched, in this order.
    Watch(Vec<RoomId>),
    /// Cursors are being moved, in this order.
    Ack(String, Vec<(RoomId, u64)>),
    /// A username is being looked up.
    Lookup {
        /// For which task.
        task: TaskId,
        /// As typed.
        username: String,
    },
    /// Key packages are being claimed for an outbox row.
    Claim(Asked),
    /// A letter is being delivered.
    Deliver(EnvelopeId),
    /// A signal is being sent: nothing follows from the answer.
    Signal,
    /// The inbox is being watched.
    WatchInbox,
    /// The inbox's cursor is being moved.
    AckInbox(u64),
    /// The state of the pool of key packages is being read.
    ReadPool,
    /// Key packages are being uploaded; whether in place of all earlier ones.
    UploadKeyPackages(Vec<Vec<u8>>, bool),
    /// The contact token is being set.
    SetContactToken,
    /// The vault is being written over this version, under the key of this generation.
    WriteVault(u64, u32),
    /// The vault is being read, to take in what is new; and to merge with it and write.
    ReadVault {
        /// Whether it is written again.
        writes: bool,
    },
    /// The account's record is being read.
    ReadRecord,
    /// A file is being uploaded.
    Upload(i64),
    /// A relay is being asked how it wakes devices.
    ReadPushService(String),
    /// A seat or the inbox is being given a wake-up handle.
    SetWakeHandle(HandleCall),
}

/// A wake-up handle on its way to a relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HandleCall {
    /// Which relay.
    pub(super) relay: String,
    /// For which mailbox or inbox.
    pub(super) log: MailboxAddress,
    /// What it was made of.
    pub(super) mark: HandleMark,
}

/// What is known of push on the present connections.
#[derive(Debug, Default)]
pub(super) struct PushLive {
    /// By relay.
    pub(super) services: BTreeMap<String, Service>,
    /// Logs whose handle is under way.
    pub(super) busy: BTreeSet<MailboxAddress>,
    /// When what was refused is tried again.
    pub(super) retry_at: Option<Time>,
}

/// What is known of one room while it is watched.
#[derive(Debug, Clone, Default)]
pub(super) struct RoomLive {
    /// A watch was asked for.
    pub(super) watching: bool,
    /// It was answered: `last` holds, and whatever comes is of this watch.
    pub(super) watched: bool,
    /// Watches that were asked for and are not answered, later ones in place of earlier ones.
    pub(super) unanswered: u32,
    /// Highest number the relay told of.
    pub(super) last: u64,
    /// Number that may be acknowledged.
    pub(super) received: u64,
    /// Number the relay has as this seat's cursor.
    pub(super) acked: u64,
    /// An append, a claim, a rotation or a creation is under way.
    pub(super) busy: bool,
    /// Appending is useless until this commit was processed.
    pub(super) wait_for_commit: u64,
    /// Outbox rows that the relay took and whose echo has not come, with their numbers.
    pub(super) sent: BTreeMap<i64, u64>,
    /// Outbox rows that were appended once, with no answer lost: what is refused then, nobody has.
    pub(super) first_tries: BTreeSet<i64>,
    /// Gaps met in a row.
    pub(super) gaps: u32,
    /// Refusals and silences in a row.
    pub(super) failures: u32,
    /// What members asked about commits that this client has yet to read.
    pub(super) questions: Vec<Question>,
}

impl RoomLive {
    /// The present watch, if there is one, is of no use: another is asked for.
    pub(super) const fn watch_anew(&mut self) {
        self.watching = false;
        self.watched = false;
    }
}

/// Everything volatile.
#[derive(Debug, Default)]
pub(super) struct Live {
    pub(super) last_call: u64,
    pub(super) calls: BTreeMap<CallId, Call>,
    /// Relays whose rooms stream is up.
    pub(super) relays: BTreeSet<String>,
    /// Relays with an ack under way.
    pub(super) acking: BTreeSet<String>,
    pub(super) rooms: HashMap<RoomId, RoomLive>,
    pub(super) busy_tasks: BTreeSet<TaskId>,
    pub(super) letters: BTreeSet<EnvelopeId>,
    /// Uploads under way.
    pub(super) uploads: BTreeSet<i64>,
    pub(super) account_up: bool,
    pub(super) inbox_watching: bool,
    pub(super) inbox_watched: bool,
    pub(super) inbox_last: u64,
    pub(super) inbox_acked: u64,
    pub(super) inbox_acking: bool,
    pub(super) pool_checked: bool,
    pub(super) pool_busy: bool,
    pub(super) token_busy: bool,
    pub(super) vault_busy: bool,
    /// Something changed while the vault was written or read.
    pub(super) vault_dirty: bool,
    /// Another client of the account wrote the vault.
    pub(super) vault_stale: bool,
    /// This client was removed from its account: it does nothing more.
    pub(super) removed: bool,
    /// The account's record was asked for on this connection.
    pub(super) record_checked: bool,
    /// When a client may be let into a room again by this one.
    pub(super) let_in: BTreeMap<(RoomId, ClientId), Time>,
    /// The relay's day as last greeted, for key packages.
    pub(super) relay_day: u32,
    /// Why the relay last refused work for a time; none if it did not answer since.
    pub(super) refused: Option<ErrorCode>,
    /// Whether the client is about to end: nothing waits for company.
    pub(super) hurries: bool,
    /// How relays wake this device.
    pub(super) push: PushLive,
    /// Typing and presence.
    pub(super) signals: Signals,
    /// Earliest time of something that no timer row tells of.
    pub(super) wake_at: Option<Time>,
}

impl Live {
    pub(super) fn room(&mut self, room: &RoomId) -> &mut RoomLive {
        self.rooms.entry(*room).or_default()
    }

    /// Whether any relay can be reached.
    pub(super) fn is_online(&self) -> bool {
        self.account_up || !self.relays.is_empty()
    }

    /// Notes an open call and names it.
    pub(super) fn open(&mut self, call: Call) -> CallId {
        self.last_call += 1;
        let id = CallId(self.last_call);
        self.calls.insert(id, call);
        id
    }

    /// Rooms in which the relay's cursor is behind: what was received on this connection.
    pub(super) fn rooms_to_ack(&self) -> Vec<RoomId> {
        let behind = self
            .rooms
            .iter()
            .filter(|(_, room)| room.acked < room.received);
        behind.map(|(id, _)| *id).collect()
    }

    /// Forgets everything but the numbering of calls: after a failed transaction nothing volatile can
    /// be trusted, and the streams start anew.
    pub(super) fn reset(&mut self) {
        *self = Self {
            last_call: self.last_call,
            hurries: self.hurries,
            signals: self.signals.after_reset(),
            removed: self.removed,
            ..Self::default()
        };
    }
}
