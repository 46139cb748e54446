//! What the relay has of own messages that wait in an outbox: none, perhaps, or surely.
//!
//! A message is sent once more where its room goes on elsewhere, and bytes may have left whose answer
//! never came. When the room ends here meanwhile, nothing can be asked any more: what a log holds is
//! shown as sent, what it may hold as unknown, and only what nobody can have as failed (C4).
//! Read next: [`super::outbox`] for the way out, [`super::anew`] for what is sent once more.

use restante_wire::{EnvelopeId, fault::planted};

use super::{
    intent::Intent,
    io::{MessageState, RoomId},
    turn::Turn,
};
use crate::{
    Error,
    store::{MAYBE_TAKEN, RoomRow},
};

impl Turn<'_> {
    /// Keeps what the relay's answers told of a room's messages whose echo has not come: they are
    /// forgotten with the connection.
    pub(super) fn keep_answers(&mut self, room: &RoomRow) -> Result<(), Error> {
        let sent = self.live.room(&room.id).sent.clone();
        for (id, number) in sent {
            let row = self.db.outbox_row(id)?;
            if let Some(Intent::Content { id, .. }) = row.map(|row| row.intent) {
                let place = room.place(number);
                self.db.note_taken(&room.shown_as(), &id, place)?;
            }
        }
        Ok(())
    }

    /// The same, and which others the relay may have: before their bytes are forgotten though their echo
    /// might still have come.
    pub(super) fn keep_taken(&mut self, room: &RoomRow) -> Result<(), Error> {
        if planted("c4_what_may_have_arrived_is_shown_as_failed") {
            return Ok(());
        }
        self.keep_answers(room)?;
        for row in self.db.outbox(&room.id, u32::MAX)? {
            if let (Intent::Content { id, .. }, Some(_)) = (&row.intent, &row.item) {
                self.db.note_taken(&room.shown_as(), id, MAYBE_TAKEN)?;
            }
        }
        Ok(())
    }

    /// The relay refused an append as a whole. Of what was never under way before it has nothing.
    pub(super) fn nothing_taken(
        &mut self,
        room: &RoomId,
        rows: &[(i64, EnvelopeId)],
    ) -> Result<(), Error> {
        for sent in rows {
            let is_first = self.live.room(room).first_tries.contains(&sent.0);
            let row = self.row_as_sent(sent)?.filter(|_| is_first);
            if row.is_some_and(|row| matches!(row.intent, Intent::Content { .. })) {
                self.db.clear_item(sent.0)?;
            }
        }
        Ok(())
    }

    /// Shows the message of an intent that is given up for what it is: failed, unless the relay has it.
    pub(super) fn give_message_up(&mut self, room: &RoomId, intent: &Intent) -> Result<(), Error> {
        let Intent::Content { id, .. } = intent else {
            return Ok(());
        };
        self.db.give_message_up(room, id)?;
        self.message_changed(room, id)
    }

    /// A room, or its group, ends here. What stands in its log while this client was in doubt is in the
    /// log all the same.
    pub(super) fn settle_messages(&mut self, room: &RoomRow) -> Result<(), Error> {
        let places = (0, room.place(room.state.cursor));
        let queued = [MessageState::Queued];
        let shown = self
            .db
            .raise_own_messages(&room.id, places, &queued, MessageState::Sent)?;
        for message in shown {
            self.show(&message)?;
        }
        Ok(())
    }
}
