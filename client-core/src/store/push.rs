//! Which logs have a wake-up handle of this device, and of which registration it is.

use restante_wire::{MailboxAddress, PushKeyId};

use super::{Db, rooms};
use crate::{Error, engine::io::RoomPhase};

/// What a handle was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HandleMark {
    /// Of which registration.
    pub(crate) generation: u64,
    /// To which key it was sealed; none where the log has no handle.
    pub(crate) key: Option<PushKeyId>,
}

impl Db<'_> {
    /// Joined rooms of a relay whose handle bears another mark; where no handle is wanted, those only
    /// that have one.
    pub(crate) fn rooms_without_handle(
        self,
        relay: &str,
        wanted: HandleMark,
    ) -> Result<Vec<MailboxAddress>, Error> {
        let sql = "SELECT r.mailbox FROM rooms r LEFT JOIN wake_handles h ON h.log = r.mailbox
                   WHERE r.relay = ?1 AND r.phase = ?4
                   AND (h.log IS NULL AND ?3 IS NOT NULL
                        OR h.log IS NOT NULL AND (h.generation <> ?2 OR h.key IS NOT ?3))";
        let key = wanted.key.map(|key| key.0);
        self.all(sql, (relay, wanted.generation, key, joined()), |row| {
            row.get(0).map(MailboxAddress)
        })
    }

    pub(crate) fn wake_handle_mark(
        self,
        log: &MailboxAddress,
    ) -> Result<Option<HandleMark>, Error> {
        let sql = "SELECT generation, key FROM wake_handles WHERE log = ?1";
        self.one(sql, [log.0], |row| {
            Ok(HandleMark {
                generation: row.get(0)?,
                key: row.get::<_, Option<_>>(1)?.map(PushKeyId),
            })
        })
    }

    /// Joined rooms with a handle of this registration, the inbox counted as one.
    pub(crate) fn count_wake_handles(
        self,
        generation: u64,
        inbox: MailboxAddress,
    ) -> Result<u64, Error> {
        let sql = "SELECT count(*) FROM wake_handles WHERE generation = ?1 AND key IS NOT NULL
                   AND (log = ?2 OR log IN (SELECT mailbox FROM rooms WHERE phase = ?3))";
        let count = self.one(sql, (generation, inbox.0, joined()), |row| row.get(0))?;
        Ok(count.unwrap_or_default())
    }

    /// Forgets the handles of logs in which this client has no room any more.
    pub(crate) fn forget_lost_wake_handles(self, inbox: MailboxAddress) -> Result<(), Error> {
        let sql = "DELETE FROM wake_handles
                   WHERE log <> ?1 AND log NOT IN (SELECT mailbox FROM rooms)";
        self.run(sql, [inbox.0])?;
        Ok(())
    }

    pub(crate) fn mark_wake_handle(
        self,
        relay: &str,
        log: &MailboxAddress,
        mark: HandleMark,
    ) -> Result<(), Error> {
        let sql = "INSERT INTO wake_handles (log, relay, generation, key) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT (log) DO UPDATE SET generation = excluded.generation,
                   key = excluded.key";
        let key = mark.key.map(|key| key.0);
        self.run(sql, (log.0, relay, mark.generation, key))?;
        Ok(())
    }

    pub(crate) fn forget_wake_handles(self, relay: &str) -> Result<(), Error> {
        self.run("DELETE FROM wake_handles WHERE relay = ?1", [relay])?;
        Ok(())
    }
}

/// As stored.
const fn joined() -> u8 {
    rooms::code(RoomPhase::Joined)
}
