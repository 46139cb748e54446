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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::DAY_MS,
        delivery::{
            access::readable,
            testing::{ADMIN, Room, context, listing, seat},
        },
    };

    fn expire(room: &mut Room, kept_from: Option<u64>) {
        let limits = room.limits.clone();
        room.mailbox
            .expire(kept_from, &context(room.now_ms, &limits));
    }

    #[test]
    fn r6_only_what_every_cursor_has_passed_is_trimmed() {
        let mut room = Room::with_members(&[2]);
        let last = room.message(2).unwrap();
        room.ack(ADMIN, last).unwrap();
        room.mailbox.trim(1);
        let seat_2 = room.mailbox.seat(&seat(2)).unwrap().cursor;
        assert_eq!(room.mailbox.first(), seat_2 + 1);
        room.ack(2, last).unwrap();
        room.mailbox.trim(1);
        assert_eq!(room.mailbox.first(), last + 1);
    }

    #[test]
    fn r6_a_cursor_never_moves_back_and_never_beyond_the_log() {
        let mut room = Room::with_members(&[2]);
        let last = room.message(2).unwrap();
        room.ack(2, last).unwrap();
        room.ack(2, 1).unwrap();
        assert_eq!(room.mailbox.seat(&seat(2)).unwrap().cursor, last);
        let refused = room.ack(2, last + 1);
        assert_eq!(refused, Err(ErrorCode::BeyondLog.into()));
    }

    #[test]
    fn a_dropped_seat_reads_to_its_end_and_holds_back_nothing() {
        let mut room = Room::with_members(&[2]);
        let cursor = room.mailbox.seat(&seat(2)).unwrap().cursor;
        let dropped_at = room.commit(ADMIN, listing(&[ADMIN], &[])).unwrap();
        let last = room.message(ADMIN).unwrap();
        let dropped = room.mailbox.seat(&seat(2)).unwrap().clone();
        let first = room.mailbox.first();
        assert_eq!(readable(&dropped, first, last, cursor), Ok(dropped_at));
        let no_such_seat = Err(ErrorCode::NoSuchSeat.into());
        assert_eq!(readable(&dropped, first, last, dropped_at), no_such_seat);
        room.ack(ADMIN, last).unwrap();
        room.mailbox.trim(1);
        assert_eq!(room.mailbox.first(), last + 1);
        assert_eq!(readable(&dropped, last + 1, last, cursor), no_such_seat);
        assert_eq!(room.ack(2, last), no_such_seat.map(drop));
    }

    #[test]
    fn r6_the_retention_trims_what_nobody_acknowledged_and_nothing_younger() {
        let mut room = Room::with_members(&[2]);
        let old = room.message(2).unwrap();
        let young = room.message(2).unwrap();
        expire(&mut room, Some(young));
        assert_eq!(room.mailbox.first(), old + 1);
        expire(&mut room, None);
        assert_eq!(room.mailbox.first(), young + 1);
    }

    #[test]
    fn a_seat_that_nobody_used_is_dropped_after_its_time() {
        let mut room = Room::with_members(&[2]);
        room.now_ms += 90 * DAY_MS;
        room.message(ADMIN).unwrap();
        expire(&mut room, Some(1));
        assert!(room.mailbox.seat(&seat(2)).is_some());
        room.now_ms += DAY_MS;
        expire(&mut room, Some(1));
        assert!(room.mailbox.seat(&seat(2)).is_none());
        assert!(room.mailbox.seat(&seat(ADMIN)).is_some());
        assert!(room.mailbox.take_changes().recheck.contains(&seat(2)));
    }

    #[test]
    fn a_mailbox_that_everybody_left_is_abandoned_once_its_end_cannot_be_read() {
        let mut room = Room::new();
        let end = room.commit(ADMIN, listing(&[], &[])).unwrap();
        expire(&mut room, Some(end));
        assert!(!room.mailbox.is_abandoned());
        expire(&mut room, None);
        assert!(room.mailbox.is_abandoned());
    }
}
