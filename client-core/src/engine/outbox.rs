//! From intent to append: encrypts at the moment of sending, keeps the exact bytes for retries, and
//! starts again from the intent when a commit came between.
//!
//! What was encrypted names the last commit this client had processed, and the relay refuses it when
//! there is a later one. So when a further commit is processed, bytes whose echo has not been seen
//! will never be accepted: they are forgotten, and the intent is encrypted again in the new epoch.

use restante_crypto::{GroupError, LogPosition};
use restante_wire::{
    Envelope, EnvelopeId, ErrorCode, Kind, WireError,
    fault::planted,
    limits,
    mailbox::{Answer, Append, AppendItem, Appended, Refusal, Request, SeatChanges, Wake},
};
use serde::{Deserialize, Serialize};

use super::{
    intent::{Change, Intent},
    io::{Failure, MessageState, Reply, RoomId, RoomPhase, TaskId},
    letters::Letter,
    live::Call,
    messages::urgency,
    payload::Payload,
    turn::Turn,
};
use crate::{
    Error, ErrorKind,
    store::{OutboxRow, RoomRow, TimerKind},
};

/// Most messages of a room under way at once.
const WINDOW: u32 = 64;

/// Most bytes of one append.
const MAX_APPEND_BYTES: usize = 512 * 1024;

/// What must happen when an item of ours is seen in the log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aftermath {
    /// Letters to write: to whom, by encoded certificate, and what. Numbers and hashes are filled in
    /// from the log.
    pub letters: Vec<(restante_wire::account::ClientCertificate, Letter)>,
    /// How far the others were told by it, `(delivered, read)`.
    pub told: (u64, u64),
}

/// An item ready to be sent.
pub(super) struct Built {
    pub(super) item: AppendItem,
    pub(super) aftermath: Aftermath,
}

impl Turn<'_> {
    /// Puts an intent into a room's outbox.
    pub(super) fn want(
        &mut self,
        room: &RoomId,
        intent: &Intent,
        task: Option<TaskId>,
    ) -> Result<(), Error> {
        self.db.add_intent(room, intent, task)?;
        self.touched.insert(*room);
        Ok(())
    }

    /// Sends what can be sent in one room.
    pub(super) fn pump_outbox(&mut self, room: &RoomRow) -> Result<(), Error> {
        let live = self.live.room(&room.id);
        let must_wait = !live.watched
            || room.state.last_commit < live.wait_for_commit
            || room.state.standing.claimed.is_some()
            || room.state.unproven;
        if must_wait
            || self
                .db
                .timer(TimerKind::RetryOutbox, Some(&room.id))?
                .is_some()
        {
            return Ok(());
        }
        let rows = self.db.outbox(&room.id, WINDOW)?;
        let sent = self.live.room(&room.id).sent.clone();
        let commit_under_way = rows.iter().any(|row| {
            sent.contains_key(&row.id) && matches!(row.intent, Intent::Commit(_) | Intent::Leave)
        });
        if commit_under_way {
            return Ok(());
        }
        let waiting: Vec<OutboxRow> = rows
            .into_iter()
            .filter(|row| !sent.contains_key(&row.id))
            .collect();
        let ready: Vec<&OutboxRow> = waiting.iter().filter(|row| row.item.is_some()).collect();
        if !ready.is_empty() {
            let items = ready
                .iter()
                .filter_map(|row| Some((row.id, row.item.clone()?)))
                .collect();
            self.append(room, items);
            return Ok(());
        }
        self.build_next(room, waiting)
    }

    /// Encrypts the next commit, or a run of messages, and sends it.
    fn build_next(&mut self, room: &RoomRow, rows: Vec<OutboxRow>) -> Result<(), Error> {
        let in_doubt = room.state.standing.in_doubt();
        let mut items = Vec::new();
        let mut bytes = 0;
        for row in rows {
            match &row.intent {
                Intent::Commit(change) if in_doubt && !change.is_allowed_in_doubt() => continue,
                Intent::Commit(_) if !items.is_empty() => break,
                Intent::Commit(Change::Add { accounts, .. })
                    if self.waits_for_leavers(room, &row, accounts)? =>
                {
                    continue;
                }
                Intent::Commit(Change::Name { line })
                    if !self.may_name(room, line, row.task)? =>
                {
                    continue;
                }
                // Into a successor that nobody could be added to yet: nobody would ever hear it.
                Intent::Content { .. } if room.waits_for_others() => continue,
                Intent::Commit(change) => {
                    let is_over = self.build_commit(room, &row, change)?;
                    // A move that came to nothing takes its line with it.
                    if is_over || self.db.room(&room.id)?.is_none() {
                        return Ok(());
                    }
                    continue;
                }
                _ => {}
            }
            if self.waits_for_files(&room.id, &row.intent)? {
                continue;
            }
            let built = match self.build_message(room, &row.intent)? {
                Ok(Some(built)) => built,
                Ok(None) => {
                    self.db.delete_outbox_row(row.id)?;
                    continue;
                }
                Err(kind) => {
                    self.give_message_up(&room.id, &row.intent)?;
                    self.drop_row(&row, kind)?;
                    continue;
                }
            };
            self.db.set_item(row.id, &built.item, &built.aftermath)?;
            self.live.room(&room.id).first_tries.insert(row.id);
            bytes += built.item.body.len();
            let is_leave = row.intent == Intent::Leave;
            items.push((row.id, built.item));
            if is_leave || bytes > MAX_APPEND_BYTES || items.len() == limits::MAX_BATCH {
                break;
            }
        }
        if !items.is_empty() {
            self.append(room, items);
        }
        Ok(())
    }

    /// Encrypts a message. `Ok(None)` where there is nothing left to say; the inner error where it
    /// can never be sent.
    fn build_message(
        &mut self,
        room: &RoomRow,
        intent: &Intent,
    ) -> Result<Result<Option<Built>, ErrorKind>, Error> {
        let mut aftermath = Aftermath::default();
        let (payload, wake) = match intent {
            // It was deleted, or its time is over.
            Intent::Content { bytes, .. } if bytes.is_empty() => return Ok(Ok(None)),
            Intent::Content { .. } if !self.may_post(room, &self.me.account())? => {
                // Every member would pass over it: the policy changed while it waited.
                return Ok(Err(ErrorKind::NotAllowed));
            }
            Intent::Content { bytes, .. } => {
                let wake = urgency::of_content(bytes);
                (Payload::Content(bytes.clone()), wake)
            }
            Intent::Receipt => match self.receipt(room)? {
                Some(receipt) => {
                    aftermath.told = receipt.told;
                    (Payload::Content(receipt.content), Wake::None)
                }
                None => return Ok(Ok(None)),
            },
            Intent::ContactToken => (Payload::ContactToken(self.contact_token()?), Wake::None),
            Intent::Leave => (Payload::Leave, Wake::None),
            Intent::Commit(_) => return Ok(Ok(None)),
        };
        let position = room.position();
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let body = match group.encrypt(&payload.encode(), position) {
            Ok(body) => body,
            Err(GroupError::TooLong { .. }) if !planted("c4_long_message_stops_the_outbox") => {
                return Ok(Err(ErrorKind::TooLong));
            }
            Err(error) => return Err(internal(error)),
        };
        let changes = SeatChanges {
            drop_self: *intent == Intent::Leave,
            ..SeatChanges::default()
        };
        let item = AppendItem {
            id: EnvelopeId(self.random()),
            after_commit: room.state.last_commit,
            kind: Kind::Message,
            wake,
            changes,
            welcome: None,
            body,
        };
        Ok(Ok(Some(Built { item, aftermath })))
    }

    /// Builds one commit. Returns whether something was sent (the commit, or a claim for it); a moot
    /// or impossible one is taken out of the outbox.
    fn build_commit(
        &mut self,
        room: &RoomRow,
        row: &OutboxRow,
        change: &Change,
    ) -> Result<bool, Error> {
        if self.live.room(&room.id).sent.keys().any(|id| *id != row.id) {
            // Messages under way name the same commit; let their echoes come first.
            return Ok(true);
        }
        if self.ask_claims(room, row, change)? {
            return Ok(true);
        }
        match self.stage(room, change)? {
            Ok(Some(built)) => {
                self.db.set_item(row.id, &built.item, &built.aftermath)?;
                self.append(room, vec![(row.id, built.item)]);
                Ok(true)
            }
            Ok(None) => {
                self.db.delete_outbox_row(row.id)?;
                self.end_part(row.task)?;
                Ok(false)
            }
            Err(kind) => {
                self.drop_row(row, kind)?;
                Ok(false)
            }
        }
    }

    /// Takes what cannot be sent out of the outbox.
    pub(super) fn drop_row(&mut self, row: &OutboxRow, error: ErrorKind) -> Result<(), Error> {
        self.db.delete_outbox_row(row.id)?;
        self.end_task(row.task, Some(error))
    }

    fn append(&mut self, room: &RoomRow, items: Vec<(i64, AppendItem)>) {
        let (ids, items): (Vec<(i64, EnvelopeId)>, Vec<AppendItem>) = items
            .into_iter()
            .take(limits::MAX_BATCH)
            .map(|(row, item)| ((row, item.id), item))
            .unzip();
        self.live.room(&room.id).busy = true;
        let append = Append {
            access: room.access(),
            items,
        };
        self.ask(
            &room.relay,
            Call::Append(room.id, ids),
            Request::Append(append),
        );
    }

    /// The relay answered an append. What was accepted is finished when its echo comes.
    pub(super) fn appended(
        &mut self,
        id: RoomId,
        rows: &[(i64, EnvelopeId)],
        result: Result<Reply, Failure>,
    ) -> Result<(), Error> {
        self.live.room(&id).busy = false;
        self.touched.insert(id);
        let Appended { numbers, refused } = match result {
            Ok(Reply::Mailbox(Answer::Appended(appended))) => appended,
            Ok(_) => return Ok(()),
            Err(failure @ (Failure::Lost | Failure::Untrusted)) => {
                let tries = &mut self.live.room(&id).first_tries;
                tries.retain(|row| rows.iter().all(|(lost, _)| lost != row));
                return self.retry_room(&id, failure);
            }
            Err(Failure::Refused(error)) => {
                if error.code == ErrorCode::NoSuchSeat {
                    self.nothing_taken(&id, rows)?;
                }
                return self.append_refused(id, rows.first().copied(), error);
            }
        };
        let live = self.live.room(&id);
        live.failures = 0;
        live.last = numbers
            .iter()
            .copied()
            .chain([live.last])
            .max()
            .unwrap_or_default();
        for (row, number) in rows.iter().zip(&numbers) {
            // Its echo may have overtaken the answer, and has finished it; or what was sent was
            // forgotten meanwhile, and the row is to be encrypted again.
            let Some(row) = self.row_as_sent(row)? else {
                continue;
            };
            if row.intent == Intent::Leave {
                return self.left(&id);
            }
            self.live.room(&id).sent.insert(row.id, *number);
        }
        match refused {
            None => Ok(()),
            Some(Refusal::Stale {
                last_commit,
                missing,
            }) => {
                self.live.room(&id).wait_for_commit = last_commit;
                self.receive(&id, missing)
            }
            Some(Refusal::Error(error)) => {
                self.append_refused(id, rows.get(numbers.len()).copied(), error)
            }
        }
    }

    /// A row that still waits with the bytes that were sent under this id.
    pub(super) fn row_as_sent(
        &self,
        (row, sent): &(i64, EnvelopeId),
    ) -> Result<Option<OutboxRow>, Error> {
        let row = self.db.outbox_row(*row)?;
        Ok(row.filter(|row| row.item.as_ref().is_some_and(|item| item.id == *sent)))
    }

    fn append_refused(
        &mut self,
        id: RoomId,
        row: Option<(i64, EnvelopeId)>,
        error: WireError,
    ) -> Result<(), Error> {
        let Some(mut room) = self.db.room(&id)? else {
            return Ok(());
        };
        match error.code {
            ErrorCode::NoSuchSeat => self.seat_refused(room),
            ErrorCode::SeatNotRotated => {
                room.state.seated = false;
                self.write_room(&room)
            }
            ErrorCode::SeatChangeRefused if self.lists_seats(row)? => {
                // Not an admin's seat after all: the same commit goes without a list of seats.
                room.state.admin_seat = false;
                self.write_room(&room)?;
                self.forget_ciphertexts(&room)
            }
            ErrorCode::SeatChangeRefused | ErrorCode::TooLarge | ErrorCode::BadRequest => {
                self.give_up(&room, row, error)
            }
            _ => self.retry_room(&id, Failure::Refused(error)),
        }
    }

    /// Whether what was refused states the list of seats.
    fn lists_seats(&self, row: Option<(i64, EnvelopeId)>) -> Result<bool, Error> {
        let row = row.map(|row| self.row_as_sent(&row)).transpose()?.flatten();
        let item = row.and_then(|row| row.item);
        Ok(item.is_some_and(|item| item.changes.list.is_some()))
    }

    /// An item that the relay will never take: its sender is told.
    fn give_up(
        &mut self,
        room: &RoomRow,
        row: Option<(i64, EnvelopeId)>,
        error: WireError,
    ) -> Result<(), Error> {
        let row = row.map(|row| self.row_as_sent(&row)).transpose()?.flatten();
        let Some(row) = row else {
            return Ok(());
        };
        match &row.intent {
            Intent::Commit(change) => {
                let group = self.groups.of(self.db, &self.me.client, room)?;
                group.discard_pending().map_err(internal)?;
                if let Some(again) = change.with_next_owner() {
                    self.want(&room.id, &Intent::Commit(again), row.task)?;
                    return self.db.delete_outbox_row(row.id);
                }
            }
            other => self.give_message_up(&room.id, other)?,
        }
        self.drop_row(&row, ErrorKind::Relay(error.code))
    }

    /// This client has left for good.
    fn left(&mut self, id: &RoomId) -> Result<(), Error> {
        let Some(room) = self.db.room(id)? else {
            return Ok(());
        };
        for row in self.db.outbox(id, u32::MAX)? {
            if row.intent == Intent::Leave {
                self.end_task(row.task, None)?;
                self.db.delete_outbox_row(row.id)?;
            }
        }
        self.close_room(room, RoomPhase::Left)
    }

    /// A commit was processed or skipped: nothing that was encrypted before it, and has not been
    /// seen in the log, can be accepted any more.
    pub(super) fn forget_ciphertexts(&mut self, room: &RoomRow) -> Result<(), Error> {
        if !planted("c4_stale_ciphertext_sent_again") {
            self.db.clear_items(&room.id)?;
        }
        self.live.room(&room.id).sent.clear();
        let group = self.groups.of(self.db, &self.me.client, room)?;
        if group.has_pending() {
            group.discard_pending().map_err(internal)?;
        }
        Ok(())
    }

    /// The log holds what this client appended.
    pub(super) fn echoed(
        &mut self,
        room: &mut RoomRow,
        envelope: &Envelope,
        row: OutboxRow,
    ) -> Result<(), Error> {
        let number = envelope.number;
        self.live.room(&room.id).sent.remove(&row.id);
        self.db.delete_outbox_row(row.id)?;
        match &row.intent {
            Intent::Content { id, .. } => {
                let state = match room.state.standing.in_doubt() {
                    true => MessageState::Queued,
                    false => MessageState::Sent,
                };
                let place = room.place(number);
                self.db.place_message(&room.id, id, place, state)?;
                if let Some(message) = self.db.message(&room.id, id)? {
                    self.life_begins(&message)?;
                }
                self.message_changed(&room.id, id)?;
                self.end_task(row.task, None)
            }
            Intent::Commit(_) => {
                self.own_commit(room, envelope, row.aftermath)?;
                if row.item.is_some_and(|item| item.changes.list.is_some()) {
                    room.state.untidy.clear();
                }
                self.end_part(row.task)
            }
            Intent::Leave => {
                self.end_task(row.task, None)?;
                room.phase = RoomPhase::Left;
                self.close_room(room.clone(), RoomPhase::Left)
            }
            Intent::Receipt => {
                let (delivered, read) = room.state.told;
                let (now_delivered, now_read) = row.aftermath.told;
                room.state.told = (delivered.max(now_delivered), read.max(now_read));
                self.end_task(row.task, None)
            }
            Intent::ContactToken => self.end_task(row.task, None),
        }
    }
}

impl RoomRow {
    /// What this client has of the log: travels in every message that it sends.
    pub(super) const fn position(&self) -> LogPosition {
        LogPosition {
            n: self.state.cursor,
            hash: self.state.log_hash,
        }
    }
}

fn internal(error: GroupError) -> Error {
    Error::caused(ErrorKind::Internal, error)
}
