//! One input, one transaction: a turn holds everything that the handling of an input touches.
//! Requests and events leave only after the transaction is on disk (invariant C1).

use std::collections::{BTreeMap, BTreeSet};

use restante_crypto::Randomness;
use restante_wire::{
    api::{Access, Endpoint},
    codec,
    inbox::InboxRequest,
    mailbox,
};

use super::{
    groups::Groups,
    io::{Event, Outgoing, RoomId, Time},
    live::{Call, Live},
    me::Me,
};
use crate::{
    Error,
    store::{Db, RoomRow},
};

/// Everything one input may touch.
pub(super) struct Turn<'a> {
    pub(super) db: Db<'a>,
    pub(super) now: Time,
    pub(super) me: &'a Me,
    pub(super) randomness: &'a Randomness,
    pub(super) groups: &'a mut Groups,
    pub(super) live: &'a mut Live,
    pub(super) outgoing: Vec<Outgoing>,
    pub(super) events: Vec<Event>,
    /// Rooms in which something may have to be done next.
    pub(super) touched: BTreeSet<RoomId>,
    /// Rooms in which this turn received something to confirm.
    pub(super) receipts: BTreeSet<RoomId>,
    /// Rooms to be watched, by relay.
    pub(super) watches: BTreeMap<String, Vec<RoomRow>>,
}

impl Turn<'_> {
    /// Fresh random bytes.
    pub(super) fn random<const N: usize>(&self) -> [u8; N] {
        self.randomness.bytes()
    }

    /// A random delay below `bound_ms`, so that clients do not act in step.
    pub(super) fn jitter(&self, bound_ms: u64) -> u64 {
        u64::from_le_bytes(self.random()) % bound_ms.max(1)
    }

    /// Asks a mailbox.
    pub(super) fn ask(&mut self, relay: &str, call: Call, request: mailbox::Request) {
        let call = self.live.open(call);
        self.outgoing.push(Outgoing::Mailbox {
            call,
            relay: relay.to_owned(),
            request,
        });
    }

    /// Asks the inbox.
    pub(super) fn ask_inbox(&mut self, call: Call, request: InboxRequest) {
        let call = self.live.open(call);
        self.outgoing.push(Outgoing::Inbox { call, request });
    }

    /// Posts to the home relay.
    pub(super) fn post_home<E: Endpoint>(&mut self, call: Call, request: &E) {
        self.post(self.me.relay().to_owned(), call, request);
    }

    /// Posts to a relay.
    pub(super) fn post<E: Endpoint>(&mut self, relay: String, call: Call, request: &E) {
        let call = self.live.open(call);
        let body = codec::encode(request);
        let access: Access = E::ACCESS;
        self.outgoing.push(Outgoing::Http {
            call,
            relay,
            path: E::PATH,
            access,
            body,
        });
    }

    /// Does all that can be done now, in every room that this turn touched and for the account.
    pub(super) fn pump(&mut self) -> Result<(), Error> {
        if self.live.removed {
            return self.groups.store(self.db);
        }
        self.pump_tasks()?;
        self.pump_account()?;
        self.pump_uploads()?;
        while let Some(room) = self.touched.pop_first() {
            self.pump_room_or_rest(&room)?;
        }
        self.pump_watches();
        self.pump_signals()?;
        self.pump_acks()?;
        self.pump_push()?;
        self.db.index_new()?;
        self.groups.store(self.db)
    }
}
