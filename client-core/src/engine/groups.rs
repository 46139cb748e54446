//! Loaded groups. Loading one costs 17 ms at a thousand members, so the ones in use stay loaded;
//! whatever they changed goes into the turn's transaction.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use restante_crypto::{Client, Group};
use restante_wire::fault::planted;

use super::io::RoomId;
use crate::{
    Error, ErrorKind,
    store::{Db, RoomRow},
};

/// Most groups kept loaded: a large one takes a few megabytes.
const MAX_LOADED: usize = 64;

/// Groups by room.
#[derive(Default)]
pub(super) struct Groups {
    loaded: BTreeMap<RoomId, Group>,
    used: BTreeSet<RoomId>,
}

impl Groups {
    /// The group of a room, loaded if need be. Its changes are stored at the end of the turn.
    pub(super) fn of(
        &mut self,
        db: Db<'_>,
        client: &Client,
        room: &RoomRow,
    ) -> Result<&mut Group, Error> {
        self.used.insert(room.id);
        match self.loaded.entry(room.id) {
            Entry::Occupied(loaded) => Ok(loaded.into_mut()),
            Entry::Vacant(place) => {
                let group = Group::load(client, room.mailbox, db.group_rows(&room.id)?)
                    .map_err(|error| Error::caused(ErrorKind::Storage, error))?;
                Ok(place.insert(group))
            }
        }
    }

    /// Takes a new group in, in place of any earlier one of the room.
    pub(super) fn insert(&mut self, db: Db<'_>, room: RoomId, group: Group) -> Result<(), Error> {
        db.delete_group(&room)?;
        self.used.insert(room);
        self.loaded.insert(room, group);
        Ok(())
    }

    /// Puts a loaded group under another key; its stored rows are the caller's.
    pub(super) fn rename(&mut self, from: &RoomId, to: &RoomId) {
        if let Some(group) = self.loaded.remove(from) {
            self.loaded.insert(*to, group);
        }
        if self.used.remove(from) {
            self.used.insert(*to);
        }
    }

    /// Forgets a group's secrets.
    pub(super) fn remove(&mut self, db: Db<'_>, room: &RoomId) -> Result<(), Error> {
        self.loaded.remove(room);
        self.used.remove(room);
        db.delete_group(room)
    }

    /// Writes what this turn's groups changed.
    pub(super) fn store(&mut self, db: Db<'_>) -> Result<(), Error> {
        for room in std::mem::take(&mut self.used) {
            if let Some(group) = self.loaded.get_mut(&room) {
                let changes = group.take_changes();
                if !planted("c2_group_state_not_written") {
                    db.write_group(&room, changes)?;
                }
            }
        }
        while self.loaded.len() > MAX_LOADED {
            self.loaded.pop_first();
        }
        Ok(())
    }

    /// After a failed transaction: what is loaded may be ahead of what is stored.
    pub(super) fn clear(&mut self) {
        self.loaded.clear();
        self.used.clear();
    }
}
