//! Filing: what a content that arrives, or is written here, changes.

use super::{
    super::{
        content::Content,
        io::{Event, MessageId, RoomId},
        turn::Turn,
    },
    ContentKind, Gone, Ignored, MAX_REACTIONS, kind,
    view::{self, View},
};
use crate::{
    Error,
    store::{RoomRow, StoredMessage},
};

impl Turn<'_> {
    /// Files a content of a room once, and tells shells what changed. `Err` inside says why it
    /// changes nothing.
    pub(in crate::engine) fn file(
        &mut self,
        room: &RoomRow,
        mut message: StoredMessage,
        content: Option<&Content>,
    ) -> Result<Result<(), Ignored>, Error> {
        (message.kind, message.target) = match ContentKind::of(content) {
            Ok(kind) => kind,
            Err(ignored) => return Ok(Err(ignored)),
        };
        if let Some(target) = message.target {
            return self.file_effect(room, &message, &target);
        }
        self.start_life(room, &mut message, content);
        let before = self.db.about(&room.id, &message.id)?;
        let (valid, forged): (Vec<_>, Vec<_>) = before.into_iter().partition(|effect| {
            let verdict = kind::judge(effect.kind, &effect.sender, &message);
            verdict.is_ok() && effect.gone.is_none()
        });
        for effect in forged {
            self.db.erase_message(&room.id, &effect.id, Gone::Deleted)?;
        }
        if message.gone.is_none()
            && valid
                .iter()
                .any(|effect| effect.kind == ContentKind::Deletion)
        {
            message.gone = Some(Gone::Deleted);
        }
        let view = View::new(self.db, self.me).of_room(room);
        if message.gone.is_some() {
            message.content.clear();
            message.expires = None;
            message.lifetime_s = None;
        } else {
            message.folded = view.searchable(&message, content, &valid)?;
        }
        if !self.db.add_message(&message)? {
            return Ok(Err(Ignored::Doubled));
        }
        if message.gone.is_some() {
            self.erase_effects(&message)?;
        } else if let Some(expires) = message.expires {
            self.expire_at(expires)?;
        }
        if message.gone != Some(Gone::Expired) {
            let shown = view.message(&message, content, &valid)?;
            self.events.push(Event::Message(shown));
        }
        if !message.own {
            self.receipts.insert(room.id);
        }
        Ok(Ok(()))
    }

    /// An edit, a deletion or a reaction. What it is about may not have come yet, or may never come:
    /// then it waits, and is shown nowhere.
    fn file_effect(
        &mut self,
        room: &RoomRow,
        message: &StoredMessage,
        target: &MessageId,
    ) -> Result<Result<(), Ignored>, Error> {
        let target = self.db.message(&room.id, target)?;
        if self.db.message(&room.id, &message.id)?.is_some() {
            return Ok(Err(Ignored::Doubled));
        }
        if let Some(target) = &target
            && let Err(ignored) = kind::judge(message.kind, &message.sender, target)
        {
            return Ok(Err(ignored));
        }
        if message.kind == ContentKind::Reaction && self.has_reacted_enough(message)? {
            return Ok(Err(Ignored::TooMany));
        }
        self.db.add_message(message)?;
        if message.kind == ContentKind::Reaction
            && self.db.about(&room.id, &message.id)?.iter().any(|effect| {
                effect.kind == ContentKind::Deletion && effect.sender == message.sender
            })
        {
            // It was taken back before it came.
            self.db
                .erase_message(&room.id, &message.id, Gone::Deleted)?;
            return Ok(Ok(()));
        }
        let Some(target) = target else {
            return Ok(Ok(()));
        };
        match message.kind {
            ContentKind::Deletion => self.erase(&target, Gone::Deleted)?,
            ContentKind::Edit => self.index_anew(&target)?,
            ContentKind::Reaction | ContentKind::Message => {}
        }
        self.message_changed(&room.id, &target.id)?;
        Ok(Ok(()))
    }

    fn has_reacted_enough(&self, reaction: &StoredMessage) -> Result<bool, Error> {
        let Some(target) = reaction.target else {
            return Ok(false);
        };
        let same = |other: &StoredMessage| {
            other.kind == ContentKind::Reaction
                && other.gone.is_none()
                && other.sender == reaction.sender
        };
        let before = self.db.about(&reaction.room, &target)?;
        Ok(before.into_iter().filter(same).count() >= MAX_REACTIONS)
    }

    /// Keeps what a search compares in step with the words that are shown.
    fn index_anew(&self, message: &StoredMessage) -> Result<(), Error> {
        let effects = self.db.about(&message.room, &message.id)?;
        let folded = View::new(self.db, self.me).searchable(message, None, &effects)?;
        self.db
            .set_folded(&message.room, &message.id, folded.as_deref())
    }

    /// A content that is here already stands at a further place: its sender was repaired and sent it
    /// anew. The last place is the one that its sender sees, and so everybody's.
    pub(in crate::engine) fn comes_again(
        &mut self,
        room: &RoomId,
        id: &MessageId,
        number: u64,
    ) -> Result<(), Error> {
        if !self.db.move_message(room, id, number)? {
            return Ok(());
        }
        let moved = self.db.message(room, id)?;
        if let Some(target) = moved.and_then(|effect| effect.target)
            && let Some(target) = self.db.message(room, &target)?
        {
            self.index_anew(&target)?;
        }
        self.message_changed(room, id)
    }

    /// Tells shells about a message.
    pub(in crate::engine) fn show(&mut self, message: &StoredMessage) -> Result<(), Error> {
        let shown = view::of_stored(self.db, self.me, message)?;
        self.events.push(Event::Message(shown));
        Ok(())
    }

    /// Tells shells about the message that something with this id is, or is about.
    pub(in crate::engine) fn message_changed(
        &mut self,
        room: &RoomId,
        id: &MessageId,
    ) -> Result<(), Error> {
        let mut found = self.db.message(room, id)?;
        // A deletion is about a reaction, and that about a message.
        for _ in 0..2 {
            let Some(target) = found.as_ref().and_then(|message| message.target) else {
                break;
            };
            found = self.db.message(room, &target)?;
        }
        match found.filter(|message| message.kind == ContentKind::Message) {
            Some(message) if message.gone != Some(Gone::Expired) => self.show(&message),
            _ => Ok(()),
        }
    }
}
