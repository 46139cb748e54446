//! Making, changing and dropping seats.
//!
//! A right that is missing refuses the append. A change that meets a seat in another state than its
//! author knew (an id that is live already, a seat that is gone) is left out, and the envelope's
//! [`SeatOutcome`] says what was done: an append must not fail for what its author cannot see.

use std::collections::HashMap;

use restante_wire::{
    Day, ErrorCode, Kind, Role, SeatId, SeatOutcome, WireError, fault,
    limits::MAX_SEATS,
    mailbox::{AppendItem, Create, Rotate, SeatChanges, SeatGrant, SetWakeHandle},
};
use subtle::ConstantTimeEq;

use super::{
    Context, Mailbox,
    mailbox::{Seat, Used},
    wake,
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
    /// `no_such_seat`, `rate_limited`, `too_large`, `bad_request`.
    pub fn set_wake_handle(
        &mut self,
        request: SetWakeHandle,
        ctx: &Context<'_>,
    ) -> Result<(), WireError> {
        wake::check_length(request.handle.as_ref())?;
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
        // Who states the list could drop a seat and add it anew.
        let even_committed =
            changes.list.is_some() && !fault::planted("c7_used_seat_keeps_its_secret");
        for grant in changes.refresh {
            self.refresh_seat(&grant, even_committed, &mut outcome.refreshed);
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
            cursor: if fault::planted("r6_newcomer_starts_behind_its_welcome") {
                number
            } else {
                number - 1
            },
            seen: today,
            dropped_at: None,
            wake_handle: None,
            used: Used::default(),
        };
        self.put_seat(id, seat);
        added.push(id);
    }

    fn refresh_seat(
        &mut self,
        grant: &SeatGrant,
        even_committed: bool,
        refreshed: &mut Vec<SeatId>,
    ) {
        if self
            .seats
            .get(&grant.seat)
            .is_none_or(|seat| seat.has_committed && !even_committed)
        {
            return;
        }
        if let Some(seat) = self.change_seat(&grant.seat) {
            seat.secret = grant.secret_hash;
            seat.next_secret = None;
            seat.rotated = false;
            // Whoever committed from it may be another than who gets the secret.
            seat.has_committed = false;
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

#[cfg(test)]
mod tests {
    use restante_wire::{
        Envelope, EnvelopeId, codec,
        mailbox::{OwnedDrop, SeatAccess},
    };

    use super::*;
    use crate::delivery::{
        append::Refused,
        testing::{
            ADMIN, Room, access, adding, create, grant, invited_secret, listing, own_secret, owner,
            seat, with_secret,
        },
    };

    fn outcome(room: &mut Room) -> SeatOutcome {
        let appended = room.mailbox.take_changes().appended;
        let last = appended.last().unwrap();
        codec::decode::<Envelope>(&last.encoded).unwrap().seats
    }

    fn enter(room: &mut Room, access: &SeatAccess) -> Result<(), WireError> {
        let limits = room.limits.clone();
        let ctx = crate::delivery::testing::context(room.now_ms, &limits);
        room.mailbox.enter(access, &ctx)
    }

    #[test]
    fn a_new_seat_starts_before_its_commit_and_neither_appends_nor_acks_before_its_rotation() {
        let mut room = Room::new();
        room.message(ADMIN).unwrap();
        let commit = room.invite(2);
        assert_eq!(room.mailbox.seat(&seat(2)).unwrap().cursor, commit - 1);
        let invited = with_secret(2, invited_secret(2));
        let limits = room.limits.clone();
        let ctx = crate::delivery::testing::context(room.now_ms, &limits);
        assert_eq!(room.mailbox.enter(&invited, &ctx), Ok(()));
        let refused = room.mailbox.enter_rotated(&invited, &ctx);
        assert_eq!(refused, Err(ErrorCode::SeatNotRotated.into()));
        room.rotate(2).unwrap();
        // Who invited it still knows the old secret.
        let refused = room.mailbox.enter_rotated(&invited, &ctx);
        assert_eq!(refused, Err(ErrorCode::SeatNotRotated.into()));
        room.message(2).unwrap();
    }

    #[test]
    fn the_old_secret_is_accepted_until_the_new_one_was_used() {
        let mut room = Room::new();
        room.invite(2);
        room.rotate(2).unwrap();
        room.rotate(2).unwrap();
        let old = with_secret(2, invited_secret(2));
        enter(&mut room, &old).unwrap();
        enter(&mut room, &access(2)).unwrap();
        let changes = room.mailbox.take_changes();
        assert!(changes.recheck.contains(&seat(2)));
        assert_eq!(enter(&mut room, &old), Err(ErrorCode::NoSuchSeat.into()));
    }

    #[test]
    fn a_retried_rotation_that_shows_the_new_secret_is_done() {
        let mut room = Room::new();
        room.invite(2);
        room.rotate(2).unwrap();
        let retry = Rotate {
            access: access(2),
            secret_hash: own_secret(2).hash(),
            owner_tag: owner(2).tag(&seat(2)),
        };
        let limits = room.limits.clone();
        let ctx = crate::delivery::testing::context(room.now_ms, &limits);
        room.mailbox.rotate(&retry, &ctx).unwrap();
        room.message(2).unwrap();
        assert_eq!(room.mailbox.seat(&seat(2)).unwrap().next_secret, None);
    }

    #[test]
    fn a_live_seat_is_never_added_over_and_a_dropped_one_is_made_anew() {
        let mut room = Room::with_members(&[2]);
        room.commit(ADMIN, adding(2)).unwrap();
        assert_eq!(outcome(&mut room), SeatOutcome::default());
        room.message(2).unwrap();
        room.commit(ADMIN, listing(&[ADMIN], &[])).unwrap();
        room.commit(ADMIN, adding(2)).unwrap();
        assert_eq!(outcome(&mut room).added, [seat(2)]);
        assert_eq!(room.message(2), Err(ErrorCode::NoSuchSeat.into()));
        room.rotate(2).unwrap();
        room.message(2).unwrap();
    }

    #[test]
    fn a_seat_gets_a_fresh_secret_only_before_its_first_commit() {
        let mut room = Room::with_members(&[2, 3]);
        room.commit(2, SeatChanges::default()).unwrap();
        let refresh = SeatChanges {
            refresh: vec![grant(2), grant(3), grant(9)],
            ..SeatChanges::default()
        };
        room.commit(ADMIN, refresh).unwrap();
        assert_eq!(outcome(&mut room).refreshed, [seat(3)]);
        room.message(2).unwrap();
        // Whoever kept the old secret of seat 3 is out.
        assert_eq!(room.message(3), Err(ErrorCode::NoSuchSeat.into()));
        room.rotate(3).unwrap();
        room.message(3).unwrap();
    }

    #[test]
    fn c7_a_commit_that_states_the_list_gives_a_fresh_secret_to_a_seat_that_was_used() {
        let mut room = Room::with_members(&[2, 3]);
        room.commit(3, SeatChanges::default()).unwrap();
        let mut changes = listing(&[ADMIN], &[3]);
        changes.refresh = vec![grant(3)];
        room.commit(ADMIN, changes).unwrap();
        assert_eq!(outcome(&mut room).refreshed, [seat(3)]);
        assert_eq!(room.message(3), Err(ErrorCode::NoSuchSeat.into()));
        // It has appended nothing since: any member may repair whoever never got the secret.
        let repair = SeatChanges {
            refresh: vec![grant(3)],
            ..SeatChanges::default()
        };
        room.commit(ADMIN, repair).unwrap();
        assert_eq!(outcome(&mut room).refreshed, [seat(3)]);
    }

    #[test]
    fn only_an_admin_states_the_list_and_it_drops_changes_roles_and_revives_nobody() {
        let mut room = Room::with_members(&[2, 3, 4]);
        let refused = room.commit(2, listing(&[ADMIN, 2], &[]));
        assert_eq!(refused, Err(ErrorCode::SeatChangeRefused.into()));
        let mut changes = listing(&[ADMIN, 2], &[5]);
        changes.add = vec![grant(5)];
        room.commit(ADMIN, changes).unwrap();
        assert_eq!(
            outcome(&mut room),
            SeatOutcome {
                added: vec![seat(5)],
                refreshed: vec![],
                dropped: vec![seat(3), seat(4)],
                roles: vec![(seat(2), Role::Admin)],
            }
        );
        room.commit(2, listing(&[2], &[3, 5])).unwrap();
        assert_eq!(outcome(&mut room).dropped, [seat(ADMIN)]);
        assert_eq!(room.message(3), Err(ErrorCode::NoSuchSeat.into()));
    }

    #[test]
    fn a_message_may_only_drop_its_own_seat() {
        let mut room = Room::with_members(&[2]);
        let mut message = room.item(Kind::Message);
        message.changes = adding(3);
        let refused = room.one(2, message);
        assert_eq!(refused, Err(ErrorCode::SeatChangeRefused.into()));
        let mut leaving = room.item(Kind::Message);
        leaving.changes.drop_self = true;
        let number = room.one(2, leaving).unwrap();
        assert_eq!(outcome(&mut room).dropped, [seat(2)]);
        assert_eq!(
            room.mailbox.seat(&seat(2)).unwrap().dropped_at,
            Some(number)
        );
    }

    #[test]
    fn who_shows_the_owner_secret_drops_the_seat_and_nobody_else_does() {
        let mut room = Room::with_members(&[2, 3]);
        let drop_three = |secret: u8| SeatChanges {
            drop_owned: vec![OwnedDrop {
                seat: seat(3),
                owner_secret: owner(secret),
            }],
            ..SeatChanges::default()
        };
        let refused = room.commit(2, drop_three(2));
        assert_eq!(refused, Err(ErrorCode::SeatChangeRefused.into()));
        room.commit(2, drop_three(3)).unwrap();
        assert_eq!(outcome(&mut room).dropped, [seat(3)]);
    }

    #[test]
    fn r8_a_mailbox_has_a_bounded_number_of_seats() {
        let mut room = Room::new();
        let grants = |from: u16, count: usize| SeatChanges {
            add: (0..count)
                .map(|n| {
                    let mut id = [3; 32];
                    id[..2].copy_from_slice(&(from + n as u16).to_le_bytes());
                    SeatGrant {
                        seat: SeatId(id),
                        secret_hash: own_secret(3).hash(),
                    }
                })
                .collect(),
            ..SeatChanges::default()
        };
        room.commit(ADMIN, grants(0, MAX_SEATS - 1)).unwrap();
        let full = room.commit(ADMIN, grants(60_000, 1)).unwrap_err();
        assert_eq!(full, Refused::Error(ErrorCode::TooMany.into()));
    }

    #[test]
    fn the_same_creation_again_is_known_and_another_one_is_not() {
        let mut room = Room::new();
        assert!(room.mailbox.was_made_by(&create()));
        let mut other = create();
        other.secret_hash = own_secret(9).hash();
        assert!(!room.mailbox.was_made_by(&other));
        let mut item = room.item(Kind::Message);
        item.id = EnvelopeId([1; 16]);
        room.one(ADMIN, item).unwrap();
        assert!(!room.mailbox.was_made_by(&create()));
    }
}
