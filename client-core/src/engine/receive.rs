//! From envelope to message: the one path on which a room's state moves.
//!
//! Envelopes come in order and without gaps; each is an own echo, opens, or is noise to every honest
//! client. State, message, cursor and log hash of a run of envelopes commit together (C2), and only
//! then is anything acknowledged.

use std::collections::BTreeSet;

use restante_crypto::{LogPosition, Member, Processed, Skip};
use restante_wire::{Envelope, Kind, LogHash, MailboxAddress, fault::planted};
use sha2::{Digest, Sha256};

use super::{
    commits::authenticator,
    content::{self, Content, Shown},
    intent::Intent,
    io::{Failure, MessageId, MessageState, RoomId, RoomPhase, Time},
    messages::{ContentKind, Ignored},
    payload::Payload,
    turn::Turn,
};
use crate::{
    Error, ErrorKind,
    store::{OutboxRow, RoomRow, StoredMessage},
};

impl Turn<'_> {
    /// Envelopes of a mailbox arrived.
    pub(super) fn envelopes(
        &mut self,
        relay: &str,
        mailbox: &MailboxAddress,
        envelopes: Vec<Envelope>,
    ) -> Result<(), Error> {
        match self.db.room_by_mailbox(relay, mailbox)? {
            Some(room) => self.receive(&room.id, envelopes),
            None => Ok(()),
        }
    }

    /// Processes a run of envelopes of one room.
    pub(super) fn receive(&mut self, id: &RoomId, envelopes: Vec<Envelope>) -> Result<(), Error> {
        let Some(mut room) = self.db.room(id)? else {
            return Ok(());
        };
        if room.state.searching {
            return self.search(room, &envelopes);
        }
        let before = room.clone();
        let mut envelopes = envelopes.into_iter();
        for envelope in envelopes.by_ref() {
            let next = room.watch_cursor() + 1;
            let is_over = room.phase > RoomPhase::Joined || self.is_halted(&room);
            if envelope.number < next || is_over {
                continue;
            }
            if envelope.number > next {
                self.gap(&mut room)?;
                break;
            }
            if envelope.number == room.state.cursor && room.state.unproven {
                self.prove_envelope(&mut room, &envelope)?;
                continue;
            }
            let invitation = room.state.invitation.as_ref();
            if invitation.is_some_and(|invitation| invitation.commit == envelope.number) {
                self.join(&mut room, &envelope)?;
                self.note_seats(&mut room, &envelope)?;
                if room.is_beside() && room.phase == RoomPhase::Joined {
                    // Which places its messages have is decided before the first of them.
                    self.pass(&mut room, &envelope)?;
                    break;
                }
            } else if room.phase == RoomPhase::Joined {
                self.process(&mut room, &envelope)?;
                self.follow_spare(&mut room, &envelope)?;
            }
            self.pass(&mut room, &envelope)?;
            self.live.room(id).gaps = 0;
            if is_named_by(&room, &before) {
                break;
            }
        }
        self.touched.insert(*id);
        if room == before
            || self
                .db
                .room(id)?
                .is_none_or(|stored| stored.phase > RoomPhase::Joined)
        {
            return Ok(());
        }
        let live = self.live.room(id);
        live.last = live.last.max(room.state.cursor);
        if !room.state.standing.in_doubt() {
            // In doubt nothing is acknowledged: a repair must read the log again.
            live.received = room.state.cursor;
        }
        self.write_room(&room)?;
        if room.state.standing.in_doubt() {
            self.ask_soon(&room)?;
        }
        if changed_for_people(&before, &room) {
            self.room_changed(&room)?;
        }
        let cursor = room.state.cursor;
        self.go_on(room, &before, envelopes.collect())?;
        self.answer_waiting(id, cursor)
    }

    /// A run of envelopes is processed: where it leads the room into another group, the rest of the run
    /// is read as what that makes of it.
    fn go_on(&mut self, room: RoomRow, before: &RoomRow, rest: Vec<Envelope>) -> Result<(), Error> {
        let (relay, mailbox) = (room.relay.clone(), room.mailbox);
        if room.is_beside() && before.phase != RoomPhase::Joined {
            self.line_joined(room)?;
        } else if room.state.coming.is_some() {
            self.line_moved(room)?;
        } else if is_named_by(&room, before) {
            self.follow(room)?;
        } else {
            return Ok(());
        }
        self.envelopes(&relay, &mailbox, rest)
    }

    /// Nothing behind a gap can be processed: the watch is asked for anew. As long as a watch is not
    /// answered, envelopes are those of an earlier one, from further on. Behind the answer, once may be
    /// chance; a relay that leaves the same gap again hides something, and is asked slowly.
    fn gap(&mut self, room: &mut RoomRow) -> Result<(), Error> {
        let live = self.live.room(&room.id);
        if !live.watched && !planted("r2_envelopes_of_an_earlier_watch_are_a_lie") {
            return Ok(());
        }
        live.watch_anew();
        live.gaps = live.gaps.saturating_add(1);
        if live.gaps == 1 {
            return Ok(());
        }
        room.state.log_mismatch = true;
        self.retry_room(&room.id, Failure::Lost)
    }

    /// Moves the cursor past an envelope.
    fn pass(&mut self, room: &mut RoomRow, envelope: &Envelope) -> Result<(), Error> {
        if room.phase != RoomPhase::Joined {
            return Ok(());
        }
        let state = &mut room.state;
        if state.cursor < envelope.number {
            state.log_hash = state.log_hash.next(envelope);
            state.cursor = envelope.number;
            self.db
                .add_log_hash(&room.id, envelope.number, &state.log_hash)?;
        }
        let is_skipped = state.standing.skipped.contains(&envelope.number);
        let is_passed = !(is_skipped && planted("c3_skipped_commit_not_named"));
        if envelope.kind == Kind::Commit && is_passed {
            state.last_commit = envelope.number;
            self.db.trim_log_hashes(&room.id, envelope.after_commit)?;
        }
        Ok(())
    }

    fn process(&mut self, room: &mut RoomRow, envelope: &Envelope) -> Result<(), Error> {
        if let Some(row) = self.own_echo(room, envelope)? {
            self.echoed(room, envelope, row)?;
        } else {
            let leaving = room.state.leaving.clone();
            let group = self.groups.of(self.db, &self.me.client, room)?;
            match group.process(envelope.kind, &envelope.body, &leaving) {
                Ok(processed) => self.opened(room, envelope, processed)?,
                // Not noise but a fault of this disk: nothing may be decided on it.
                Err(Skip::Stored) => return Err(ErrorKind::Storage.into()),
                Err(_) => self.noise(room, envelope)?,
            }
        }
        if room.state.standing.in_doubt() {
            self.end_doubt_alone(room)?;
        }
        if envelope.kind == Kind::Commit {
            self.forget_ciphertexts(room)?;
        }
        self.note_seats(room, envelope)
    }

    /// An echo is known by its id and its body: the id alone could be forged by the relay.
    fn own_echo(&self, room: &RoomRow, envelope: &Envelope) -> Result<Option<OutboxRow>, Error> {
        let Some((row, hash)) = self.db.outbox_by_envelope(&room.id, &envelope.id)? else {
            return Ok(None);
        };
        let arrived: [u8; 32] = Sha256::digest(&envelope.body).into();
        let same_body = hash == arrived || planted("c4_echo_known_by_id_alone");
        let same = same_body && room.state.last_commit == envelope.after_commit;
        Ok(same.then_some(row))
    }

    fn opened(
        &mut self,
        room: &mut RoomRow,
        envelope: &Envelope,
        processed: Processed,
    ) -> Result<(), Error> {
        match processed {
            Processed::Message {
                sender,
                payload,
                position,
            } => {
                self.check_position(room, envelope, position)?;
                self.heard_of(room, &sender.certificate, envelope.day.0)?;
                self.witnessed(room, &sender)?;
                self.payload(room, envelope, &sender, &payload)
            }
            Processed::Commit {
                author,
                position,
                summary,
                staged,
            } => {
                self.check_position(room, envelope, position)?;
                let group = self.groups.of(self.db, &self.me.client, room)?;
                if group.has_pending() {
                    group.discard_pending().map_err(internal)?;
                }
                group.merge(*staged).map_err(internal)?;
                self.witnessed(room, &author)?;
                self.merged(room, envelope, &author, &summary)
            }
            Processed::OwnRemoval {
                author,
                position,
                repaired,
            } => {
                self.check_position(room, envelope, position)?;
                if planted("c7_claimed_removal_believed") {
                    room.phase = RoomPhase::Removed;
                    return self.close_room(room.clone(), RoomPhase::Removed);
                }
                let author = author.account();
                room.state.standing.claim(envelope.number, author, repaired);
                // The relay knows whether the seat went with it: a new watch tells at once.
                self.live.room(&room.id).watch_anew();
                self.remember_verdict(room, envelope.number)
            }
        }
    }

    /// Something that does not open: noise to all, or poisoned for this client.
    fn noise(&mut self, room: &mut RoomRow, envelope: &Envelope) -> Result<(), Error> {
        match envelope.kind {
            Kind::Commit => {
                room.state.standing.skip(envelope.number);
                self.remember_verdict(room, envelope.number)
            }
            Kind::Message => {
                room.state.standing.not_opened();
                Ok(())
            }
        }
    }

    /// Keeps what this client holds behind a commit that it did not merge, to ask members about it.
    fn remember_verdict(&mut self, room: &RoomRow, number: u64) -> Result<(), Error> {
        let authenticator = authenticator(self.groups.of(self.db, &self.me.client, room)?);
        self.db.add_verdict(&room.id, number, false, &authenticator)
    }

    /// An envelope of somebody else opened.
    fn witnessed(&mut self, room: &mut RoomRow, sender: &Member) -> Result<(), Error> {
        if room.state.direct && sender.account() != self.me.account() {
            self.heard_in_pair(room, sender)?;
        }
        if !room.state.standing.in_doubt() {
            return Ok(());
        }
        let others = room
            .state
            .participants
            .iter()
            .map(|(account, ..)| *account)
            .filter(|account| *account != self.me.account())
            .collect();
        if room.state.standing.opened(sender.account(), &others) {
            self.doubt_ended(room)?;
        }
        Ok(())
    }

    /// Where this client is the only member, or all others are newcomers that have not shown themselves
    /// yet, nobody can be asked, and nobody has been seen to see the room differently.
    fn end_doubt_alone(&mut self, room: &mut RoomRow) -> Result<(), Error> {
        if !self.db.has_group(&room.id)? {
            // This envelope was the last: it said that this client leaves.
            return Ok(());
        }
        let (me, is_claimed) = (self.me.id(), room.state.standing.claimed.is_some());
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let unconfirmed = match is_claimed || planted("c3_doubt_waits_for_newcomers") {
            true => None,
            false => Some(&room.state.unconfirmed),
        };
        let may_answer = |member: &Member| {
            let client = member.client();
            client != me && !unconfirmed.is_some_and(|found| found.contains_key(&client))
        };
        if !group.members().any(may_answer)
            && room
                .state
                .standing
                .opened(self.me.account(), &BTreeSet::new())
        {
            self.doubt_ended(room)?;
        }
        Ok(())
    }

    /// Compares what a member saw of the log with what this client saw.
    fn check_position(
        &mut self,
        room: &mut RoomRow,
        envelope: &Envelope,
        position: LogPosition,
    ) -> Result<(), Error> {
        let fits = if position.n >= envelope.number {
            false
        } else if position.n == room.state.cursor {
            position.hash == room.state.log_hash
        } else if position.n == 0 {
            position.hash == LogHash::start(&room.mailbox)
        } else {
            self.db
                .log_hash(&room.id, position.n)?
                .is_none_or(|hash| hash == position.hash)
        };
        if !fits && !planted("r2_log_hash_not_checked") {
            room.state.log_mismatch = true;
        }
        Ok(())
    }

    fn payload(
        &mut self,
        room: &mut RoomRow,
        envelope: &Envelope,
        sender: &Member,
        payload: &[u8],
    ) -> Result<(), Error> {
        match Payload::decode(payload) {
            Ok(Payload::Content(bytes)) => self.content(room, envelope, sender, bytes),
            Ok(Payload::Leave) => {
                if !room.state.leaving.contains(&sender.client()) {
                    self.account_leaves(room, sender)?;
                    self.note_leaving(room, envelope, sender)?;
                }
                match (sender.account() == self.me.account(), room.is_beside()) {
                    // The person left, on another client.
                    (true, false) => self.want(&room.id, &Intent::Leave, None)?,
                    (false, false) if room.state.direct => {
                        // Nobody is left who could hear anything: what the log has behind this, nobody has.
                        self.forget_ciphertexts(room)?;
                        room.phase = RoomPhase::Left;
                        return self.close_room(room.clone(), RoomPhase::Left);
                    }
                    (_, true) if room.state.direct => return self.left_in_earlier_group(room),
                    _ => {}
                }
                self.tidy_soon(room)
            }
            Ok(Payload::ContactToken(token)) => {
                match room.state.direct && sender.account() != self.me.account() {
                    true => self.db.keep_contact_token(&sender.client(), &token),
                    false => Ok(()),
                }
            }
            Err(_) => self.content(room, envelope, sender, payload.to_vec()),
        }
    }

    fn content(
        &mut self,
        room: &mut RoomRow,
        envelope: &Envelope,
        sender: &Member,
        bytes: Vec<u8>,
    ) -> Result<(), Error> {
        let own = sender.account() == self.me.account();
        let decoded = content::decode(&bytes).ok();
        match decoded.as_ref().map(Content::shown) {
            Some(Shown::Status(report)) => {
                return self.status_report(room, &sender.account(), &report);
            }
            Some(Shown::Nothing) => return Ok(()),
            _ if !self.may_post(room, &sender.account())? => return Ok(()),
            Some(Shown::Text(_)) | None => {}
        }
        let sent_at = decoded.as_ref().and_then(Content::sent_at);
        let day_ms = u64::from(envelope.day.0) * 86_400_000;
        let id = content::message_id(
            &content::sender_uri(&sender.certificate.body.account),
            &content::room_uri(&room.shown_as()),
            &bytes,
        );
        let is_new_id = planted("c4_message_known_by_place_alone");
        let id = if is_new_id {
            MessageId(self.random())
        } else {
            id
        };
        self.meet(&sender.certificate.body)?;
        let message = StoredMessage {
            room: room.shown_as(),
            number: Some(room.place(envelope.number)),
            id,
            sender: sender.account(),
            own,
            sent_at: sent_at.unwrap_or(Time(day_ms)),
            state: if own {
                MessageState::Sent
            } else {
                MessageState::Received
            },
            kind: ContentKind::Message,
            target: None,
            gone: None,
            lifetime_s: None,
            expires: None,
            content: bytes,
            folded: None,
        };
        let shown = room.as_shown();
        let (id, number) = (message.id, message.number);
        // Whatever changes nothing is no fault of this room's: it goes on.
        match self.file(&shown, message, decoded.as_ref())? {
            Ok(()) => {
                self.stopped_typing(&shown.id, &sender.account());
                Ok(())
            }
            Err(Ignored::Doubled)
                if !room.is_beside() && !planted("c3_message_keeps_its_first_place") =>
            {
                self.db.take_place(&room.id, &id, number, &room.places())?;
                self.comes_again(&room.id, &id, room.place(envelope.number))
            }
            Err(_) => Ok(()),
        }
    }
}

/// Whether the room's own group has named the one that follows.
const fn is_named_by(room: &RoomRow, before: &RoomRow) -> bool {
    let is_named = room.state.successor.is_some() && before.state.successor.is_none();
    is_named && !room.is_beside()
}

fn changed_for_people(before: &RoomRow, after: &RoomRow) -> bool {
    let (old, new) = (&before.state, &after.state);
    before.phase != after.phase
        || old.title != new.title
        || old.picture != new.picture
        || old.policy != new.policy
        || old.participants != new.participants
        || old.log_mismatch != new.log_mismatch
        || (old.version, old.log_lost) != (new.version, new.log_lost)
        || old.standing.in_doubt() != new.standing.in_doubt()
}

fn internal(error: restante_crypto::GroupError) -> Error {
    Error::caused(ErrorKind::Internal, error)
}
