//! What a client's disk holds of a room's group: read beside the engine, with the crypto crate alone.

use std::collections::BTreeSet;

use restante_client::{engine::io::RoomId, store::RoomState};
use restante_crypto::{
    Group, Rows,
    group::{Member, room_state},
};
use restante_wire::{ClientId, LogHash, MailboxAddress, codec};
use rusqlite::{Connection, OptionalExtension};

use crate::Person;

/// All that members must agree on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proof {
    pub(super) mailbox: MailboxAddress,
    pub(super) cursor: u64,
    pub(super) log_hash: LogHash,
    pub(super) epoch: u64,
    pub(super) authenticator: Vec<u8>,
    pub(super) members: BTreeSet<ClientId>,
    pub(super) state: room_state::RoomState,
}

/// The room to which a mailbox belongs, at a client.
pub(super) fn room_of(person: &Person, mailbox: &MailboxAddress) -> Option<RoomId> {
    let sql = "SELECT room, state FROM rooms WHERE mailbox = ?1";
    let found: Option<([u8; 32], Vec<u8>)> = person
        .database()
        .query_row(sql, [mailbox.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
        .expect("the table of rooms");
    let (room, state) = found?;
    let state: RoomState = codec::decode(&state).expect("a room's state");
    Some(state.beside.unwrap_or(RoomId(room)))
}

impl Proof {
    /// Reads it from the disk of a client; none where it has no group of the room.
    pub(super) fn of(person: &Person, room: &RoomId) -> Option<Self> {
        let database = person.database();
        let found: Option<([u8; 32], Vec<u8>)> = database
            .query_row(
                "SELECT mailbox, state FROM rooms WHERE room = ?1",
                [room.0],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()
            .expect("the table of rooms");
        let (mailbox, state) = found?;
        let mailbox = MailboxAddress(mailbox);
        let state: RoomState = codec::decode(&state).expect("a room's state");
        let group = Group::load(&person.account().client, mailbox, rows(&database, room)).ok()?;
        Some(Self {
            mailbox,
            cursor: state.cursor,
            log_hash: state.log_hash,
            epoch: group.epoch(),
            authenticator: group.epoch_authenticator(),
            members: group.members().map(Member::client).collect(),
            state: group.room_state().clone(),
        })
    }

    /// In what two clients differ.
    pub(super) fn difference(&self, other: &Self) -> Option<&'static str> {
        let same = [
            (self.mailbox == other.mailbox, "mailbox"),
            (self.cursor == other.cursor, "place in the log"),
            (self.log_hash == other.log_hash, "log hash"),
            (self.epoch == other.epoch, "epoch"),
            (
                self.authenticator == other.authenticator,
                "epoch authenticator",
            ),
            (self.members == other.members, "members"),
            (self.state == other.state, "room state"),
        ];
        same.into_iter()
            .find(|(is_same, _)| !is_same)
            .map(|(_, what)| what)
    }
}

fn rows(database: &Connection, room: &RoomId) -> Rows {
    let mut statement = database
        .prepare("SELECT key, value FROM group_rows WHERE room = ?1")
        .expect("the table of groups");
    let rows = statement.query_map([room.0], |row| Ok((row.get(0)?, row.get(1)?)));
    rows.expect("rows")
        .collect::<rusqlite::Result<_>>()
        .expect("rows")
}
