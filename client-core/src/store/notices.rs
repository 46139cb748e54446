//! What happened to rooms, between their messages.

use restante_wire::codec;

use super::Db;
use crate::{
    Error,
    engine::{
        io::RoomId,
        notices::{News, Notice},
    },
};

impl Db<'_> {
    /// Keeps a notice; `false` if it was kept before.
    pub(crate) fn add_notice(self, notice: &Notice) -> Result<bool, Error> {
        let sql = "INSERT INTO notices (room, number, place, day, by, own, news)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (room, number, place) DO NOTHING";
        let added = self.run(
            sql,
            (
                notice.room.0,
                notice.number,
                notice.index,
                notice.day,
                &notice.by,
                notice.own,
                codec::encode(&notice.news),
            ),
        )?;
        Ok(added == 1)
    }

    /// The last `limit` notices of a room at or behind a place, in order.
    pub(crate) fn notices(
        self,
        room: &RoomId,
        from: u64,
        limit: u32,
    ) -> Result<Vec<Notice>, Error> {
        let sql = "SELECT number, place, day, by, own, news FROM notices
                   WHERE room = ?1 AND number >= ?2 ORDER BY number DESC, place DESC LIMIT ?3";
        let rows = self.all(sql, (room.0, from, limit), |row| {
            let news: Vec<u8> = row.get(5)?;
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                news,
            ))
        })?;
        let notice = |(number, index, day, by, own, news): (_, _, _, _, _, Vec<u8>)| {
            Ok(Notice {
                room: *room,
                number,
                index,
                day,
                by,
                own,
                news: codec::decode::<News>(&news)?,
            })
        };
        rows.into_iter().rev().map(notice).collect()
    }
}
