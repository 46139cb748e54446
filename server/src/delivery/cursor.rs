//! What has been read, and what is deleted for it (R6).

use restante_wire::{Day, ErrorCode, SeatId, WireError, fault, mailbox::Position};

use super::{Context, Mailbox};

/// Envelopes that every cursor has passed wait until there are so many: one range delete is cheaper
/// than many small ones. What is left over goes when the store has nothing else to do.
pub const TRIM_STEP: u64 = 64;

impl Mailbox {
    /// Moves a seat's cursor. It never moves back.
    ///
    /// # Errors
    /// `no_such_seat`, `seat_not_rotated`, `beyond_log`.
    pub fn ack(&mut self, position: &Position, ctx: &Context<'_>) -> Result<(), WireError> {
        let access = &position.access;
        self.enter_rotated(access, ctx)?;
        if position.cursor > self.last {
            return Err(ErrorCode::BeyondLog.into());
        }
        if self
            .seats
            .get(&access.seat)
            .is_some_and(|seat| position.cursor > seat.cursor)
            && let Some(seat) = self.change_seat(&access.seat)
        {
            seat.cursor = position.cursor;
        }
        Ok(())
    }

    /// How many stored envelopes every live seat has acknowledged.
    #[must_use]
    pub fn trimmable(&self) -> u64 {
        (self.acknowledged() + 1).saturating_sub(self.first)
    }

    /// Deletes what every live seat has acknowledged, if that is at least `at_least` envelopes.
    pub fn trim(&mut self, at_least: u64) {
        if self.trimmable() >= at_least.max(1) {
            self.trim_below(self.acknowledged() + 1);
        }
    }

    /// Deletes what its retention no longer covers: `kept_from` is the lowest number of an envelope
    /// that it still covers, or none if there is no such envelope. Drops seats that nobody used for
    /// too long, and forgets dropped ones that have nothing left to read.
    pub fn expire(&mut self, kept_from: Option<u64>, ctx: &Context<'_>) {
        self.trim(1);
        self.trim_below(kept_from.unwrap_or(self.last + 1));
        let unseen = Day(ctx.day.0.saturating_sub(ctx.limits.seat_days));
        let first = self.first;
        let gone: Vec<SeatId> = self
            .seats
            .iter()
            .filter(|(_, seat)| match seat.dropped_at {
                Some(dropped_at) => dropped_at < first,
                None => seat.seen < unseen,
            })
            .map(|(id, _)| *id)
            .collect();
        for id in gone {
            self.seats.remove(&id);
            self.changes.seats.insert(id);
            self.changes.recheck.insert(id);
        }
    }

    /// Forgets ids that no retry can need: the envelope is trimmed, and a later commit exists, so
    /// that a retry would be stale.
    pub(super) fn forget_ids(&mut self) {
        let below = if fault::planted("r3_ids_forgotten_with_the_envelope") {
            self.first
        } else {
            self.first.min(self.last_commit)
        };
        if self.ids.forget_below(below) {
            self.changes.forget_below = Some(below);
        }
    }

    /// Highest number that every live seat has acknowledged. Without live seats nobody
    /// acknowledges anything, and the retention decides.
    fn acknowledged(&self) -> u64 {
        let cursors = self.live_seats().map(|(_, seat)| seat.cursor);
        let lowest = if fault::planted("r6_trimmed_before_the_slowest_cursor") {
            cursors.max()
        } else {
            cursors.min()
        };
        lowest.unwrap_or(0)
    }

    fn trim_below(&mut self, number: u64) {
        if number > self.first {
            self.first = number;
            self.changes.log = true;
            self.changes.trim_below = Some(number);
            self.forget_ids();
        }
    }
}
