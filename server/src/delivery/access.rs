//! Whether a secret opens a seat, and how far the seat may read.

use restante_wire::{Day, ErrorCode, SeatId, SecretHash, WireError, fault, mailbox::SeatAccess};
use subtle::ConstantTimeEq;

use super::{
    Context, Mailbox,
    mailbox::{Seat, Used},
};

/// Which of a seat's secrets was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// The one in force.
    Current,
    /// The one that waits for its first use, which this is.
    Next,
}

/// Which secret of the seat this is the hash of, if any.
#[must_use]
pub fn shown(seat: &Seat, hash: &SecretHash) -> Option<Shown> {
    let is = |stored: &SecretHash| bool::from(stored.0.ct_eq(&hash.0));
    if is(&seat.secret) {
        Some(Shown::Current)
    } else if seat.next_secret.as_ref().is_some_and(is) {
        Some(Shown::Next)
    } else {
        None
    }
}

/// The highest number that a seat may read, in a mailbox with these bounds.
///
/// # Errors
/// `no_such_seat` for a dropped seat that has nothing left to read above `cursor` (R5).
pub fn readable(seat: &Seat, first: u64, last: u64, cursor: u64) -> Result<u64, WireError> {
    match seat.dropped_at {
        None => Ok(last),
        Some(dropped_at) if cursor < dropped_at && first <= dropped_at => Ok(dropped_at),
        Some(_) => Err(ErrorCode::NoSuchSeat.into()),
    }
}

/// Whether using the seat in this way changes what is stored: a new secret comes into force, or the
/// seat was not seen today.
#[must_use]
pub fn needs_touch(seat: &Seat, shown: Shown, today: Day) -> bool {
    seat.is_live() && (shown == Shown::Next || seat.seen < today)
}

impl Mailbox {
    /// Lets a live seat in, and notes that it was used.
    ///
    /// # Errors
    /// `no_such_seat`, whatever is wrong.
    pub fn enter(&mut self, access: &SeatAccess, ctx: &Context<'_>) -> Result<(), WireError> {
        let hash = access.secret.hash();
        let seat = self
            .seats
            .get(&access.seat)
            .filter(|seat| seat.is_live())
            .ok_or(ErrorCode::NoSuchSeat)?;
        let shown = shown(seat, &hash).ok_or(ErrorCode::NoSuchSeat)?;
        if needs_touch(seat, shown, ctx.day) {
            self.touch(&access.seat, shown, ctx.day);
        }
        Ok(())
    }

    /// Lets a live seat in that chose its own secret.
    ///
    /// # Errors
    /// `no_such_seat`, `seat_not_rotated`.
    pub fn enter_rotated(
        &mut self,
        access: &SeatAccess,
        ctx: &Context<'_>,
    ) -> Result<(), WireError> {
        self.enter(access, ctx)?;
        match self.seats.get(&access.seat) {
            Some(seat) if seat.rotated || fault::planted("r5_unrotated_seat_acts") => Ok(()),
            _ => Err(ErrorCode::SeatNotRotated.into()),
        }
    }

    /// What a live seat has used of its rates.
    pub(super) fn used(&mut self, seat: &SeatId) -> Result<&mut Used, WireError> {
        let seat = self.seats.get_mut(seat).ok_or(ErrorCode::NoSuchSeat)?;
        Ok(&mut seat.used)
    }

    fn touch(&mut self, id: &SeatId, shown: Shown, today: Day) {
        let Some(seat) = self.change_seat(id) else {
            return;
        };
        seat.seen = today;
        if shown == Shown::Next
            && let Some(next) = seat.next_secret.take()
        {
            seat.secret = next;
            seat.rotated = true;
            // Whoever watches with the old secret shows now that it knows the new one.
            self.changes.recheck.insert(*id);
        }
    }
}
