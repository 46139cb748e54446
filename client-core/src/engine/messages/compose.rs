//! Writing: texts, replies, edits, deletions and reactions of this account. Each is filed here as it
//! is at the others when it comes, and goes out by the outbox.

use super::{
    super::{
        content::{self, Body, Content, Disposition, Expiration, Salt},
        intent::Intent,
        io::{Draft, MessageId, MessageState, Outcome, RoomId},
        turn::Turn,
    },
    ContentKind, Gone, Ignored, kind, mention,
};
use crate::{
    Error, ErrorKind,
    store::{RoomRow, StoredMessage},
};

impl Turn<'_> {
    /// The intent and the bubble: the first of the four transactions of a message's walk.
    pub(in crate::engine) fn send(&mut self, id: &RoomId, draft: &Draft) -> Result<Outcome, Error> {
        let room = self.room_to_write_in(id)?;
        if let Some(answered) = &draft.reply_to {
            self.target(&room, answered)?;
        }
        if draft.lifetime_s == Some(0) {
            return Err(ErrorKind::BadInput.into());
        }
        let mut content = match draft.files.is_empty() {
            true => self.text(&room, &draft.text)?,
            false => self.with_files(&room, &draft.text, &draft.files)?,
        };
        content.in_reply_to = draft.reply_to;
        content.expires = draft.lifetime_s.map(Expiration::AfterReading);
        let outcome = self.put(&room, &content)?;
        if let Outcome::Message(message) = &outcome {
            self.add_uploads(&room, message, &draft.files)?;
        }
        Ok(outcome)
    }

    /// Puts other words in the place of an own text.
    pub(in crate::engine) fn edit(
        &mut self,
        id: &RoomId,
        message: &MessageId,
        text: &str,
    ) -> Result<Outcome, Error> {
        let room = self.room_to_write_in(id)?;
        let target = self.own_target(&room, message)?;
        let original = content::decode(&target.content)
            .map_err(|error| Error::caused(ErrorKind::BadInput, error))?;
        if !matches!(original.part.body, Body::Single { .. }) {
            return Err(ErrorKind::BadInput.into());
        }
        let mut content = self.text(&room, text)?;
        content.replaces = Some(target.id);
        content.in_reply_to = original.in_reply_to;
        content.expires = original.expires;
        self.put(&room, &content)
    }

    /// Deletes an own message, here and at the others.
    pub(in crate::engine) fn delete(
        &mut self,
        id: &RoomId,
        message: &MessageId,
    ) -> Result<Outcome, Error> {
        let room = self.room_to_write_in(id)?;
        let target = self.own_target(&room, message)?;
        if target.number.is_none() && !self.is_under_way(&target)? {
            // Nobody has it, and nobody will.
            self.erase(&target, Gone::Deleted)?;
            self.message_changed(id, message)?;
            return Ok(Outcome::Done);
        }
        let content = Content::deletion(Salt(self.random()), target.id, None, self.now);
        self.put(&room, &content)
    }

    /// Reacts to a message. What this account has said of it already is not said twice.
    pub(in crate::engine) fn react(
        &mut self,
        id: &RoomId,
        message: &MessageId,
        emoji: &str,
    ) -> Result<Outcome, Error> {
        let room = self.room_to_write_in(id)?;
        let target = self.target(&room, message)?;
        let bad = |error| Error::caused(ErrorKind::BadInput, error);
        let content =
            Content::reaction(Salt(self.random()), target.id, emoji, self.now).map_err(bad)?;
        if kind::emoji(&content).is_none() {
            return Err(ErrorKind::BadInput.into());
        }
        match self.own_reactions(&target, emoji)?[..] {
            [] => self.put(&room, &content),
            _ => Ok(Outcome::Done),
        }
    }

    /// Takes a reaction back, as often as clients of this account have made it.
    pub(in crate::engine) fn unreact(
        &mut self,
        id: &RoomId,
        message: &MessageId,
        emoji: &str,
    ) -> Result<Outcome, Error> {
        let room = self.room_to_write_in(id)?;
        let target = self.target(&room, message)?;
        let mut outcome = Err(ErrorKind::NotFound.into());
        for reaction in self.own_reactions(&target, emoji)? {
            let salt = Salt(self.random());
            let content = Content::deletion(salt, reaction.id, Some(target.id), self.now);
            outcome = self.put(&room, &content);
        }
        outcome
    }

    /// Files a content and puts it into the outbox.
    fn put(&mut self, room: &RoomRow, content: &Content) -> Result<Outcome, Error> {
        let bad = |error| Error::caused(ErrorKind::BadInput, error);
        let bytes = content.encode().map_err(bad)?;
        let id = content::message_id(
            &content::sender_uri(self.me.account_id()),
            &content::room_uri(&room.id),
            &bytes,
        );
        let message = StoredMessage {
            room: room.id,
            number: None,
            id,
            sender: self.me.account(),
            own: true,
            sent_at: self.now,
            state: MessageState::Queued,
            kind: ContentKind::Message,
            target: None,
            gone: None,
            lifetime_s: None,
            expires: None,
            content: bytes.clone(),
            folded: None,
        };
        self.file(room, message, Some(content))?
            .map_err(|ignored| match ignored {
                Ignored::TooMany => Error::caused(ErrorKind::BadInput, ignored),
                _ => Error::caused(ErrorKind::NotFound, ignored),
            })?;
        self.want(&room.id, &Intent::Content { id, bytes }, None)?;
        Ok(Outcome::Message(id))
    }

    /// A text with its mentions.
    pub(in crate::engine) fn text(&self, room: &RoomRow, text: &str) -> Result<Content, Error> {
        if text.trim().is_empty() {
            return Err(ErrorKind::BadInput.into());
        }
        let mut people = Vec::new();
        for (account, username, _) in &room.state.participants {
            let uri = match *account == self.me.account() {
                true => Some(content::sender_uri(self.me.account_id())),
                false => self
                    .db
                    .person(account)?
                    .map(|person| content::sender_uri(&person.account)),
            };
            people.extend(uri.map(|uri| (username.clone(), uri)));
        }
        let linked = mention::link(text, &people);
        Content::text(Salt(self.random()), &linked, self.now)
            .map_err(|error| Error::caused(ErrorKind::TooLong, error))
    }

    /// A room in which this client can write, now or once it is made.
    fn room_to_write_in(&self, id: &RoomId) -> Result<RoomRow, Error> {
        let room = self.db.room(id)?.ok_or(ErrorKind::NotFound)?;
        let is_open = room.takes_messages();
        if !is_open || room.is_deserted() {
            return Err(ErrorKind::RoomClosed.into());
        }
        self.check_writes(&room)?;
        self.check_may_post(&room)?;
        Ok(room)
    }

    /// A message that is there to be answered or reacted to.
    fn target(&self, room: &RoomRow, id: &MessageId) -> Result<StoredMessage, Error> {
        let found = self.db.message(&room.id, id)?;
        let found =
            found.filter(|found| found.kind == ContentKind::Message && found.gone.is_none());
        found.ok_or_else(|| ErrorKind::NotFound.into())
    }

    /// A message that this account may change.
    fn own_target(&self, room: &RoomRow, id: &MessageId) -> Result<StoredMessage, Error> {
        let found = self.target(room, id)?;
        match found.own {
            true => Ok(found),
            false => Err(ErrorKind::NotYours.into()),
        }
    }

    fn own_reactions(
        &self,
        target: &StoredMessage,
        emoji: &str,
    ) -> Result<Vec<StoredMessage>, Error> {
        let mut effects = self.db.about(&target.room, &target.id)?;
        effects.retain(|effect| {
            let says = || {
                content::decode(&effect.content)
                    .ok()
                    .filter(|content| content.part.disposition == Disposition::Reaction)
                    .and_then(|content| kind::emoji(&content))
            };
            let is_own =
                effect.own && effect.kind == ContentKind::Reaction && effect.gone.is_none();
            is_own && effect.state != MessageState::Failed && says().as_deref() == Some(emoji)
        });
        Ok(effects)
    }

    /// Whether bytes of a message may be at the relay, though its echo has not come.
    fn is_under_way(&self, message: &StoredMessage) -> Result<bool, Error> {
        let rows = self.db.outbox(&message.room, u32::MAX)?;
        let is_encrypted = rows.iter().any(|row| {
            row.item.is_some()
                && matches!(&row.intent, Intent::Content { id, .. } if *id == message.id)
        });
        Ok(is_encrypted)
    }
}
