//! Who is in which room, with which clients, and who governs there.

use restante_client::engine::{
    io::{Command, ContactPhase, Permission, RoomId},
    settings::PolicyChange,
};

use super::Play;
use crate::random::{action::Verb, model::ClientIndex, scenario::MAX_CLIENTS};

impl Play {
    /// Something about membership, if it makes sense.
    pub(super) fn membership(&mut self, who: ClientIndex, verb: Verb) -> Option<()> {
        match verb {
            Verb::Ask(pick) => self.ask(who, pick),
            Verb::Answer(accept) => self.answer(who, accept),
            Verb::Create(bits) => self.create(who, bits),
            Verb::LogIn => self.log_in(who),
            Verb::Expel(pick) => self.expel(who, pick),
            Verb::Leave => {
                let room = self.pick_room(who, |room| !room.direct && room.halted.is_none())?;
                self.command(who, Command::Leave { room: room.id }).ok()?;
                self.goes(&room.id, &self.name(who));
                Some(())
            }
            _ => self.govern(who, verb),
        }
    }

    fn ask(&mut self, who: ClientIndex, pick: u8) -> Option<()> {
        let (name, other) = (self.name(who), self.pick_name(pick).to_owned());
        // Requests that cross end in one room of two; which one, only the engine knows.
        let know_each_other = |world: &crate::World, who: usize, other: &str| {
            world.people[who].engine.as_ref().is_none_or(|engine| {
                let contacts = engine.contacts().expect("contacts");
                let requests = engine.requests().expect("requests");
                contacts.iter().any(|found| found.username == other)
                    || requests.iter().any(|found| found.from == other)
            })
        };
        let theirs = self.clients_of(&other).into_iter();
        let mine = self.clients_of(&name).into_iter();
        let is_known = theirs
            .map(|them| (them, &name))
            .chain(mine.map(|me| (me, &other)))
            .any(|(client, person)| know_each_other(&self.world, client, person));
        if is_known || name == other {
            return None;
        }
        let words = "may I".to_owned();
        let ask = Command::AddContact {
            username: other,
            words,
        };
        self.command(who, ask).ok().map(drop)
    }

    fn answer(&mut self, who: ClientIndex, accept: bool) -> Option<()> {
        let requests = self.world.engine(who).requests().expect("requests");
        let room = requests.first()?.room;
        let command = match accept {
            true => Command::Accept { room },
            false => Command::Decline { room },
        };
        self.command(who, command).ok()?;
        if !accept {
            self.goes(&room, &self.name(who));
        }
        Some(())
    }

    fn create(&mut self, who: ClientIndex, bits: u8) -> Option<()> {
        let contacts = self.world.engine(who).contacts().expect("contacts");
        let members: Vec<String> = (0..)
            .zip(&contacts)
            .filter(|(place, contact)| {
                bits >> (place % 8) & 1 == 1 && contact.phase == ContactPhase::Accepted
            })
            .map(|(_, contact)| contact.username.clone())
            .collect();
        let title = format!("room {:04x}", self.random.u16(..));
        let create = Command::CreateRoom { title, members };
        self.command(who, create).ok().map(drop)
    }

    fn govern(&mut self, who: ClientIndex, verb: Verb) -> Option<()> {
        let room = self.pick_room(who, |room| !room.direct && room.halted.is_none())?;
        let id = room.id;
        let inside = |name: &str| room.participants.iter().any(|(found, _)| found == name);
        let command = match verb {
            Verb::Add(pick) => {
                let member = self.pick_name(pick).to_owned();
                if inside(&member) {
                    return None;
                }
                self.model.may_come_in(&id, &member);
                let members = vec![member];
                Command::AddMembers { room: id, members }
            }
            Verb::Remove(pick) => {
                let member = self.pick_name(pick).to_owned();
                if !inside(&member) || member == self.name(who) {
                    return None;
                }
                self.goes(&id, &member);
                let members = vec![member];
                Command::RemoveMembers { room: id, members }
            }
            Verb::Rename => Command::RenameRoom {
                room: id,
                title: format!("name {:04x}", self.random.u16(..)),
            },
            Verb::Role(pick, admin) => Command::SetRole {
                room: id,
                member: self.pick_name(pick).to_owned(),
                admin,
            },
            _ => {
                let permission = match self.random.bool() {
                    true => Permission::Everyone,
                    false => Permission::Admins,
                };
                let mut change = PolicyChange::default();
                match self.random.u8(..3) {
                    0 => change.add = Some(permission),
                    1 => change.remove = Some(permission),
                    _ => change.rename = Some(permission),
                }
                Command::SetPolicy { room: id, change }
            }
        };
        self.command(who, command).ok().map(drop)
    }

    /// Somebody may be out of a room from now on.
    pub(super) fn goes(&mut self, room: &RoomId, name: &str) {
        let clients = self.all_clients_of(name);
        self.model.goes(room, name, &clients);
    }

    fn all_clients_of(&self, name: &str) -> Vec<ClientIndex> {
        let people = self.world.people.iter().enumerate();
        let clients = people.filter(|(_, person)| person.name == name);
        clients.map(|(who, _)| who).collect()
    }

    fn log_in(&mut self, who: ClientIndex) -> Option<()> {
        if self.clients_of(&self.name(who)).len() >= MAX_CLIENTS {
            return None;
        }
        let new = self.world.log_in(who);
        self.note(|| format!("    {who} signs in as {new}"));
        self.off_until.push(None);
        Some(())
    }

    fn expel(&mut self, who: ClientIndex, pick: u8) -> Option<()> {
        let name = self.name(who);
        let mut others = self.clients_of(&name);
        others.retain(|client| *client != who);
        if others.is_empty() {
            return None;
        }
        let lost = others[usize::from(pick) % others.len()];
        self.note(|| format!("    {who} expels {lost}"));
        self.world.expel(who, lost);
        self.expelled.insert(lost);
        let siblings = self.clients_of(&name);
        self.model.expelled(&name, lost, &siblings);
        Some(())
    }
}
