//! Receipts: how far this account has received and read, told to the others, coalesced; and what the
//! others tell.

use restante_wire::AccountKeyHash;

use super::{
    content::{Content, Salt, Status, StatusReport},
    intent::Intent,
    io::{MessageId, MessageState, RoomId, RoomPhase},
    turn::Turn,
};
use crate::{Error, ErrorKind, store::RoomRow};

/// Delivery receipts stop above this many participants.
const MAX_PARTICIPANTS: usize = 32;

/// A receipt to be sent.
pub(super) struct Receipt {
    /// MIMI content.
    pub(super) content: Vec<u8>,
    /// Numbers of the messages up to which it tells, `(delivered, read)`.
    pub(super) told: (u64, u64),
}

impl Turn<'_> {
    /// Queues a receipt in every room in which this turn received something.
    pub(super) fn pump_receipts(&mut self) -> Result<(), Error> {
        for id in std::mem::take(&mut self.receipts) {
            let Some(room) = self.db.room(&id)? else {
                continue;
            };
            if room.state.participants.len() <= MAX_PARTICIPANTS {
                self.want_receipt(&id)?;
            }
        }
        Ok(())
    }

    /// The person has seen everything up to this number.
    pub(super) fn mark_read(&mut self, id: &RoomId, number: u64) -> Result<(), Error> {
        let mut room = self.db.room(id)?.ok_or(ErrorKind::NotFound)?;
        let number = number.min(room.place(room.state.cursor));
        if number <= room.state.read {
            return Ok(());
        }
        self.lives_begin(&room, (room.state.read, number))?;
        room.state.read = number;
        self.write_room(&room)?;
        if room.phase < RoomPhase::Left {
            self.want_receipt(id)?;
        }
        self.room_changed(&room)
    }

    /// One receipt waits at most: it says what is true when it is sent.
    fn want_receipt(&mut self, id: &RoomId) -> Result<(), Error> {
        let waits = self
            .db
            .outbox(id, u32::MAX)?
            .iter()
            .any(|row| row.intent == Intent::Receipt && row.item.is_none());
        if waits {
            Ok(())
        } else {
            self.want(id, &Intent::Receipt, None)
        }
    }

    /// What to tell the others; `None` where they know already.
    pub(super) fn receipt(&self, room: &RoomRow) -> Result<Option<Receipt>, Error> {
        let delivered = self
            .db
            .last_foreign_message(&room.id, room.place(room.state.cursor))?;
        let read = self.db.last_foreign_message(&room.id, room.state.read)?;
        let number = |mark: &Option<(MessageId, u64)>| mark.map_or(0, |(_, number)| number);
        let news = (number(&delivered), number(&read));
        let (told_delivered, told_read) = room.state.told;
        let mut statuses = Vec::new();
        if let Some((id, number)) = read.filter(|(_, number)| *number > told_read) {
            statuses.push((id, Status::Read, number));
        }
        if let Some((id, number)) = delivered.filter(|(_, number)| {
            *number > told_delivered && room.state.participants.len() <= MAX_PARTICIPANTS
        }) {
            statuses.push((id, Status::Delivered, number));
        }
        // What was read was delivered.
        if let [(_, Status::Read, read), (_, Status::Delivered, delivered)] = statuses[..]
            && read >= delivered
        {
            statuses.truncate(1);
        }
        if statuses.is_empty() {
            return Ok(None);
        }
        let report = StatusReport(
            statuses
                .into_iter()
                .map(|(id, status, _)| (id, status))
                .collect(),
        );
        let content = Content::status(Salt(self.random()), &report, self.now)
            .and_then(|content| content.encode())
            .map_err(|error| Error::caused(ErrorKind::Internal, error))?;
        Ok(Some(Receipt {
            content,
            told: news,
        }))
    }

    /// Somebody tells how far they are.
    pub(super) fn status_report(
        &mut self,
        room: &mut RoomRow,
        from: &AccountKeyHash,
        report: &StatusReport,
    ) -> Result<(), Error> {
        if *from == self.me.account() {
            return self.own_report(room, report);
        }
        let before = self.marks(room)?;
        for (id, status) in &report.0 {
            let Some(number) = self
                .db
                .message(&room.shown_as(), id)?
                .and_then(|found| found.number)
            else {
                continue;
            };
            match status {
                Status::Read => self.db.raise_mark(&room.shown_as(), from, number, number)?,
                Status::Delivered => self.db.raise_mark(&room.shown_as(), from, number, 0)?,
                _ => {}
            }
        }
        self.raise_states_above(room, before)
    }

    /// Another client of this account tells the others: what was read there is read here, and nobody
    /// need be told again.
    fn own_report(&mut self, room: &mut RoomRow, report: &StatusReport) -> Result<(), Error> {
        for (id, status) in &report.0 {
            let message = self.db.message(&room.shown_as(), id)?;
            let Some(number) = message.and_then(|found| found.number) else {
                continue;
            };
            let state = &mut room.state;
            if matches!(status, Status::Read | Status::Delivered) {
                state.told.0 = state.told.0.max(number);
            }
            if *status == Status::Read && number > state.read && !room.is_beside() {
                let state = &mut room.state;
                state.told.1 = state.told.1.max(number);
                state.read = number;
                self.room_changed(room)?;
            }
        }
        Ok(())
    }

    /// A message is delivered or read when it is so at every other participant.
    pub(super) fn raise_states(&mut self, room: &RoomRow) -> Result<(), Error> {
        self.raise_states_above(room, (0, 0))
    }

    /// The same where all up to these numbers `(delivered, read)` have their states.
    fn raise_states_above(&mut self, room: &RoomRow, before: (u64, u64)) -> Result<(), Error> {
        let (delivered, read) = self.marks(room)?;
        let unread = [MessageState::Sent, MessageState::Delivered];
        let mut raised = self.db.raise_own_messages(
            &room.shown_as(),
            (before.1, read),
            &unread,
            MessageState::Read,
        )?;
        raised.extend(self.db.raise_own_messages(
            &room.shown_as(),
            (before.0, delivered),
            &unread[..1],
            MessageState::Delivered,
        )?);
        for message in raised {
            self.show(&message)?;
        }
        Ok(())
    }

    /// Up to where every other participant has `(received, read)`; zero if there is none.
    fn marks(&self, room: &RoomRow) -> Result<(u64, u64), Error> {
        let (mut delivered, mut read) = (u64::MAX, u64::MAX);
        for (account, ..) in &room.state.participants {
            if *account != self.me.account() {
                let mark = self.db.mark(&room.shown_as(), account)?;
                delivered = delivered.min(mark.0);
                read = read.min(mark.1);
            }
        }
        match delivered {
            u64::MAX => Ok((0, 0)),
            _ => Ok((delivered, read)),
        }
    }
}
