//! A group that goes on in another: made beside it by an admin, named in it, followed by everybody
//! (docs/protocol/rooms.md, "Successors").
//!
//! The successor is complete before it is named: all clients of all participants are in it by then, and
//! their invitations wait at their inboxes. Until then nobody but its maker has anything to do with it:
//! an invitation into a group that the room's own log has not named is held. So whoever stops on the
//! way leaves the room as it was, and of two who move a room at once the first named wins. What the old
//! log holds lies before what the new one holds; whatever was wanted and is not in the old log when it
//! names the new one is done there. Read next: [`super::lines`], which puts one group in the place of
//! another.

use std::collections::{BTreeMap, BTreeSet};

use restante_crypto::{
    Member, ParticipantRole, RoomState as SharedState,
    ciphersuite::{HYBRID, MAX_NEW_HYBRID},
    group::room_state::{Predecessor, Successor},
};
use restante_wire::{AccountKeyHash, ClientId, MailboxAddress, fault::planted};
use serde::{Deserialize, Serialize};

use super::{
    intent::{Change, Intent},
    io::{ContactPhase, Outcome, RoomId, RoomPhase, TaskId},
    lines::{beside_of, key_of},
    plans::Plan,
    tasks::{Goal, Task},
    turn::Turn,
};
use crate::{Error, ErrorKind, store::RoomRow};

/// Why this client makes a successor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Move {
    /// To the hybrid ciphersuite, which everybody in it must offer.
    Upgrade,
    /// The log of the room's own group is gone.
    Repair,
}

impl Turn<'_> {
    /// A person wants a room in the hybrid suite.
    pub(super) fn upgrade_room(&mut self, id: RoomId) -> Result<Outcome, Error> {
        let room = self.open_room(&id)?;
        let me = self.me.account();
        let others = room.state.participants.iter();
        let others: Vec<_> = others.filter(|(account, ..)| *account != me).collect();
        if room.state.direct {
            for (account, ..) in &others {
                if self.phase_of(account)? != Some(ContactPhase::Accepted) {
                    return Err(ErrorKind::RoomClosed.into());
                }
            }
        } else {
            self.check_admin(&room)?;
        }
        let goal = Goal::Upgrade { room: id };
        if room.state.suite == Some(HYBRID) {
            return Ok(Outcome::Done);
        }
        if let Some((task, _)) = self.db.tasks()?.iter().find(|(_, task)| task.goal == goal) {
            return Ok(Outcome::Task(*task));
        }
        let people = others.iter().map(|(_, name, _)| (name.clone(), None));
        let task = Task {
            goal,
            people: people.collect(),
            handed_over: false,
        };
        Ok(Outcome::Task(self.db.add_task(&task)?))
    }

    /// Everybody's record is known: makes the group, and adds all clients of all in one commit.
    pub(super) fn begin_upgrade(&mut self, id: &RoomId, task: TaskId) -> Result<(), Error> {
        let room = self.open_room(id)?;
        if !self.me.client.suites().contains(&HYBRID) {
            self.tell_unsupported(id, &self.me.account())?;
            return Err(ErrorKind::SuiteNotSupported.into());
        }
        let mut clients = 0;
        for (account, ..) in &room.state.participants {
            let record = self.db.person(account)?.and_then(|person| person.record);
            clients += record.map_or(1, |record| record.body.clients.len());
        }
        if clients > MAX_NEW_HYBRID {
            return Err(ErrorKind::RoomTooLarge.into());
        }
        let line = self.make_line(&room, Move::Upgrade)?;
        self.add_everybody(&room, &line, Some(task))?;
        match room.state.direct {
            // Either of the two may make one: nothing has to be named.
            true => Ok(()),
            false => self.want(id, &Intent::Commit(Change::Name { line }), Some(task)),
        }
    }

    /// Makes a group beside a room's own, with this client alone in it. Gives its key.
    pub(super) fn make_line(&mut self, room: &RoomRow, why: Move) -> Result<RoomId, Error> {
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let (epoch, suite) = (group.epoch(), group.suite());
        let before = group.room_state().clone();
        let suite = match why {
            Move::Upgrade => HYBRID,
            Move::Repair if suite == HYBRID => HYBRID,
            Move::Repair => self.suite_of_new_groups(),
        };
        let predecessor = Predecessor {
            mailbox: room.mailbox,
            epoch,
        };
        let shared = SharedState {
            version: before.version,
            picture: before.picture,
            policy: before.policy,
            predecessor: Some(predecessor),
            ..self.first_state(room.id, &before.title, before.direct)
        };
        let mailbox = MailboxAddress(self.random());
        let key = key_of(self.me.relay(), &mailbox);
        let mut line = self.create_group(key, mailbox, &shared, suite)?;
        line.state = beside_of(room, room.state.line.saturating_add(1), line.state);
        line.state.coming = Some(why);
        self.write_room(&line)?;
        Ok(key)
    }

    pub(super) fn add_everybody(
        &mut self,
        room: &RoomRow,
        line: &RoomId,
        task: Option<TaskId>,
    ) -> Result<(), Error> {
        let people = room.state.participants.iter();
        let accounts = people.map(|(account, ..)| *account).collect();
        let change = match room.state.participants.len() {
            // Nobody is to be added: the log still needs a first commit to begin with.
            1 => Change::Update,
            _ => Change::add(accounts, String::new()),
        };
        self.want(line, &Intent::Commit(change), task)
    }

    /// The roles that people bring into a group that this client makes to follow another.
    pub(super) fn roles_before(
        &mut self,
        line: &RoomRow,
    ) -> Result<BTreeMap<AccountKeyHash, ParticipantRole>, Error> {
        let Some(room) = self.room_to_follow(line)? else {
            return Ok(BTreeMap::new());
        };
        let group = self.groups.of(self.db, &self.me.client, &room)?;
        let people = group.room_state().participants.iter();
        Ok(people.map(|(key, known)| (*key, known.role)).collect())
    }

    /// The room that a group of this client's making is to carry on.
    fn room_to_follow(&self, line: &RoomRow) -> Result<Option<RoomRow>, Error> {
        match (line.state.coming, &line.state.beside) {
            (Some(_), Some(room)) => self.db.room(room),
            _ => Ok(None),
        }
    }

    /// Whether a group must stay hybrid, come who may.
    pub(super) fn keeps_hybrid(&self, line: &RoomRow) -> Result<bool, Error> {
        let room = self.room_to_follow(line)?;
        let was_hybrid = room.is_some_and(|room| room.state.suite == Some(HYBRID));
        Ok(line.state.coming == Some(Move::Upgrade) || was_hybrid)
    }

    /// Whether an addition to a group that turns hybrid would leave a member of the old one behind.
    pub(super) fn leaves_behind(&mut self, line: &RoomRow, change: &Change) -> Result<bool, Error> {
        let (Some(Move::Upgrade), Change::Add { packages, .. }) = (line.state.coming, change)
        else {
            return Ok(false);
        };
        let Some(room) = self.room_to_follow(line)? else {
            return Ok(false);
        };
        let coming: BTreeSet<ClientId> = packages.iter().map(|package| package.client).collect();
        let missing = self.missing_from(line, &room)?;
        Ok(missing.iter().any(|(client, _)| !coming.contains(client)))
    }

    /// Members of a room's own group, who do not leave, that are not in another one.
    fn missing_from(
        &mut self,
        line: &RoomRow,
        room: &RoomRow,
    ) -> Result<Vec<(ClientId, AccountKeyHash)>, Error> {
        let group = self.groups.of(self.db, &self.me.client, line)?;
        let present: BTreeSet<ClientId> = group.members().map(Member::client).collect();
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let members = group
            .members()
            .map(|member| (member.client(), member.account()));
        let missing = members.filter(|(client, _)| {
            !present.contains(client) && !room.state.leaving.contains(client)
        });
        Ok(missing.collect())
    }

    /// Whether the group under this key can be named now: it has everybody who is in the room, and
    /// nobody else. What is missing for that is wanted.
    pub(super) fn may_name(
        &mut self,
        room: &RoomRow,
        line: &RoomId,
        task: Option<TaskId>,
    ) -> Result<bool, Error> {
        let next = self
            .db
            .room(line)?
            .filter(|next| next.state.coming.is_some());
        let Some(next) = next.filter(|_| room.state.successor.is_none()) else {
            // There is nothing left to name, as planning it will find.
            return Ok(true);
        };
        if next.phase != RoomPhase::Joined || !self.db.outbox(line, 1)?.is_empty() {
            return Ok(false);
        }
        let missing = self.missing_from(&next, room)?;
        let mut accounts: Vec<AccountKeyHash> = missing.iter().map(|(_, of)| *of).collect();
        accounts.sort_unstable();
        accounts.dedup();
        let leaving = &room.state.leaving;
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let staying = group
            .members()
            .filter(|member| !leaving.contains(&member.client()));
        let staying: BTreeSet<AccountKeyHash> = staying.map(Member::account).collect();
        let group = self.groups.of(self.db, &self.me.client, &next)?;
        let mut gone: Vec<AccountKeyHash> = group.members().map(Member::account).collect();
        gone.retain(|account| !staying.contains(account));
        let change = if !gone.is_empty() && !planted("c7_successor_keeps_who_was_removed") {
            Change::Remove { accounts: gone }
        } else if !accounts.is_empty() {
            Change::add(accounts, String::new())
        } else if next.state.last_commit == 0 {
            // Nobody was to be added: its log still needs a first commit to begin with.
            Change::Update
        } else {
            return Ok(true);
        };
        self.want(line, &Intent::Commit(change), task)?;
        Ok(false)
    }

    /// The room state that names a group.
    pub(super) fn plan_name(
        &mut self,
        room: &RoomRow,
        line: &RoomId,
    ) -> Result<Option<Plan>, Error> {
        let next = self
            .db
            .room(line)?
            .filter(|next| next.state.coming.is_some());
        let Some(next) = next.filter(|_| room.state.successor.is_none()) else {
            return Ok(None);
        };
        let successor = Successor {
            relay: next.relay,
            mailbox: next.mailbox,
        };
        self.plan_state(room, |state| state.successor = Some(successor))
    }

    /// A move came to nothing: the room stays as it was.
    pub(super) fn stop_moving(&mut self, room: &RoomId) -> Result<(), Error> {
        for row in self.db.outbox(room, u32::MAX)? {
            if matches!(row.intent, Intent::Commit(Change::Name { .. })) {
                self.db.delete_outbox_row(row.id)?;
                self.live.room(room).sent.remove(&row.id);
            }
        }
        for line in self.db.lines_beside(room)? {
            if line.state.coming.is_some() {
                self.end_line(&line)?;
            }
        }
        Ok(())
    }

    /// A commit of a group that this client makes is in its log.
    pub(super) fn line_moved(&mut self, mut line: RoomRow) -> Result<(), Error> {
        let Some(room) = line.state.beside else {
            return Ok(());
        };
        self.touched.insert(room);
        let is_named_first = line.state.coming == Some(Move::Upgrade) && !line.state.direct;
        if is_named_first || line.state.last_commit == 0 {
            return Ok(());
        }
        line.state.coming = None;
        self.write_room(&line)?;
        self.line_joined(line)
    }

    /// The log of a room's own group names the one that follows: the room goes on there. A client that
    /// is not invited yet soon asks to be.
    pub(super) fn follow(&mut self, room: RoomRow) -> Result<(), Error> {
        let Some(named) = room.state.successor.clone() else {
            return Ok(());
        };
        let key = key_of(&named.relay, &named.mailbox);
        let mut next = None;
        for line in self.db.lines_beside(&room.id)? {
            let waits = line.state.held || line.state.coming.is_some();
            if line.id == key {
                next = Some(line);
            } else if waits {
                self.end_line(&line)?;
            }
        }
        let mut next = match next {
            Some(line) if line.state.held || line.state.coming.is_some() => line,
            // A group that the room has left is not to be gone back to.
            Some(_) => return Ok(()),
            None => RoomRow {
                id: key,
                relay: named.relay,
                mailbox: named.mailbox,
                phase: RoomPhase::Known,
                state: room.state.unknown(),
            },
        };
        next.state.line = room.state.line.saturating_add(1);
        next.state.named = true;
        self.succeed(room, next)
    }
}
