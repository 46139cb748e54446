//! Invitations whose newcomer has not arrived yet.

use restante_wire::{AccountKeyHash, ClientId, account::ClientCertificate, codec};

use super::Db;
use crate::{
    Error,
    engine::{
        io::{RoomId, Time},
        letters::Letter,
    },
};

/// An invitation that may have to be delivered again, or withdrawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptInvitation {
    /// The room.
    pub room: RoomId,
    /// Who is invited.
    pub certificate: ClientCertificate,
    /// As it was sent.
    pub letter: Letter,
    /// Whether it leads a member back into the room.
    pub repairs: bool,
    /// When something must be done about it.
    pub due: Time,
}

impl Db<'_> {
    pub(crate) fn keep_invitation(self, kept: &KeptInvitation) -> Result<(), Error> {
        let sql = "INSERT OR REPLACE INTO invitations
                   (room, client, account, invitation, repairs, due)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let body = &kept.certificate.body;
        let invitation = codec::encode(&(&kept.certificate, &kept.letter));
        self.run(
            sql,
            (
                kept.room.0,
                body.client.0,
                body.account.key_hash.0,
                invitation,
                kept.repairs,
                kept.due.0,
            ),
        )?;
        Ok(())
    }

    /// Takes the invitations of a room about which something must be done now.
    pub(crate) fn take_due_invitations(
        self,
        room: &RoomId,
        now: Time,
    ) -> Result<Vec<KeptInvitation>, Error> {
        let sql = "DELETE FROM invitations WHERE room = ?1 AND due <= ?2
                   RETURNING invitation, repairs, due";
        let rows = self.all(sql, (room.0, now.0), |row| {
            Ok((row.get::<_, Vec<u8>>(0)?, row.get(1)?, row.get(2)?))
        })?;
        rows.into_iter()
            .map(|(invitation, repairs, due)| {
                let (certificate, letter) = codec::decode(&invitation)?;
                Ok(KeptInvitation {
                    room: *room,
                    certificate,
                    letter,
                    repairs,
                    due: Time(due),
                })
            })
            .collect()
    }

    /// When something must be done about an invitation of this room.
    pub(crate) fn next_invitation(self, room: &RoomId) -> Result<Option<Time>, Error> {
        let sql = "SELECT min(due) FROM invitations WHERE room = ?1";
        let due = self.one(sql, [room.0], |row| row.get::<_, Option<u64>>(0))?;
        Ok(due.flatten().map(Time))
    }

    /// Brings invitations of an account forward to `due`, and tells in which rooms.
    pub(crate) fn hasten_invitations(
        self,
        account: &AccountKeyHash,
        due: Time,
    ) -> Result<Vec<RoomId>, Error> {
        let sql = "UPDATE invitations SET due = ?2 WHERE account = ?1 AND due > ?2 RETURNING room";
        self.all(sql, (account.0, due.0), |row| row.get(0).map(RoomId))
    }

    pub(crate) fn forget_invitation(self, room: &RoomId, client: &ClientId) -> Result<(), Error> {
        self.run(
            "DELETE FROM invitations WHERE room = ?1 AND client = ?2",
            (room.0, client.0),
        )?;
        Ok(())
    }

    pub(crate) fn forget_invitations(self, room: &RoomId) -> Result<(), Error> {
        self.run("DELETE FROM invitations WHERE room = ?1", [room.0])?;
        Ok(())
    }
}
