//! What people must see, from what they were told to do alone: no MLS, no rows of any engine, no log
//! of the relay.
//!
//! The model knows for sure who is in a room only while nobody has done anything that could end it: a
//! client *stays* in a room from the moment it was first in it until somebody tries to take its person
//! out. What is not sure is not demanded; what is sure has no exceptions:
//!
//! - who stays is in; what was said before the world is at rest again it may lack, where an insider
//!   dropped its seat, for the relay keeps nothing for a seat that is gone; where the relay lost a
//!   letter to it, which may have been the way back in; and in a room of two one of whose clients is
//!   expelled, which may just have led both people into another group;
//! - of a message, either everybody who stayed since before it was said has it, once, or nobody has,
//!   but in a room of two what a client said that was expelled: it may have said it where only that
//!   client had led;
//! - nobody, if its author stayed, is not a case, and it is shown as sent then;
//! - its words are those that were said last, its author is who said it;
//! - nobody has a message that was never said, or that was said where he could not be.
//!
//! When the world was at rest and all checks held, the uncertain begin anew ([`Model::settle`]).

use std::collections::{BTreeMap, BTreeSet};

use restante_client::engine::io::{MessageId, RoomId};

/// A client, by its place in the world.
pub(crate) type ClientIndex = usize;

/// The model.
#[derive(Debug, Default)]
pub(crate) struct Model {
    rooms: BTreeMap<RoomId, BTreeMap<ClientIndex, Stay>>,
    said: Vec<Said>,
    by_id: BTreeMap<MessageId, usize>,
    /// Who was to be let into a room since the world was at rest.
    coming: BTreeMap<RoomId, BTreeSet<String>>,
    /// Rooms that were there when the world was at rest.
    known: BTreeSet<RoomId>,
    /// Whom somebody tried to take out of a room since the world was at rest.
    going: BTreeSet<(RoomId, String)>,
    of_two: BTreeSet<RoomId>,
    /// What was done so far: the model's clock.
    now: u64,
}

/// Since when a client is in a room without anybody having tried to end it.
#[derive(Debug, Clone, Copy)]
struct Stay {
    since: u64,
}

/// Since the world is at rest again, whenever that will be.
const SINCE_REST: u64 = u64::MAX;

/// A message as its author meant it.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) room: RoomId,
    pub(crate) id: MessageId,
    /// Username.
    pub(crate) author: String,
    pub(crate) client: ClientIndex,
    at: u64,
    /// Its words, from the first on.
    pub(crate) versions: Vec<String>,
    pub(crate) is_deleted: bool,
    /// Whether several clients changed it, so that the log decides which change was last.
    pub(crate) is_disputed: bool,
    /// Emoji that its people have said, and not taken back, by username.
    pub(crate) reactions: BTreeMap<(String, String), Reaction>,
    /// Whether it may have been given up: its author may have been out, or had no right.
    pub(crate) may_fail: bool,
    /// Whether whoever stays has it as soon as anybody has.
    is_for_all: bool,
    /// Who certainly could not read it: clients that were there and not in the room, by the author's
    /// own list.
    outsiders: BTreeSet<String>,
    /// Expelled clients that its author's group had no more.
    expelled: BTreeSet<ClientIndex>,
}

/// Whether a reaction is there in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reaction {
    Said,
    /// Said and taken back by several clients at once, or by somebody who may be out.
    Unsure,
}

impl Model {
    /// Something is done.
    pub(crate) fn tick(&mut self) {
        self.now += 1;
    }

    /// Every room that anybody was ever seen in.
    pub(crate) fn rooms(&self) -> impl Iterator<Item = &RoomId> {
        self.rooms.keys()
    }

    /// A client of a person was seen in a room.
    pub(crate) fn is_in(&mut self, room: RoomId, person: &str, client: ClientIndex) {
        let since = self.now;
        let stays = self.rooms.entry(room).or_default();
        if !self.going.contains(&(room, person.to_owned())) {
            stays.entry(client).or_insert(Stay { since });
        }
    }

    /// Something was done that may take a person, with these clients, out of a room.
    pub(crate) fn goes(&mut self, room: &RoomId, person: &str, clients: &[ClientIndex]) {
        self.going.insert((*room, person.to_owned()));
        self.may_be_out(room, clients);
        self.may_not_react(room, person);
    }

    fn may_be_out(&mut self, room: &RoomId, clients: &[ClientIndex]) {
        if let Some(stays) = self.rooms.get_mut(room) {
            stays.retain(|client, _| !clients.contains(client));
        }
        for said in &mut self.said {
            if said.room == *room && clients.contains(&said.client) {
                said.may_fail = true;
            }
        }
    }

    /// A client of a person was expelled; these others are left.
    pub(crate) fn expelled(&mut self, person: &str, client: ClientIndex, siblings: &[ClientIndex]) {
        let rooms: Vec<RoomId> = self.rooms.keys().copied().collect();
        for room in rooms {
            self.may_be_out(&room, &[client]);
            self.may_not_react(&room, person);
        }
        for said in self.said.iter_mut().filter(|said| said.client == client) {
            said.is_for_all &= !self.of_two.contains(&said.room);
        }
        let of_two = self.rooms.iter_mut();
        for (_, stays) in of_two.filter(|(room, _)| self.of_two.contains(room)) {
            if siblings.iter().any(|sibling| stays.contains_key(sibling)) {
                for stay in stays.values_mut() {
                    stay.since = SINCE_REST;
                }
            }
        }
    }

    /// A letter to a client was lost.
    pub(crate) fn letter_lost(&mut self, client: ClientIndex) {
        let stays = self.rooms.values_mut();
        for stay in stays.filter_map(|stays| stays.get_mut(&client)) {
            stay.since = SINCE_REST;
        }
    }

    /// A room is one of two people.
    pub(crate) fn is_of_two(&mut self, room: RoomId) {
        self.of_two.insert(room);
    }

    /// Somebody dropped the seat of a client that may not have read everything.
    pub(crate) fn seat_dropped(&mut self, room: &RoomId, client: ClientIndex) {
        let stays = self.rooms.get_mut(room);
        if let Some(stay) = stays.and_then(|stays| stays.get_mut(&client)) {
            stay.since = SINCE_REST;
        }
    }

    /// Whether a client certainly is in a room.
    pub(crate) fn stays(&self, room: &RoomId, client: ClientIndex) -> bool {
        self.rooms
            .get(room)
            .is_some_and(|stays| stays.contains_key(&client))
    }

    /// A message was said in a room whose people, as its author saw it, left these out, and whose group
    /// had none of these clients any more.
    pub(crate) fn said(
        &mut self,
        (room, id): (RoomId, MessageId),
        (author, client): (&str, ClientIndex),
        text: String,
        (mut outsiders, expelled): (BTreeSet<String>, BTreeSet<ClientIndex>),
    ) {
        if let Some(coming) = self.coming.get(&room) {
            outsiders.retain(|person| !coming.contains(person));
        }
        if !self.known.contains(&room) {
            // Whom its maker invites is not in its list yet.
            outsiders.clear();
        }
        self.by_id.insert(id, self.said.len());
        self.said.push(Said {
            room,
            id,
            author: author.to_owned(),
            client,
            at: self.now,
            versions: vec![text],
            is_deleted: false,
            is_disputed: false,
            reactions: BTreeMap::new(),
            may_fail: !self.stays(&room, client),
            is_for_all: true,
            outsiders,
            expelled,
        });
    }

    /// A message by its id.
    pub(crate) fn message(&self, id: &MessageId) -> Option<&Said> {
        self.said.get(*self.by_id.get(id)?)
    }

    fn message_mut(&mut self, id: &MessageId) -> Option<&mut Said> {
        self.said.get_mut(*self.by_id.get(id)?)
    }

    /// All messages of a room.
    pub(crate) fn messages(&self, room: &RoomId) -> impl Iterator<Item = &Said> {
        self.said.iter().filter(move |said| said.room == *room)
    }

    /// A client of its author gave a message other words.
    pub(crate) fn edited(&mut self, id: &MessageId, client: ClientIndex, text: String) {
        let is_sure = self.is_sure_of(id, client);
        if let Some(said) = self.message_mut(id) {
            said.is_disputed |= !is_sure;
            said.versions.push(text);
        }
    }

    /// A client of its author deleted a message.
    pub(crate) fn deleted(&mut self, id: &MessageId, client: ClientIndex) {
        let is_sure = self.is_sure_of(id, client);
        if let Some(said) = self.message_mut(id) {
            said.is_disputed |= !is_sure;
            said.is_deleted = true;
        }
    }

    /// Whether what a client does about a message comes behind it, and certainly comes.
    fn is_sure_of(&self, id: &MessageId, client: ClientIndex) -> bool {
        self.message(id)
            .is_some_and(|said| said.client == client && self.stays(&said.room, client))
    }

    /// Somebody reacted to a message, or took that back.
    pub(crate) fn reacted(
        &mut self,
        id: &MessageId,
        (person, client): (&str, ClientIndex),
        emoji: &str,
        is_said: bool,
    ) {
        let Some(room) = self.message(id).map(|said| said.room) else {
            return;
        };
        let is_sure = self.stays(&room, client);
        let Some(said) = self.message_mut(id) else {
            return;
        };
        let key = (person.to_owned(), emoji.to_owned());
        let reaction = match (said.reactions.contains_key(&key), is_said) {
            (false, true) if is_sure => Reaction::Said,
            (false, false) => return,
            // What several clients of a person say at once is decided by the log.
            _ => Reaction::Unsure,
        };
        said.reactions.insert(key, reaction);
    }

    /// Somebody may be out before what it said about messages of a room has come.
    fn may_not_react(&mut self, room: &RoomId, person: &str) {
        for said in self.said.iter_mut().filter(|said| said.room == *room) {
            for ((name, _), reaction) in &mut said.reactions {
                if name == person {
                    *reaction = Reaction::Unsure;
                }
            }
            said.is_disputed |= said.author == person && said.versions.len() > 1;
        }
    }

    /// Clients that stayed since before a message was said: all of them have it, or none. Nobody, where
    /// it may have reached some only.
    pub(crate) fn readers<'a>(&'a self, said: &'a Said) -> impl Iterator<Item = ClientIndex> + 'a {
        let stays = self.rooms.get(&said.room).into_iter().flatten();
        stays
            .filter(|(_, stay)| said.is_for_all && stay.since <= said.at)
            .map(|(client, _)| *client)
    }

    /// Whether somebody was certainly no participant when this was said, and has not been one since.
    pub(crate) fn must_not_read(&self, said: &Said, person: &str) -> bool {
        said.outsiders.contains(person)
    }

    /// Messages that nobody may read with what an expelled client had. Those are not among them that were
    /// said before their author's group had heard of its end: nothing could keep it from reading them.
    pub(crate) fn said_without(&self, client: ClientIndex) -> impl Iterator<Item = &Said> {
        self.said
            .iter()
            .filter(move |said| said.expelled.contains(&client))
    }

    /// Somebody is, or may come to be, in a room from now on.
    pub(crate) fn may_come_in(&mut self, room: &RoomId, person: &str) {
        let coming = self.coming.entry(*room).or_default();
        coming.insert(person.to_owned());
        for said in self.said.iter_mut().filter(|said| said.room == *room) {
            // What still waits at its author may be encrypted when he is in.
            said.outsiders.remove(person);
        }
    }

    /// The world is at rest: who is in a room stays from now on.
    pub(crate) fn settle(&mut self, room: RoomId, joined: &[ClientIndex]) {
        self.tick();
        let since = self.now;
        self.coming.remove(&room);
        self.known.insert(room);
        self.going.retain(|(found, _)| *found != room);
        let stays = self.rooms.entry(room).or_default();
        stays.retain(|client, _| joined.contains(client));
        for client in joined {
            let stay = stays.entry(*client).or_insert(Stay { since });
            stay.since = stay.since.min(since);
        }
    }
}
