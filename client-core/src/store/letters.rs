//! Letters on their way to inboxes: kept until the relay answers.

use restante_wire::{EnvelopeId, codec, inbox::Deliver};

use super::Db;
use crate::{Error, engine::io::Time};

/// A letter to deliver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingLetter {
    /// The relay of the inbox.
    pub relay: String,
    /// The exact request, the same for every retry.
    pub request: Deliver,
    /// When to try next.
    pub due: Time,
    /// How often it was tried.
    pub attempts: u32,
}

impl Db<'_> {
    pub(crate) fn write_letter(self, letter: &OutgoingLetter) -> Result<(), Error> {
        let sql = "INSERT INTO letters (id, request, relay, due, attempts)
                   VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT (id) DO UPDATE SET request = excluded.request, due = excluded.due,
                   attempts = excluded.attempts";
        let request = codec::encode(&letter.request);
        let row = (
            letter.request.id.0,
            request,
            &letter.relay,
            letter.due.0,
            letter.attempts,
        );
        self.run(sql, row)?;
        Ok(())
    }

    pub(crate) fn letter(self, id: &EnvelopeId) -> Result<Option<OutgoingLetter>, Error> {
        Ok(self.letters_where("WHERE id = ?1", [id.0])?.pop())
    }

    /// Every letter, the most urgent first.
    pub(crate) fn letters(self) -> Result<Vec<OutgoingLetter>, Error> {
        self.letters_where("ORDER BY due", [])
    }

    pub(crate) fn delete_letter(self, id: &EnvelopeId) -> Result<(), Error> {
        self.run("DELETE FROM letters WHERE id = ?1", [id.0])?;
        Ok(())
    }

    fn letters_where(
        self,
        clause: &str,
        parameters: impl rusqlite::Params,
    ) -> Result<Vec<OutgoingLetter>, Error> {
        let sql = format!("SELECT request, relay, due, attempts FROM letters {clause}");
        let rows = self.all(&sql, parameters, |row| {
            Ok((
                row.get::<_, Vec<u8>>(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
            ))
        })?;
        rows.into_iter()
            .map(|(request, relay, due, attempts)| {
                Ok(OutgoingLetter {
                    relay,
                    request: codec::decode(&request)?,
                    due: Time(due),
                    attempts,
                })
            })
            .collect()
    }
}
