//! What a person sees of a message: its words as last edited, what it answers, and what was said
//! about it.

use restante_wire::AccountKeyHash;

use super::{
    super::{
        attachments::Attachment,
        content::{self, Content, Shown, shown::UNREADABLE},
        io::{Expiry, Message, MessageId, MessageState, Quote, Reaction},
        me::Me,
        mute::Mute,
        search,
    },
    ContentKind, Gone, kind, mention,
};
use crate::{
    Error,
    store::{Db, RoomRow, StoredMessage},
};

/// Characters of a message that are shown with its answer.
const SNIPPET: usize = 80;

/// What is needed to show messages of a room.
#[derive(Clone, Copy)]
pub(in crate::engine) struct View<'a> {
    db: Db<'a>,
    me: &'a Me,
    mute: Mute,
}

/// Words as they are shown, and whom they mention.
struct Words {
    text: String,
    mentions: Vec<AccountKeyHash>,
}

/// One message, read anew.
pub(in crate::engine) fn of_stored(
    db: Db<'_>,
    me: &Me,
    stored: &StoredMessage,
) -> Result<Message, Error> {
    let view = View::new(db, me);
    let view = match db.room(&stored.room)? {
        Some(room) => view.of_room(&room),
        None => view,
    };
    view.stored(stored)
}

impl<'a> View<'a> {
    pub(in crate::engine) fn new(db: Db<'a>, me: &'a Me) -> Self {
        let mute = Mute::default();
        Self { db, me, mute }
    }

    /// The same in a room that may be muted.
    pub(in crate::engine) fn of_room(self, room: &RoomRow) -> Self {
        let mute = room.state.mute.unwrap_or_default();
        Self { mute, ..self }
    }

    /// A message with everything about it read from the store.
    pub(in crate::engine) fn stored(&self, stored: &StoredMessage) -> Result<Message, Error> {
        let effects = self.db.about(&stored.room, &stored.id)?;
        self.message(stored, None, &effects)
    }

    /// A message, with its content if that is decoded already, and what is about it.
    pub(super) fn message(
        &self,
        stored: &StoredMessage,
        content: Option<&Content>,
        effects: &[StoredMessage],
    ) -> Result<Message, Error> {
        let decoded;
        let content = match content {
            Some(content) => Some(content),
            None => {
                decoded = content::decode(&stored.content).ok();
                decoded.as_ref()
            }
        };
        let edit = last_edit(stored, effects);
        let words = match stored.gone {
            Some(_) => Words::none(),
            None => self.words(edit.as_ref().or(content))?,
        };
        let mut mentions = Vec::new();
        for account in &words.mentions {
            mentions.extend(self.name(account)?);
        }
        let attachments = match stored.gone {
            Some(_) => Vec::new(),
            None => content.map(Attachment::of).unwrap_or_default(),
        };
        let reply_to = content.and_then(|content| content.in_reply_to);
        let is_mentioned = words.mentions.contains(&self.me.account());
        Ok(Message {
            id: stored.id,
            room: stored.room,
            number: stored.number,
            sender: self.name(&stored.sender)?.unwrap_or_default(),
            own: stored.own,
            sent_at: stored.sent_at,
            text: words.text,
            attachments,
            state: stored.state,
            reply: reply_to.map(|id| self.quote(stored, id)).transpose()?,
            edited: edit.is_some() && stored.gone.is_none(),
            deleted: stored.gone == Some(Gone::Deleted),
            reactions: self.reactions(effects)?,
            mentions,
            expires: expiry(stored),
            muted: !stored.own && self.mute.silences(is_mentioned),
        })
    }

    /// What a search compares of a message; nothing where it has no words.
    pub(super) fn searchable(
        &self,
        stored: &StoredMessage,
        content: Option<&Content>,
        effects: &[StoredMessage],
    ) -> Result<Option<String>, Error> {
        if stored.gone.is_some() {
            return Ok(None);
        }
        let decoded = match (last_edit(stored, effects), content) {
            (Some(edit), _) => edit,
            (None, Some(content)) => content.clone(),
            (None, None) => match content::decode(&stored.content) {
                Ok(content) => content,
                Err(_) => return Ok(None),
            },
        };
        let Some(text) = decoded.words() else {
            return Ok(None);
        };
        let words = self.unlinked(&text)?;
        Ok(Some(search::fold(&words.text)))
    }

    fn words(&self, content: Option<&Content>) -> Result<Words, Error> {
        match content.map(Content::shown) {
            Some(Shown::Text(text)) => self.unlinked(&text),
            Some(Shown::Status(_) | Shown::Nothing) | None => Ok(Words {
                text: UNREADABLE.to_owned(),
                mentions: Vec::new(),
            }),
        }
    }

    fn unlinked(&self, text: &str) -> Result<Words, Error> {
        let (text, mentions) = mention::unlink(text, |account| self.name(account))?;
        Ok(Words { text, mentions })
    }

    /// Username as certified; none of somebody never met.
    fn name(&self, account: &AccountKeyHash) -> Result<Option<String>, Error> {
        if *account == self.me.account() {
            return Ok(Some(self.me.username().to_owned()));
        }
        let person = self.db.person(account)?;
        Ok(person.map(|person| person.username))
    }

    fn quote(&self, stored: &StoredMessage, id: MessageId) -> Result<Quote, Error> {
        let found = self.db.message(&stored.room, &id)?;
        let found = found.filter(|found| {
            found.kind == ContentKind::Message
                && found.gone != Some(Gone::Expired)
                && found.id != stored.id
        });
        let Some(found) = found else {
            return Ok(Quote {
                id,
                number: None,
                sender: String::new(),
                snippet: String::new(),
            });
        };
        let effects = self.db.about(&found.room, &found.id)?;
        let original = content::decode(&found.content).ok();
        let words = match found.gone {
            Some(_) => Words::none(),
            None => self.words(last_edit(&found, &effects).or(original).as_ref())?,
        };
        Ok(Quote {
            id,
            number: found.number,
            sender: self.name(&found.sender)?.unwrap_or_default(),
            snippet: one_line(&words.text),
        })
    }

    /// Who said what, each account once for one emoji.
    fn reactions(&self, effects: &[StoredMessage]) -> Result<Vec<Reaction>, Error> {
        let mut said: Vec<(String, Vec<AccountKeyHash>)> = Vec::new();
        for effect in effects {
            if effect.kind != ContentKind::Reaction || !counts(effect) {
                continue;
            }
            let content = content::decode(&effect.content).ok();
            let Some(emoji) = content.as_ref().and_then(kind::emoji) else {
                continue;
            };
            match said.iter_mut().find(|(other, _)| *other == emoji) {
                None => said.push((emoji, vec![effect.sender])),
                Some((_, accounts)) if accounts.contains(&effect.sender) => {}
                Some((_, accounts)) => accounts.push(effect.sender),
            }
        }
        let me = self.me.account();
        let named = said.into_iter().map(|(emoji, accounts)| {
            let own = accounts.contains(&me);
            let mut people = Vec::new();
            for account in &accounts {
                people.push(self.name(account)?.unwrap_or_default());
            }
            Ok(Reaction { emoji, people, own })
        });
        named.collect()
    }
}

impl Words {
    const fn none() -> Self {
        Self {
            text: String::new(),
            mentions: Vec::new(),
        }
    }
}

/// The content that has taken the place of a message's own, if it was edited.
fn last_edit(stored: &StoredMessage, effects: &[StoredMessage]) -> Option<Content> {
    let mut edits = effects.iter().rev().filter(|effect| {
        effect.kind == ContentKind::Edit && effect.sender == stored.sender && counts(effect)
    });
    edits.find_map(|edit| content::decode(&edit.content).ok())
}

/// Whether something about a message is here, and was not given up.
fn counts(effect: &StoredMessage) -> bool {
    effect.gone.is_none() && effect.state != MessageState::Failed
}

fn expiry(stored: &StoredMessage) -> Option<Expiry> {
    match (stored.expires, stored.lifetime_s) {
        (Some(time), _) => Some(Expiry::At(time)),
        (None, Some(seconds)) => Some(Expiry::AfterReading(seconds)),
        (None, None) => None,
    }
}

/// The first words of a text on one line.
pub(in crate::engine) fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SNIPPET) {
        None => line,
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
    }
}
