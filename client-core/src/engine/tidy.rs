//! Tidying: members that said they leave are removed, members without a seat are repaired.

use super::{
    intent::{Change, Intent},
    io::RoomId,
    turn::Turn,
};
use crate::{
    Error,
    store::{RoomRow, TimerKind},
};

/// How much later each further leaf does it, so that one commit is enough.
const STEP_MS: u64 = 4_000;

impl Turn<'_> {
    /// Sets the timer by which this client removes leavers and repairs members without a seat: the
    /// lowest leaf at once, others later.
    pub(super) fn tidy_soon(&mut self, room: &RoomRow) -> Result<(), Error> {
        if room.state.leaving.is_empty() && room.state.seatless.is_empty() {
            return self.db.clear_timer(TimerKind::Tidy, Some(&room.id));
        }
        if self.db.timer(TimerKind::Tidy, Some(&room.id))?.is_some() {
            return Ok(());
        }
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let own = group.me().leaf_index;
        let state = &room.state;
        let rank = group
            .members()
            .filter(|member| {
                let client = member.client();
                member.leaf_index < own
                    && !state.leaving.contains(&client)
                    && !state.seatless.contains(&client)
            })
            .count() as u64;
        let due = self.now.plus_ms(rank * STEP_MS);
        self.db.set_timer(TimerKind::Tidy, Some(&room.id), due)
    }

    /// The timer of [`Self::tidy_soon`].
    pub(super) fn tidy(&mut self, id: &RoomId) -> Result<(), Error> {
        let Some(room) = self.db.room(id)? else {
            return Ok(());
        };
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
        for client in room.state.seatless.difference(&room.state.leaving) {
            wanted.push(Change::repair(*client));
        }
        for change in wanted {
            if !queued.iter().any(|intent| intent.is_change_like(&change)) {
                self.want(id, &Intent::Commit(change), None)?;
            }
        }
        Ok(())
    }
}
