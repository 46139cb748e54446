//! Sorts what the driver tells to the part of the engine that waits for it.

use restante_wire::stream::{Ended, Event as StreamEvent, Greeting};

use super::{
    intent::{Change, Intent},
    io::{CallId, Failure, Input, Reply, RoomId, RoomPhase, Stream, Time},
    live::Call,
    turn::Turn,
};
use crate::{
    Error,
    store::{RoomRow, TimerKind},
};

/// A member updates its leaf about weekly, give or take a day.
const UPDATE_EVERY_MS: u64 = 7 * 86_400_000;
const UPDATE_JITTER_MS: u64 = 86_400_000;

impl Turn<'_> {
    pub(super) fn input(&mut self, input: Input) -> Result<(), Error> {
        match input {
            Input::Connected {
                relay,
                stream,
                greeting,
            } => self.connected(relay, stream, &greeting),
            Input::Disconnected { relay, stream } => self.disconnected(&relay, stream),
            Input::Answered { call, result } => self.answered(call, result),
            Input::Event { relay, event } => self.event(&relay, event),
            Input::Tick => self.tick(),
        }
    }

    fn connected(
        &mut self,
        relay: String,
        stream: Stream,
        greeting: &Greeting,
    ) -> Result<(), Error> {
        self.live.relay_day = greeting.day.0;
        self.greeted(&relay, greeting.restore_id)?;
        match stream {
            Stream::Account => {
                self.live.account_up = true;
                self.live.pool_checked = false;
                self.live.token_busy = false;
            }
            Stream::Rooms => {
                for room in self.db.rooms()? {
                    if room.relay == relay {
                        self.touched.insert(room.id);
                        self.db
                            .clear_timer(TimerKind::RetryOutbox, Some(&room.id))?;
                    }
                }
                self.db.hasten_uploads(&relay)?;
                if relay == self.me.relay() {
                    self.live.record_checked = false;
                }
                self.live.push.retry_at = None;
                self.live.relays.insert(relay);
            }
        }
        Ok(())
    }

    fn disconnected(&mut self, relay: &str, stream: Stream) -> Result<(), Error> {
        match stream {
            Stream::Account => {
                self.live.account_up = false;
                self.live.inbox_watching = false;
                self.live.inbox_watched = false;
                self.live.inbox_acking = false;
            }
            Stream::Rooms => {
                self.live.relays.remove(relay);
                self.live.push.services.remove(relay);
                self.live.acking.remove(relay);
                for room in self.db.rooms()? {
                    if room.relay == relay {
                        self.keep_answers(&room)?;
                        self.live.rooms.remove(&room.id);
                    }
                }
            }
        }
        Ok(())
    }

    fn answered(&mut self, call: CallId, result: Result<Reply, Failure>) -> Result<(), Error> {
        let Some(call) = self.live.calls.remove(&call) else {
            return Ok(());
        };
        match call {
            Call::Create(room) => self.created(room, &result),
            Call::Rotate(room) => self.rotated(room, &result),
            Call::Append(room, rows) => self.appended(room, &rows, result),
            Call::Watch(rooms) => self.watched(&rooms, result),
            Call::Ack(relay, moved) => self.acked(&relay, &moved, &result),
            Call::Lookup { task, username } => self.looked_up(task, &username, result),
            Call::Claim(asked) => self.claimed(asked, result),
            Call::Deliver(letter) => self.delivered(letter, &result),
            Call::Signal => Ok(()),
            Call::WatchInbox => {
                self.inbox_watched(&result);
                Ok(())
            }
            Call::AckInbox(number) => {
                self.inbox_acked(number, &result);
                Ok(())
            }
            Call::ReadPool => self.pool_read(result),
            Call::UploadKeyPackages(references, replaced_all) => {
                self.key_packages_uploaded(&references, replaced_all, &result)
            }
            Call::SetContactToken => self.contact_token_set(&result),
            Call::WriteVault(expected, generation) => {
                self.vault_written(expected, generation, &result)
            }
            Call::ReadVault { writes } => self.vault_read(result, writes),
            Call::ReadRecord => self.record_read(result),
            Call::Upload(id) => self.uploaded(id, &result),
            Call::ReadPushService(relay) => {
                self.push_service_read(relay, result);
                Ok(())
            }
            Call::SetWakeHandle(call) => self.wake_handle_set(&call, &result),
        }
    }

    fn event(&mut self, relay: &str, event: StreamEvent) -> Result<(), Error> {
        match event {
            StreamEvent::Envelopes { mailbox, envelopes } => {
                self.envelopes_or_rest(relay, &mailbox, envelopes)
            }
            StreamEvent::Letters(letters) => self.letters_arrived(letters),
            StreamEvent::Ended { mailbox, reason } => {
                let Some(room) = self.db.room_by_mailbox(relay, &mailbox)? else {
                    return Ok(());
                };
                let live = self.live.room(&room.id);
                if !std::mem::take(&mut live.watching) {
                    // Of a watch that is over here already: the next one tells how things are.
                    return Ok(());
                }
                live.watched = false;
                match reason {
                    Ended::NoSuchSeat => self.seat_refused(room),
                    Ended::Trimmed { .. } => self.log_trimmed(room),
                }
            }
            StreamEvent::Ephemeral { mailbox, body } => self.signalled(relay, &mailbox, &body),
        }
    }

    fn tick(&mut self) -> Result<(), Error> {
        self.live.wake_at = None;
        for (kind, room) in self.db.take_due_timers(self.now)? {
            self.due_or_put_off(kind, room.as_ref())?;
        }
        // A command may have written intents in the turn before this one.
        for room in self.db.rooms_with_outbox()? {
            self.touched.insert(room);
        }
        self.touched.extend(self.db.rooms_under_way()?);
        Ok(())
    }

    /// What is due at a time.
    pub(super) fn due(&mut self, kind: TimerKind, room: Option<&RoomId>) -> Result<(), Error> {
        match (kind, room) {
            (TimerKind::LeafUpdate, Some(room)) => self.update_leaf(room)?,
            (TimerKind::Tidy, Some(room)) => self.tidy(room)?,
            (TimerKind::AskInDoubt, Some(room)) => self.ask_members(room)?,
            (TimerKind::RetryOutbox, Some(room)) => {
                self.touched.insert(*room);
            }
            (TimerKind::ExpireRequest, Some(room)) => self.expire_request(room)?,
            (TimerKind::ForgetRequest, Some(room)) => self.forget_request(room)?,
            (TimerKind::Newcomers, Some(room)) => self.look_after_newcomers(room)?,
            (TimerKind::ContactToken, _) => self.change_contact_token(true)?,
            (TimerKind::ExpireMessages, _) => self.expire_messages()?,
            (TimerKind::Unmute, Some(room)) => self.unmute(room)?,
            (TimerKind::WriteVault, _) => self.write_vault()?,
            (TimerKind::ReadVault, _) => self.vault_is_stale()?,
            (TimerKind::KeyPackages, _) => self.live.pool_checked = false,
            (TimerKind::AskIn, Some(room)) => self.ask_in(room)?,
            (TimerKind::AddOwn, Some(room)) => self.add_own(room)?,
            (TimerKind::EndLine, Some(room)) => {
                if let Some(line) = self.db.room(room)?.filter(RoomRow::is_beside) {
                    self.end_line(&line)?;
                }
            }
            (TimerKind::Succeed, Some(room)) => self.succeed_or_ask(room)?,
            (TimerKind::BringIn, Some(room)) => self.bring_in(room)?,
            (TimerKind::ReadRecord, _) => self.live.record_checked = false,
            _ => {}
        }
        Ok(())
    }

    fn update_leaf(&mut self, id: &RoomId) -> Result<(), Error> {
        let Some(room) = self.db.room(id)? else {
            return Ok(());
        };
        if room.phase != RoomPhase::Joined {
            return Ok(());
        }
        self.update_leaf_in_a_week(id)?;
        self.offer_removal(&room)?;
        let queued = self.db.outbox(id, u32::MAX)?;
        if queued
            .iter()
            .any(|row| row.intent.is_change_like(&Change::Update))
        {
            return Ok(());
        }
        self.want(id, &Intent::Commit(Change::Update), None)
    }

    /// Sets the timer of [`Self::update_leaf`], for whoever made a room, too.
    pub(super) fn update_leaf_in_a_week(&self, id: &RoomId) -> Result<(), Error> {
        let wait = UPDATE_EVERY_MS + self.jitter(UPDATE_JITTER_MS);
        let due = self.now.plus_ms(wait);
        self.db.set_timer(TimerKind::LeafUpdate, Some(id), due)
    }

    /// Asks for a tick at this time at the latest.
    pub(super) fn wake_at(&mut self, time: Time) {
        let earliest = self.live.wake_at.map_or(time, |set| set.min(time));
        self.live.wake_at = Some(earliest);
    }
}
