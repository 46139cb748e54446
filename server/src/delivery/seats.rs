//! Making, changing and dropping seats.
//!
//! A right that is missing refuses the append. A change that meets a seat in another state than its
//! author knew (an id that is live already, a seat that is gone) is left out, and the envelope's
//! [`SeatOutcome`] says what was done: an append must not fail for what its author cannot see.

use std::collections::HashMap;

use restante_wire::{
    Day, ErrorCode, Kind, Role, SeatId, SeatOutcome, WireError,
    limits::{MAX_SEATS, MAX_WAKE_HANDLE},
    mailbox::{AppendItem, Create, Rotate, SeatChanges, SeatGrant, SetWakeHandle},
};
use subtle::ConstantTimeEq;

use super::{
    Context, Mailbox,
    mailbox::{Seat, Used},
};

impl Mailbox {
    /// Makes a mailbox.
    #[must_use]
    pub fn create(request: &Create, ctx: &Context<'_>) -> Self {
        let seat = Seat {
            secret: request.secret_hash,
            next_secret: None,
            rotated: true,
            role: Role::Admin,
            has_committed: false,
            owner_tag: Some(request.owner_tag),
            cursor: 0,
            seen: ctx.day,
            dropped_at: None,
            wake_handle: None,
            used: Used::default(),
        };
        Self::with_seat(request.mailbox, request.seat, seat)
    }

    /// Whether this is the mailbox that the same request made before: its answer was lost.
    #[must_use]
    pub fn was_made_by(&self, request: &Create) -> bool {
        self.last == 0
            && self.seats.len() == 1
            && self
                .seats
                .get(&request.seat)
                .is_some_and(|seat| bool::from(seat.secret.0.ct_eq(&request.secret_hash.0)))
    }

    /// Replaces a seat's secret as soon as the new one is used.
    ///
    /// # Errors
    /// `no_such_seat`, `rate_limited`.
    pub fn rotate(&mut self, request: &Rotate, ctx: &Context<'_>) -> Result<(), WireError> {
        let id = &request.access.seat;
        self.enter(&request.access, ctx)?;
        let used = self.used(id)?;
        used.envelopes.take(ctx.limits.envelopes, ctx.now_ms)?;
        let seat = self.change_seat(id).ok_or(ErrorCode::NoSuchSeat)?;
        seat.owner_tag = Some(request.owner_tag);
        // A retry that shows the new secret has just put it in force.
        if seat.secret != request.secret_hash {
            seat.next_secret = Some(request.secret_hash);
        }
        Ok(())
    }

    /// Sets or clears a seat's wake-up handle.
    ///
    /// # Errors
    /// `no_such_seat`, `rate_limited`, `too_large`.
    pub fn set_wake_handle(
        &mut self,
        request: SetWakeHandle,
        ctx: &Context<'_>,
    ) -> Result<(), WireError> {
        let length = request.handle.as_ref().map_or(0, |handle| handle.0.len());
        if length > MAX_WAKE_HANDLE {
            return Err(ErrorCode::TooLarge.into());
        }
        let id = &request.access.seat;
        self.enter(&request.access, ctx)?;
        let used = self.used(id)?;
        used.envelopes.take(ctx.limits.envelopes, ctx.now_ms)?;
        let seat = self.change_seat(id).ok_or(ErrorCode::NoSuchSeat)?;
        seat.wake_handle = request.handle;
        Ok(())
    }

    /// Whether the author may ask for these changes with this kind of append.
    pub(super) fn check_changes(
        &self,
        author: &SeatId,
        item: &AppendItem,
    ) -> Result<(), WireError> {
        let changes = &item.changes;
        let only_self = changes.add.is_empty()
            && changes.refresh.is_empty()
            && changes.drop_owned.is_empty()
            && changes.list.is_none();
        if only_self {
            return Ok(());
        }
        if item.kind == Kind::Message {
            return Err(ErrorCode::SeatChangeRefused.into());
        }
        let listed = changes.list.as_ref().map_or(0, Vec::len);
        if listed
            .max(changes.refresh.len())
            .max(changes.drop_owned.len())
            > MAX_SEATS
        {
            return Err(ErrorCode::TooLarge.into());
        }
        self.has_room_for_seats(changes.add.len())?;
        let role = self.seats.get(author).map(|seat| seat.role);
        if changes.list.is_some() && role != Some(Role::Admin) {
            return Err(ErrorCode::SeatChangeRefused.into());
        }
        let foreign = changes.drop_owned.iter().any(|drop| {
            let tag = self.seats.get(&drop.seat).and_then(|seat| seat.owner_tag);
            tag.is_none_or(|tag| !bool::from(tag.0.ct_eq(&drop.owner_secret.tag(&drop.seat).0)))
        });
        if foreign {
            return Err(ErrorCode::SeatChangeRefused.into());
        }
        Ok(())
    }

    /// Applies changes that [`Self::check_changes`] has let pass, for the append of this number.
    /// Seats that lose their right to watch go to `recheck`.
    pub(super) fn apply_changes(
        &mut self,
        author: &SeatId,
        number: u64,
        changes: SeatChanges,
        today: Day,
        recheck: &mut Vec<SeatId>,
    ) -> SeatOutcome {
        let mut outcome = SeatOutcome::default();
        for grant in changes.add {
            self.add_seat(&grant, number, today, &mut outcome.added);
        }
        for grant in changes.refresh {
            self.refresh_seat(&grant, &mut outcome.refreshed);
        }
        if let Some(list) = changes.list {
            self.keep_listed(list, number, &mut outcome);
        }
        for drop in changes.drop_owned {
            self.drop_seat(&drop.seat, number, &mut outcome.dropped);
        }
        if changes.drop_self {
            self.drop_seat(author, number, &mut outcome.dropped);
        }
        recheck.extend(outcome.dropped.iter().chain(&outcome.refreshed));
        outcome
    }

    fn add_seat(&mut self, grant: &SeatGrant, number: u64, today: Day, added: &mut Vec<SeatId>) {
        let id = grant.seat;
        if self.seats.get(&id).is_some_and(Seat::is_live) {
            return;
        }
        let seat = Seat {
            secret: grant.secret_hash,
            next_secret: None,
            rotated: false,
            role: Role::Member,
            has_committed: false,
            owner_tag: None,
            cursor: number - 1,
            seen: today,
            dropped_at: None,
            wake_handle: None,
            used: Used::default(),
        };
        self.put_seat(id, seat);
        added.push(id);
    }

    fn refresh_seat(&mut self, grant: &SeatGrant, refreshed: &mut Vec<SeatId>) {
        if self
            .seats
            .get(&grant.seat)
            .is_none_or(|seat| seat.has_committed)
        {
            return;
        }
        if let Some(seat) = self.change_seat(&grant.seat) {
            seat.secret = grant.secret_hash;
            seat.next_secret = None;
            seat.rotated = false;
            refreshed.push(grant.seat);
        }
    }

    fn keep_listed(&mut self, list: Vec<(SeatId, Role)>, number: u64, outcome: &mut SeatOutcome) {
        let list: HashMap<SeatId, Role> = list.into_iter().collect();
        let mut live: Vec<SeatId> = self.live_seats().map(|(id, _)| *id).collect();
        live.sort_unstable();
        for id in live {
            match list.get(&id) {
                None => self.drop_seat(&id, number, &mut outcome.dropped),
                Some(&role) => {
                    if self.seats.get(&id).is_some_and(|seat| seat.role != role)
                        && let Some(seat) = self.change_seat(&id)
                    {
                        seat.role = role;
                        outcome.roles.push((id, role));
                    }
                }
            }
        }
    }

    fn drop_seat(&mut self, id: &SeatId, number: u64, dropped: &mut Vec<SeatId>) {
        if let Some(seat) = self.change_seat(id) {
            seat.dropped_at = Some(number);
            seat.wake_handle = None;
            dropped.push(*id);
        }
    }

    pub(super) fn live_seats(&self) -> impl Iterator<Item = (&SeatId, &Seat)> {
        self.seats.iter().filter(|(_, seat)| seat.is_live())
    }
}
