//! What everybody's rooms look like at one moment: read once, for whoever asks about many of them.

use std::collections::BTreeSet;

use restante_client::engine::io::{Room, RoomId, RoomPhase};

use super::Play;
use crate::random::model::ClientIndex;

/// The rooms of each client that could be used, as it shows them.
pub(in crate::random) struct Views {
    rooms: Vec<Vec<Room>>,
    names: Vec<String>,
}

impl Views {
    /// Those of one client; none where it cannot be used.
    pub(in crate::random) fn of(&self, who: ClientIndex) -> &[Room] {
        &self.rooms[who]
    }

    /// A room as a client shows it.
    pub(in crate::random) fn room(&self, who: ClientIndex, room: &RoomId) -> Option<&Room> {
        self.of(who).iter().find(|found| found.id == *room)
    }

    /// Clients that are in a room by their own account.
    pub(in crate::random) fn joined(&self, room: &RoomId) -> Vec<ClientIndex> {
        let is_in = |found: &Room| found.phase == RoomPhase::Joined;
        let clients = 0..self.rooms.len();
        clients
            .filter(|who| self.room(*who, room).is_some_and(is_in))
            .collect()
    }

    /// Whether both people of a room of two are in it: until then whoever asked may withdraw.
    pub(in crate::random) fn is_accepted(&self, room: &RoomId) -> bool {
        let joined = self.joined(room).into_iter();
        let names: BTreeSet<&String> = joined.map(|who| &self.names[who]).collect();
        names.len() > 1
    }
}

impl Play {
    /// What is to be seen now.
    pub(in crate::random) fn views(&self) -> Views {
        let people = &self.world.people;
        let rooms = (0..people.len()).map(|who| match self.is_usable(who) {
            true => self.world.engine(who).rooms().expect("rooms"),
            false => Vec::new(),
        });
        Views {
            rooms: rooms.collect(),
            names: people.iter().map(|person| person.name.clone()).collect(),
        }
    }
}
