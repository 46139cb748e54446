//! What this client knows of other accounts.

use restante_crypto::certificate;
use restante_wire::{
    AccountKeyHash,
    account::{AccountRecord, CertificateBody},
};

use super::{
    io::{Contact, ContactPhase, Event, RoomId, RoomPhase},
    turn::Turn,
};
use crate::{
    Error, ErrorKind,
    store::{Person, TimerKind},
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

    /// Somebody answered in a one-to-one room, or was accepted here. Of several living rooms with one
    /// person, as when both asked at once, both sides keep to the one of the lowest id.
    pub(super) fn contact_accepted(
        &mut self,
        mut person: Person,
        room: &RoomId,
    ) -> Result<(), Error> {
        let is_known = person.phase == Some(ContactPhase::Accepted) && person.room == Some(*room);
        if is_known || person.phase == Some(ContactPhase::Blocked) || !self.is_alive(room)? {
            return Ok(());
        }
        let chosen = match person.room {
            Some(known) if self.is_alive(&known)? => known.min(*room),
            _ => *room,
        };
        if person.phase == Some(ContactPhase::Accepted) && person.room == Some(chosen) {
            return Ok(());
        }
        person.phase = Some(ContactPhase::Accepted);
        person.room = Some(chosen);
        self.db.write_person(&person)?;
        self.invitations_taken(&person.account.key_hash)?;
        self.tell_contact_token(&chosen)?;
        self.contact_changed(&person)
    }

    /// Whether somebody else hears, or will hear, what is said in a one-to-one room.
    pub(super) fn is_alive(&self, room: &RoomId) -> Result<bool, Error> {
        let room = self.db.room(room)?;
        Ok(room.is_some_and(|room| room.phase < RoomPhase::Left && !room.is_deserted()))
    }

    /// Tells the person, and in time the vault.
    pub(super) fn contact_changed(&mut self, person: &Person) -> Result<(), Error> {
        if let Some(contact) = contact(person) {
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
pub(super) fn contact(person: &Person) -> Option<Contact> {
    let phase = person.phase?;
    let is_one = person.room.is_some() || phase == ContactPhase::Blocked;
    is_one.then(|| Contact {
        username: person.username.clone(),
        room: person.room,
        phase,
    })
}
