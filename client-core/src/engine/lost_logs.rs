//! Rooms whose mailbox a restore has cut short: what of the log is left, and who makes the successor.
//!
//! The relay announced that it was restored ([`super::restored`]), and the log of a room ends before
//! what this client has seen, or goes on differently. Going back would mean to take part in two
//! histories, so the room goes on in a successor. First the restored log is compared with the hashes
//! that this client has kept: what lies behind the last place where both agree is not in the log for
//! anybody else, and who sent it sends it again. Then an admin's client makes the successor, the lowest
//! leaf at once, each next one later; in a room of two either side's. Where every admin was off, and so
//! misses nothing, the others tell them. Several successors are merged as those of a room of two
//! ([`super::lines`]); of groups the one counts that was made from the latest epoch, and an admin who
//! had read further sets right who is in it.

use std::collections::BTreeSet;

use restante_crypto::Member;
use restante_wire::{AccountKeyHash, Envelope, LogHash, account::ClientCertificate};

use super::{
    intent::{Change, Intent},
    io::{RoomId, RoomPhase},
    letters::{Letter, Loss},
    moves::Move,
    tasks::Goal,
    turn::Turn,
};
use crate::{
    Error, ErrorKind,
    store::{RoomRow, TimerKind},
};

/// Wait of whoever is first to make a successor: invitations of another may have come meanwhile.
const FIRST_MS: u64 = 5_000;

/// Each next one waits longer by this.
const STEP_MS: u64 = 10_000;

/// Wait before members tell an admin, and before an admin who misses nothing makes a successor for them.
const ASK_MS: u64 = 60_000;

/// Longest wait between questions.
const MAX_ASK_MS: u64 = 3_600_000;

/// Wait before a successor to which nobody could be added is tried again.
const AGAIN_MS: u64 = 600_000;

/// How many admins are asked at a time.
const ASKED: usize = 3;

impl Turn<'_> {
    /// The room stands still: its log lacks what this client has seen.
    pub(super) fn lose_log(&mut self, room: &mut RoomRow) -> Result<(), Error> {
        let first = self.db.first_log_hash(&room.id)?;
        room.state.searching = first.is_some() && room.phase == RoomPhase::Joined;
        room.state.kept = first.or(Some(0));
        self.stand_still(room)?;
        match room.state.searching {
            true => Ok(()),
            false => self.succeed_soon(room),
        }
    }

    /// Nothing is read from the room's own log any more, or written to it.
    pub(super) fn stand_still(&mut self, room: &mut RoomRow) -> Result<(), Error> {
        room.state.unproven = false;
        room.state.log_lost = true;
        self.end_watch(&room.id);
        for (id, task) in self.db.tasks()? {
            if task.goal == (Goal::Upgrade { room: room.id }) {
                self.end_task(Some(id), Some(ErrorKind::RoomHalted))?;
            }
        }
        for line in self.db.lines_beside(&room.id)? {
            if line.state.held {
                self.end_line(&line)?;
            }
        }
        self.touched.insert(room.id);
        self.write_room(room)?;
        self.room_changed(room)
    }

    /// Compares the restored log with what this client has kept of its own.
    pub(super) fn search(
        &mut self,
        mut room: RoomRow,
        envelopes: &[Envelope],
    ) -> Result<(), Error> {
        for envelope in envelopes {
            let kept = room.state.kept.unwrap_or_default();
            if envelope.number != kept.saturating_add(1) {
                continue;
            }
            let before = match kept {
                0 => Some(LogHash::start(&room.mailbox)),
                _ => self.db.log_hash(&room.id, kept)?,
            };
            let known = match envelope.number == room.state.cursor {
                true => Some(room.state.log_hash),
                false => self.db.log_hash(&room.id, envelope.number)?,
            };
            if known.is_none() || before.map(|before| before.next(envelope)) != known {
                return self.search_ended(room);
            }
            room.state.kept = Some(envelope.number);
        }
        self.search_goes_on(room)
    }

    /// A watch tells how far the restored log reaches, or some of it was compared.
    pub(super) fn search_goes_on(&mut self, room: RoomRow) -> Result<(), Error> {
        match self.live.room(&room.id).last <= room.state.kept.unwrap_or_default() {
            true => self.search_ended(room),
            false => self.write_room(&room),
        }
    }

    /// What is left of the log is known.
    pub(super) fn search_ended(&mut self, mut room: RoomRow) -> Result<(), Error> {
        room.state.searching = false;
        self.end_watch(&room.id);
        self.write_room(&room)?;
        self.succeed_soon(&room)
    }

    /// Sets the timer of [`Self::succeed_or_ask`].
    fn succeed_soon(&mut self, room: &RoomRow) -> Result<(), Error> {
        self.succeed_after(room, FIRST_MS)
    }

    /// The same, with this wait of whoever is first.
    pub(super) fn succeed_after(&mut self, room: &RoomRow, first_ms: u64) -> Result<(), Error> {
        let wait = match self.rank_to_succeed(room)? {
            Some(rank) => first_ms + rank * STEP_MS,
            None => ASK_MS,
        };
        let due = self.now.plus_ms(wait + self.jitter(FIRST_MS));
        self.db.set_timer(TimerKind::Succeed, Some(&room.id), due)
    }

    /// How many are to make the successor before this client; none if it is not for it to make one.
    pub(super) fn rank_to_succeed(&mut self, room: &RoomRow) -> Result<Option<u64>, Error> {
        if room.phase != RoomPhase::Joined {
            return Ok(None);
        }
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let shared = group.room_state();
        let may = |member: &Member| shared.direct || shared.is_admin(&member.account());
        let me = group.me();
        if !may(me) {
            return Ok(None);
        }
        let lower = group.members().filter(|member| {
            let is_leaving = room.state.leaving.contains(&member.client());
            member.leaf_index < me.leaf_index && may(member) && !is_leaving
        });
        Ok(Some(lower.count() as u64))
    }

    /// The timer of a room that needs a successor: makes it, or tells those who may.
    pub(super) fn succeed_or_ask(&mut self, id: &RoomId) -> Result<(), Error> {
        let Some(mut room) = self.db.room(id)? else {
            return Ok(());
        };
        if room.is_beside() || !self.give_log_up(&mut room)? || room.state.searching {
            return Ok(());
        }
        let lines = self.db.lines_beside(id)?;
        let is_invited = |line: &RoomRow| line.phase == RoomPhase::Joining && !line.state.held;
        let may_make = self.rank_to_succeed(&room)?.is_some();
        let wait = if lines.iter().any(is_invited) {
            ASK_MS
        } else if may_make {
            match lines.iter().find(|line| line.state.coming.is_some()) {
                Some(line) if self.db.outbox(&line.id, 1)?.is_empty() => {
                    self.add_everybody(&room, &line.id, None)?;
                }
                Some(_) => {}
                None => {
                    let line = self.make_line(&room, Move::Repair)?;
                    self.add_everybody(&room, &line, None)?;
                }
            }
            AGAIN_MS
        } else if room.state.log_lost && room.phase == RoomPhase::Joined {
            self.tell_of_lost_log(&room)?;
            let asked = room.state.standing.asked;
            room.state.standing.asked = asked.saturating_add(1);
            self.write_room(&room)?;
            (ASK_MS << asked.min(16)).min(MAX_ASK_MS)
        } else {
            return Ok(());
        };
        let due = self.now.plus_ms(wait + self.jitter(FIRST_MS));
        self.db.set_timer(TimerKind::Succeed, Some(id), due)
    }

    /// Tells a few admins that the log lacks what this client has seen.
    fn tell_of_lost_log(&mut self, room: &RoomRow) -> Result<(), Error> {
        let me = self.me.id();
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let shared = group.room_state();
        let admins = group
            .members()
            .filter(|member| member.client() != me && shared.is_admin(&member.account()));
        let mut admins: Vec<ClientCertificate> =
            admins.map(|member| member.certificate.clone()).collect();
        let letter = Letter::Ask {
            mailbox: room.mailbox,
            relay: room.relay.clone(),
            verdicts: Vec::new(),
            lost: Some(Loss::Restored),
        };
        for _ in 0..ASKED.min(admins.len()) {
            let index = self.jitter(admins.len() as u64) as usize;
            let certificate = admins.swap_remove(index);
            self.write_letter(&certificate.body, letter.clone())?;
        }
        Ok(())
    }

    /// A member misses what this client never had: it makes the successor unless somebody is first who
    /// had read further.
    pub(super) fn told_of_lost_log(&mut self, room: &RoomRow) -> Result<(), Error> {
        let is_set = self.db.timer(TimerKind::Succeed, Some(&room.id))?.is_some();
        let has_seen_the_restore = room.state.kept.is_some();
        if is_set || !has_seen_the_restore || self.rank_to_succeed(room)?.is_none() {
            return Ok(());
        }
        self.succeed_soon(room)
    }

    /// Sets right who is in a successor of a group that was made from an earlier epoch than this client
    /// had reached: by an admin who knows who came and went since.
    pub(super) fn correct_members(&mut self, room: &RoomRow) -> Result<(), Error> {
        let before = self.db.lines_beside(&room.id)?;
        let before = before.into_iter().find(|line| {
            line.state.line.saturating_add(1) == room.state.line && line.phase == RoomPhase::Joined
        });
        let Some(before) = before else {
            return Ok(());
        };
        let group = self.groups.of(self.db, &self.me.client, &before)?;
        let knows_more = before.state.log_lost && group.epoch() > room.state.left_epoch;
        let leaving = &before.state.leaving;
        let known = group
            .members()
            .filter(|member| !leaving.contains(&member.client()));
        let known: Vec<(AccountKeyHash, String)> = known
            .map(|member| (member.account(), member.certificate.body.username.clone()))
            .collect();
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let may = knows_more && group.room_state().is_admin(&self.me.account());
        let present: BTreeSet<AccountKeyHash> = group.members().map(Member::account).collect();
        if !may {
            return Ok(());
        }
        let is_known = |account: &AccountKeyHash| known.iter().any(|(known, _)| known == account);
        let gone: Vec<_> = present
            .iter()
            .copied()
            .filter(|found| !is_known(found))
            .collect();
        if !gone.is_empty() {
            let change = Change::Remove { accounts: gone };
            self.want(&room.id, &Intent::Commit(change), None)?;
        }
        for (account, username) in known {
            if !present.contains(&account) {
                self.let_in(&room.id, account, username)?;
            }
        }
        Ok(())
    }
}
