//! The mailboxes of one room. A room outlives its group: a *line* is one group in one mailbox, and
//! every client keeps to the highest that it has joined (later successors before earlier ones, then
//! the lowest address).
//!
//! The line that a room keeps to stands under the room's id. Others stand *beside* it under keys of
//! their own: they are read, and what comes in them is shown in the room, but nothing is sent there;
//! after the retention they are forgotten. Messages have places: those of an earlier line come before
//! those of a later one, and a message that is sent anew takes its place in the line that won.
//!
//! Read next: [`super::successor`] and [`super::moves`], which make lines.

use std::{borrow::Cow, cmp::Reverse, ops::Range};

use restante_crypto::Member;
use restante_wire::{
    AccountKeyHash, MailboxAddress, SeatId, SeatSecret, account::ClientCertificate, fault::planted,
};
use sha2::{Digest, Sha256};

use super::{
    claims::Asked,
    intent::Intent,
    io::{ContactPhase, RoomId, RoomPhase},
    letters::{Invitation, Loss, account_of},
    live::Call,
    turn::Turn,
};
use crate::{
    Error,
    store::{RoomRow, RoomState, StoredMessage, TimerKind},
};

/// Places of one line among all messages of a room. The upper half is for lines of the next count that
/// lost: what was said in them stands before what is said in the one that won.
const SPAN: u64 = 1 << 33;

/// Places of the line that won.
const HALF: u64 = SPAN / 2;

/// Most lines beside a room's own: for a further one the lowest is forgotten.
const MAX_BESIDE: usize = 32;

/// How far ahead of what is known the count of an invitation's line may be: as many followed one another
/// while this client was off.
const MAX_AHEAD: u32 = 1 << 10;

/// Highest count of a line: places stay exact in JSON.
const MAX_LINE: u32 = 1 << 19;

/// How long a line is kept beside the one that followed it: what is older, relays have deleted.
const KEEP_MS: u64 = 30 * 86_400_000;

/// What was sent anew is repeated for those who come from another line among the first so many
/// envelopes: lines that were made at once meet soon.
const REPEATED_WITHIN: u64 = 256;

/// Most own messages that are sent anew in a line that followed.
const MAX_ANEW: u32 = 256;

impl RoomRow {
    /// The room as people know it.
    pub(super) fn shown_as(&self) -> RoomId {
        self.state.beside.unwrap_or(self.id)
    }

    /// This line under the id of its room, for what is kept by room.
    pub(super) fn as_shown(&self) -> Cow<'_, Self> {
        match self.state.beside {
            None => Cow::Borrowed(self),
            Some(id) => Cow::Owned(Self { id, ..self.clone() }),
        }
    }

    /// Whether its room keeps to another line.
    pub(super) const fn is_beside(&self) -> bool {
        self.state.beside.is_some()
    }

    /// Place of an envelope of this line among the room's messages.
    pub(super) const fn place(&self, number: u64) -> u64 {
        self.state.base.saturating_add(number)
    }

    /// All places of this line.
    pub(super) const fn places(&self) -> Range<u64> {
        self.state.base..self.state.base.saturating_add(HALF)
    }

    /// Whether what a person writes is taken now, to be sent when it can be.
    pub(super) const fn takes_messages(&self) -> bool {
        match self.phase {
            RoomPhase::Known | RoomPhase::Creating | RoomPhase::Joined => true,
            RoomPhase::Joining => self.state.expected,
            _ => false,
        }
    }

    /// Whether this is a successor to which the others are not added yet.
    pub(super) const fn waits_for_others(&self) -> bool {
        self.state.line > 0 && self.state.last_commit == 0
    }

    /// Of two lines, members keep to the higher: the later one, the one of whoever had read further in
    /// the group before, and at last the one of the lower address.
    const fn rank(&self) -> (u32, u64, Reverse<MailboxAddress>) {
        let state = &self.state;
        (state.line, state.left_epoch, Reverse(self.mailbox))
    }

    /// Whether a line made by this account is followed though the room's own log does not name it: that
    /// log can no longer be read to its end, or another one is read by others. Whoever knows nothing
    /// any more believes any participant, as a new client does.
    fn follows_unnamed(&self, author: &AccountKeyHash) -> bool {
        let state = &self.state;
        let is_cut = state.log_lost || state.kept.is_some();
        state.lost.is_some() || (self.is_admin(author) && (is_cut || state.standing.in_doubt()))
    }
}

/// Where the messages of a line begin that its room keeps to.
pub(super) fn base_of(line: u32) -> u64 {
    u64::from(line) * SPAN
}

/// Where those of a line of this count begin that its room does not keep to.
fn base_beside(line: u32) -> u64 {
    base_of(line).saturating_sub(HALF)
}

/// What is known of a line that stands beside a room's own.
pub(super) fn beside_of(room: &RoomRow, line: u32, state: RoomState) -> RoomState {
    RoomState {
        title: room.state.title.clone(),
        policy: room.state.policy,
        participants: room.state.participants.clone(),
        line,
        base: base_beside(line),
        beside: Some(room.id),
        shared: room.state.shared,
        ..state
    }
}

/// The key of a line beside its room's own.
pub(super) fn key_of(relay: &str, mailbox: &MailboxAddress) -> RoomId {
    let hash = Sha256::new_with_prefix(b"restante line\0")
        .chain_update(mailbox.as_bytes())
        .chain_update(relay);
    RoomId(hash.finalize().into())
}

impl RoomState {
    /// What is left of it where the room is in a group that this client knows nothing of.
    pub(super) fn unknown(&self) -> Self {
        Self {
            title: self.title.clone(),
            policy: self.policy,
            participants: self.participants.clone(),
            shared: self.shared,
            ..Self::new(self.direct, SeatId([0; 32]), SeatSecret([0; 32]))
        }
    }
}

impl Turn<'_> {
    /// Somebody made another group for a room. In a one-to-one room either account's clients may, once
    /// the two are contacts: it is joined beside the room's own, and which one counts is decided then.
    /// In others it waits until the room's own log names it, unless that can no longer be read.
    pub(super) fn another_line(
        &mut self,
        room: &RoomRow,
        from: &ClientCertificate,
        invitation: &Invitation,
    ) -> Result<(), Error> {
        let author = account_of(from);
        let is_participant = room
            .state
            .participants
            .iter()
            .any(|(account, ..)| *account == author);
        let nearest = 1..=room.state.line.saturating_add(MAX_AHEAD).min(MAX_LINE);
        let is_near = nearest.contains(&invitation.line);
        let is_welcome = room.state.direct == invitation.direct && is_participant && is_near;
        let Some(secret) = invitation.seat_secret.clone().filter(|_| is_welcome) else {
            return Ok(());
        };
        let is_accepted =
            author == self.me.account() || self.phase_of(&author)? == Some(ContactPhase::Accepted);
        if room.state.direct && !is_accepted {
            return Ok(());
        }
        let held = !room.state.direct && !room.follows_unnamed(&author);
        let state = RoomState {
            held: held && !planted("c3_unnamed_successor_followed"),
            invitation: Some(invitation.clone()),
            ..RoomState::new(invitation.direct, invitation.seat, secret)
        };
        let line = RoomRow {
            id: key_of(&invitation.relay, &invitation.mailbox),
            relay: invitation.relay.clone(),
            mailbox: invitation.mailbox,
            phase: RoomPhase::Joining,
            state: beside_of(room, invitation.line, state),
        };
        if !self.make_place_for(room, &line)? {
            return Ok(());
        }
        let due = self.now.plus_ms(KEEP_MS);
        self.db.set_timer(TimerKind::EndLine, Some(&line.id), due)?;
        self.touched.insert(line.id);
        self.write_room(&line)
    }

    /// Forgets the lowest of the lines beside a room's own where they are too many with this one. Not if
    /// that would be the lowest itself: whoever made it finds the higher ones, too.
    fn make_place_for(&mut self, room: &RoomRow, line: &RoomRow) -> Result<bool, Error> {
        let mut beside = self.db.lines_beside(&room.id)?;
        let excess = (beside.len() + 1).saturating_sub(MAX_BESIDE);
        if excess > 0 && planted("c4_a_line_too_many_is_not_joined") {
            return Ok(false);
        }
        // One that this client is making goes on until it is made.
        beside.retain(|line| line.state.coming.is_none());
        beside.sort_by_key(RoomRow::rank);
        for lower in beside.iter().take(excess) {
            if lower.rank() >= line.rank() {
                return Ok(false);
            }
            self.end_line(lower)?;
        }
        Ok(true)
    }

    /// A line beside a room's own was joined: the higher of the two counts from now on.
    pub(super) fn line_joined(&mut self, line: RoomRow) -> Result<(), Error> {
        let main = match line.state.beside {
            Some(room) => self.db.room(&room)?,
            None => None,
        };
        let Some(main) = main.filter(|main| main.phase < RoomPhase::Left) else {
            return self.end_line(&line);
        };
        let is_higher = main.rank() < line.rank() && !planted("c3_later_line_ignored");
        let room = main.id;
        if is_higher || main.phase == RoomPhase::Known {
            self.succeed(main, line)?;
        } else {
            let due = self.now.plus_ms(KEEP_MS);
            self.db.set_timer(TimerKind::EndLine, Some(&line.id), due)?;
        }
        self.bring_together(&room)
    }

    /// Puts a line in its room's place; what was there goes on beside it.
    pub(super) fn succeed(&mut self, old: RoomRow, line: RoomRow) -> Result<(), Error> {
        let room = old.id;
        // Nobody asks about this group any more: doubt about it ends with it.
        if !planted("c4_doubt_outlives_its_group") {
            self.settle_messages(&old)?;
        }
        self.leave_intents(&old)?;
        for key in [&room, &line.id] {
            self.db.delete_room(key)?;
            self.db.clear_timers(key)?;
        }
        if let Some(mute) = old.state.mute {
            self.set_unmute(&room, mute)?;
        }
        let mut next = RoomRow {
            id: room,
            state: RoomState {
                beside: None,
                base: base_of(line.state.line),
                coming: None,
                held: false,
                expected: true,
                shared: old.state.shared,
                read: old.state.read,
                told: old.state.told,
                mute: old.state.mute,
                picture: old.state.picture,
                ..line.state
            },
            ..line
        };
        let beside = key_of(&old.relay, &old.mailbox);
        self.rename_line(&room, &beside)?;
        let mut old = RoomRow {
            id: beside,
            state: RoomState {
                beside: Some(room),
                ..old.state
            },
            ..old
        };
        let anew = self.messages_to_repeat(&room, &mut old, &mut next)?;
        if self.db.has_group(&beside)? {
            let due = self.now.plus_ms(KEEP_MS);
            self.db.set_timer(TimerKind::EndLine, Some(&beside), due)?;
            self.write_room(&old)?;
        } else {
            self.groups.remove(self.db, &beside)?;
        }
        self.rename_line(&line.id, &room)?;
        self.db.rekey_waiting(&line.id, &room)?;
        if next.phase == RoomPhase::Joined {
            self.enter_line(&mut next)?;
        }
        self.write_room(&next)?;
        if !planted("c4_undelivered_not_sent_anew") {
            self.queue_again(&room, anew)?;
        }
        self.line_begins(&next)
    }

    /// Takes what all agree on from the group that a room keeps to from now on.
    fn enter_line(&mut self, room: &mut RoomRow) -> Result<(), Error> {
        room.state.participants = self.roster(room)?;
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let shared = group.room_state();
        room.state.title = shared.title.clone();
        room.state.policy = shared.policy;
        room.state.picture = self.take_picture(room)?;
        Ok(())
    }

    /// Own messages that must be sent once more where a room goes on.
    fn messages_to_repeat(
        &mut self,
        room: &RoomId,
        old: &mut RoomRow,
        next: &mut RoomRow,
    ) -> Result<Vec<StoredMessage>, Error> {
        let mut anew = Vec::new();
        if next.state.named {
            // Everybody reads the old log to the same end.
            return Ok(anew);
        }
        if old.state.line == next.state.line {
            // The old line lost: not everybody in this one was in that.
            self.db.move_messages_down(room, &old.places(), HALF)?;
            old.state.base = base_beside(old.state.line);
            let first = old.state.base;
            next.state.read = next.state.read.min(first);
            next.state.told = (next.state.told.0.min(first), next.state.told.1.min(first));
            anew = self.db.own_messages_in(room, &old.places(), MAX_ANEW)?;
        } else if old.state.kept.is_some() || !old.state.direct {
            let known = match old.state.kept {
                None if old.state.lost == Some(Loss::Seat) => self.known_to_all(room, old)?,
                Some(kept) if !planted("c4_what_a_restore_lost_is_not_sent_anew") => kept,
                _ => Self::doubtful_since(&old.state.standing, old.state.cursor),
            };
            let unknown = old.place(known.saturating_add(1))..old.places().end;
            anew = self.db.own_messages_in(room, &unknown, u32::MAX)?;
        }
        if old.state.direct {
            // Nobody has told that these arrived: perhaps only a client that is gone could read them.
            let undelivered = self.db.undelivered(room, MAX_ANEW)?;
            let is_new = |found: &StoredMessage| anew.iter().all(|known| known.id != found.id);
            let undelivered: Vec<_> = undelivered.into_iter().filter(is_new).collect();
            anew.extend(undelivered);
        }
        Ok(anew)
    }

    /// What is due in a line that a room keeps to from now on.
    fn line_begins(&mut self, room: &RoomRow) -> Result<(), Error> {
        self.touched.extend([room.id]);
        match room.phase {
            RoomPhase::Known => self.ask_in_soon(&room.id)?,
            RoomPhase::Joined => {
                self.first_leaf_update(room)?;
                if room.state.direct {
                    self.want(&room.id, &Intent::ContactToken, None)?;
                }
                self.end_accept(&room.id, None)?;
                self.add_own_soon(room)?;
                self.newcomers_soon(room)?;
                self.tidy_soon(room)?;
            }
            _ => {}
        }
        self.vault_changed()?;
        self.room_changed(room)
    }

    /// What people want is done in the next line; the old group's own housekeeping means nothing there.
    fn leave_intents(&mut self, old: &RoomRow) -> Result<(), Error> {
        self.keep_taken(old)?;
        self.db.clear_items(&old.id)?;
        for row in self.db.outbox(&old.id, u32::MAX)? {
            let stays = match row.intent {
                Intent::Commit(change) if !old.state.direct => {
                    change.in_successor().map(Intent::Commit)
                }
                Intent::Commit(_) | Intent::ContactToken => None,
                other => Some(other),
            };
            match stays {
                Some(intent) => self.db.replace_intent(row.id, &intent)?,
                None => {
                    self.db.delete_outbox_row(row.id)?;
                    self.end_part(row.task)?;
                }
            }
        }
        Ok(())
    }

    /// Whoever is in a line beside the room's own and not in that is added to it.
    fn bring_together(&mut self, id: &RoomId) -> Result<(), Error> {
        let Some(room) = self.db.room(id)? else {
            return Ok(());
        };
        if room.phase != RoomPhase::Joined {
            return Ok(());
        }
        if !room.state.direct {
            return self.correct_members(&room);
        }
        let group = self.groups.of(self.db, &self.me.client, &room)?;
        let present: Vec<_> = group.members().map(Member::client).collect();
        let mut missing: Vec<(AccountKeyHash, String)> = Vec::new();
        for line in self.db.lines_beside(id)? {
            if line.phase != RoomPhase::Joined {
                continue;
            }
            let group = self.groups.of(self.db, &self.me.client, &line)?;
            let absent = group.members().filter(|m| !present.contains(&m.client()));
            missing.extend(absent.map(|member| {
                let body = &member.certificate.body;
                (body.account.key_hash, body.username.clone())
            }));
        }
        missing.sort();
        missing.dedup();
        for (account, username) in missing {
            self.let_in(id, account, username)?;
        }
        Ok(())
    }

    /// Clients came into a line that were in another one of the room. What this account sent anew before
    /// they came they know by its place there alone: it is sent once more, so that all see one order.
    pub(super) fn repeat_for(
        &mut self,
        room: &RoomRow,
        added: &[ClientCertificate],
    ) -> Result<(), Error> {
        if room.state.line == 0 || room.state.cursor > REPEATED_WITHIN {
            return Ok(());
        }
        let mut is_known = false;
        for line in self.db.lines_beside(&room.id)? {
            if line.phase == RoomPhase::Joined {
                let group = self.groups.of(self.db, &self.me.client, &line)?;
                let mut clients = added.iter().map(|certificate| certificate.body.client);
                is_known |= clients.any(|client| group.member(&client).is_some());
            }
        }
        if !is_known {
            return Ok(());
        }
        let messages = self.db.sent_anew_in(&room.id, &room.places())?;
        self.queue_again(&room.id, messages)
    }

    /// Forgets a line beside its room's own.
    pub(super) fn end_line(&mut self, line: &RoomRow) -> Result<(), Error> {
        self.groups.remove(self.db, &line.id)?;
        self.db.forget_room(&line.id)?;
        self.live.rooms.remove(&line.id);
        self.db.delete_room(&line.id)
    }

    /// Forgets every line beside a room's own.
    pub(super) fn end_lines(&mut self, room: &RoomId) -> Result<(), Error> {
        for line in self.db.lines_beside(room)? {
            self.end_line(&line)?;
        }
        Ok(())
    }

    /// Puts a line under another key, with what is known of it while it is watched and with the
    /// answers that are awaited for it.
    fn rename_line(&mut self, from: &RoomId, to: &RoomId) -> Result<(), Error> {
        self.db.rekey_line(from, to)?;
        self.groups.rename(from, to);
        if let Some(live) = self.live.rooms.remove(from) {
            self.live.rooms.insert(*to, live);
        }
        for call in self.live.calls.values_mut() {
            for room in call.rooms_mut() {
                if *room == *from {
                    *room = *to;
                }
            }
        }
        Ok(())
    }
}

impl Call {
    /// The rooms that the answer is about.
    fn rooms_mut(&mut self) -> Vec<&mut RoomId> {
        match self {
            Self::Create(room)
            | Self::Rotate(room)
            | Self::Append(room, _)
            | Self::Claim(Asked { room, .. }) => vec![room],
            Self::Watch(rooms) => rooms.iter_mut().collect(),
            Self::Ack(_, moved) => moved.iter_mut().map(|(room, _)| room).collect(),
            _ => Vec::new(),
        }
    }
}
