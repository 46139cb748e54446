//! Ways out of doubt: being added again, by a commit of a member that knows better.
//!
//! While in doubt nothing is acknowledged, so that the relay keeps what a repair must read again. Read
//! next: [`super::questions`], for who asks whom.

use restante_crypto::CommitSummary;
use restante_wire::{
    ClientId, Envelope, MailboxAddress, SeatSecret, account::ClientCertificate, fault::planted,
};

use super::{
    doubt::Standing,
    intent::{Change, Intent},
    io::{MessageState, RoomId, RoomPhase, Time},
    letters::{Invitation, Loss, account_of},
    turn::Turn,
};
use crate::{
    Error, ErrorKind,
    store::{RoomRow, TimerKind},
};

/// One client is repaired at most this often by another.
const REPAIR_EVERY_MS: u64 = 3_600_000;

impl Turn<'_> {
    /// Whether somebody is in the group, by exactly this certificate.
    pub(super) fn is_member(
        &mut self,
        room: &RoomRow,
        certificate: &ClientCertificate,
    ) -> Result<bool, Error> {
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let is_member = group
            .members()
            .any(|member| member.certificate == *certificate);
        Ok(is_member)
    }

    /// Wants a client removed and added in one, unless it was this client who did so last, and lately.
    pub(super) fn repair(&mut self, room: &mut RoomRow, client: ClientId) -> Result<(), Error> {
        let change = Change::repair(client);
        let is_queued = self
            .db
            .outbox(&room.id, u32::MAX)?
            .iter()
            .any(|row| row.intent.is_change_like(&change));
        if !room.may_repair(&client, self.now) {
            return Ok(());
        }
        let again = self.now.plus_ms(REPAIR_EVERY_MS);
        room.state.repaired.retain(|_, until| *until > self.now);
        room.state.repaired.insert(client, again);
        self.write_room(room)?;
        match is_queued {
            true => Ok(()),
            false => self.want(&room.id, &Intent::Commit(change), None),
        }
    }

    /// Somebody was repaired: nobody need do it again.
    pub(super) fn drop_repairs(
        &mut self,
        room: &RoomRow,
        summary: &CommitSummary,
    ) -> Result<(), Error> {
        if summary.repaired.is_empty() {
            return Ok(());
        }
        for row in self.db.outbox(&room.id, u32::MAX)? {
            let is_moot = summary.repaired.iter().any(|repaired| {
                row.intent
                    .is_change_like(&Change::repair(repaired.body.client))
            });
            if is_moot {
                self.db.delete_outbox_row(row.id)?;
                self.live.room(&room.id).sent.remove(&row.id);
                self.end_part(row.task)?;
            }
        }
        Ok(())
    }

    /// This client sees the room as others do: what it sent meanwhile counts as sent.
    pub(super) fn doubt_ended(&mut self, room: &mut RoomRow) -> Result<(), Error> {
        self.db.clear_timer(TimerKind::AskInDoubt, Some(&room.id))?;
        let queued = [MessageState::Queued];
        let shown = self.db.raise_own_messages(
            &room.id,
            (0, room.place(room.state.cursor)),
            &queued,
            MessageState::Sent,
        )?;
        for message in shown {
            self.show(&message)?;
        }
        // Others may have told of them while they still waited.
        self.raise_states(room)
    }

    /// A member of the room invites this client again, or a client of somebody in it that came later, of
    /// which the directory has told ([`super::vouching`]). What lies before the commit that adds it is
    /// read with the old state, as far as the relay has it; what was read beyond that commit is read
    /// anew.
    pub(super) fn invited_again(
        &mut self,
        mut room: RoomRow,
        from: &ClientCertificate,
        invitation: Invitation,
    ) -> Result<(), Error> {
        let author = account_of(from);
        let mut people = room.state.participants.iter();
        let is_participant = people.any(|(account, ..)| *account == author);
        let is_member = is_participant || self.is_member(&room, from)?;
        let needs_it = room.state.standing.in_doubt() || room.state.lost.is_some();
        let is_old = invitation.commit <= room.state.joined;
        if !is_member || is_old || invitation.mailbox != room.mailbox {
            return Ok(());
        }
        if !needs_it {
            // It may have come before what makes it needed.
            return match invitation.commit > room.state.cursor {
                true => self.keep_spare(room, invitation),
                false => Ok(()),
            };
        }
        if let Some(secret) = &invitation.seat_secret {
            room.state.secret = secret.clone();
            room.state.next_secret = None;
            room.state.seated = false;
        }
        if room.state.cursor >= invitation.commit || room.state.lost == Some(Loss::Log) {
            room.phase = RoomPhase::Joining;
        }
        if room.state.lost == Some(Loss::Seat) {
            // Its mailbox is there after all.
            room.state.log_lost = false;
        }
        room.state.lost = None;
        room.state.invitation = Some(invitation);
        self.watch_anew(&room.id);
        self.write_room(&room)
    }

    /// Takes the spare invitation in place of one that leads nowhere. Returns whether there was one.
    pub(super) fn take_spare_invitation(&mut self, room: &mut RoomRow) -> bool {
        let Some(spare) = room.state.spare_invitation.take() else {
            return false;
        };
        room.state.invitation = Some(spare);
        self.watch_anew(&room.id);
        true
    }

    /// An envelope was processed: where it brought doubt, the invitation that came earlier is needed.
    pub(super) fn follow_spare(
        &mut self,
        room: &mut RoomRow,
        envelope: &Envelope,
    ) -> Result<(), Error> {
        let Some(commit) = room
            .state
            .spare_invitation
            .as_ref()
            .map(|spare| spare.commit)
        else {
            return Ok(());
        };
        let in_doubt = room.state.standing.in_doubt();
        if room.phase != RoomPhase::Joined || (!in_doubt && commit > envelope.number) {
            return Ok(());
        }
        let spare = room.state.spare_invitation.take();
        if in_doubt && commit >= envelope.number {
            room.state.invitation = spare;
        }
        match in_doubt && commit == envelope.number {
            true => self.join(room, envelope),
            false => Ok(()),
        }
    }

    pub(super) fn watch_anew(&mut self, room: &RoomId) {
        self.live.room(room).watch_anew();
        self.touched.insert(*room);
    }

    /// Back in after a repair: what was sent since the doubt began was unreadable to the others.
    pub(super) fn send_anew(&mut self, room: &RoomRow, since: u64) -> Result<(), Error> {
        let messages = self.db.own_messages_after(&room.id, since)?;
        self.queue_again(&room.id, messages)
    }

    /// A member gave this client's seat a fresh secret: whoever was removed may have known the old
    /// one. It is used when the relay refuses the present one, so that nobody can cut this client off
    /// by a letter.
    pub(super) fn given_secret(
        &mut self,
        from: &ClientCertificate,
        relay: &str,
        mailbox: &MailboxAddress,
        secret: SeatSecret,
    ) -> Result<(), Error> {
        if self.keep_with_invitation(from, relay, mailbox, &secret)? {
            return Ok(());
        }
        let Some(mut room) = self.db.room_by_mailbox(relay, mailbox)? else {
            return Ok(());
        };
        if self.db.has_group(&room.id)? && !self.is_member(&room, from)? {
            return Ok(());
        }
        room.state.spare_secret = Some(secret);
        if room.state.lost == Some(Loss::Seat) {
            self.take_spare(&mut room);
        }
        self.write_room(&room)
    }

    /// Puts the spare secret in place of one that the relay refuses. Returns whether there was one.
    fn take_spare(&mut self, room: &mut RoomRow) -> bool {
        let Some(spare) = room.state.spare_secret.take() else {
            return false;
        };
        room.state.secret = spare;
        room.state.next_secret = None;
        room.state.seated = false;
        room.state.lost = None;
        self.watch_anew(&room.id);
        true
    }

    /// The relay does not know this client's seat.
    pub(super) fn seat_refused(&mut self, mut room: RoomRow) -> Result<(), Error> {
        let is_in = matches!(room.phase, RoomPhase::Joined | RoomPhase::Joining);
        let may_have_spare =
            is_in && !(room.is_beside() && planted("c4_line_given_up_for_an_old_secret"));
        if may_have_spare && self.take_spare(&mut room) {
            return self.write_room(&room);
        }
        if room.is_beside() {
            return self.end_line(&room);
        }
        // Whoever reads of a repair, or follows one that was overtaken, may have been given another secret
        // since: only members can tell it that it is out.
        let is_out = room.state.standing.is_claimed_out() && room.state.lost != Some(Loss::Seat);
        match room.phase {
            // The seat is younger than the backup, and so is the commit that made it.
            RoomPhase::Joined if room.state.unproven || room.state.searching => {
                self.lose_log(&mut room)?;
                room.state.kept = Some(0);
                self.search_ended(room)
            }
            RoomPhase::Joined if room.state.log_lost => Ok(()),
            RoomPhase::Joined if !is_out => {
                if room.state.lost.is_none() {
                    room.state.lost = Some(Loss::Seat);
                    self.write_room(&room)?;
                }
                self.ask_soon(&room)
            }
            RoomPhase::Joining if self.db.has_group(&room.id)? => {
                // A repair that was overtaken: the old state stands, and the questions go on.
                room.phase = RoomPhase::Joined;
                room.state.invitation = None;
                room.state.lost = Some(Loss::Seat);
                self.write_room(&room)?;
                self.ask_soon(&room)
            }
            RoomPhase::Joined => self.close_room(room, RoomPhase::Removed),
            RoomPhase::Joining => self.not_let_in(&mut room),
            _ => Ok(()),
        }
    }

    /// What this client needs is no longer stored: it was away for longer than the retention.
    pub(super) fn log_trimmed(&mut self, mut room: RoomRow) -> Result<(), Error> {
        let is_joining = room.phase == RoomPhase::Joining && !self.db.has_group(&room.id)?;
        if is_joining && self.take_spare_invitation(&mut room) {
            return self.write_room(&room);
        }
        if room.is_beside() {
            return self.end_line(&room);
        }
        if is_joining {
            self.end_accept(&room.id, Some(ErrorKind::RoomClosed))?;
            return self.not_let_in(&mut room);
        }
        if room.phase == RoomPhase::Joined && room.state.unproven {
            return self.proof_trimmed(room);
        }
        if room.state.searching {
            return self.search_ended(room);
        }
        if room.phase == RoomPhase::Joined && room.state.invitation.is_some() {
            // Invited again: what lies before is gone, the Welcome may still be there.
            room.phase = RoomPhase::Joining;
            self.watch_anew(&room.id);
            return self.write_room(&room);
        }
        room.phase = RoomPhase::Joined;
        room.state.invitation = None;
        room.state.lost = Some(Loss::Log);
        self.write_room(&room)?;
        self.ask_soon(&room)
    }

    /// First number since which others may have seen the room differently, when this client is added
    /// again.
    pub(super) fn doubtful_since(standing: &Standing, cursor: u64) -> u64 {
        standing
            .skipped
            .iter()
            .copied()
            .chain(standing.claimed_at())
            .min()
            .unwrap_or(cursor)
    }
}

impl RoomRow {
    /// Whether this client may repair another one now.
    pub(super) fn may_repair(&self, client: &ClientId, now: Time) -> bool {
        let until = self.state.repaired.get(client);
        until.is_none_or(|until| *until <= now) || planted("c3_repairs_without_end")
    }
}
