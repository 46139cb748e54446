//! Messages as people see them, and how far others have received and read.

use restante_wire::{AccountKeyHash, fault::planted};

use super::Db;
use crate::{
    Error,
    engine::{
        io::{MessageId, MessageState, RoomId, Time},
        messages::{ContentKind, Gone},
    },
};

/// In place of a place: the relay may have the message. Places begin at 1.
pub const MAYBE_TAKEN: u64 = 0;

/// A message as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMessage {
    /// Its room.
    pub room: RoomId,
    /// Place in the log, none while queued.
    pub number: Option<u64>,
    /// Its MIMI id.
    pub id: MessageId,
    /// Who sent it.
    pub sender: AccountKeyHash,
    /// Whether this account did.
    pub own: bool,
    /// By the sender's clock.
    pub sent_at: Time,
    /// How far it has come.
    pub state: MessageState,
    /// What it does.
    pub kind: ContentKind,
    /// The message that it is about, for all kinds but messages themselves.
    pub target: Option<MessageId>,
    /// Why its words are no longer here, if they are not.
    pub gone: Option<Gone>,
    /// Seconds that it lives after it was read.
    pub lifetime_s: Option<u32>,
    /// When it goes, once that is known.
    pub expires: Option<Time>,
    /// MIMI content; empty once it is gone.
    pub content: Vec<u8>,
    /// What a search compares.
    pub folded: Option<String>,
}

impl Db<'_> {
    /// Adds a message; `false` if one of this id is there already, which then stays as it is (C4; see
    /// [`Self::move_message`]).
    pub(crate) fn add_message(self, message: &StoredMessage) -> Result<bool, Error> {
        let sql = "INSERT INTO messages
                   (room, number, message_id, sender, own, sent_at, state, kind, target, gone,
                    lifetime_s, expires, content, folded)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
                   ON CONFLICT (room, message_id) DO NOTHING";
        let added = self.run(
            sql,
            rusqlite::params![
                message.room.0,
                message.number,
                message.id.0,
                message.sender.0,
                message.own,
                message.sent_at.0,
                code(message.state),
                message.kind.code(),
                message.target.map(|id| id.0),
                Gone::code(message.gone),
                message.lifetime_s,
                message.expires.map(|time| time.0),
                &message.content,
                &message.folded,
            ],
        )?;
        Ok(added == 1)
    }

    pub(crate) fn message(
        self,
        room: &RoomId,
        id: &MessageId,
    ) -> Result<Option<StoredMessage>, Error> {
        Ok(self
            .messages("WHERE room = ?1 AND message_id = ?2", (room.0, id.0))?
            .pop())
    }

    /// Gives an own message its place.
    pub(crate) fn place_message(
        self,
        room: &RoomId,
        id: &MessageId,
        number: u64,
        state: MessageState,
    ) -> Result<(), Error> {
        let sql = "UPDATE messages SET number = ?3, state = ?4, taken = NULL
                   WHERE room = ?1 AND message_id = ?2";
        self.run(sql, (room.0, id.0, number, code(state)))?;
        Ok(())
    }

    /// Takes the place of an own message back: it must be sent once more.
    pub(crate) fn send_anew(self, room: &RoomId, id: &MessageId) -> Result<(), Error> {
        let sql = match planted("c4_former_place_forgotten") {
            true => {
                "UPDATE messages SET number = NULL, state = ?3, anew = 1
                 WHERE room = ?1 AND message_id = ?2"
            }
            false => {
                "UPDATE messages SET number = NULL, state = ?3, anew = 1,
                 taken = coalesce(number, taken) WHERE room = ?1 AND message_id = ?2"
            }
        };
        self.run(sql, (room.0, id.0, code(MessageState::Queued)))?;
        Ok(())
    }

    /// Notes that the relay has a message that waits, at a place, or perhaps ([`MAYBE_TAKEN`]).
    pub(crate) fn note_taken(self, room: &RoomId, id: &MessageId, place: u64) -> Result<(), Error> {
        let sql = "UPDATE messages SET taken = max(coalesce(taken, 0), ?3)
                   WHERE room = ?1 AND message_id = ?2 AND number IS NULL";
        self.run(sql, (room.0, id.0, place))?;
        Ok(())
    }

    /// An own message is not sent any more: it stands where a relay took it, if one did.
    pub(crate) fn give_message_up(self, room: &RoomId, id: &MessageId) -> Result<(), Error> {
        let sql = "UPDATE messages SET number = nullif(taken, ?3), taken = NULL,
                   state = CASE taken WHEN ?3 THEN ?4 ELSE iif(taken IS NULL, ?5, ?6) END
                   WHERE room = ?1 AND message_id = ?2";
        let [unknown, failed, sent] = [
            MessageState::Unknown,
            MessageState::Failed,
            MessageState::Sent,
        ];
        self.run(
            sql,
            (
                room.0,
                id.0,
                MAYBE_TAKEN,
                code(unknown),
                code(failed),
                code(sent),
            ),
        )?;
        Ok(())
    }

    /// Moves a message to a later place in the log; `false` where it stands there, or beyond, or waits
    /// for its place.
    pub(crate) fn move_message(
        self,
        room: &RoomId,
        id: &MessageId,
        number: u64,
    ) -> Result<bool, Error> {
        let sql = "UPDATE messages SET number = ?3
                   WHERE room = ?1 AND message_id = ?2 AND number < ?3";
        Ok(self.run(sql, (room.0, id.0, number))? == 1)
    }

    /// The last `limit` messages for people in order: by place, then those that have none; with
    /// `before` only those at lower places. What was deleted keeps its place, what expired does not.
    pub(crate) fn history(
        self,
        room: &RoomId,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<StoredMessage>, Error> {
        let waiting = "WHERE room = ?1 AND number IS NULL AND kind = 0 AND gone = 0
                       ORDER BY id DESC LIMIT ?2";
        let placed = "WHERE room = ?1 AND number < ?2 AND kind = 0 AND gone <> 2
                      ORDER BY number DESC, message_id LIMIT ?3";
        let mut messages = match before {
            None => self.messages(waiting, (room.0, limit))?,
            Some(_) => Vec::new(),
        };
        let left = limit.saturating_sub(u32::try_from(messages.len()).unwrap_or(limit));
        // SQLite's integers are signed.
        let before = before.unwrap_or(u64::MAX).min(i64::MAX as u64);
        messages.extend(self.messages(placed, (room.0, before, left))?);
        messages.reverse();
        Ok(messages)
    }

    /// The first `limit` messages for people at places above `after`, in order.
    pub(crate) fn history_after(
        self,
        room: &RoomId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<StoredMessage>, Error> {
        let placed = "WHERE room = ?1 AND number > ?2 AND kind = 0 AND gone <> 2
                      ORDER BY number, message_id DESC LIMIT ?3";
        self.messages(placed, (room.0, after.min(i64::MAX as u64), limit))
    }

    /// The message for people at a place.
    pub(crate) fn message_at(
        self,
        room: &RoomId,
        number: u64,
    ) -> Result<Option<StoredMessage>, Error> {
        let clause = "WHERE room = ?1 AND number = ?2 AND kind = 0 AND gone <> 2";
        Ok(self
            .messages(clause, (room.0, number.min(i64::MAX as u64)))?
            .pop())
    }

    /// Messages for people whose ids lie in `first ..= last`, at most two.
    pub(crate) fn messages_between(
        self,
        room: &RoomId,
        first: &MessageId,
        last: &MessageId,
    ) -> Result<Vec<StoredMessage>, Error> {
        let clause = "WHERE room = ?1 AND message_id BETWEEN ?2 AND ?3 AND kind = 0 AND gone <> 2
                      LIMIT 2";
        self.messages(clause, (room.0, first.0, last.0))
    }

    /// Edits, deletions and reactions about a message, in order: by place, then those that wait.
    pub(crate) fn about(
        self,
        room: &RoomId,
        target: &MessageId,
    ) -> Result<Vec<StoredMessage>, Error> {
        let clause = "WHERE room = ?1 AND target = ?2 ORDER BY number IS NULL, number, id";
        self.messages(clause, (room.0, target.0))
    }

    /// Takes the words of a message off this disk. Its id and place stay: nothing may bring it back,
    /// and receipts name it.
    pub(crate) fn erase_message(
        self,
        room: &RoomId,
        id: &MessageId,
        gone: Gone,
    ) -> Result<(), Error> {
        self.set_folded(room, id, None)?;
        let sql = "UPDATE messages SET gone = ?3, content = x'', lifetime_s = NULL, expires = NULL
                   WHERE room = ?1 AND message_id = ?2";
        self.run(sql, (room.0, id.0, Gone::code(Some(gone))))?;
        Ok(())
    }

    pub(crate) fn set_expires(
        self,
        room: &RoomId,
        id: &MessageId,
        expires: Time,
    ) -> Result<(), Error> {
        let sql = "UPDATE messages SET expires = ?3 WHERE room = ?1 AND message_id = ?2";
        self.run(sql, (room.0, id.0, expires.0))?;
        Ok(())
    }

    /// Others' messages in `after < number <= up_to` whose life begins when they are read.
    pub(crate) fn lives_from_reading(
        self,
        room: &RoomId,
        (after, up_to): (u64, u64),
    ) -> Result<Vec<StoredMessage>, Error> {
        let clause = "WHERE room = ?1 AND number > ?2 AND number <= ?3 AND own = 0
                      AND lifetime_s IS NOT NULL AND expires IS NULL";
        self.messages(clause, (room.0, after, up_to))
    }

    /// Up to `limit` messages whose time has come.
    pub(crate) fn expired(self, now: Time, limit: u32) -> Result<Vec<StoredMessage>, Error> {
        self.messages(
            "WHERE expires <= ?1 ORDER BY expires LIMIT ?2",
            (now.0, limit),
        )
    }

    /// When the next message expires.
    pub(crate) fn next_expiry(self) -> Result<Option<Time>, Error> {
        let sql = "SELECT min(expires) FROM messages WHERE expires IS NOT NULL";
        let next = self.one(sql, [], |row| row.get::<_, Option<u64>>(0))?;
        Ok(next.flatten().map(Time))
    }

    /// Own messages of every kind with a place in `after < number`, in order.
    pub(crate) fn own_messages_after(
        self,
        room: &RoomId,
        after: u64,
    ) -> Result<Vec<StoredMessage>, Error> {
        self.messages(
            "WHERE room = ?1 AND own = 1 AND number > ?2 ORDER BY number",
            (room.0, after),
        )
    }

    /// Raises own messages of `from` in `after < number <= up_to` to `to`, and tells which.
    pub(crate) fn raise_own_messages(
        self,
        room: &RoomId,
        (after, up_to): (u64, u64),
        from: &[MessageState],
        to: MessageState,
    ) -> Result<Vec<StoredMessage>, Error> {
        let mut raised = Vec::new();
        if after >= up_to {
            return Ok(raised);
        }
        for state in from {
            let clause = "WHERE room = ?1 AND own = 1 AND state = ?2 AND number > ?3
                          AND number <= ?4 AND kind = 0 AND gone = 0 ORDER BY number";
            let found = self.messages(clause, (room.0, code(*state), after, up_to))?;
            if !found.is_empty() {
                let sql = "UPDATE messages SET state = ?5 WHERE room = ?1 AND own = 1
                           AND state = ?2 AND number > ?3 AND number <= ?4 AND kind = 0
                           AND gone = 0";
                self.run(sql, (room.0, code(*state), after, up_to, code(to)))?;
            }
            raised.extend(found);
        }
        for message in &mut raised {
            message.state = to;
        }
        Ok(raised)
    }

    /// The highest placed message that others sent.
    pub(crate) fn last_foreign_message(
        self,
        room: &RoomId,
        up_to: u64,
    ) -> Result<Option<(MessageId, u64)>, Error> {
        let sql = "SELECT message_id, number FROM messages
                   WHERE room = ?1 AND own = 0 AND number <= ?2 AND kind = 0
                   ORDER BY number DESC LIMIT 1";
        self.one(sql, (room.0, up_to), |row| {
            Ok((MessageId(row.get(0)?), row.get(1)?))
        })
    }

    pub(crate) fn unread(self, room: &RoomId, read: u64) -> Result<u64, Error> {
        let sql = "SELECT count(*) FROM messages WHERE room = ?1 AND own = 0 AND number > ?2
                   AND kind = 0 AND gone = 0";
        Ok(self
            .one(sql, (room.0, read), |row| row.get(0))?
            .unwrap_or(0))
    }

    /// Notes how far an account has received and read; marks never move back.
    pub(crate) fn raise_mark(
        self,
        room: &RoomId,
        account: &AccountKeyHash,
        delivered: u64,
        read: u64,
    ) -> Result<(), Error> {
        let sql = "INSERT INTO marks (room, account, delivered, read) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT (room, account) DO UPDATE SET
                   delivered = max(delivered, excluded.delivered), read = max(read, excluded.read)";
        self.run(sql, (room.0, account.0, delivered, read))?;
        Ok(())
    }

    /// `(delivered, read)` of an account, zero where nothing is known.
    pub(crate) fn mark(self, room: &RoomId, account: &AccountKeyHash) -> Result<(u64, u64), Error> {
        let sql = "SELECT delivered, read FROM marks WHERE room = ?1 AND account = ?2";
        let mark = self.one(sql, (room.0, account.0), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        Ok(mark.unwrap_or((0, 0)))
    }

    pub(super) fn messages(
        self,
        clause: &str,
        parameters: impl rusqlite::Params,
    ) -> Result<Vec<StoredMessage>, Error> {
        let sql = format!(
            "SELECT room, number, message_id, sender, own, sent_at, state, content, kind, target,
             gone, lifetime_s, expires, folded FROM messages {clause}"
        );
        self.all(&sql, parameters, |row| {
            Ok(StoredMessage {
                room: RoomId(row.get(0)?),
                number: row.get(1)?,
                id: MessageId(row.get(2)?),
                sender: AccountKeyHash(row.get(3)?),
                own: row.get(4)?,
                sent_at: Time(row.get(5)?),
                state: state_of(row.get(6)?),
                content: row.get(7)?,
                kind: ContentKind::of_code(row.get(8)?),
                target: row.get::<_, Option<[u8; 32]>>(9)?.map(MessageId),
                gone: Gone::of_code(row.get(10)?),
                lifetime_s: row.get(11)?,
                expires: row.get::<_, Option<u64>>(12)?.map(Time),
                folded: row.get(13)?,
            })
        })
    }
}

const STATES: [MessageState; 7] = [
    MessageState::Received,
    MessageState::Queued,
    MessageState::Sent,
    MessageState::Delivered,
    MessageState::Read,
    MessageState::Failed,
    MessageState::Unknown,
];

pub(super) fn code(state: MessageState) -> u8 {
    match state {
        MessageState::Received => 0,
        MessageState::Queued => 1,
        MessageState::Sent => 2,
        MessageState::Delivered => 3,
        MessageState::Read => 4,
        MessageState::Failed => 5,
        MessageState::Unknown => 6,
    }
}

fn state_of(code: u8) -> MessageState {
    STATES
        .get(usize::from(code))
        .copied()
        .unwrap_or(MessageState::Failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_codes_are_stable_and_round_trip() {
        for (index, state) in STATES.into_iter().enumerate() {
            assert_eq!(usize::from(code(state)), index);
            assert_eq!(state_of(code(state)), state);
        }
    }
}
