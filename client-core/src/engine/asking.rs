//! Contact requests on the side of who asks: the first, and asking again.
//!
//! Who declines, who lets a request expire and who never saw it all tell the same: nothing. So asking
//! again works the same for all of them. In the room that waits, the other's clients are repaired: a
//! fresh invitation, whether the one before is still there or not. Once a day at most, or it would be a
//! way to pester.

use restante_wire::{AccountKeyHash, ClientId, fault::planted};

use super::{
    intent::{Change, Intent},
    io::{ContactPhase, RoomId, RoomPhase, TaskId},
    tasks::{Goal, Task},
    turn::Turn,
};
use crate::{
    Error, ErrorKind,
    store::{Person, RoomRow, TimerKind},
};

/// One person is asked at most this often.
const ASK_EVERY_MS: u64 = 86_400_000;

impl Turn<'_> {
    /// Asks somebody whom the directory has told to be a contact.
    pub(super) fn begin_contact(
        &mut self,
        task: TaskId,
        account: &AccountKeyHash,
        words: &str,
    ) -> Result<(), Error> {
        let person = self.db.person(account)?.ok_or(ErrorKind::Internal)?;
        if self.takes_waiting_request(task, account)? {
            return Ok(());
        }
        match (person.phase, person.room) {
            (Some(ContactPhase::Accepted), Some(room)) if self.is_alive(&room)? => {
                Err(ErrorKind::AlreadyThere.into())
            }
            (Some(ContactPhase::Asked), Some(room)) if self.is_alive(&room)? => {
                self.ask_again(task, person, room, words)
            }
            _ => self.ask_first(task, person, words),
        }
    }

    /// Whoever wants somebody as a contact who has asked already takes that request: one room, and
    /// nothing that was said in it is lost. Not one that is not theirs, whoever it says it comes from.
    fn takes_waiting_request(
        &mut self,
        task: TaskId,
        account: &AccountKeyHash,
    ) -> Result<bool, Error> {
        for room in self.db.rooms()? {
            let is_theirs = room.other(&self.me.account()) == Some(*account);
            if room.phase != RoomPhase::Requested || !is_theirs {
                continue;
            }
            match self.begin_accepting(&room.id, &[*account]) {
                Err(error) if error.kind == ErrorKind::NotTrusted => {}
                result => {
                    result?;
                    let goal = Goal::Accept { room: room.id };
                    let task_row = Task {
                        goal,
                        people: Vec::new(),
                        handed_over: true,
                    };
                    self.db.write_task(task, &task_row)?;
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn ask_first(&mut self, task: TaskId, mut person: Person, words: &str) -> Result<(), Error> {
        let room = RoomId(self.random());
        self.create_room(room, "", true)?;
        let is_counted = match person.phase {
            None => false,
            Some(ContactPhase::Blocked) => !planted("c4_end_of_a_block_not_counted"),
            Some(_) => !planted("c4_request_after_an_end_not_counted"),
        };
        person.renewed = person.renewed.saturating_add(u32::from(is_counted));
        person.phase = Some(ContactPhase::Asked);
        person.room = Some(room);
        self.db.write_person(&person)?;
        self.contact_changed(&person)?;
        self.not_again_soon(&room)?;
        let all = self.with_own(vec![person.account.key_hash]);
        self.want_added(&room, all, words.to_owned(), task)
    }

    fn ask_again(
        &mut self,
        task: TaskId,
        person: Person,
        id: RoomId,
        words: &str,
    ) -> Result<(), Error> {
        let account = person.account.key_hash;
        let room = self.db.room(&id)?.ok_or(ErrorKind::Internal)?;
        // Made by another client of this account: without its group, nobody can be invited from here.
        let is_outside = matches!(room.phase, RoomPhase::Known | RoomPhase::Joining);
        if is_outside && !planted("c4_asked_again_from_outside_the_room") {
            if !self.own_clients()?.is_empty() {
                return Err(ErrorKind::AskedAlready.into());
            }
            // Nobody is left who could stand by that request.
            self.close_room(room, RoomPhase::Left)?;
            return self.ask_first(task, person, words);
        }
        let invited = self.clients_in(&room, &account)?;
        if invited.is_empty() {
            let outbox = self.db.outbox(&id, u32::MAX)?;
            let is_adding = |intent: &Intent| matches!(intent, Intent::Commit(Change::Add { .. }));
            return match outbox.iter().any(|row| is_adding(&row.intent)) {
                true => Err(ErrorKind::AskedAlready.into()),
                // They could not be added the first time.
                false => self.want_added(&id, vec![account], words.to_owned(), task),
            };
        }
        let is_soon = self.db.timer(TimerKind::AskAgain, Some(&id))?.is_some();
        if is_soon && !planted("asked_again_without_limit") {
            return Err(ErrorKind::AskedAlready.into());
        }
        let certified = |client: &ClientId| {
            let record = person.record.as_ref();
            record.is_none_or(|record| {
                let mut clients = record.body.clients.iter();
                clients.any(|certificate| certificate.body.client == *client)
            })
        };
        let invited: Vec<ClientId> = invited.into_iter().filter(certified).collect();
        if invited.is_empty() {
            // All that were invited are gone from the account.
            return self.ask_first(task, person, words);
        }
        self.not_again_soon(&id)?;
        self.invite_anew(room, &invited, words, Some(task))
    }

    /// Invites members who have not answered once more: by a repair of each.
    pub(super) fn invite_anew(
        &mut self,
        mut room: RoomRow,
        clients: &[ClientId],
        words: &str,
        task: Option<TaskId>,
    ) -> Result<(), Error> {
        // Their seats were never taken, or by a client that has forgotten them.
        room.state.seatless.extend(clients.iter().copied());
        self.write_room(&room)?;
        for client in clients {
            let change = Change::Repair {
                client: *client,
                package: None,
                words: words.to_owned(),
            };
            let ends = task.filter(|_| Some(client) == clients.last());
            self.want(&room.id, &Intent::Commit(change), ends)?;
        }
        Ok(())
    }

    /// Whoever is blocked is not asked any more, if that waits yet for the directory.
    pub(super) fn drop_asking(&mut self, username: &str) -> Result<(), Error> {
        if planted("c4_blocked_and_asked_nevertheless") {
            return Ok(());
        }
        for (id, task) in self.db.tasks()? {
            let is_asking = matches!(task.goal, Goal::AddContact { .. }) && !task.handed_over;
            if is_asking && task.people.iter().any(|(name, _)| name == username) {
                self.end_task(Some(id), Some(ErrorKind::RoomClosed))?;
            }
        }
        Ok(())
    }

    /// This account has asked in a room, here or on another client.
    pub(super) fn not_again_soon(&mut self, room: &RoomId) -> Result<(), Error> {
        let next = self.now.plus_ms(ASK_EVERY_MS);
        self.db.set_timer(TimerKind::AskAgain, Some(room), next)
    }
}
