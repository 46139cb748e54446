//! The inbox: letters that arrive, and letters on their way.

use restante_wire::{
    EnvelopeId, ErrorCode, WireError,
    account::{CertificateBody, ClientCertificate},
    fault::planted,
    inbox::{Deliver, InboxAnswer, InboxRequest, Letter as Delivered},
    mailbox::{Stamp, Wake},
};
use serde::{Deserialize, Serialize};

use super::{
    io::{ContactPhase, ContactRequest, Event, Failure, Reply, RoomPhase},
    letters::{self, Invitation, Letter, account_of},
    lines::base_of,
    live::Call,
    questions::Question,
    turn::Turn,
};
use crate::{
    Error,
    store::{OutgoingLetter, RoomRow, RoomState, TimerKind, Value},
};

/// Most requests that wait for the person: beyond it new ones of strangers are dropped.
const MAX_REQUESTS: u64 = 256;

/// A request that nobody answered is forgotten.
pub(super) const REQUEST_MS: u64 = 30 * 86_400_000;

/// First wait before a letter is tried again, doubled each time.
const RETRY_MS: u64 = 1_000;

/// Longest wait before a letter is tried again.
const MAX_RETRY_MS: u64 = 6 * 3_600_000;

/// Attempts after which a letter is given up: about a month of the longest wait.
const MAX_ATTEMPTS: u32 = 130;

/// Highest letter processed.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct InboxCursor(pub(super) u64);

impl Value for InboxCursor {
    const KEY: &'static str = "inbox_cursor";
}

impl Turn<'_> {
    /// Keeps a letter until the relay has it.
    pub(super) fn write_letter(
        &mut self,
        to: &CertificateBody,
        letter: Letter,
    ) -> Result<(), Error> {
        let wake = match letter {
            Letter::Invitation(_) | Letter::Ask { .. } => Wake::Normal,
            Letter::LetMeIn { .. }
            | Letter::SignedIn
            | Letter::VaultKey { .. }
            | Letter::PasswordChanged => Wake::Urgent,
            Letter::Seat { .. }
            | Letter::Agree { .. }
            | Letter::NotMember { .. }
            | Letter::VaultChanged => Wake::None,
        };
        let request = Deliver {
            stamp: Stamp::default(),
            inbox: to.inbox,
            id: EnvelopeId(self.random()),
            contact_token: self.db.contact_token(&to.client)?,
            wake,
            body: letters::seal(self.me, to, letter)?,
        };
        let relay = to.account.relay.clone();
        self.db.write_letter(&OutgoingLetter {
            relay,
            request,
            due: self.now,
            attempts: 0,
        })
    }

    /// Delivers what is due.
    pub(super) fn pump_letters(&mut self) -> Result<(), Error> {
        for letter in self.db.letters()? {
            if letter.due > self.now {
                self.wake_at(letter.due);
            } else if self.live.letters.insert(letter.request.id) {
                let call = Call::Deliver(letter.request.id);
                self.post(letter.relay.clone(), call, &letter.request);
            }
        }
        Ok(())
    }

    /// The relay took a letter, or did not.
    pub(super) fn delivered(
        &mut self,
        id: EnvelopeId,
        result: &Result<Reply, Failure>,
    ) -> Result<(), Error> {
        self.live.letters.remove(&id);
        let Some(mut letter) = self.db.letter(&id)? else {
            return Ok(());
        };
        let wait = match result {
            Ok(_) => return self.db.delete_letter(&id),
            Err(Failure::Refused(WireError {
                code: ErrorCode::ContactTokenRefused,
                ..
            })) => {
                // The addressee changed it: the other lane takes the letter.
                if let Some(token) = letter.request.contact_token.take() {
                    self.db.forget_contact_token(&token)?;
                }
                0
            }
            Err(Failure::Refused(WireError {
                code,
                retry_after_ms: None,
            })) if is_final(*code) => {
                return self.db.delete_letter(&id);
            }
            Err(Failure::Refused(WireError {
                retry_after_ms: Some(wait),
                ..
            })) => *wait,
            Err(_) => (RETRY_MS << letter.attempts.min(16)).min(MAX_RETRY_MS),
        };
        letter.attempts += 1;
        if letter.attempts > MAX_ATTEMPTS {
            return self.db.delete_letter(&id);
        }
        letter.due = self.now.plus_ms(wait + self.jitter(wait / 4));
        self.db.write_letter(&letter)
    }

    /// Watches the inbox and acknowledges what was processed.
    pub(super) fn pump_inbox(&mut self) -> Result<(), Error> {
        let cursor = self.db.value::<InboxCursor>()?.unwrap_or_default().0;
        if !self.live.inbox_watching {
            self.live.inbox_watching = true;
            self.ask_inbox(Call::WatchInbox, InboxRequest::Watch { cursor });
        } else if cursor > self.live.inbox_acked && !self.live.inbox_acking {
            self.live.inbox_acking = true;
            self.ask_inbox(Call::AckInbox(cursor), InboxRequest::Ack { number: cursor });
        }
        Ok(())
    }

    pub(super) fn inbox_watched(&mut self, result: &Result<Reply, Failure>) {
        match result {
            Ok(Reply::Inbox(InboxAnswer::Watching { last })) => {
                self.live.inbox_watched = true;
                self.live.inbox_last = self.live.inbox_last.max(*last);
            }
            _ => self.live.inbox_watching = false,
        }
    }

    pub(super) fn inbox_acked(&mut self, number: u64, result: &Result<Reply, Failure>) {
        self.live.inbox_acking = false;
        if result.is_ok() {
            self.live.inbox_acked = self.live.inbox_acked.max(number);
        }
    }

    /// Letters arrived. One that cannot be read is passed over: its sender is at fault.
    pub(super) fn letters_arrived(&mut self, arrived: Vec<Delivered>) -> Result<(), Error> {
        let mut cursor = self.db.value::<InboxCursor>()?.unwrap_or_default().0;
        for delivered in arrived {
            if delivered.number <= cursor {
                continue;
            }
            cursor = delivered.number;
            if let Some((from, letter)) = letters::open(self.me, &delivered.body) {
                self.letter(&from, letter)?;
            }
        }
        self.live.inbox_last = self.live.inbox_last.max(cursor);
        self.db.set_value(&InboxCursor(cursor))
    }

    fn letter(&mut self, from: &ClientCertificate, letter: Letter) -> Result<(), Error> {
        if self.is_blocked(&account_of(from))? {
            return Ok(());
        }
        match letter {
            Letter::Invitation(invitation) => self.invitation_arrived(from, invitation),
            Letter::Seat {
                mailbox,
                relay,
                secret,
            } => self.given_secret(from, &relay, &mailbox, secret),
            Letter::Ask {
                mailbox,
                relay,
                verdicts,
                lost,
            } => self.asked(Question {
                from: from.clone(),
                mailbox,
                relay,
                verdicts,
                lost,
            }),
            Letter::NotMember { mailbox, relay } => self.told_not_member(from, &relay, &mailbox),
            Letter::Agree {
                mailbox,
                relay,
                verdict,
            } => self.agreed(from, &relay, &mailbox, &verdict),
            Letter::LetMeIn {
                room,
                mailbox,
                relay,
            } => self.asked_in(from, &room, &relay, &mailbox),
            Letter::SignedIn => self.told_of_client(from),
            Letter::VaultChanged => self.told_of_vault(from),
            Letter::VaultKey { generation, key } => self.told_vault_key(from, generation, key),
            Letter::PasswordChanged => self.told_of_password(from),
        }
    }

    /// An invitation of a client that counts.
    pub(super) fn invited(
        &mut self,
        from: &ClientCertificate,
        invitation: Invitation,
    ) -> Result<(), Error> {
        let by_mailbox = self
            .db
            .room_by_mailbox(&invitation.relay, &invitation.mailbox)?;
        if let Some(line) = by_mailbox {
            if self.db.has_group(&line.id)? {
                return self.invited_again(line, from, invitation);
            }
            if line.id != invitation.room {
                let author = account_of(from);
                let mut people = line.state.participants.iter();
                let is_of_it = people.any(|(account, ..)| *account == author);
                // A copy of what was overtaken may come last.
                return match is_of_it && line.seen_invitation() < invitation.commit {
                    true => self.keep_spare(line, invitation),
                    false => Ok(()),
                };
            }
        }
        let known = self.db.room(&invitation.room)?;
        let Some(room) = known else {
            return self.requested(from, &invitation);
        };
        if room.phase == RoomPhase::Known {
            return self.let_in_by(room, from, invitation);
        }
        let is_elsewhere = room.mailbox != invitation.mailbox;
        if is_elsewhere && room.phase.is_under_way() {
            return self.another_line(&room, from, &invitation);
        }
        if self.db.has_group(&room.id)? {
            return self.invited_again(room, from, invitation);
        }
        let is_known = room.mailbox == invitation.mailbox
            && room.seen_invitation() >= invitation.commit
            && !planted("c7_old_invitations_are_followed");
        let is_trusted = self.phase_of(&account_of(from))? == Some(ContactPhase::Accepted);
        let may_invite = room.is_from(from) || (is_trusted && room.mailbox == invitation.mailbox);
        match room.phase {
            _ if is_known => Ok(()),
            // Another group of a room of two that was left: its maker has yet to read of that. Whoever asks
            // anew does so in a new room.
            RoomPhase::Left if is_elsewhere && room.state.direct && room.state.suite.is_some() => {
                Ok(())
            }
            RoomPhase::Left | RoomPhase::Removed => self.requested(from, &invitation),
            _ if !may_invite => Ok(()),
            RoomPhase::Requested => self.requested(from, &invitation),
            _ => self.keep_spare(room, invitation),
        }
    }

    /// Keeps a later invitation beside the one, or the group, that is followed.
    pub(super) fn keep_spare(
        &mut self,
        mut room: RoomRow,
        invitation: Invitation,
    ) -> Result<(), Error> {
        let seat = (&invitation.mailbox, &invitation.seat);
        if seat == (&room.mailbox, &room.state.seat) {
            if let Some(secret) = &invitation.seat_secret {
                room.state.spare_secret = Some(secret.clone());
            }
            room.state.spare_invitation = Some(invitation);
            self.write_room(&room)?;
        }
        Ok(())
    }

    /// A new invitation: taken at once from contacts, shown to the person otherwise.
    fn requested(
        &mut self,
        from: &ClientCertificate,
        invitation: &Invitation,
    ) -> Result<(), Error> {
        let Some(secret) = invitation.seat_secret.clone() else {
            return Ok(());
        };
        let known = self.db.person(&account_of(from))?;
        let phase = known.as_ref().and_then(|person| person.phase);
        // Requests that crossed: the other's may come when ours was answered already.
        let room_of_two = known.and_then(|person| person.room);
        let is_answered = phase == Some(ContactPhase::Accepted)
            && room_of_two.map_or(Ok(false), |room| self.is_alive(&room))?;
        let is_asked = invitation.direct && (is_answered || phase == Some(ContactPhase::Asked));
        // What another client of this account has joined or made was this person's will.
        let is_own = account_of(from) == self.me.account();
        let is_trusted = is_own || phase == Some(ContactPhase::Accepted) && !invitation.direct;
        let is_taken = is_asked || is_trusted;
        let counts = planted("r8_strangers_crowd_out_contacts") || !is_taken;
        if counts && self.db.count_rooms(RoomPhase::Requested)? >= MAX_REQUESTS {
            return Ok(());
        }
        self.meet(&from.body)?;
        let state = RoomState {
            title: invitation.title.clone(),
            line: invitation.line,
            base: base_of(invitation.line),
            expected: is_own,
            participants: vec![(account_of(from), from.body.username.clone(), true)],
            inviter: Some(from.body.client),
            invitation: Some(invitation.clone()),
            ..RoomState::new(invitation.direct, invitation.seat, secret)
        };
        let room = RoomRow {
            id: invitation.room,
            relay: invitation.relay.clone(),
            mailbox: invitation.mailbox,
            phase: RoomPhase::Requested,
            state,
        };
        self.write_room(&room)?;
        if is_taken {
            return self.accept(&room.id);
        }
        let expiry = self.now.plus_ms(REQUEST_MS);
        self.db
            .set_timer(TimerKind::ExpireRequest, Some(&room.id), expiry)?;
        self.events.push(Event::Request(request(&room)));
        Ok(())
    }
}

impl RoomRow {
    /// The latest commit that an invitation named or that was seen: older ones are known.
    fn seen_invitation(&self) -> u64 {
        let state = &self.state;
        let waiting = state.invitation.iter().chain(&state.spare_invitation);
        let named = waiting.map(|invitation| invitation.commit).max();
        named.max(Some(state.last_commit)).unwrap_or_default()
    }

    /// Whether a waiting invitation came from this client's account.
    fn is_from(&self, from: &ClientCertificate) -> bool {
        let inviter = self.state.participants.first();
        inviter.is_some_and(|(account, ..)| *account == account_of(from))
    }
}

/// A waiting request as shells see it.
pub(super) fn request(room: &RoomRow) -> ContactRequest {
    let from = room.state.participants.first();
    let invitation = room.state.invitation.as_ref();
    ContactRequest {
        room: room.id,
        from: from
            .map(|(_, username, _)| username.clone())
            .unwrap_or_default(),
        words: invitation
            .map(|invitation| invitation.words.clone())
            .unwrap_or_default(),
        title: (!room.state.direct).then(|| room.state.title.clone()),
    }
}

/// Whether no retry of a letter can help.
const fn is_final(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::NoSuchInbox | ErrorCode::TooLarge | ErrorCode::BadRequest
    )
}
