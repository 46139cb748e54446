//! What this client knows of other accounts.

use restante_crypto::certificate;
use restante_wire::{
    AccountKeyHash,
    account::{AccountRecord, CertificateBody},
};

use super::{
    io::{Contact, ContactPhase, Event},
    turn::Turn,
};
use crate::{
    Error, ErrorKind,
    store::{Db, Person, TimerKind},
};

/// Longest wait before the vault learns of a change.
const VAULT_DELAY_MS: u64 = 50_000;

impl Turn<'_> {
    /// Keeps a record that verifies and is not older than the one known. `None` if it is refused.
    pub(super) fn learn_record(&mut self, record: &AccountRecord) -> Result<Option<Person>, Error> {
        if certificate::verify_record(record).is_err() {
            return Ok(None);
        }
        let body = &record.body;
        let known = self.db.person(&body.account.key_hash)?;
        let older = known
            .as_ref()
            .and_then(|known| known.record.as_ref())
            .is_some_and(|known| known.body.sequence > body.sequence);
        if older {
            return Ok(None);
        }
        let person = Person {
            account: body.account.clone(),
            identity_key: body.identity_key,
            username: body.username.clone(),
            record: Some(record.clone()),
            phase: known.as_ref().and_then(|known| known.phase),
            renewed: known.as_ref().map_or(0, |known| known.renewed),
            room: known.and_then(|known| known.room),
        };
        self.db.write_person(&person)?;
        Ok(Some(person))
    }

    /// Whoever a verified certificate speaks for, known or new.
    pub(super) fn meet(&mut self, certificate: &CertificateBody) -> Result<Person, Error> {
        if let Some(known) = self.db.person(&certificate.account.key_hash)? {
            return Ok(known);
        }
        let person = Person {
            account: certificate.account.clone(),
            identity_key: certificate.identity_key,
            username: certificate.username.clone(),
            record: None,
            phase: None,
            room: None,
            renewed: 0,
        };
        self.db.write_person(&person)?;
        Ok(person)
    }

    /// Whether letters from this account are to be dropped unread.
    pub(super) fn is_blocked(&self, account: &AccountKeyHash) -> Result<bool, Error> {
        Ok(self.phase_of(account)? == Some(ContactPhase::Blocked))
    }

    pub(super) fn phase_of(&self, account: &AccountKeyHash) -> Result<Option<ContactPhase>, Error> {
        Ok(self.db.person(account)?.and_then(|person| person.phase))
    }

    /// Tells the person, and in time the vault.
    pub(super) fn contact_changed(&mut self, person: &Person) -> Result<(), Error> {
        if let Some(contact) = contact(self.db, person)? {
            self.events.push(Event::Contact(contact));
        }
        self.vault_changed()
    }

    /// Notes that the vault is behind.
    pub(super) fn vault_changed(&mut self) -> Result<(), Error> {
        self.live.vault_dirty = true;
        if self.live.hurries {
            return self.db.set_timer(TimerKind::WriteVault, None, self.now);
        }
        if self.db.timer(TimerKind::WriteVault, None)?.is_none() {
            let due = self.now.plus_ms(self.jitter(VAULT_DELAY_MS));
            self.db.set_timer(TimerKind::WriteVault, None, due)?;
        }
        Ok(())
    }

    /// The one person of a username that this client has met.
    pub(super) fn person_named(&self, username: &str) -> Result<Person, Error> {
        let mut people = self.db.people_named(username)?;
        match people.len() {
            0 => Err(ErrorKind::NotFound.into()),
            1 => people.pop().ok_or_else(|| ErrorKind::NotFound.into()),
            _ => Err(ErrorKind::Ambiguous.into()),
        }
    }
}

/// A contact, or somebody blocked, as shells see it; none for others.
pub(super) fn contact(db: Db<'_>, person: &Person) -> Result<Option<Contact>, Error> {
    let Some(phase) = person.phase else {
        return Ok(None);
    };
    let is_alive = match &person.room {
        Some(room) => db.room(room)?.is_some_and(|room| room.is_alive()),
        None if phase == ContactPhase::Blocked => false,
        None => return Ok(None),
    };
    Ok(Some(Contact {
        username: person.username.clone(),
        room: person.room,
        phase,
        ended: !is_alive && phase != ContactPhase::Blocked,
    }))
}
