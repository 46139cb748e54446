//! When a client that synchronises and ends is done: all is read, sent, delivered and written that can
//! be now.
//!
//! Whatever waits for somebody else, perhaps for weeks, is not waited for; nor is what nothing this
//! client does could bring on. So a short run ends, and many short runs do what one long one does.

use restante_wire::ErrorCode;

use super::{
    Engine, inbox,
    intent::Intent,
    io::{RoomPhase, Time},
    upkeep::vault_is_closed,
};
use crate::{
    Error,
    store::{RoomRow, TimerKind, UploadRow},
};

/// What this client is about to do by itself is waited for if it is due within this.
const SOON_MS: u64 = 5_000;

impl Engine {
    /// Whether everything that can be done now is done. For a client that synchronises and ends.
    ///
    /// # Errors
    /// `storage`.
    pub fn settled(&self, now: Time) -> Result<bool, Error> {
        let live = &self.live;
        let db = self.store.read();
        let account_is_settled = live.account_up
            && live.calls.is_empty()
            && live.inbox_watched
            && db.value::<inbox::InboxCursor>()?.unwrap_or_default().0 >= live.inbox_last
            && live.pool_checked
            && (db.timer(TimerKind::ReadVault, None)?.is_none() || vault_is_closed(db)?)
            && db.letters()?.iter().all(|letter| letter.attempts > 0)
            // The rooms tell what became of those that were handed over.
            && db.tasks_at_work()?.iter().all(|(_, task)| task.handed_over)
            && !self.vault_waits()?
            && self.push_is_settled()?;
        if !account_is_settled {
            return Ok(false);
        }
        for room in db.rooms()? {
            if self.room_waits(&room, now)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether something is to be written into the vault, and can be: this client holds its key.
    ///
    /// # Errors
    /// `storage`.
    pub fn vault_waits(&self) -> Result<bool, Error> {
        let db = self.store.read();
        let timer = db.timer(TimerKind::WriteVault, None)?;
        Ok(timer.is_some() && !vault_is_closed(db)?)
    }

    /// Why nothing more is done now, and until when: a relay refused for a time, and no answer is
    /// awaited.
    ///
    /// # Errors
    /// `storage`.
    pub fn held_up(&self) -> Result<Option<(ErrorCode, Time)>, Error> {
        let db = self.store.read();
        let Some(code) = self.live.refused.filter(|_| self.live.calls.is_empty()) else {
            return Ok(None);
        };
        let mut waits = Vec::new();
        if !db.tasks()?.is_empty() {
            waits.extend(db.timer(TimerKind::RetryTasks, None)?);
        }
        for room in db.rooms_with_outbox()? {
            waits.extend(db.timer(TimerKind::RetryOutbox, Some(&room))?);
        }
        Ok(waits.into_iter().min().map(|again| (code, again)))
    }

    /// Whether there is something to be done in a room that can be done now.
    fn room_waits(&self, room: &RoomRow, now: Time) -> Result<bool, Error> {
        let seen = self.live.rooms.get(&room.id);
        let is_watched = seen.is_some_and(|seen| seen.watched);
        let last = seen.map(|seen| seen.last).unwrap_or_default();
        let state = &room.state;
        match room.phase {
            RoomPhase::Creating => Ok(true),
            _ if state.held => Ok(false),
            RoomPhase::Joining => {
                // A commit that the log does not hold may never come.
                let commit = state
                    .invitation
                    .as_ref()
                    .map(|invitation| invitation.commit);
                Ok(!is_watched || commit.is_some_and(|commit| commit <= last))
            }
            RoomPhase::Joined if state.log_lost => {
                let makes_another = state.direct || room.is_admin(&self.me.account());
                Ok(!room.is_beside() && makes_another)
            }
            RoomPhase::Joined if room.halt(self.me.speaks).is_some() => Ok(false),
            RoomPhase::Joined if state.lost.is_some() => self.is_about_to_ask(room),
            RoomPhase::Joined if !is_watched || last > state.cursor => Ok(true),
            RoomPhase::Joined if self.is_about_to_ask(room)? => Ok(true),
            RoomPhase::Joined if self.is_due_soon(TimerKind::Tidy, room, now)? => Ok(true),
            RoomPhase::Joined if self.is_due_soon(TimerKind::AddOwn, room, now)? => Ok(true),
            RoomPhase::Joined => self.outbox_waits(room),
            _ => Ok(false),
        }
    }

    /// Whether members are yet to be asked for the first time about what is in doubt or lost here.
    fn is_about_to_ask(&self, room: &RoomRow) -> Result<bool, Error> {
        let timer = self
            .store
            .read()
            .timer(TimerKind::AskInDoubt, Some(&room.id))?;
        Ok(timer.is_some() && room.state.standing.asked == 0)
    }

    fn is_due_soon(&self, kind: TimerKind, room: &RoomRow, now: Time) -> Result<bool, Error> {
        let due = self.store.read().timer(kind, Some(&room.id))?;
        Ok(due.is_some_and(|due| due <= now.plus_ms(SOON_MS)))
    }

    /// Whether a room's outbox holds something that can go out now.
    fn outbox_waits(&self, room: &RoomRow) -> Result<bool, Error> {
        let standing = &room.state.standing;
        if standing.claimed.is_some() {
            return Ok(false);
        }
        if room.is_beside() && room.state.coming.is_none() {
            return super::clients::removes_expelled(self.store.read(), &room.id);
        }
        let db = self.store.read();
        for row in db.outbox(&room.id, u32::MAX)? {
            let waits = match &row.intent {
                Intent::Commit(change) => !standing.in_doubt() || change.is_allowed_in_doubt(),
                Intent::Content { .. } if room.waits_for_others() => false,
                Intent::Content { id, .. } => {
                    let files = db.uploads_of(&room.id, id)?;
                    !files.iter().any(UploadRow::rests)
                }
                _ => true,
            };
            if waits {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
