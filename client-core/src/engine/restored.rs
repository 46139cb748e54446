//! A relay that was restored from an older backup, and says so by another restore id in its greeting.
//!
//! It has forgotten what came after the backup. So its key packages are replaced, those that it gave
//! out already among them; its inbox is read from the start; the contact token is told again. A room
//! proves that its log reaches as far as this client has seen it: the relay shows the last envelope once
//! more, which fits the log hash only if all before it is the same. Until then nothing is appended. A
//! room that fails the proof stands still ([`super::halt`]) until it goes on in a successor
//! ([`super::lost_logs`]): going back would mean to take part in two histories. Never silent: a relay that answers below what was seen and announces no restore is at
//! fault, and `log_mismatch` says so ([`super::rooms`]).

use std::collections::BTreeMap;

use restante_wire::{Envelope, LogHash, RestoreId, fault::planted};
use serde::{Deserialize, Serialize};

use super::{
    inbox::InboxCursor,
    io::{RoomId, RoomPhase},
    turn::Turn,
};
use crate::{
    Error,
    store::{RoomRow, RoomState, TimerKind, Value},
};

/// The restore id that each relay greeted with last.
#[derive(Default, Serialize, Deserialize)]
struct RestoreIds(BTreeMap<String, RestoreId>);

impl Value for RestoreIds {
    const KEY: &'static str = "restore_ids";
}

/// Whether the relay's pool of key packages must be replaced as a whole.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct PoolIsStale(pub(super) bool);

impl Value for PoolIsStale {
    const KEY: &'static str = "pool_is_stale";
}

impl Turn<'_> {
    /// A relay greets: notices whether it is in another life than the last time.
    pub(super) fn greeted(&mut self, relay: &str, restore_id: RestoreId) -> Result<(), Error> {
        let mut known = self.db.value::<RestoreIds>()?.unwrap_or_default();
        let before = known.0.insert(relay.to_owned(), restore_id);
        if before == Some(restore_id) || planted("c3_restore_not_noticed") {
            return Ok(());
        }
        self.db.set_value(&known)?;
        match before {
            Some(_) => self.relay_restored(relay),
            None => Ok(()),
        }
    }

    fn relay_restored(&mut self, relay: &str) -> Result<(), Error> {
        self.set_handles_again(relay)?;
        if relay == self.me.relay() {
            self.db.set_value(&PoolIsStale(true))?;
            self.live.pool_checked = false;
            self.db.set_value(&InboxCursor(0))?;
            self.live.inbox_acked = 0;
            self.set_contact_token_again()?;
        }
        for mut room in self.db.rooms()? {
            let has_read = matches!(room.phase, RoomPhase::Joining | RoomPhase::Joined);
            if room.relay == relay && has_read {
                room.state.unproven = true;
                room.state.log_lost = false;
                room.state.searching = false;
                self.db.clear_timer(TimerKind::Succeed, Some(&room.id))?;
                self.write_room(&room)?;
            }
        }
        Ok(())
    }

    /// A watch tells how far the log of a room reaches that is to be proved.
    pub(super) fn prove_length(&mut self, room: &mut RoomRow, last: u64) -> Result<(), Error> {
        let invitation = room.state.invitation.as_ref();
        let needed = match (room.phase, invitation) {
            (RoomPhase::Joining, Some(invitation)) => invitation.commit,
            _ => room.state.cursor,
        };
        if last < needed {
            return self.lose_log(room);
        }
        if room.state.cursor == 0 {
            room.state.proven();
            self.write_room(room)?;
        }
        Ok(())
    }

    /// Compares the last envelope that this client has processed, shown once more, with its log hash.
    pub(super) fn prove_envelope(
        &mut self,
        room: &mut RoomRow,
        envelope: &Envelope,
    ) -> Result<(), Error> {
        let before = match envelope.number {
            1 => Some(LogHash::start(&room.mailbox)),
            number => self.db.log_hash(&room.id, number.saturating_sub(1))?,
        };
        let is_same = before.is_none_or(|before| before.next(envelope) == room.state.log_hash);
        if !is_same {
            return self.lose_log(room);
        }
        room.state.proven();
        Ok(())
    }

    /// The relay has deleted the envelope that would be the proof: everybody had it, before the backup.
    pub(super) fn proof_trimmed(&mut self, mut room: RoomRow) -> Result<(), Error> {
        room.state.proven();
        self.watch_anew(&room.id);
        self.write_room(&room)
    }

    pub(super) fn end_watch(&mut self, room: &RoomId) {
        self.live.room(room).watch_anew();
    }
}

impl RoomState {
    /// The log is the one that this client has seen.
    const fn proven(&mut self) {
        self.unproven = false;
        self.kept = Some(self.cursor);
    }
}
