//! The mailbox's seats beside the group's tree: what appends did to seats, and where that differs from
//! who is in the room.
//!
//! A member without a seat is repaired by any member. A live seat that belongs to no member, or has
//! another role than its account, is set right by an admin client, whose commit states the whole list
//! of seats. Seats are never looked up, only followed through the log. When it is done: [`super::tidy`].

use std::collections::BTreeMap;

use restante_crypto::{CommitSummary, Member, ParticipantRole, RoomState as SharedState, seat_id};
use restante_wire::{AccountKeyHash, Envelope, Role, SeatId, SeatOutcome, fault::planted};

use super::turn::Turn;
use crate::{Error, store::RoomRow};

impl Turn<'_> {
    /// A commit was merged: notes seats that its append ought to drop or give another role. What it
    /// did is noted next, by [`Self::note_seats`].
    pub(super) fn expect_seats(
        &mut self,
        room: &mut RoomRow,
        summary: &CommitSummary,
    ) -> Result<(), Error> {
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let shared = group.room_state();
        let state = &mut room.state;
        for removed in &summary.removed {
            let client = removed.body.client;
            if !state.seatless.contains(&client) && !planted("c7_kept_seat_not_noticed") {
                state.untidy.insert(seat_id(&shared.seat_key, &client));
            }
        }
        let was_admin: BTreeMap<AccountKeyHash, bool> = state
            .participants
            .iter()
            .map(|(account, _, admin)| (*account, *admin))
            .collect();
        let changed = |account: &AccountKeyHash| {
            let was_admin = was_admin.get(account);
            was_admin.is_some_and(|was_admin| *was_admin != shared.is_admin(account))
        };
        if summary.state.is_some() {
            let others = group.members().filter(|member| changed(&member.account()));
            let seats = others.map(|member| seat_id(&shared.seat_key, &member.client()));
            state.untidy.extend(seats);
        }
        Ok(())
    }

    /// Follows what an append did to seats.
    pub(super) fn note_seats(
        &mut self,
        room: &mut RoomRow,
        envelope: &Envelope,
    ) -> Result<(), Error> {
        let seats = &envelope.seats;
        if *seats == SeatOutcome::default() || !self.db.has_group(&room.id)? {
            return Ok(());
        }
        let me = self.me.id();
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let shared = group.room_state();
        let members: BTreeMap<SeatId, &Member> = group
            .members()
            .map(|member| (seat_id(&shared.seat_key, &member.client()), member))
            .collect();
        let is_right = |seat: &SeatId, role: Role| {
            let member = members.get(seat);
            member.is_some_and(|member| role_of(shared, &member.account()) == role)
        };
        let state = &mut room.state;
        let added = seats.added.iter().map(|seat| (*seat, Role::Member));
        for (seat, role) in added.chain(seats.roles.iter().copied()) {
            if is_right(&seat, role) {
                state.untidy.remove(&seat);
            } else {
                state.untidy.insert(seat);
            }
            if seat == state.seat {
                state.admin_seat = role == Role::Admin;
            }
        }
        for seat in &seats.dropped {
            state.untidy.remove(seat);
            let client = members.get(seat).map(|member| member.client());
            state.seatless.extend(client.filter(|client| *client != me));
        }
        self.tidy_soon(room)
    }
}

/// Every seat of these members with its role: the whole list that an admin's commit states.
pub(super) fn seat_list<'a>(
    state: &SharedState,
    members: impl Iterator<Item = &'a Member>,
) -> Vec<(SeatId, Role)> {
    let seat = |member: &Member| {
        let seat = seat_id(&state.seat_key, &member.client());
        (seat, role_of(state, &member.account()))
    };
    members.map(seat).collect()
}

/// Role of an account's seats.
pub(super) fn role_of(state: &SharedState, account: &AccountKeyHash) -> Role {
    match state
        .participants
        .get(account)
        .map(|participant| participant.role)
    {
        Some(ParticipantRole::Admin) => Role::Admin,
        _ => Role::Member,
    }
}
