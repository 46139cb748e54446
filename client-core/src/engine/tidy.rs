//! Tidying: members that said they leave are removed, members without a seat are repaired, and other
//! seats that differ from the tree are set right by an admin.

use restante_wire::fault::planted;

use super::{
    intent::{Change, Intent},
    io::{RoomId, RoomPhase},
    turn::Turn,
};
use crate::{
    Error,
    store::{RoomRow, TimerKind},
};

/// How much later each further leaf does it, so that one commit is enough.
pub(super) const STEP_MS: u64 = 4_000;

impl Turn<'_> {
    /// Sets the timer by which this client does it: the lowest leaf that may, at once, others later.
    pub(super) fn tidy_soon(&mut self, room: &RoomRow) -> Result<(), Error> {
        if room.is_beside() {
            return Ok(());
        }
        let state = &room.state;
        let lacks_members = !state.leaving.is_empty() || !state.seatless.is_empty();
        let lacks_seats = state.admin_seat && !state.untidy.is_empty();
        if !lacks_members && !lacks_seats {
            return self.db.clear_timer(TimerKind::Tidy, Some(&room.id));
        }
        if self.db.timer(TimerKind::Tidy, Some(&room.id))?.is_some() {
            return Ok(());
        }
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let own = group.me().leaf_index;
        let shared = group.room_state();
        let rank = group
            .members()
            .filter(|member| {
                let client = member.client();
                member.leaf_index < own
                    && (lacks_members || shared.is_admin(&member.account()))
                    && !state.leaving.contains(&client)
                    && !state.seatless.contains(&client)
            })
            .count() as u64;
        let due = self.now.plus_ms(rank * STEP_MS);
        self.db.set_timer(TimerKind::Tidy, Some(&room.id), due)
    }

    /// The timer of [`Self::tidy_soon`].
    pub(super) fn tidy(&mut self, id: &RoomId) -> Result<(), Error> {
        let Some(mut room) = self.db.room(id)? else {
            return Ok(());
        };
        if room.phase != RoomPhase::Joined {
            return Ok(());
        }
        let queued: Vec<Intent> = self
            .db
            .outbox(id, u32::MAX)?
            .into_iter()
            .map(|row| row.intent)
            .collect();
        let mut wanted: Vec<Change> = Vec::new();
        if !room.state.leaving.is_empty() {
            wanted.push(Change::RemoveLeavers);
        }
        let seatless = room.state.seatless.difference(&room.state.leaving);
        for client in seatless.copied().collect::<Vec<_>>() {
            match room.state.repaired.get(&client) {
                // Repaired lately, and without a seat again.
                Some(until) if !room.may_repair(&client, self.now) => {
                    self.db.set_timer(TimerKind::Tidy, Some(id), *until)?;
                }
                _ => self.repair(&mut room, client)?,
            }
        }
        let is_untidy = room.state.admin_seat && !room.state.untidy.is_empty();
        if is_untidy && !planted("c7_seats_of_nobody_stay") {
            wanted.push(Change::TidySeats);
        }
        for change in wanted {
            if !queued.iter().any(|intent| intent.is_change_like(&change)) {
                self.want(id, &Intent::Commit(change), None)?;
            }
        }
        Ok(())
    }
}
