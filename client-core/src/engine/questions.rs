//! Questions about commits in doubt, and about what was lost: whom a client asks, and what the others
//! answer.
//!
//! The order is always: drain the log, then verify, then ask, with back-off; and whoever is asked reads
//! as far before it answers. What follows from an answer is in [`super::repair`].

use restante_crypto::Member;
use restante_wire::{AccountKeyHash, MailboxAddress, account::ClientCertificate, fault::planted};

use super::{
    io::{RoomId, RoomPhase},
    letters::{Letter, Loss, Verdict, account_of},
    turn::Turn,
};
use crate::{
    Error,
    store::{RoomRow, TimerKind},
};

/// Wait before the first question, in which doubt mostly ends by itself.
const FIRST_ASK_MS: u64 = 3_000;

/// Longest wait between questions.
const MAX_ASK_MS: u64 = 3_600_000;

/// After so many questions about a lost seat the members that this client knows may all be gone, and
/// other clients of their accounts are asked as well.
const ASKED_IN_VAIN: u32 = 3;

/// How many members are asked at a time.
const ASKED: usize = 3;

/// Most verdicts of one question that are looked at.
const MAX_VERDICTS: usize = 32;

/// Most questions of one room that wait until this client has read as far: of further ones the latest
/// stays.
const MAX_WAITING: usize = 16;

/// What somebody asks.
#[derive(Debug, Clone)]
pub(super) struct Question {
    /// Who.
    pub(super) from: ClientCertificate,
    /// Of which room's mailbox.
    pub(super) mailbox: MailboxAddress,
    /// On which relay.
    pub(super) relay: String,
    /// What it holds behind commits that it did not merge.
    pub(super) verdicts: Vec<Verdict>,
    /// What it has lost.
    pub(super) lost: Option<Loss>,
}

impl Question {
    /// The latest commit that it is about.
    fn latest(&self) -> u64 {
        let numbers = self.verdicts.iter().take(MAX_VERDICTS);
        numbers
            .map(|verdict| verdict.number)
            .max()
            .unwrap_or_default()
    }
}

impl Turn<'_> {
    /// Sets the timer for the next question, unless it is set.
    pub(super) fn ask_soon(&mut self, room: &RoomRow) -> Result<(), Error> {
        if room.is_beside() {
            return Ok(());
        }
        if self
            .db
            .timer(TimerKind::AskInDoubt, Some(&room.id))?
            .is_some()
        {
            return Ok(());
        }
        let wait = (FIRST_ASK_MS << room.state.standing.asked.min(16)).min(MAX_ASK_MS);
        let due = self.now.plus_ms(wait + self.jitter(wait / 2));
        self.db
            .set_timer(TimerKind::AskInDoubt, Some(&room.id), due)
    }

    /// The timer of [`Self::ask_soon`]: asks members what they hold of the commits in doubt.
    pub(super) fn ask_members(&mut self, id: &RoomId) -> Result<(), Error> {
        let Some(mut room) = self.db.room(id)? else {
            return Ok(());
        };
        let is_lost = room.state.lost.is_some();
        if room.phase != RoomPhase::Joined
            || self.is_halted(&room)
            || !(room.state.standing.in_doubt() || is_lost)
        {
            return Ok(());
        }
        let live = self.live.room(id);
        let is_drained = live.watched && live.last <= room.state.cursor;
        if is_drained || is_lost {
            self.write_questions(&room)?;
            room.state.standing.asked = room.state.standing.asked.saturating_add(1);
            self.write_room(&room)?;
        }
        let is_in_vain = room.state.standing.asked > ASKED_IN_VAIN;
        if room.state.lost == Some(Loss::Seat) && is_in_vain {
            self.look_up_whom_to_ask(room.clone())?;
        }
        self.ask_soon(&room)
    }

    fn write_questions(&mut self, room: &RoomRow) -> Result<(), Error> {
        let standing = &room.state.standing;
        let numbers = standing
            .skipped
            .iter()
            .copied()
            .chain(standing.claimed_at());
        let mut verdicts = Vec::new();
        for number in numbers {
            if let Some((_, authenticator)) = self.db.verdict(&room.id, number)? {
                verdicts.push(Verdict {
                    number,
                    authenticator,
                });
            }
        }
        let letter = Letter::Ask {
            mailbox: room.mailbox,
            relay: room.relay.clone(),
            verdicts,
            lost: room.state.lost,
        };
        for certificate in self.some_members(room)? {
            self.write_letter(&certificate.body, letter.clone())?;
        }
        Ok(())
    }

    /// A few other members, of different accounts as far as there are any.
    fn some_members(&mut self, room: &RoomRow) -> Result<Vec<ClientCertificate>, Error> {
        let me = self.me.id();
        let mut members: Vec<Member> = self
            .groups
            .of(self.db, &self.me.client, room)?
            .members()
            .filter(|member| member.client() != me)
            .cloned()
            .collect();
        let mut chosen: Vec<ClientCertificate> = Vec::new();
        if let Some(claim) = &room.state.standing.claimed
            && members
                .iter()
                .any(|member| member.account() != claim.author)
        {
            members.retain(|member| member.account() != claim.author);
        }
        while chosen.len() < ASKED && !members.is_empty() {
            let index = self.jitter(members.len() as u64) as usize;
            let member = members.swap_remove(index);
            let is_known = |other: &Member| other.account() == member.account();
            if members.iter().any(|other| !is_known(other)) {
                members.retain(|other| !is_known(other));
            }
            chosen.push(member.certificate);
        }
        Ok(chosen)
    }

    /// A member asks what this client holds. It is answered when this client has read as far.
    pub(super) fn asked(&mut self, question: Question) -> Result<(), Error> {
        let room = self
            .db
            .room_by_mailbox(&question.relay, &question.mailbox)?;
        let Some(mut room) = room.filter(|room| room.phase == RoomPhase::Joined) else {
            return Ok(());
        };
        if question.latest() > room.state.cursor && !planted("c3_asked_before_it_was_read") {
            let waiting = &mut self.live.room(&room.id).questions;
            waiting.truncate(MAX_WAITING - 1);
            waiting.push(question);
            return Ok(());
        }
        let (from, lost) = (&question.from, question.lost);
        if !self.is_member(&room, from)? {
            return self.tell_outsider(&room, &question);
        }
        if lost == Some(Loss::Seat) && self.has_same_loss(&mut room)? {
            return Ok(());
        }
        if lost == Some(Loss::Seat) && !room.is_beside() {
            room.state.seatless.insert(from.body.client);
            self.write_room(&room)?;
            return self.tidy_soon(&room);
        }
        if lost == Some(Loss::Restored) && !room.is_beside() {
            return self.told_of_lost_log(&room);
        }
        let mut agreed = None;
        let mut differs = lost.is_some();
        for verdict in question.verdicts.iter().take(MAX_VERDICTS) {
            match self.db.verdict(&room.id, verdict.number)? {
                Some((_, authenticator)) if authenticator == verdict.authenticator => {
                    agreed = Some(verdict.clone());
                }
                // What this client merged and the other skipped: the other needs the repair. What
                // both skipped in different epochs says nothing about who is right.
                Some((true, _)) => differs = true,
                _ => {}
            }
        }
        if differs && room.is_beside() {
            // The room goes on elsewhere: there is the place to come back to.
            return self.asked_in(from, &room.shown_as(), &question.relay, &question.mailbox);
        }
        if differs {
            return self.repair(&mut room, from.body.client);
        }
        match agreed {
            Some(verdict) => {
                let letter = Letter::Agree {
                    mailbox: question.mailbox,
                    relay: question.relay,
                    verdict,
                };
                self.write_letter(&question.from.body, letter)
            }
            None => Ok(()),
        }
    }

    /// Somebody asks who is not in the group, or not any more: of a seat that is gone, or of the commit
    /// that removed it.
    fn tell_outsider(&mut self, room: &RoomRow, question: &Question) -> Result<(), Error> {
        let is_lost = question.lost == Some(Loss::Seat);
        let may_be_removed = !question.verdicts.is_empty() && question.lost.is_none();
        if may_be_removed && room.is_beside() {
            // The room goes on elsewhere, perhaps with this one.
            let (relay, mailbox) = (&question.relay, &question.mailbox);
            return self.asked_in(&question.from, &room.shown_as(), relay, mailbox);
        }
        if !is_lost && !may_be_removed {
            return Ok(());
        }
        let letter = Letter::NotMember {
            mailbox: question.mailbox,
            relay: question.relay.clone(),
        };
        self.write_letter(&question.from.body, letter)
    }

    /// This client has read on: what was asked about numbers up to here can be answered.
    pub(super) fn answer_waiting(&mut self, room: &RoomId, cursor: u64) -> Result<(), Error> {
        let waiting = &mut self.live.room(room).questions;
        let is_due = |question: &mut Question| question.latest() <= cursor;
        let due: Vec<Question> = waiting.extract_if(.., is_due).collect();
        for question in due {
            self.asked(question)?;
        }
        Ok(())
    }

    /// A member says that this client is not in its group. It was removed, if the relay refuses its
    /// seat and the commit that did it is gone, or if a commit claims that it was. Whoever made such a
    /// commit bears no witness for it, unless there is nobody else.
    pub(super) fn told_not_member(
        &mut self,
        from: &ClientCertificate,
        relay: &str,
        mailbox: &MailboxAddress,
    ) -> Result<(), Error> {
        let Some(room) = self.db.room_by_mailbox(relay, mailbox)? else {
            return Ok(());
        };
        if room.is_beside() && self.was_not_gone(&room, from)? {
            return Ok(());
        }
        let author = account_of(from);
        let mut people = room.state.participants.iter();
        if room.phase == RoomPhase::Known && people.any(|(account, ..)| *account == author) {
            return self.close_room(room, RoomPhase::Removed);
        }
        let is_told = room.state.lost == Some(Loss::Seat) || self.is_witness(&room, &author);
        if room.phase != RoomPhase::Joined || !is_told {
            return Ok(());
        }
        let may_tell = self.is_member(&room, from)? || self.is_of_participant(&room, from)?;
        if !may_tell {
            return Ok(());
        }
        self.close_room(room, RoomPhase::Removed)
    }

    /// Whether somebody is a client of an account in the room, by that account's record as it was looked
    /// up last: one that came when this client had lost its seat.
    fn is_of_participant(&self, room: &RoomRow, from: &ClientCertificate) -> Result<bool, Error> {
        let author = account_of(from);
        let mut people = room.state.participants.iter();
        let record = self.db.person(&author)?.and_then(|person| person.record);
        let is_listed = record.is_some_and(|record| record.body.clients.contains(from));
        Ok(is_listed && people.any(|(account, ..)| *account == author))
    }

    /// Whether the word of an account counts about the commit that claims to remove this client.
    fn is_witness(&self, room: &RoomRow, account: &AccountKeyHash) -> bool {
        let Some(claim) = &room.state.standing.claimed else {
            return false;
        };
        let me = self.me.account();
        let mut people = room.state.participants.iter().map(|(account, ..)| *account);
        *account != claim.author
            || people.all(|other| other == claim.author || other == me)
            || planted("c7_word_of_the_remover_suffices")
    }

    /// A member says that it holds the same.
    pub(super) fn agreed(
        &mut self,
        from: &ClientCertificate,
        relay: &str,
        mailbox: &MailboxAddress,
        verdict: &Verdict,
    ) -> Result<(), Error> {
        let Some(mut room) = self.db.room_by_mailbox(relay, mailbox)? else {
            return Ok(());
        };
        if room.phase != RoomPhase::Joined {
            return Ok(());
        }
        let is_member = self.is_member(&room, from)?;
        let ours = self.db.verdict(&room.id, verdict.number)?;
        let is_same = ours.is_some_and(|(_, ours)| ours == verdict.authenticator);
        if is_member && is_same && room.state.standing.agreed(verdict.number) {
            self.doubt_ended(&mut room)?;
            self.write_room(&room)?;
            self.touched.insert(room.id);
            self.room_changed(&room)?;
        }
        Ok(())
    }
}
