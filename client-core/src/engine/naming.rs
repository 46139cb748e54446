//! Which room a name means: an id, the beginning of one, a contact's name, or a title.
//!
//! Titles are given by others, and whoever gives one must neither be spoken to in the place of
//! somebody else nor make anybody unreachable. So a contact's name means the one-to-one room with
//! that contact, whatever rooms are called; and a title that is the name of somebody known means its
//! room only where the person says so by the id.

use std::collections::BTreeSet;

use super::{
    Engine,
    account::normalise_username,
    io::{RoomId, RoomPhase},
    rooms,
};
use crate::{Error, ErrorKind, store::RoomRow};

/// What a name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meant {
    /// This room.
    Room(RoomId),
    /// None of the rooms that are here.
    Nothing,
    /// One of these, which only an id tells. It may be a single one that bears the name of a person.
    OneOf(Vec<RoomId>),
}

/// Shortest prefix of a room's id that may stand for it.
const MIN_PREFIX: usize = 4;

impl Engine {
    /// The room of an id, a unique beginning of one, a title or a contact's name. Rooms that this
    /// client is not in stand back behind those it is in.
    ///
    /// # Errors
    /// `not_found`, `ambiguous` (see [`Self::room_meant`]), `storage`.
    pub fn find_room(&self, name: &str) -> Result<RoomId, Error> {
        match self.room_meant(name)? {
            Meant::Room(room) => Ok(room),
            Meant::Nothing => Err(ErrorKind::NotFound.into()),
            Meant::OneOf(_) => Err(ErrorKind::Ambiguous.into()),
        }
    }

    /// What a name means. A whole id means its room, whatever others are called.
    ///
    /// # Errors
    /// `storage`.
    pub fn room_meant(&self, name: &str) -> Result<Meant, Error> {
        let db = self.store.read();
        if let Some(id) = RoomId::from_hex(name)
            && let Some(room) = db.room(&id)?
        {
            return Ok(Meant::Room(room.id));
        }
        let username = normalise_username(name).unwrap_or_else(|_| name.to_owned());
        let people = db.people_named(&username)?;
        let contacts = people.iter().filter(|person| person.phase.is_some());
        let direct: BTreeSet<RoomId> = contacts.filter_map(|person| person.room).collect();
        let rooms: Vec<RoomRow> = db.rooms()?.into_iter().filter(|r| !r.is_beside()).collect();
        let of_contact: Vec<RoomId> = ids(rooms.iter().filter(|room| direct.contains(&room.id)));
        if !of_contact.is_empty() {
            return Ok(one_of(of_contact));
        }
        let has_prefix =
            |room: &RoomRow| name.len() >= MIN_PREFIX && room.id.to_hex().starts_with(name);
        let has_title = |room: &RoomRow| !room.state.direct && room.state.title == name;
        let found: Vec<RoomRow> = rooms
            .into_iter()
            .filter(|room| has_prefix(room) || has_title(room))
            .collect();
        let is_in =
            |room: &&RoomRow| room.phase < RoomPhase::Left && room.phase != RoomPhase::Requested;
        let mut meant = ids(found.iter().filter(is_in));
        if meant.is_empty() {
            meant = ids(found.iter());
        }
        let is_person = !people.is_empty() || self.is_taking_part(&found, &username)?;
        if is_person && found.iter().any(has_title) {
            return Ok(Meant::OneOf(meant));
        }
        Ok(one_of(meant))
    }

    /// Whether somebody of this name, this person included, is in one of these rooms.
    fn is_taking_part(&self, found: &[RoomRow], username: &str) -> Result<bool, Error> {
        if self.whoami().username == username {
            return Ok(true);
        }
        for room in found {
            let shown = rooms::shown(self.store.read(), room, &self.me)?;
            if shown.participants.iter().any(|(name, _)| name == username) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn ids<'a>(rooms: impl Iterator<Item = &'a RoomRow>) -> Vec<RoomId> {
    rooms.map(|room| room.id).collect()
}

fn one_of(rooms: Vec<RoomId>) -> Meant {
    match rooms[..] {
        [room] => Meant::Room(room),
        [] => Meant::Nothing,
        _ => Meant::OneOf(rooms),
    }
}
