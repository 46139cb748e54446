//! What is sent once more, under the ids it had: where a room goes on in another group, or a client was
//! repaired.
//!
//! A message that comes again stands at its last place, at every member. So that one person's messages
//! keep their order, whatever is sent anew takes along all that the person said after it: what has a
//! place is sent anew behind it, and what still waits in the outbox waits behind it.
//!
//! Read next: [`super::lines`] and [`super::repair`], which decide what must be sent anew.

use restante_wire::fault::planted;

use super::{intent::Intent, io::RoomId, messages::ContentKind, turn::Turn};
use crate::{
    Error,
    store::{OutboxRow, StoredMessage},
};

impl Turn<'_> {
    /// Sends own messages of a room once more, and what this account said there after the first of them.
    pub(super) fn queue_again(
        &mut self,
        room: &RoomId,
        messages: Vec<StoredMessage>,
    ) -> Result<(), Error> {
        let messages = self.with_later(room, messages)?;
        if messages.is_empty() {
            return Ok(());
        }
        let behind = self.outbox_from_first_content(room)?;
        for message in messages {
            self.db.send_anew(room, &message.id)?;
            let intent = Intent::Content {
                id: message.id,
                bytes: message.content,
            };
            self.want(room, &intent, None)?;
            self.message_changed(room, &message.id)?;
        }
        self.put_behind(room, behind)
    }

    /// These messages in the order of their places, with the later ones of this account. What only changes
    /// another message has no place of its own in a conversation, and takes nothing along.
    fn with_later(
        &self,
        room: &RoomId,
        mut messages: Vec<StoredMessage>,
    ) -> Result<Vec<StoredMessage>, Error> {
        // Its words are gone here, and go nowhere else.
        messages.retain(|message| !message.content.is_empty());
        let shown = |message: &&StoredMessage| message.kind == ContentKind::Message;
        let first = messages.iter().filter(shown);
        let first = first.filter_map(|message| message.number).min();
        if let Some(first) = first.filter(|_| !planted("c3_sent_anew_behind_what_followed")) {
            let mut later = self.db.own_messages_after(room, first)?;
            later.retain(|message| {
                let is_new = messages.iter().all(|known| known.id != message.id);
                is_new && shown(&message) && !message.content.is_empty()
            });
            messages.extend(later);
        }
        messages.sort_by_key(|message| message.number);
        Ok(messages)
    }

    /// What waits in a room from the first content on: all of it was wanted after whatever has a place.
    fn outbox_from_first_content(&self, room: &RoomId) -> Result<Vec<OutboxRow>, Error> {
        let mut rows = self.db.outbox(room, u32::MAX)?;
        let is_content = |row: &OutboxRow| matches!(row.intent, Intent::Content { .. });
        let first = rows.iter().position(is_content).unwrap_or(rows.len());
        Ok(rows.split_off(first))
    }

    /// Lets these rows wait at the end. One that may be under way stays; a content is then sent once
    /// more, for it may be taken before what goes ahead of it.
    fn put_behind(&mut self, room: &RoomId, rows: Vec<OutboxRow>) -> Result<(), Error> {
        if planted("c3_sent_anew_behind_what_waits") {
            return Ok(());
        }
        for row in rows {
            match row.intent {
                _ if row.item.is_none() => self.db.move_to_end(row.id)?,
                Intent::Content { .. } => self.want(room, &row.intent, None)?,
                _ => {}
            }
        }
        Ok(())
    }
}
