//! A new client of an account that is there already: what it takes in from the vault, when it arrives
//! and whenever another client of the account wrote something new.

use restante_wire::{SeatId, SeatSecret, account::ClientCertificate};

use super::{
    account::{Arrival, VaultContact, VaultContent, VaultRoom},
    io::{ContactPhase, RoomId, RoomPhase},
    letters::{Invitation, Letter, Loss, account_of},
    lines::base_of,
    tasks::{Goal, Task},
    turn::Turn,
};
use crate::{
    Error,
    store::{Person, RoomRow, RoomState, TimerKind},
};

/// First wait before members are asked again to let this client in, doubled each time.
const ASK_AGAIN_MS: u64 = 5 * 60_000;

/// Longest wait before members are asked again.
const MAX_ASK_MS: u64 = 12 * 3_600_000;

/// How long another client of the account has to add this one to a room of which the vault tells.
const PATIENCE_MS: u64 = 2 * 60_000;

/// How many members are asked at a time.
const ASKED: usize = 3;

impl Turn<'_> {
    /// Takes in what the sign-in opened; once.
    pub(super) fn arrive(&mut self) -> Result<(), Error> {
        self.live.removed = self.end()?.is_some();
        let Some(arrival) = self.db.take_value::<Arrival>()? else {
            return Ok(());
        };
        let (generation, key) = (arrival.generation, self.me.stored.vault_key.clone());
        self.keep_vault_key(generation, key.clone())?;
        self.vault_sealed_under(generation)?;
        self.own_record(&arrival.record)?;
        self.name_this_client()?;
        self.take_vault(&arrival.vault, true)?;
        self.write_to_own_clients(&Letter::SignedIn)?;
        if generation > 0 {
            // Whoever made it may be gone before it could tell the others.
            self.write_to_own_clients(&Letter::VaultKey { generation, key })?;
        }
        self.vault_changed()
    }

    /// Takes in what other clients of the account know.
    pub(super) fn take_vault(
        &mut self,
        vault: &VaultContent,
        is_arriving: bool,
    ) -> Result<(), Error> {
        let is_waiting = self.db.timer(TimerKind::WriteVault, None)?.is_some();
        self.take_settings(&vault.settings)?;
        for contact in &vault.contacts {
            self.take_contact(contact)?;
        }
        for room in &vault.rooms {
            self.take_room(room, is_arriving)?;
        }
        self.take_mutes(&vault.settings, is_waiting)
    }

    fn take_contact(&mut self, contact: &VaultContact) -> Result<(), Error> {
        let account = contact.account.key_hash;
        let is_sound = contact.identity_key.account() == account && account != self.me.account();
        let phase = Some(ContactPhase::from(contact.phase));
        let known = self.db.person(&account)?;
        let before = known.as_ref().map(|known| (known.renewed, known.phase));
        if !is_sound || before >= Some((contact.renewed, phase)) {
            return Ok(());
        }
        let known = known.unwrap_or_else(|| Person {
            account: contact.account.clone(),
            identity_key: contact.identity_key,
            username: contact.username.clone(),
            record: None,
            phase: None,
            room: None,
            renewed: 0,
        });
        let person = Person {
            phase,
            room: contact.room.or(known.room),
            renewed: contact.renewed,
            ..known
        };
        self.db.write_person(&person)?;
        match (phase, person.room) {
            (Some(ContactPhase::Blocked), _) => self.end_rooms_with(&person)?,
            (Some(ContactPhase::Asked), Some(room)) => self.not_again_soon(&room)?,
            _ => {}
        }
        self.contact_changed(&person)
    }

    fn take_room(&mut self, found: &VaultRoom, is_arriving: bool) -> Result<(), Error> {
        // Another client of this account is in it: the person has accepted.
        match self.db.room(&found.room)? {
            Some(known) if known.phase == RoomPhase::Requested => {
                return self.accept(&found.room);
            }
            // It was declined or forgotten here, and asked again since.
            Some(known) if known.was_never_joined() && !self.is_with_blocked(&known)? => {
                self.db.delete_room(&known.id)?;
            }
            Some(_) => return Ok(()),
            None => {}
        }
        let by_mailbox = self.db.room_by_mailbox(&found.relay, &found.mailbox)?;
        if by_mailbox.is_some() {
            return Ok(());
        }
        let people = found.people.iter();
        let state = RoomState {
            title: found.title.clone(),
            participants: people
                .map(|(account, username)| (account.key_hash, username.clone(), false))
                .collect(),
            line: found.line,
            base: base_of(found.line),
            expected: true,
            ..RoomState::new(found.direct, SeatId([0; 32]), SeatSecret([0; 32]))
        };
        let mut room = RoomRow {
            id: found.room,
            relay: found.relay.clone(),
            mailbox: found.mailbox,
            phase: RoomPhase::Known,
            state,
        };
        let contact = self.contact_in(&room)?;
        let chosen = contact.as_ref().and_then(|contact| contact.room);
        room.state.shared = chosen == Some(room.id);
        self.write_room(&room)?;
        self.room_changed(&room)?;
        match is_arriving {
            true if contact.is_some() => self.want_successor(&room),
            true => self.ask_in_after(&room.id, 0),
            false => self.ask_in_after(&room.id, PATIENCE_MS),
        }
    }

    /// Whether whoever invited into a room is blocked.
    fn is_with_blocked(&self, room: &RoomRow) -> Result<bool, Error> {
        for (account, ..) in &room.state.participants {
            if self.is_blocked(account)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The accepted contact with whom a one-to-one room is.
    fn contact_in(&self, room: &RoomRow) -> Result<Option<Person>, Error> {
        let person = match room.other(&self.me.account()) {
            Some(other) => self.db.person(&other)?,
            None => None,
        };
        Ok(person.filter(|person| person.phase == Some(ContactPhase::Accepted)))
    }

    fn ask_in_after(&mut self, room: &RoomId, wait: u64) -> Result<(), Error> {
        let due = self.now.plus_ms(wait);
        self.db.set_timer(TimerKind::AskIn, Some(room), due)
    }

    /// Asks to be let in unless an invitation comes before long.
    pub(super) fn ask_in_soon(&mut self, room: &RoomId) -> Result<(), Error> {
        self.ask_in_after(room, PATIENCE_MS)
    }

    /// An invitation into a room that this account is in came to nothing.
    pub(super) fn ask_in_anew(&mut self, room: &mut RoomRow) -> Result<(), Error> {
        room.phase = RoomPhase::Known;
        room.state.invitation = None;
        self.live.rooms.remove(&room.id);
        self.write_room(room)?;
        self.room_changed(room)?;
        self.ask_in_after(&room.id, ASK_AGAIN_MS)
    }

    /// The timer of a room that is only known: looks up whom to ask, own clients aside.
    pub(super) fn ask_in(&mut self, id: &RoomId) -> Result<(), Error> {
        let Some(mut room) = self.db.room(id)? else {
            return Ok(());
        };
        if room.phase != RoomPhase::Known {
            return Ok(());
        }
        let asked = room.state.standing.asked;
        room.state.standing.asked = asked.saturating_add(1);
        self.write_room(&room)?;
        let wait = (ASK_AGAIN_MS << asked.min(16)).min(MAX_ASK_MS);
        self.ask_in_after(id, wait + self.jitter(wait / 4))?;
        self.look_up_whom_to_ask(room)
    }

    /// Asks clients that the accounts in a room have now, whichever this client has met.
    pub(super) fn look_up_whom_to_ask(&mut self, room: RoomRow) -> Result<(), Error> {
        let me = self.me.account();
        let mut others = room.state.participants;
        others.retain(|(account, ..)| *account != me);
        let own = self.own_clients()?.len();
        let mut people = Vec::new();
        while own + people.len() < ASKED && !others.is_empty() {
            let index = self.jitter(others.len() as u64) as usize;
            let (_, username, _) = others.swap_remove(index);
            people.push((username, None));
        }
        self.db.add_task(&Task {
            goal: Goal::AskIn { room: room.id },
            people,
            handed_over: false,
        })?;
        Ok(())
    }

    /// Asks own clients first, and one client of each of these people.
    pub(super) fn write_ask_in(
        &mut self,
        id: &RoomId,
        people: &[restante_wire::AccountKeyHash],
    ) -> Result<(), Error> {
        let Some(room) = self.db.room(id)? else {
            return Ok(());
        };
        let has_lost = room.phase == RoomPhase::Joined && room.state.lost == Some(Loss::Seat);
        if room.phase != RoomPhase::Known && !has_lost {
            return Ok(());
        }
        let mut asked = self.own_clients()?;
        asked.truncate(ASKED);
        for account in people {
            let is_in = |(known, ..): &(_, String, bool)| known == account;
            let record = self.db.person(account)?.and_then(|person| person.record);
            let clients = record.map(|record| record.body.clients).unwrap_or_default();
            let index = self.jitter(clients.len() as u64) as usize;
            if room.state.participants.iter().any(is_in) {
                asked.extend(clients.into_iter().nth(index));
            }
        }
        let letter = Letter::LetMeIn {
            room: *id,
            mailbox: room.mailbox,
            relay: room.relay,
        };
        for certificate in asked {
            self.write_letter(&certificate.body, letter.clone())?;
        }
        Ok(())
    }

    /// An invitation into a room of which the vault tells, from somebody who is in it: the person has
    /// accepted it long ago.
    pub(super) fn let_in_by(
        &mut self,
        room: RoomRow,
        from: &ClientCertificate,
        invitation: Invitation,
    ) -> Result<(), Error> {
        let author = account_of(from);
        let is_in = |(account, ..): &(_, String, bool)| *account == author;
        let is_participant = room.state.participants.iter().any(is_in);
        let Some(secret) = invitation.seat_secret.clone() else {
            return Ok(());
        };
        if !is_participant || invitation.direct != room.state.direct {
            return Ok(());
        }
        let is_named = room.state.named && invitation.mailbox == room.mailbox;
        let is_later = invitation.line > room.state.line && room.is_admin(&author);
        if room.state.named && !is_named && !is_later {
            return Ok(());
        }
        let state = RoomState {
            title: room.state.title,
            participants: room.state.participants,
            line: invitation.line,
            base: base_of(invitation.line),
            expected: true,
            shared: room.state.shared,
            read: room.state.read,
            mute: room.state.mute,
            named: is_named,
            invitation: Some(invitation.clone()),
            ..RoomState::new(invitation.direct, invitation.seat, secret)
        };
        let room = RoomRow {
            relay: invitation.relay,
            mailbox: invitation.mailbox,
            phase: RoomPhase::Joining,
            state,
            ..room
        };
        self.db.clear_timer(TimerKind::AskIn, Some(&room.id))?;
        self.touched.insert(room.id);
        self.write_room(&room)?;
        self.room_changed(&room)
    }
}
