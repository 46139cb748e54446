//! What shells ask to show. Reads only what is committed.

use restante_crypto::safety_number;
use restante_wire::{AccountKeyHash, ClientId};

use super::{
    Engine, clients, inbox,
    io::{
        Client, Contact, ContactRequest, Message, MessageId, MessageState, Room, RoomId, RoomPhase,
    },
    messages::view::View,
    notices::Notice,
    people, rooms,
    suites::RoomSuite,
};
use crate::{Error, ErrorKind, store::StoredMessage};

/// Who this client is, for shells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhoAmI {
    /// The username as certified.
    pub username: String,
    /// Base URL of the home relay.
    pub relay: String,
    /// This client.
    pub client: ClientId,
    /// In which ways it can take part in rooms, most wanted first.
    pub suites: Vec<RoomSuite>,
}

/// Shortest prefix of a message's id that may stand for it; what is shorter is a number.
const MIN_MESSAGE_PREFIX: usize = 8;

impl Engine {
    /// The account of this client.
    #[must_use]
    pub fn account(&self) -> AccountKeyHash {
        self.me.account()
    }

    /// Who this client is.
    #[must_use]
    pub fn whoami(&self) -> WhoAmI {
        let body = &self.me.client.certificate().body;
        WhoAmI {
            username: body.username.clone(),
            relay: self.me.relay().to_owned(),
            client: body.client,
            suites: self
                .me
                .client
                .suites()
                .iter()
                .copied()
                .map(RoomSuite::of)
                .collect(),
        }
    }

    /// All rooms but waiting requests, the joined ones first.
    ///
    /// # Errors
    /// `storage`.
    pub fn rooms(&self) -> Result<Vec<Room>, Error> {
        let db = self.store.read();
        let mut shown = Vec::new();
        for room in db.rooms()? {
            if room.phase != RoomPhase::Requested && !room.is_beside() {
                shown.push(rooms::shown(db, &room, &self.me)?);
            }
        }
        shown.sort_by(|a, b| {
            (a.phase != RoomPhase::Joined, &a.title, a.id).cmp(&(
                b.phase != RoomPhase::Joined,
                &b.title,
                b.id,
            ))
        });
        Ok(shown)
    }

    /// The last `limit` messages of a room, oldest first.
    ///
    /// # Errors
    /// `storage`.
    pub fn history(&self, room: &RoomId, limit: u32) -> Result<Vec<Message>, Error> {
        self.history_before(room, None, limit)
    }

    /// The last `limit` messages of a room with a number below `before`, oldest first.
    ///
    /// # Errors
    /// `storage`.
    pub fn history_before(
        &self,
        room: &RoomId,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Message>, Error> {
        let found = self.store.read().history(room, before, limit)?;
        self.messages(room, &found)
    }

    /// The first `limit` messages of a room with a number above `after`, oldest first: what waits to
    /// be sent is not among them.
    ///
    /// # Errors
    /// `storage`.
    pub fn history_after(
        &self,
        room: &RoomId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Message>, Error> {
        let found = self.store.read().history_after(room, after, limit)?;
        self.messages(room, &found)
    }

    fn messages(&self, room: &RoomId, found: &[StoredMessage]) -> Result<Vec<Message>, Error> {
        let db = self.store.read();
        let mut view = View::new(db, &self.me);
        if let Some(room) = db.room(room)? {
            view = view.of_room(&room);
        }
        found.iter().map(|stored| view.stored(stored)).collect()
    }

    /// The message of a room's number (`42`, `#42`), of an id or of a unique beginning of one.
    ///
    /// # Errors
    /// `not_found`, `ambiguous`, `storage`.
    pub fn find_message(&self, room: &RoomId, name: &str) -> Result<MessageId, Error> {
        let db = self.store.read();
        let number = match name.strip_prefix('#') {
            Some(number) => Some(number),
            None => (name.len() < MIN_MESSAGE_PREFIX).then_some(name),
        };
        let found = match number {
            Some(number) => {
                let number = number
                    .parse()
                    .map_err(|_| Error::new(ErrorKind::NotFound))?;
                db.message_at(room, number)?.into_iter().collect()
            }
            None => {
                let end = |digit: &str| {
                    let missing = (2 * 32_usize).saturating_sub(name.len());
                    let hex = name.to_ascii_lowercase() + &digit.repeat(missing);
                    MessageId::from_hex(&hex).ok_or(ErrorKind::NotFound)
                };
                db.messages_between(room, &end("0")?, &end("f")?)?
            }
        };
        match &found[..] {
            [message] => Ok(message.id),
            [] => Err(ErrorKind::NotFound.into()),
            _ => Err(ErrorKind::Ambiguous.into()),
        }
    }

    /// How far a message, an edit, a deletion or a reaction of this account has come; none if it is
    /// not here.
    ///
    /// # Errors
    /// `storage`.
    pub fn message_state(
        &self,
        room: &RoomId,
        id: &MessageId,
    ) -> Result<Option<MessageState>, Error> {
        let found = self.store.read().message(room, id)?;
        Ok(found.map(|message| message.state))
    }

    /// The last `limit` notices of a room at or behind a place in its log, in order.
    ///
    /// # Errors
    /// `storage`.
    pub fn notices(&self, room: &RoomId, from: u64, limit: u32) -> Result<Vec<Notice>, Error> {
        self.store.read().notices(room, from, limit)
    }

    /// All contacts by name.
    ///
    /// # Errors
    /// `storage`.
    pub fn contacts(&self) -> Result<Vec<Contact>, Error> {
        let db = self.store.read();
        let mut shown = Vec::new();
        for person in db.contacts()? {
            shown.extend(people::contact(db, &person)?);
        }
        Ok(shown)
    }

    /// The clients of this account.
    ///
    /// # Errors
    /// `storage`.
    pub fn clients(&self) -> Result<Vec<Client>, Error> {
        clients::clients(self.store.read(), &self.me)
    }

    /// Requests that wait for the person.
    ///
    /// # Errors
    /// `storage`.
    pub fn requests(&self) -> Result<Vec<ContactRequest>, Error> {
        let rooms = self.store.read().rooms()?;
        let waiting = rooms
            .iter()
            .filter(|room| room.phase == RoomPhase::Requested);
        Ok(waiting.map(inbox::request).collect())
    }

    /// The number that two people compare by another channel: equal at both if nobody stands
    /// between them.
    ///
    /// # Errors
    /// `not_found`, `ambiguous`, `storage`.
    pub fn safety_number(&self, username: &str) -> Result<String, Error> {
        let mut people = self.store.read().people_named(username)?;
        if people.len() > 1 {
            people.retain(|person| person.phase.is_some());
        }
        let [person] = &people[..] else {
            let kind = if people.is_empty() {
                ErrorKind::NotFound
            } else {
                ErrorKind::Ambiguous
            };
            return Err(kind.into());
        };
        let body = &self.me.client.certificate().body;
        Ok(safety_number(
            (&body.account, &body.identity_key),
            (&person.account, &person.identity_key),
        ))
    }
}
