//! Days on which members of rooms were last heard of.

use std::collections::BTreeMap;

use restante_wire::{AccountKeyHash, ClientId, Day};

use super::Db;
use crate::{Error, engine::io::RoomId};

impl Db<'_> {
    /// Notes that a member was heard of on a day; it never moves back.
    pub(crate) fn heard(
        self,
        room: &RoomId,
        client: &ClientId,
        account: &AccountKeyHash,
        day: u32,
    ) -> Result<(), Error> {
        let sql = "INSERT INTO last_heard (room, client, account, day) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT (room, client) DO UPDATE SET day = excluded.day
                   WHERE excluded.day > day";
        self.run(sql, (room.0, client.0, account.0, day))?;
        Ok(())
    }

    /// Forgets somebody who is no member any more.
    pub(crate) fn unheard(self, room: &RoomId, client: &ClientId) -> Result<(), Error> {
        let sql = "DELETE FROM last_heard WHERE room = ?1 AND client = ?2";
        self.run(sql, (room.0, client.0))?;
        Ok(())
    }

    /// The clients of an account, with the day on which each was last heard of in any room.
    pub(crate) fn last_heard_of(
        self,
        account: &AccountKeyHash,
    ) -> Result<BTreeMap<ClientId, Day>, Error> {
        let sql = "SELECT client, max(day) FROM last_heard WHERE account = ?1 GROUP BY client";
        let rows = self.all(sql, [account.0], |row| {
            Ok((ClientId(row.get(0)?), Day(row.get(1)?)))
        })?;
        Ok(rows.into_iter().collect())
    }

    /// Members not heard of since a day, with their accounts and the day of each.
    pub(crate) fn not_heard_since(
        self,
        room: &RoomId,
        day: u32,
    ) -> Result<Vec<(ClientId, AccountKeyHash, u32)>, Error> {
        let sql = "SELECT client, account, day FROM last_heard
                   WHERE room = ?1 AND day <= ?2 ORDER BY day, client";
        self.all(sql, (room.0, day), |row| {
            Ok((
                ClientId(row.get(0)?),
                AccountKeyHash(row.get(1)?),
                row.get(2)?,
            ))
        })
    }
}
