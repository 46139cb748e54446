//! Into a room by its Welcome, for the first time or after a repair.

use restante_crypto::{
    CommitSummary, Group, Joined, group::room_state::RoomState as SharedState, seat_id, welcome,
};
use restante_wire::{Envelope, SeatId, fault::planted};

use super::{intent::Intent, io::RoomPhase, letters::Invitation, turn::Turn};
use crate::{
    Error,
    store::{RoomRow, RoomState, TimerKind},
};

/// The first leaf update comes at a random moment within this for each member.
const FIRST_UPDATE_MS: u64 = 2_000;

/// What a commit by which this client joined changed for it, beside that.
const NOTHING: CommitSummary = CommitSummary {
    added: Vec::new(),
    removed: Vec::new(),
    repaired: Vec::new(),
    updated: false,
    state: None,
};

impl Turn<'_> {
    /// Follows the invitation at the commit that it names. All or nothing: a failed join must not
    /// burn the key package, and leaves an earlier state as it was.
    pub(super) fn join(&mut self, room: &mut RoomRow, envelope: &Envelope) -> Result<(), Error> {
        let Some(invitation) = room.state.invitation.clone() else {
            return Ok(());
        };
        let was_member = self.db.has_group(&room.id)?;
        if self.enter(room, envelope, &invitation)? {
            self.end_accept(&room.id, None)?;
            return self.vault_changed();
        }
        if was_member {
            room.phase = RoomPhase::Joined;
            room.state.invitation = None;
            self.live.room(&room.id).watch_anew();
            return Ok(());
        }
        if self.take_spare_invitation(room) {
            return Ok(());
        }
        self.not_let_in(room)
    }

    /// An invitation leads nowhere. Where the account has its place in the room, members are asked.
    pub(super) fn not_let_in(&mut self, room: &mut RoomRow) -> Result<(), Error> {
        if room.state.expected && !room.is_beside() {
            return self.ask_in_anew(room);
        }
        self.close_room(room.clone(), RoomPhase::Removed)?;
        room.phase = RoomPhase::Removed;
        Ok(())
    }

    /// Opens the Welcome beside a commit and becomes a member by it.
    /// Returns whether it did; if not, nothing has changed.
    fn enter(
        &mut self,
        room: &mut RoomRow,
        envelope: &Envelope,
        invitation: &Invitation,
    ) -> Result<bool, Error> {
        let Some(joined) = self.open_welcome(room, envelope, invitation)? else {
            return Ok(false);
        };
        let shared = joined.group.room_state();
        let seat = seat_id(&shared.seat_key, &self.me.id());
        let is_stranger = room.is_beside() && !self.carries_on(room, shared)?;
        if shared.room_id != room.shown_as().0 || seat != room.state.seat || is_stranger {
            return Ok(false);
        }
        if !joined.last_resort && !planted("c5_used_key_package_kept") {
            self.db.delete_key_package(&joined.key_package)?;
        }
        let since = Self::doubtful_since(&room.state.standing, room.state.cursor);
        let was_member = self.db.has_group(&room.id)?;
        room.phase = RoomPhase::Joined;
        room.state = RoomState {
            suite: Some(joined.group.suite()),
            ..state_of_joined(room, shared, seat, envelope, invitation)
        };
        self.groups.insert(self.db, room.id, joined.group)?;
        let before = envelope.number.saturating_sub(1);
        self.db
            .add_log_hash(&room.id, before, &invitation.log_hash)?;
        self.db
            .add_log_hash(&room.id, envelope.number, &room.state.log_hash)?;
        self.db.clear_timer(TimerKind::AskInDoubt, Some(&room.id))?;
        if !room.is_beside() {
            self.first_leaf_update(room)?;
            self.add_own_soon(room)?;
        }
        self.suspect_own(room)?;
        self.note_all_members(room, envelope.day.0)?;
        self.wait_for_newcomers(room, envelope.number)?;
        self.merged(room, envelope, &joined.inviter, &NOTHING)?;
        if room.is_beside() {
            return Ok(true);
        }
        if !was_member && !room.state.expected {
            self.note_own_joining(room, envelope, &joined.inviter)?;
        }
        if was_member {
            self.keep_taken(room)?;
            self.db.clear_items(&room.id)?;
            self.live.room(&room.id).sent.clear();
            self.send_anew(room, room.place(since))?;
        } else if room.state.direct {
            self.want(&room.id, &Intent::ContactToken, None)?;
        }
        Ok(true)
    }

    /// Whether a group is one that can follow the room's own: of the same two, or made by somebody who was
    /// in a group that this client knows.
    fn carries_on(&self, line: &RoomRow, shared: &SharedState) -> Result<bool, Error> {
        if line.state.direct {
            let is_of_the_two = |account| {
                let mut people = line.state.participants.iter();
                people.any(|(known, ..)| known == account)
            };
            return Ok(shared.direct && shared.participants.keys().all(is_of_the_two));
        }
        let Some(left) = shared.predecessor else {
            return Ok(false);
        };
        let room = self.db.room(&line.shown_as())?;
        let mut known = self.db.lines_beside(&line.shown_as())?;
        known.extend(room);
        Ok(!shared.direct && known.iter().any(|known| known.mailbox == left.mailbox))
    }

    /// Others take it that this client has arrived by its first leaf update.
    pub(super) fn first_leaf_update(&mut self, room: &RoomRow) -> Result<(), Error> {
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let members = group.members().count() as u64;
        let due = self.now.plus_ms(self.jitter(members * FIRST_UPDATE_MS));
        self.db
            .set_timer(TimerKind::LeafUpdate, Some(&room.id), due)
    }

    fn open_welcome(
        &self,
        room: &RoomRow,
        envelope: &Envelope,
        invitation: &Invitation,
    ) -> Result<Option<Joined>, Error> {
        let Some(sealed) = &envelope.welcome else {
            return Ok(None);
        };
        let Ok(bytes) = welcome::open(&invitation.welcome_key, sealed) else {
            return Ok(None);
        };
        for reference in welcome::references(&bytes).unwrap_or_default() {
            if let Some(package) = self.db.key_package(&reference)? {
                let joined = Group::join(&self.me.client, room.mailbox, &bytes, package.rows);
                return Ok(joined.ok());
            }
        }
        Ok(None)
    }
}

/// What is kept of a room across joining or a repair, with the rest as the invitation has it.
fn state_of_joined(
    room: &mut RoomRow,
    shared: &SharedState,
    seat: SeatId,
    envelope: &Envelope,
    invitation: &Invitation,
) -> RoomState {
    RoomState {
        title: shared.title.clone(),
        picture: room.state.picture,
        seated: true,
        admin_seat: room.state.admin_seat,
        untidy: std::mem::take(&mut room.state.untidy),
        read: room.state.read,
        line: room.state.line,
        base: room.state.base,
        beside: room.state.beside,
        named: room.state.named,
        left_epoch: shared.predecessor.map_or(0, |left| left.epoch),
        mute: room.state.mute,
        expected: room.state.expected,
        shared: room.state.shared,
        participants: match room.state.beside {
            Some(_) => room.state.participants.clone(),
            None => Vec::new(),
        },
        log_mismatch: room.state.log_mismatch,
        joined: envelope.number,
        repaired: std::mem::take(&mut room.state.repaired),
        spare_secret: room.state.spare_secret.take(),
        spare_invitation: room
            .state
            .spare_invitation
            .take()
            .filter(|spare| spare.commit > envelope.number),
        log_hash: invitation.log_hash.next(envelope),
        cursor: envelope.number,
        ..RoomState::new(shared.direct, seat, room.state.secret.clone())
    }
}
