//! A room's life on this client: made or joined, watched, left.

use std::collections::BTreeSet;

use restante_crypto::{
    Group, Policy, RoomState as SharedState, SeatKey, group::room_state::PROTOCOL_VERSION, seat_id,
};
use restante_wire::{
    ErrorCode, LogHash, MailboxAddress, SeatSecret, WireError,
    fault::planted,
    key_package::Suite,
    mailbox::{Answer, Create, Position, Request, Rotate, SeatAccess, Stamp, Watch},
};

use super::{
    clients::removes_expelled,
    doubt::Standing,
    io::{Event, Failure, Reply, Room, RoomId, RoomPhase},
    live::Call,
    me::Me,
    suites::RoomSuite,
    turn::Turn,
};
use crate::{
    Error, ErrorKind,
    store::{RoomRow, RoomState, TimerKind},
};

/// Wait before something that the relay refused for now is tried again, doubled up to a minute.
const RETRY_MS: u64 = 500;

impl Turn<'_> {
    /// Makes a room with this client alone in it; the relay hears of it when the room is pumped.
    pub(super) fn create_room(
        &mut self,
        id: RoomId,
        title: &str,
        direct: bool,
    ) -> Result<(), Error> {
        let shared = self.first_state(id, title, direct);
        let suite = self.suite_of_new_groups();
        let mailbox = MailboxAddress(self.random());
        let room = self.create_group(id, mailbox, &shared, suite)?;
        self.write_room(&room)?;
        self.room_changed(&room)
    }

    /// The state of a room that begins with this account alone.
    pub(super) fn first_state(&self, id: RoomId, title: &str, direct: bool) -> SharedState {
        let me = self.me.account_id().clone();
        SharedState {
            direct,
            ..SharedState::new(id.0, title, me, SeatKey::generate(self.randomness))
        }
    }

    /// Makes a group of this client alone, kept under `id`; the room is the caller's to write.
    pub(super) fn create_group(
        &mut self,
        id: RoomId,
        mailbox: MailboxAddress,
        shared: &SharedState,
        suite: Suite,
    ) -> Result<RoomRow, Error> {
        let seat = seat_id(&shared.seat_key, &self.me.id());
        let group = Group::create(&self.me.client, mailbox, shared, suite)
            .map_err(|error| Error::caused(ErrorKind::Internal, error))?;
        self.groups.insert(self.db, id, group)?;
        self.update_leaf_in_a_week(&id)?;
        self.touched.insert(id);
        let username = self.me.client.certificate().body.username.clone();
        Ok(RoomRow {
            id,
            relay: self.me.relay().to_owned(),
            mailbox,
            phase: RoomPhase::Creating,
            state: RoomState {
                title: shared.title.clone(),
                policy: shared.policy,
                participants: vec![(self.me.account(), username, true)],
                log_hash: LogHash::start(&mailbox),
                admin_seat: true,
                suite: Some(suite),
                left_epoch: shared.predecessor.map_or(0, |left| left.epoch),
                ..RoomState::new(shared.direct, seat, SeatSecret(self.random()))
            },
        })
    }

    /// Does what can be done next in one room.
    pub(super) fn pump_room(&mut self, id: &RoomId) -> Result<(), Error> {
        let Some(room) = self.db.room(id)? else {
            return Ok(());
        };
        if !self.live.relays.contains(&room.relay)
            || self.live.room(id).busy
            || (self.is_halted(&room) && !room.state.searching)
        {
            return Ok(());
        }
        match room.phase {
            RoomPhase::Creating => return self.ask_create(&room),
            _ if room.state.held => {}
            RoomPhase::Joining | RoomPhase::Joined if !room.state.seated => {
                return self.ask_rotate(room);
            }
            RoomPhase::Joining | RoomPhase::Joined if !self.live.room(id).watching => {
                if self.db.timer(TimerKind::RetryOutbox, Some(id))?.is_some() {
                    return Ok(());
                }
                let live = self.live.room(id);
                live.watching = true;
                live.unanswered += 1;
                self.watches
                    .entry(room.relay.clone())
                    .or_default()
                    .push(room);
            }
            RoomPhase::Joined if room.state.searching => {}
            RoomPhase::Joined
                if room.is_beside()
                    && room.state.coming.is_none()
                    && !removes_expelled(self.db, id)? => {}
            RoomPhase::Joined => return self.pump_outbox(&room),
            _ => {}
        }
        Ok(())
    }

    /// Sends the watches that the rooms of this turn want, together.
    pub(super) fn pump_watches(&mut self) {
        for (relay, rooms) in std::mem::take(&mut self.watches) {
            for rooms in rooms.chunks(restante_wire::limits::MAX_POSITIONS) {
                let positions = rooms
                    .iter()
                    .map(|room| Position {
                        access: room.access(),
                        cursor: room.watch_cursor(),
                    })
                    .collect();
                let call = Call::Watch(rooms.iter().map(|room| room.id).collect());
                self.ask(&relay, call, Request::Watch(Watch { positions }));
            }
        }
    }

    fn ask_create(&mut self, room: &RoomRow) -> Result<(), Error> {
        let create = Create {
            stamp: Stamp::default(),
            mailbox: room.mailbox,
            seat: room.state.seat,
            secret_hash: room.state.secret.hash(),
            owner_tag: self.owner_tag(&room.mailbox, &room.state.seat)?,
        };
        self.live.room(&room.id).busy = true;
        self.ask(&room.relay, Call::Create(room.id), Request::Create(create));
        Ok(())
    }

    /// The new secret is on disk before the relay hears its hash (C1).
    fn ask_rotate(&mut self, mut room: RoomRow) -> Result<(), Error> {
        let next = match &room.state.next_secret {
            Some(next) => next.clone(),
            None => SeatSecret(self.random()),
        };
        room.state.next_secret = Some(next.clone());
        if !planted("c1_new_secret_not_kept") {
            self.write_room(&room)?;
        }
        let rotate = Rotate {
            access: room.access(),
            secret_hash: next.hash(),
            owner_tag: self.owner_tag(&room.mailbox, &room.state.seat)?,
        };
        self.live.room(&room.id).busy = true;
        self.ask(&room.relay, Call::Rotate(room.id), Request::Rotate(rotate));
        Ok(())
    }

    /// The relay answered a creation. An address that is taken is ours from a lost answer: nobody
    /// else can hit 32 random bytes.
    pub(super) fn created(
        &mut self,
        id: RoomId,
        result: &Result<Reply, Failure>,
    ) -> Result<(), Error> {
        self.live.room(&id).busy = false;
        let Some(mut room) = self.db.room(&id)? else {
            return Ok(());
        };
        match result {
            Ok(_) => {}
            Err(Failure::Refused(error)) if error.code == ErrorCode::MailboxExists => {}
            Err(failure) => return self.retry_room(&id, *failure),
        }
        room.phase = RoomPhase::Joined;
        room.state.seated = true;
        self.live.room(&id).failures = 0;
        self.write_room(&room)?;
        self.touched.insert(id);
        self.room_changed(&room)
    }

    /// The relay answered a rotation. When the old secret is refused, an earlier rotation may have
    /// gone through with its answer lost: then the new one works.
    pub(super) fn rotated(
        &mut self,
        id: RoomId,
        result: &Result<Reply, Failure>,
    ) -> Result<(), Error> {
        self.live.room(&id).busy = false;
        let Some(mut room) = self.db.room(&id)? else {
            return Ok(());
        };
        match result {
            Ok(_) => {
                if let Some(next) = room.state.next_secret.take() {
                    room.state.secret = next;
                }
                room.state.seated = true;
                self.live.room(&id).failures = 0;
            }
            Err(Failure::Refused(error)) if error.code == ErrorCode::NoSuchSeat => {
                match room.state.next_secret.clone() {
                    Some(next) if next != room.state.secret => room.state.secret = next,
                    _ => return self.seat_refused(room),
                }
            }
            Err(failure) => return self.retry_room(&id, *failure),
        }
        self.touched.insert(id);
        self.write_room(&room)
    }

    /// The relay answered a watch. Of a room that was watched anew meanwhile only the last answer counts:
    /// this one was for a place, or a secret, that is given up.
    pub(super) fn watched(
        &mut self,
        ids: &[RoomId],
        result: Result<Reply, Failure>,
    ) -> Result<(), Error> {
        let mut current = BTreeSet::new();
        for id in ids {
            let live = self.live.room(id);
            live.unanswered = live.unanswered.saturating_sub(1);
            if live.unanswered == 0 {
                current.insert(*id);
            }
        }
        let outcomes = match result {
            Ok(Reply::Mailbox(Answer::Watching(outcomes))) => outcomes,
            Ok(_) => Vec::new(),
            Err(failure) => {
                for id in &current {
                    self.live.room(id).watching = false;
                    self.retry_room(id, failure)?;
                }
                return Ok(());
            }
        };
        for (id, outcome) in ids.iter().zip(outcomes) {
            let Some(room) = self.db.room(id)?.filter(|_| current.contains(id)) else {
                continue;
            };
            match outcome.into() {
                Ok(last) => self.watch_began(room, last)?,
                Err(WireError {
                    code: ErrorCode::NoSuchSeat,
                    ..
                }) => {
                    self.live.room(id).watching = false;
                    self.seat_refused(room)?;
                }
                Err(error) => {
                    self.live.room(id).watching = false;
                    self.retry_room(id, Failure::Refused(error))?;
                }
            }
        }
        Ok(())
    }

    fn watch_began(&mut self, mut room: RoomRow, last: u64) -> Result<(), Error> {
        let live = self.live.room(&room.id);
        live.watched = true;
        live.last = live.last.max(last);
        live.failures = 0;
        self.touched.insert(room.id);
        let is_behind_us = last < room.state.cursor;
        if room.state.searching {
            return self.search_goes_on(room);
        }
        if room.state.unproven {
            self.prove_length(&mut room, last)?;
        } else if is_behind_us && !room.state.log_mismatch {
            // Clients never go back: the relay lost, or hides, what this client has seen.
            room.state.log_mismatch = true;
            self.write_room(&room)?;
            self.room_changed(&room)?;
        }
        if room.state.standing.in_doubt() {
            self.ask_soon(&room)?;
        }
        Ok(())
    }

    /// Waits, and tries the room again.
    pub(super) fn retry_room(&mut self, id: &RoomId, failure: Failure) -> Result<(), Error> {
        self.live.refused = failure.code();
        let live = self.live.room(id);
        live.failures = live.failures.saturating_add(1);
        let backoff = RETRY_MS << live.failures.min(7);
        let wait = match failure {
            Failure::Refused(error) => error.retry_after_ms.unwrap_or(backoff),
            Failure::Lost | Failure::Untrusted => backoff,
        };
        let due = self.now.plus_ms(wait.max(1) + self.jitter(wait / 4));
        self.db.set_timer(TimerKind::RetryOutbox, Some(id), due)
    }

    /// The person takes a request or an invitation.
    pub(super) fn accept(&mut self, id: &RoomId) -> Result<(), Error> {
        let mut room = self.db.room(id)?.ok_or(ErrorKind::NotFound)?;
        if room.phase != RoomPhase::Requested {
            return Err(ErrorKind::AlreadyThere.into());
        }
        room.phase = RoomPhase::Joining;
        self.db.clear_timer(TimerKind::ExpireRequest, Some(id))?;
        let other = room.other(&self.me.account());
        room.state.shared = other.is_some();
        self.write_room(&room)?;
        if let Some(account) = other
            && let Some(person) = self.db.person(&account)?
        {
            self.contact_accepted(person, id)?;
        }
        self.touched.insert(*id);
        self.room_changed(&room)
    }

    /// Ends a room here: its secrets go, its messages stay.
    pub(super) fn close_room(&mut self, mut room: RoomRow, phase: RoomPhase) -> Result<(), Error> {
        if room.is_beside() {
            return self.end_line(&room);
        }
        self.end_lines(&room.id)?;
        self.keep_taken(&room)?;
        for row in self.db.outbox(&room.id, u32::MAX)? {
            self.end_task(row.task, Some(ErrorKind::RoomClosed))?;
            self.give_message_up(&room.id, &row.intent)?;
        }
        self.settle_messages(&room)?;
        self.end_accept(&room.id, Some(ErrorKind::RoomClosed))?;
        if !planted("c7_secrets_of_a_lost_room_kept") {
            self.groups.remove(self.db, &room.id)?;
            self.db.forget_room(&room.id)?;
        }
        room.phase = phase;
        room.state.standing = Standing::default();
        if let Some(declined) = room.state.invitation.take() {
            // Its copies lead nowhere, either.
            room.state.last_commit = room.state.last_commit.max(declined.commit);
        }
        room.state.spare_invitation = None;
        room.state.seated = false;
        self.write_room(&room)?;
        self.live.rooms.remove(&room.id);
        self.vault_changed()?;
        self.room_changed(&room)?;
        self.pair_ended(&room)
    }

    /// Tells shells about a room.
    pub(super) fn room_changed(&mut self, room: &RoomRow) -> Result<(), Error> {
        if room.is_beside() {
            return Ok(());
        }
        let shown = shown(self.db, room, self.me)?;
        self.events.push(Event::Room(shown));
        Ok(())
    }

    pub(super) fn write_room(&mut self, room: &RoomRow) -> Result<(), Error> {
        self.db.write_room(room)
    }
}

impl RoomRow {
    /// What this client shows the relay.
    pub(super) fn access(&self) -> SeatAccess {
        SeatAccess {
            mailbox: self.mailbox,
            seat: self.state.seat,
            secret: self.state.secret.clone(),
        }
    }

    /// Whether this is a one-to-one room that the other has left.
    pub(super) fn is_deserted(&self) -> bool {
        let is_alone = self.state.participants.len() <= 1 && self.state.last_commit > 0;
        self.state.direct && (is_alone || !self.state.leaving.is_empty())
    }

    /// Where reading goes on: a newcomer starts with the commit that adds it.
    pub(super) fn watch_cursor(&self) -> u64 {
        match (&self.phase, &self.state.invitation) {
            (RoomPhase::Joining, Some(invitation)) => invitation.commit.saturating_sub(1),
            _ if self.state.searching => self.state.kept.unwrap_or_default(),
            // The last envelope is to be shown once more.
            _ if self.state.unproven => self.state.cursor.saturating_sub(1),
            _ => self.state.cursor,
        }
    }
}

impl RoomState {
    /// A room of which nothing is known yet but the seat.
    pub(super) fn new(direct: bool, seat: restante_wire::SeatId, secret: SeatSecret) -> Self {
        Self {
            direct,
            suite: None,
            title: String::new(),
            picture: None,
            policy: Policy::default(),
            participants: Vec::new(),
            seat,
            secret,
            next_secret: None,
            spare_secret: None,
            seated: false,
            cursor: 0,
            last_commit: 0,
            log_hash: LogHash([0; 32]),
            standing: Standing::default(),
            lost: None,
            leaving: Default::default(),
            seatless: Default::default(),
            unconfirmed: Default::default(),
            repaired: Default::default(),
            untidy: Default::default(),
            admin_seat: false,
            inviter: None,
            invitation: None,
            spare_invitation: None,
            joined: 0,
            read: 0,
            told: (0, 0),
            log_mismatch: false,
            mute: None,
            version: PROTOCOL_VERSION,
            unproven: false,
            log_lost: false,
            kept: None,
            vanished: false,
            searching: false,
            line: 0,
            base: 0,
            beside: None,
            coming: None,
            held: false,
            successor: None,
            named: false,
            left_epoch: 0,
            expected: false,
            shared: false,
        }
    }
}

/// A room as shells see it.
pub(super) fn shown(db: crate::store::Db<'_>, room: &RoomRow, me: &Me) -> Result<Room, Error> {
    let state = &room.state;
    let other = || {
        state
            .participants
            .iter()
            .find(|(account, ..)| *account != me.account())
    };
    let title = match (state.direct, other()) {
        (true, Some((_, username, _))) => username.clone(),
        _ => state.title.clone(),
    };
    let participants = state
        .participants
        .iter()
        .map(|(_, username, admin)| (username.clone(), *admin))
        .collect();
    Ok(Room {
        id: room.id,
        title,
        direct: state.direct,
        suite: state.suite.map(RoomSuite::of),
        phase: room.phase,
        picture: state.picture,
        policy: state.policy,
        participants,
        number: room.place(state.cursor),
        in_doubt: state.standing.in_doubt(),
        log_mismatch: state.log_mismatch,
        mute: state.mute.unwrap_or_default(),
        halted: room.halt(me.speaks),
        unread: db.unread(&room.id, state.read)?,
    })
}
