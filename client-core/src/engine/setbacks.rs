//! Work that fails for a fault of this client's own, say a damaged row: it is undone alone, and tried
//! again after a while, while everything else goes on. A task is such work, and what is done, due or
//! read in one room.
//!
//! A full or read-only disk is no such fault: nothing can be done then, and the whole turn fails.

use std::collections::BTreeSet;

use restante_wire::{Envelope, MailboxAddress, fault::planted};

use super::{
    io::{RoomId, TaskId, Time},
    tasks::Task,
    turn::Turn,
};
use crate::{Error, ErrorKind, store::TimerKind};

/// Wait before a task that failed here is tried again, doubled each time.
const FIRST_WAIT_MS: u64 = 10_000;

/// Longest such wait.
const MAX_WAIT_MS: u64 = 86_400_000;

/// A task that a person waits for ends with its error when it failed so often.
const MAX_FAILURES: u32 = 3;

/// Wait before what was to be done in one room, and failed, is done again.
const ROOM_WAIT_MS: u64 = 3_600_000;

impl Turn<'_> {
    /// Goes on with a task, or sets it back.
    pub(super) fn advance_or_set_back(&mut self, id: TaskId, task: &Task) -> Result<(), Error> {
        match self.alone(|turn| turn.advance(id, task))? {
            Ok(()) => Ok(()),
            Err(kind) => self.set_back(id, task, kind),
        }
    }

    /// Does what is due at a time, or puts it off where it is about one room.
    pub(super) fn due_or_put_off(
        &mut self,
        kind: TimerKind,
        room: Option<&RoomId>,
    ) -> Result<(), Error> {
        if room.is_none() {
            return self.due(kind, room);
        }
        if self.alone(|turn| turn.due(kind, room))?.is_ok() {
            return Ok(());
        }
        self.db.set_timer(kind, room, self.after_failure())
    }

    /// Does what can be done next in one room, or lets it rest.
    pub(super) fn pump_room_or_rest(&mut self, room: &RoomId) -> Result<(), Error> {
        match self.alone(|turn| turn.pump_room(room))? {
            Ok(()) => Ok(()),
            Err(_) => self.rest_room(room),
        }
    }

    /// Reads what arrived in a mailbox, or lets its room rest: it is read again then.
    pub(super) fn envelopes_or_rest(
        &mut self,
        relay: &str,
        mailbox: &MailboxAddress,
        envelopes: Vec<Envelope>,
    ) -> Result<(), Error> {
        if self
            .alone(|turn| turn.envelopes(relay, mailbox, envelopes))?
            .is_ok()
        {
            return Ok(());
        }
        match self.db.room_by_mailbox(relay, mailbox)? {
            Some(room) => self.rest_room(&room.id),
            None => Ok(()),
        }
    }

    /// Nothing is watched or sent in a room for a while.
    fn rest_room(&mut self, room: &RoomId) -> Result<(), Error> {
        self.live.rooms.remove(room);
        self.db
            .set_timer(TimerKind::RetryOutbox, Some(room), self.after_failure())
    }

    fn after_failure(&self) -> Time {
        self.now.plus_ms(ROOM_WAIT_MS + self.jitter(ROOM_WAIT_MS))
    }

    /// Tasks that wait because they failed.
    pub(super) fn set_back_now(&self) -> Result<BTreeSet<TaskId>, Error> {
        let waiting = self.db.tasks_set_back()?.into_iter();
        let later = waiting.filter(|(_, due)| self.now < *due);
        Ok(later.map(|(id, _)| id).collect())
    }

    fn set_back(&mut self, id: TaskId, task: &Task, kind: ErrorKind) -> Result<(), Error> {
        let before = self.db.task_failures(id)?;
        if task.goal.is_asked_for() && before.saturating_add(1) >= MAX_FAILURES {
            return self.end_task(Some(id), Some(kind));
        }
        let wait = (FIRST_WAIT_MS << before.min(16)).min(MAX_WAIT_MS);
        let due = self.now.plus_ms(wait + self.jitter(wait / 4));
        self.db.set_task_back(id, due)?;
        self.wake_for_set_back()
    }

    /// Sets the timer by which the next of those tasks is tried again.
    pub(super) fn wake_for_set_back(&self) -> Result<(), Error> {
        let due = self.db.tasks_set_back()?.into_iter().map(|(_, due)| due);
        match due.filter(|due| self.now < *due).min() {
            Some(due) => self.db.set_timer(TimerKind::FailedTasks, None, due),
            None => Ok(()),
        }
    }

    /// Runs a part of this turn that stands or falls alone. The inner error is a fault of this client's
    /// own; then nothing of the part is left.
    fn alone(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<(), Error>,
    ) -> Result<Result<(), ErrorKind>, Error> {
        if planted("c2_one_fault_stops_everything") {
            return work(self).map(Ok);
        }
        // What is loaded must be as stored where the part is undone.
        self.groups.store(self.db)?;
        let (requests, events) = (self.outgoing.len(), self.events.len());
        let (last_call, busy) = (self.live.last_call, self.live.busy_tasks.clone());
        let db = self.db;
        let error = match db.part(|| work(self)) {
            Ok(()) => return Ok(Ok(())),
            Err(error) => error,
        };
        if !is_own_fault(error.kind) {
            return Err(error);
        }
        tracing::error!(code = error.kind.code(), "work was undone and set back");
        self.groups.clear();
        self.outgoing.truncate(requests);
        self.events.truncate(events);
        self.live.calls.retain(|call, _| call.0 <= last_call);
        self.live.busy_tasks = busy;
        Ok(Err(error.kind))
    }
}

/// Whether everything else may go on all the same.
const fn is_own_fault(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Storage | ErrorKind::Internal)
}
