//! What people ask for. A command checks, writes what is wanted, and returns; the rest follows from the
//! rows.

use restante_wire::{AccountKeyHash, fault::planted};

use super::{
    account::normalise_username,
    intent::{Change, Intent},
    io::{Command, ContactPhase, Draft, Outcome, RoomId, RoomPhase, TaskId},
    letters::MAX_WORDS,
    tasks::{Goal, Task},
    title::check_title,
    turn::Turn,
};
use crate::{
    Error, ErrorKind,
    store::{OutboxRow, Person, RoomRow},
};

/// Most people named in one command.
const MAX_PEOPLE: usize = 500;

impl Turn<'_> {
    pub(super) fn command(&mut self, command: Command) -> Result<Outcome, Error> {
        // What was read is noted even where nobody can be told.
        let is_told = !matches!(command, Command::MarkRead { .. });
        if is_told && let Some(end) = self.end()? {
            return Err(end.into());
        }
        match command {
            Command::AddContact { username, words } => {
                check_length(&words, MAX_WORDS)?;
                self.start(Goal::AddContact { words }, &[username])
                    .map(Outcome::Task)
            }
            Command::Accept { room } => self.take_request(room),
            Command::Decline { room } => self.decline(&room).map(|()| Outcome::Done),
            Command::Block { username } => self.block(&username).map(|()| Outcome::Done),
            Command::CreateRoom { title, members } => {
                check_title(&title)?;
                let room = RoomId(self.random());
                let task = self.start(Goal::CreateRoom { room, title }, &members)?;
                Ok(Outcome::Room { room, task })
            }
            Command::AddMembers { room, members } => {
                let found = self.group_room(&room)?;
                self.check_permission(&found, |policy| policy.add)?;
                if self.are_all_in(&found, &members)? {
                    return Err(ErrorKind::AlreadyThere.into());
                }
                self.start(Goal::AddMembers { room }, &members)
                    .map(Outcome::Task)
            }
            Command::RemoveMembers { room, members } => self.remove_members(room, members),
            Command::RenameRoom { room, title } => self.rename_room(room, title),
            Command::SetPicture { room, jpeg } => self.set_picture(room, jpeg),
            Command::SetPolicy { room, change } => self.set_policy(room, change),
            Command::SetRole {
                room,
                member,
                admin,
            } => self.set_role(room, &member, admin),
            Command::UpgradeRoom { room } => self.upgrade_room(room),
            Command::RemoveIdle { room } => self.remove_idle(room),
            Command::Typing { room, typing } => self.type_in(&room, typing).map(|()| Outcome::Done),
            Command::SharePresence { share } => self.share_presence(share).map(|()| Outcome::Done),
            Command::Here { here } => self.set_here(here).map(|()| Outcome::Done),
            Command::Leave { room } => self.leave(&room),
            Command::SendText { room, text } => {
                let draft = Draft {
                    text,
                    ..Draft::default()
                };
                self.send(&room, &draft)
            }
            Command::SendDraft { room, draft } => self.send(&room, &draft),
            Command::Edit { room, id, text } => self.edit(&room, &id, &text),
            Command::Delete { room, id } => self.delete(&room, &id),
            Command::React { room, id, emoji } => self.react(&room, &id, &emoji),
            Command::Unreact { room, id, emoji } => self.unreact(&room, &id, &emoji),
            Command::Mute { room, mute } => self.mute(&room, mute),
            Command::RegisterPush(target) => self.register_push(target),
            Command::RenameClient { client, name } => {
                self.rename_client(&client, &name).map(|()| Outcome::Done)
            }
            Command::MarkRead { room, number } => {
                self.mark_read(&room, number).map(|()| Outcome::Done)
            }
        }
    }

    fn start(&mut self, goal: Goal, people: &[String]) -> Result<TaskId, Error> {
        if people.len() > MAX_PEOPLE {
            return Err(ErrorKind::BadInput.into());
        }
        let people = people
            .iter()
            .map(|name| Ok((normalise_username(name)?, None)))
            .collect::<Result<_, Error>>()?;
        let task = Task {
            goal,
            people,
            handed_over: false,
        };
        self.db.add_task(&task)
    }

    fn remove_members(&mut self, room: RoomId, members: Vec<String>) -> Result<Outcome, Error> {
        let stored = self.group_room(&room)?;
        self.check_permission(&stored, |policy| policy.remove)?;
        let mut people = Vec::new();
        for name in members {
            let found = stored
                .state
                .participants
                .iter()
                .find(|(_, username, _)| *username == name);
            let (account, ..) = found.ok_or(ErrorKind::NotFound)?;
            if *account == self.me.account() {
                return Err(ErrorKind::BadInput.into());
            }
            people.push((name, Some(*account)));
        }
        if people.is_empty() {
            return Err(ErrorKind::BadInput.into());
        }
        let task = Task {
            goal: Goal::RemoveMembers { room },
            people,
            handed_over: false,
        };
        Ok(Outcome::Task(self.db.add_task(&task)?))
    }

    pub(super) fn leave(&mut self, id: &RoomId) -> Result<Outcome, Error> {
        let room = self.open_room(id)?;
        if room.state.participants.len() <= 1 {
            // Nobody is left to be told.
            self.close_room(room, RoomPhase::Left)?;
            return Ok(Outcome::Done);
        }
        let task = self.db.add_task(&Task {
            goal: Goal::Leave { room: *id },
            people: Vec::new(),
            handed_over: true,
        })?;
        if let Some(heir) = self.heir(&room) {
            let promote = Change::SetRole {
                account: heir,
                admin: true,
            };
            self.want(id, &Intent::Commit(promote), None)?;
        }
        self.want(id, &Intent::Leave, Some(task))?;
        Ok(Outcome::Task(task))
    }

    /// Whether all of these people are in a room, and nobody is about to be removed from it.
    fn are_all_in(&self, room: &RoomRow, names: &[String]) -> Result<bool, Error> {
        let is_in = |name: &String| {
            let mut people = room.state.participants.iter();
            people.any(|(_, username, _)| username == name)
        };
        let queued = self.db.outbox(&room.id, u32::MAX)?;
        let is_removal =
            |row: &OutboxRow| matches!(row.intent, Intent::Commit(Change::Remove { .. }));
        Ok(!names.is_empty() && names.iter().all(is_in) && !queued.iter().any(is_removal))
    }

    /// Who becomes admin when the last one leaves: a group without an admin could never change.
    fn heir(&self, room: &RoomRow) -> Option<AccountKeyHash> {
        let me = self.me.account();
        let mut others = room
            .state
            .participants
            .iter()
            .filter(|(other, ..)| *other != me);
        let is_last_admin = !room.state.direct && others.clone().all(|(.., admin)| !admin);
        let heir = others.next().map(|(account, ..)| *account);
        heir.filter(|_| is_last_admin && room.is_admin(&me))
    }

    /// Takes nothing from this account any more: letters are dropped unread, one-to-one rooms are
    /// closed.
    fn block(&mut self, username: &str) -> Result<(), Error> {
        if username == self.me.username() {
            return Err(ErrorKind::BadInput.into());
        }
        let mut person = self.person_named(username)?;
        if person.phase != Some(ContactPhase::Blocked) {
            // No request that another client makes meanwhile may end the block.
            person.renewed = person.renewed.saturating_add(1);
        }
        person.phase = Some(ContactPhase::Blocked);
        self.db.write_person(&person)?;
        self.end_rooms_with(&person)?;
        self.change_contact_token(false)?;
        self.contact_changed(&person)
    }

    /// Ends the one-to-one rooms with somebody who is blocked, what waits of them for the person
    /// (requests, and invitations into groups), and requests to them that were not made yet.
    pub(super) fn end_rooms_with(&mut self, person: &Person) -> Result<(), Error> {
        self.drop_asking(&person.username)?;
        let account = &person.account.key_hash;
        for room in self.db.rooms()? {
            let others = &room.state.participants;
            let is_theirs = others.iter().any(|(other, ..)| other == account);
            match room.phase {
                _ if !is_theirs || room.is_beside() => {}
                // Whoever invited is the only one known of it yet.
                RoomPhase::Requested if !planted("c7_invitations_of_the_blocked_stay") => {
                    self.end_request(room)?;
                }
                _ if !room.state.direct => {}
                RoomPhase::Left | RoomPhase::Removed => {}
                RoomPhase::Joined => self.want(&room.id, &Intent::Leave, None)?,
                _ => self.close_room(room, RoomPhase::Left)?,
            }
        }
        Ok(())
    }

    /// A room in which this client can act.
    pub(super) fn open_room(&self, id: &RoomId) -> Result<RoomRow, Error> {
        let room = self.db.room(id)?.ok_or(ErrorKind::NotFound)?;
        match room.phase {
            RoomPhase::Joined => self.check_moves(&room).map(|()| room),
            _ => Err(ErrorKind::RoomClosed.into()),
        }
    }
}

fn check_length(text: &str, limit: usize) -> Result<(), Error> {
    if text.len() > limit {
        Err(ErrorKind::BadInput.into())
    } else {
        Ok(())
    }
}
