//! Taking words off this disk: deleted for all, or expired.
//!
//! What is left is an id, a place and a sender: the same message must not come back, and receipts
//! name it. Edits and reactions lose their words with their message; so does what waits in the outbox.
//!
//! **Expiry** (draft-ietf-mimi-content-08 section 4.3). An absolute one is a time. A relative one
//! begins when the message was read on this client; for its sender when it is in the log, or a
//! message that nobody reads would stay at its sender for ever. Edits change nothing about it.

use super::{
    super::{
        content::{Content, Expiration},
        intent::Intent,
        io::{Event, Time},
        turn::Turn,
    },
    ContentKind, Gone,
};
use crate::{
    Error,
    store::{RoomRow, StoredMessage, TimerKind},
};

/// Most messages that vanish in one transaction.
const MAX_EXPIRED: u32 = 256;

impl Turn<'_> {
    /// Takes the words of a message and of all that is about it.
    pub(super) fn erase(&mut self, message: &StoredMessage, gone: Gone) -> Result<(), Error> {
        if restante_wire::fault::planted("c5_words_of_the_deleted_kept") {
            return Ok(());
        }
        self.db.erase_message(&message.room, &message.id, gone)?;
        self.forget_intent(message)?;
        self.erase_effects(message)
    }

    /// Takes the words of what is about a message. Deletions have none, and may have to be sent again.
    pub(super) fn erase_effects(&mut self, message: &StoredMessage) -> Result<(), Error> {
        for effect in self.db.about(&message.room, &message.id)? {
            if effect.kind != ContentKind::Deletion && effect.gone.is_none() {
                self.db
                    .erase_message(&effect.room, &effect.id, Gone::Deleted)?;
                self.forget_intent(&effect)?;
            }
        }
        Ok(())
    }

    /// Takes the words of an own message out of the outbox. What is encrypted already may be at the
    /// relay: its row waits for the echo, and is not encrypted again.
    fn forget_intent(&mut self, message: &StoredMessage) -> Result<(), Error> {
        if !message.own {
            return Ok(());
        }
        for row in self.db.outbox(&message.room, u32::MAX)? {
            let Intent::Content { id, .. } = &row.intent else {
                continue;
            };
            if *id != message.id {
                continue;
            }
            match row.item {
                None => self.db.delete_outbox_row(row.id)?,
                Some(_) => {
                    let bytes = Vec::new();
                    self.db
                        .replace_intent(row.id, &Intent::Content { id: *id, bytes })?;
                }
            }
        }
        Ok(())
    }

    /// Notes on a message that is being filed when it vanishes.
    pub(super) fn start_life(
        &self,
        room: &RoomRow,
        message: &mut StoredMessage,
        content: Option<&Content>,
    ) {
        match content.and_then(|content| content.expires) {
            None => {}
            Some(Expiration::At(seconds)) => {
                let at = Time(u64::from(seconds) * 1_000);
                message.expires = Some(at);
                if at <= self.now {
                    message.gone = Some(Gone::Expired);
                }
            }
            Some(Expiration::AfterReading(seconds)) => {
                message.lifetime_s = Some(seconds);
                let was_read = message.number.is_some_and(|number| {
                    // After a repair a client reads again what the person has seen before.
                    message.own || number <= room.state.read
                });
                if was_read {
                    message.expires = Some(self.now.plus_ms(u64::from(seconds) * 1_000));
                }
            }
        }
    }

    /// Others' messages up to a number were read: those that live from reading begin to.
    pub(in crate::engine) fn lives_begin(
        &mut self,
        room: &RoomRow,
        span: (u64, u64),
    ) -> Result<(), Error> {
        for message in self.db.lives_from_reading(&room.id, span)? {
            self.life_begins(&message)?;
        }
        Ok(())
    }

    /// A message that lives from reading, or for its sender from sending, begins to.
    pub(in crate::engine) fn life_begins(&mut self, message: &StoredMessage) -> Result<(), Error> {
        let (Some(seconds), None) = (message.lifetime_s, message.expires) else {
            return Ok(());
        };
        let expires = self.now.plus_ms(u64::from(seconds) * 1_000);
        self.db.set_expires(&message.room, &message.id, expires)?;
        self.expire_at(expires)
    }

    /// Sets the timer to this time at the latest.
    pub(super) fn expire_at(&mut self, time: Time) -> Result<(), Error> {
        let set = self.db.timer(TimerKind::ExpireMessages, None)?;
        match set {
            Some(set) if set <= time => Ok(()),
            _ => self.db.set_timer(TimerKind::ExpireMessages, None, time),
        }
    }

    /// The timer of [`Self::expire_at`]: what is due vanishes.
    pub(in crate::engine) fn expire_messages(&mut self) -> Result<(), Error> {
        for message in self.db.expired(self.now, MAX_EXPIRED)? {
            self.erase(&message, Gone::Expired)?;
            self.events.push(Event::MessageGone {
                room: message.room,
                id: message.id,
            });
        }
        match self.db.next_expiry()? {
            Some(next) => self.db.set_timer(TimerKind::ExpireMessages, None, next),
            None => Ok(()),
        }
    }
}
