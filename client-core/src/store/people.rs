//! Accounts this client has met, contacts among them.

use restante_wire::{
    AccountKeyHash, ClientId, ContactToken, IdentityKey,
    account::{AccountId, AccountRecord},
    codec,
};

use super::Db;
use crate::{
    Error,
    engine::io::{ContactPhase, RoomId, Time},
};

/// An account as stored: met by its record, or by a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The account.
    pub account: AccountId,
    /// Its identity key.
    pub identity_key: IdentityKey,
    /// The certified username.
    pub username: String,
    /// The latest record that verified, if one was seen.
    pub record: Option<AccountRecord>,
    /// Whether a contact.
    pub phase: Option<ContactPhase>,
    /// The one-to-one room.
    pub room: Option<RoomId>,
    /// How often this account has blocked them, or asked them anew.
    pub renewed: u32,
}

impl Db<'_> {
    pub(crate) fn person(self, account: &AccountKeyHash) -> Result<Option<Person>, Error> {
        Ok(self.people("WHERE account = ?1", [account.0])?.pop())
    }

    /// Everybody of this username: more than one where an identity was reset.
    pub(crate) fn people_named(self, username: &str) -> Result<Vec<Person>, Error> {
        self.people("WHERE username = ?1", [username])
    }

    /// Notes the day on which somebody was there, and until when that counts as now.
    pub(crate) fn set_seen(
        self,
        account: &AccountKeyHash,
        day: u64,
        until: Time,
    ) -> Result<(), Error> {
        let sql = "INSERT INTO presence (account, day, until) VALUES (?1, ?2, ?3)
                   ON CONFLICT (account) DO UPDATE SET day = excluded.day, until = excluded.until";
        self.run(sql, (account.0, day, until.0))?;
        Ok(())
    }

    pub(crate) fn seen(self, account: &AccountKeyHash) -> Result<Option<(u64, Time)>, Error> {
        let sql = "SELECT day, until FROM presence WHERE account = ?1";
        self.one(sql, [account.0], |row| Ok((row.get(0)?, Time(row.get(1)?))))
    }

    pub(crate) fn contacts(self) -> Result<Vec<Person>, Error> {
        self.people("WHERE phase IS NOT NULL ORDER BY username", [])
    }

    pub(crate) fn write_person(self, person: &Person) -> Result<(), Error> {
        let sql = "INSERT INTO people
                   (account, relay, identity_key, username, record, phase, room, renewed)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                   ON CONFLICT (account) DO UPDATE SET username = excluded.username,
                   record = excluded.record, phase = excluded.phase, room = excluded.room,
                   renewed = excluded.renewed";
        self.run(
            sql,
            (
                person.account.key_hash.0,
                &person.account.relay,
                person.identity_key.0,
                &person.username,
                person.record.as_ref().map(codec::encode),
                person.phase.map(code),
                person.room.map(|room| room.0),
                person.renewed,
            ),
        )?;
        Ok(())
    }

    /// Forgets somebody who is no contact, and of whom no message is kept that needs a name.
    pub(crate) fn forget_stranger(self, account: &AccountKeyHash) -> Result<(), Error> {
        let sql = "DELETE FROM people WHERE account = ?1 AND phase IS NULL
                   AND NOT EXISTS (SELECT 1 FROM messages WHERE sender = ?1)";
        self.run(sql, [account.0])?;
        Ok(())
    }

    /// What opens the contacts' lane of a client's inbox, if it was told.
    pub(crate) fn contact_token(self, client: &ClientId) -> Result<Option<ContactToken>, Error> {
        let sql = "SELECT token FROM contact_tokens WHERE client = ?1";
        self.one(sql, [client.0], |row| row.get(0).map(ContactToken))
    }

    pub(crate) fn keep_contact_token(
        self,
        client: &ClientId,
        token: &ContactToken,
    ) -> Result<(), Error> {
        let sql = "INSERT OR REPLACE INTO contact_tokens (client, token) VALUES (?1, ?2)";
        self.run(sql, (client.0, token.0))?;
        Ok(())
    }

    /// A relay refused this token: it opens nothing any more.
    pub(crate) fn forget_contact_token(self, token: &ContactToken) -> Result<(), Error> {
        self.run("DELETE FROM contact_tokens WHERE token = ?1", [token.0])?;
        Ok(())
    }

    fn people(self, clause: &str, parameters: impl rusqlite::Params) -> Result<Vec<Person>, Error> {
        let sql = format!(
            "SELECT account, relay, identity_key, username, phase, room, renewed, record
             FROM people {clause}"
        );
        let rows = self.all(&sql, parameters, |row| {
            let person = Person {
                account: AccountId {
                    key_hash: AccountKeyHash(row.get(0)?),
                    relay: row.get(1)?,
                },
                identity_key: IdentityKey(row.get(2)?),
                username: row.get(3)?,
                record: None,
                phase: row.get::<_, Option<u8>>(4)?.map(phase_of),
                room: row.get::<_, Option<[u8; 32]>>(5)?.map(RoomId),
                renewed: row.get(6)?,
            };
            Ok((person, row.get::<_, Option<Vec<u8>>>(7)?))
        })?;
        rows.into_iter()
            .map(|(person, record)| {
                let record = record.map(|record| codec::decode(&record)).transpose()?;
                Ok(Person { record, ..person })
            })
            .collect()
    }
}

fn code(phase: ContactPhase) -> u8 {
    match phase {
        ContactPhase::Asked => 0,
        ContactPhase::Accepted => 1,
        ContactPhase::Blocked => 2,
    }
}

fn phase_of(code: u8) -> ContactPhase {
    match code {
        0 => ContactPhase::Asked,
        1 => ContactPhase::Accepted,
        _ => ContactPhase::Blocked,
    }
}
