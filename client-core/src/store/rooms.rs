//! Rooms: their mailbox, this client's seat in it, and how far this client has come.

use std::collections::{BTreeMap, BTreeSet};

use restante_crypto::{Policy, group::room_state::Successor};
use restante_wire::{
    AccountKeyHash, ClientId, LogHash, MailboxAddress, SeatId, SeatSecret, codec,
    key_package::Suite,
};
use serde::{Deserialize, Serialize};

use super::Db;
use crate::{
    Error,
    engine::{
        doubt::Standing,
        io::{RoomId, RoomPhase, Time},
        letters::{Invitation, Loss},
        moves::Move,
        mute::Mute,
        newcomers::Newcomer,
        picture::RoomPicture,
    },
};

/// A room as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct RoomRow {
    /// The room's id.
    pub id: RoomId,
    /// Base URL of the relay of its mailbox.
    pub relay: String,
    /// Its mailbox.
    pub mailbox: MailboxAddress,
    /// What it is to this client.
    pub phase: RoomPhase,
    /// Everything else.
    pub state: RoomState,
}

/// What changes with nearly every envelope, in one value so that one write stores it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoomState {
    /// Whether it is one-to-one.
    pub direct: bool,
    /// The ciphersuite of its group; none as long as this client was never in it.
    pub suite: Option<Suite>,
    /// Its name; empty for one-to-one rooms.
    pub title: String,
    /// Its picture, whose bytes are kept beside.
    pub picture: Option<RoomPicture>,
    /// Who may do what.
    pub policy: Policy,
    /// Who is in it: account, username, whether admin.
    pub participants: Vec<(AccountKeyHash, String, bool)>,
    /// This client's seat.
    pub seat: SeatId,
    /// Its secret.
    pub secret: SeatSecret,
    /// The secret it is being changed to.
    pub next_secret: Option<SeatSecret>,
    /// A secret that a member gave this seat: taken when the relay refuses the present one.
    pub spare_secret: Option<SeatSecret>,
    /// Whether the relay has the mailbox, and this seat was rotated.
    pub seated: bool,
    /// Highest number processed.
    pub cursor: u64,
    /// Number of the last commit processed or skipped.
    pub last_commit: u64,
    /// Hash of the log up to the cursor.
    pub log_hash: LogHash,
    /// Doubt about commits that were skipped.
    pub standing: Standing,
    /// What this client cannot go on without: members are asked to add it again.
    pub lost: Option<Loss>,
    /// Clients that said they leave and are members still.
    pub leaving: BTreeSet<ClientId>,
    /// Members whose seat a commit dropped.
    pub seatless: BTreeSet<ClientId>,
    /// Members that have not committed anything since they were added.
    pub unconfirmed: BTreeMap<ClientId, Newcomer>,
    /// When this client may repair another one again.
    pub repaired: BTreeMap<ClientId, Time>,
    /// Live seats that belong to no member, or have another role than their account.
    pub untidy: BTreeSet<SeatId>,
    /// Whether this client's seat is an admin's at the relay.
    pub admin_seat: bool,
    /// The client whose invitation waits for the person.
    pub inviter: Option<ClientId>,
    /// The invitation that is waiting or being followed.
    pub invitation: Option<Invitation>,
    /// A later invitation, followed where the first, or the present state, leads nowhere.
    pub spare_invitation: Option<Invitation>,
    /// Number of the commit by which this client came in, or came back.
    pub joined: u64,
    /// Highest number that the person has seen.
    pub read: u64,
    /// Numbers of the messages up to which the others were told `(delivered, read)`.
    pub told: (u64, u64),
    /// Whether the relay's log does not fit what a member saw.
    pub log_mismatch: bool,
    /// How quiet the person wants it, if that was ever said.
    pub mute: Option<Mute>,
    /// Version of the protocol that the room state demands.
    pub version: u16,
    /// Whether the relay was restored since its log was last seen to reach the cursor.
    pub unproven: bool,
    /// Whether the restored log lacks what this client has seen.
    pub log_lost: bool,
    /// Up to where the log was found to be what this client had seen, since the relay was restored.
    pub kept: Option<u64>,
    /// Whether that is still being looked for.
    pub searching: bool,
    /// Whether another member has lost its seat, too, and this client waits for somebody to know better.
    pub vanished: bool,
    /// How many groups of this room came before this one.
    pub line: u32,
    /// Where messages of this mailbox begin among those of the room.
    pub base: u64,
    /// Of a mailbox beside the one that its room keeps to: the room.
    pub beside: Option<RoomId>,
    /// Of a mailbox beside its room's own that this client makes to follow it: why.
    pub coming: Option<Move>,
    /// Of a mailbox beside its room's own, into which this client is invited: whether it waits until the
    /// room's group names it.
    pub held: bool,
    /// The group that follows this one, once its log names it.
    pub successor: Option<Successor>,
    /// Whether the group before has named this one.
    pub named: bool,
    /// The epoch of the group before in which whoever made this one left it.
    pub left_epoch: u64,
    /// Whether the vault says that this account is in the room: then this client is to be let in.
    pub expected: bool,
    /// Of a one-to-one room: whether both are in it, because the other was heard in it or has made it.
    pub shared: bool,
}

impl Db<'_> {
    pub(crate) fn room(self, room: &RoomId) -> Result<Option<RoomRow>, Error> {
        Ok(self.rooms_where("WHERE room = ?1", [room.0])?.pop())
    }

    pub(crate) fn room_by_mailbox(
        self,
        relay: &str,
        mailbox: &MailboxAddress,
    ) -> Result<Option<RoomRow>, Error> {
        Ok(self
            .rooms_where("WHERE relay = ?1 AND mailbox = ?2", (relay, mailbox.0))?
            .pop())
    }

    pub(crate) fn rooms(self) -> Result<Vec<RoomRow>, Error> {
        self.rooms_where("", [])
    }

    pub(crate) fn count_rooms(self, phase: RoomPhase) -> Result<u64, Error> {
        let sql = "SELECT count(*) FROM rooms WHERE phase = ?1";
        let count = self.one(sql, [code(phase)], |row| row.get(0))?;
        Ok(count.unwrap_or_default())
    }

    /// Rooms that are being made or joined.
    pub(crate) fn rooms_under_way(self) -> Result<Vec<RoomId>, Error> {
        let phases = (code(RoomPhase::Creating), code(RoomPhase::Joining));
        let sql = "SELECT room FROM rooms WHERE phase IN (?1, ?2)";
        self.all(sql, phases, |row| row.get(0).map(RoomId))
    }

    pub(crate) fn write_room(self, room: &RoomRow) -> Result<(), Error> {
        let sql = "INSERT INTO rooms (room, relay, mailbox, phase, state)
                   VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT (room) DO UPDATE SET relay = excluded.relay,
                   mailbox = excluded.mailbox, phase = excluded.phase, state = excluded.state";
        let state = codec::encode(&room.state);
        self.run(
            sql,
            (
                room.id.0,
                &room.relay,
                room.mailbox.0,
                code(room.phase),
                state,
            ),
        )?;
        Ok(())
    }

    fn rooms_where(
        self,
        clause: &str,
        parameters: impl rusqlite::Params,
    ) -> Result<Vec<RoomRow>, Error> {
        let sql = format!("SELECT room, relay, mailbox, phase, state FROM rooms {clause}");
        let rows = self.all(&sql, parameters, |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get::<_, Vec<u8>>(4)?,
            ))
        })?;
        rows.into_iter()
            .map(|(id, relay, mailbox, phase, state)| {
                Ok(RoomRow {
                    id: RoomId(id),
                    relay,
                    mailbox: MailboxAddress(mailbox),
                    phase: phase_of(phase),
                    state: codec::decode(&state)?,
                })
            })
            .collect()
    }
}

const PHASES: [RoomPhase; 7] = [
    RoomPhase::Creating,
    RoomPhase::Requested,
    RoomPhase::Joining,
    RoomPhase::Joined,
    RoomPhase::Left,
    RoomPhase::Removed,
    RoomPhase::Known,
];

pub(super) const fn code(phase: RoomPhase) -> u8 {
    match phase {
        RoomPhase::Creating => 0,
        RoomPhase::Requested => 1,
        RoomPhase::Joining => 2,
        RoomPhase::Joined => 3,
        RoomPhase::Left => 4,
        RoomPhase::Removed => 5,
        RoomPhase::Known => 6,
    }
}

fn phase_of(code: u8) -> RoomPhase {
    PHASES
        .get(usize::from(code))
        .copied()
        .unwrap_or(RoomPhase::Removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phase_codes_are_stable_and_round_trip() {
        for (index, phase) in PHASES.into_iter().enumerate() {
            assert_eq!(usize::from(code(phase)), index);
            assert_eq!(phase_of(code(phase)), phase);
        }
    }
}
