//! Tasks: what a person asked for that takes several answers. Each is one row, and what is to be done
//! next follows from the row alone, so a restart goes on where it was.

use restante_wire::{
    AccountKeyHash, ErrorCode, SeatSecret,
    account::ClientCertificate,
    codec,
    directory::{Found, Lookup},
    mailbox::Stamp,
};
use serde::{Deserialize, Serialize};

use super::{
    intent::{Change, Intent},
    io::{Event, Failure, Reply, RoomId, RoomPhase, TaskId},
    letters::Invitation,
    live::Call,
    relay_name::is_same_relay,
    turn::Turn,
    vouching::Vouched,
};
use crate::{Error, ErrorKind, store::TimerKind};

/// Wait before a task is tried again after the relay did not answer.
const RETRY_MS: u64 = 3_000;

/// A task as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// What is wanted.
    pub goal: Goal,
    /// Usernames as typed, with the account once the directory told it.
    pub people: Vec<(String, Option<AccountKeyHash>)>,
    /// Whether the work was handed to a room: its commit ends the task.
    pub handed_over: bool,
}

/// What a task is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Goal {
    /// Asks one person for contact.
    AddContact {
        /// Words of introduction.
        words: String,
    },
    /// Makes a group room.
    CreateRoom {
        /// Its id, chosen at once.
        room: RoomId,
        /// Its name.
        title: String,
    },
    /// Adds people to a room.
    AddMembers {
        /// Which.
        room: RoomId,
    },
    /// Removes people from a room: nothing is looked up.
    RemoveMembers {
        /// Which.
        room: RoomId,
    },
    /// Leaves a room.
    Leave {
        /// Which.
        room: RoomId,
    },
    /// Changes a room's settings: its commit ends the task.
    Settings {
        /// Which.
        room: RoomId,
    },
    /// Moves a room to the hybrid ciphersuite.
    Upgrade {
        /// Which.
        room: RoomId,
    },
    /// Joins a room.
    Accept {
        /// Which.
        room: RoomId,
    },
    /// Follows a room of two with a group of all clients that both have now. Nobody asked for this or
    /// for what stands below: how it ends is not told.
    Succeed {
        /// Which.
        room: RoomId,
    },
    /// Asks members of a room to let this client in.
    AskIn {
        /// Which.
        room: RoomId,
    },
    /// Adds all clients of somebody who is in a room.
    LetIn {
        /// Which.
        room: RoomId,
        /// Whose.
        account: AccountKeyHash,
    },
    /// Looks at this account's own record from outside.
    LookUpOwn,
    /// Takes an invitation if its writer is in its account's record.
    Vouch {
        /// Who.
        from: Box<ClientCertificate>,
        /// What it wrote.
        invitation: Box<Invitation>,
        /// A fresh secret of the seat, which came after it, and from whom.
        seat: Option<Box<(ClientCertificate, SeatSecret)>>,
    },
}

impl Goal {
    /// Whether a person asked for it and is told how it ends.
    pub(super) const fn is_asked_for(&self) -> bool {
        !matches!(
            self,
            Self::Succeed { .. }
                | Self::AskIn { .. }
                | Self::LetIn { .. }
                | Self::LookUpOwn
                | Self::Vouch { .. }
        )
    }
}

impl Turn<'_> {
    /// Makes the next requests of every task that waits for none.
    pub(super) fn pump_tasks(&mut self) -> Result<(), Error> {
        if self.db.timer(TimerKind::RetryTasks, None)?.is_some() {
            return Ok(());
        }
        let set_back = self.set_back_now()?;
        for (id, task) in self.db.tasks()? {
            let is_busy = self.live.busy_tasks.contains(&id) || set_back.contains(&id);
            if !task.handed_over && !is_busy {
                self.advance_or_set_back(id, &task)?;
            }
        }
        match set_back.is_empty() {
            true => Ok(()),
            false => self.wake_for_set_back(),
        }
    }

    /// One part of a task's work is done: ends it if that was the last one.
    pub(super) fn end_part(&mut self, id: Option<TaskId>) -> Result<(), Error> {
        match id {
            Some(task) if self.db.has_part_of(task)? => Ok(()),
            _ => self.end_task(id, None),
        }
    }

    /// Ends a task, unless it ended already, and tells the person.
    pub(super) fn end_task(
        &mut self,
        id: Option<TaskId>,
        error: Option<ErrorKind>,
    ) -> Result<(), Error> {
        let Some(task) = id else { return Ok(()) };
        let Some(ended) = self.db.task(task)? else {
            return Ok(());
        };
        let is_told = ended.goal.is_asked_for();
        self.db.delete_task(task)?;
        if let (Goal::Upgrade { room }, Some(_)) = (&ended.goal, error) {
            self.stop_moving(room)?;
        }
        if is_told {
            self.events.push(Event::TaskEnded { task, error });
        }
        Ok(())
    }

    /// Ends the task that waits for a room to be joined.
    pub(super) fn end_accept(
        &mut self,
        room: &RoomId,
        error: Option<ErrorKind>,
    ) -> Result<(), Error> {
        for (id, task) in self.db.tasks()? {
            if matches!(&task.goal, Goal::Accept { room: joined } if joined == room) {
                self.end_task(Some(id), error)?;
            }
        }
        Ok(())
    }

    /// The directory answered a look-up.
    pub(super) fn looked_up(
        &mut self,
        id: TaskId,
        username: &str,
        result: Result<Reply, Failure>,
    ) -> Result<(), Error> {
        self.live.busy_tasks.remove(&id);
        let Some(mut task) = self.db.task(id)? else {
            return Ok(());
        };
        let found: Found = match result {
            Ok(Reply::Http(body)) => match codec::decode(&body) {
                Ok(found) => found,
                Err(_) => return self.end_task(Some(id), Some(ErrorKind::RelayFault)),
            },
            Ok(_) => return self.end_task(Some(id), Some(ErrorKind::RelayFault)),
            Err(failure) => return self.task_failed(id, failure),
        };
        let record = found.record;
        // A relay that gives somebody else's record for a name would put them into the room.
        let fits = record.body.username == username
            && restante_crypto::certificate::verify_record(&record).is_ok();
        if fits && !is_same_relay(self.me.relay(), &record.body.account.relay) {
            return self.end_task(Some(id), Some(ErrorKind::OtherRelayUrl));
        }
        if !fits || self.learn_record(&record)?.is_none() {
            return self.end_task(Some(id), Some(ErrorKind::NotTrusted));
        }
        let account = record.body.account.key_hash;
        if account == self.me.account() {
            self.own_record(&record)?;
        } else if record.body.clients.is_empty() {
            // The account was deleted; its name stays taken.
            let gone = ErrorKind::Relay(ErrorCode::NoSuchUser);
            return self.end_task(Some(id), Some(gone));
        }
        for (name, found) in &mut task.people {
            if name == username {
                *found = Some(account);
            }
        }
        if self.db.task(id)?.is_none() {
            return Ok(());
        }
        self.db.write_task(id, &task)?;
        self.pump_tasks()
    }

    /// A request of a task failed: a refusal ends the task, silence is waited out.
    pub(super) fn task_failed(&mut self, id: TaskId, failure: Failure) -> Result<(), Error> {
        self.live.refused = failure.code();
        let wait = match failure {
            Failure::Lost | Failure::Untrusted => RETRY_MS,
            Failure::Refused(error) => match error.retry_after_ms {
                Some(wait) => wait.max(1),
                None if error.code == ErrorCode::Internal => RETRY_MS,
                None => {
                    let task = self.db.task(id)?;
                    let accepts = |task: &Task| matches!(task.goal, Goal::Accept { .. });
                    let kind = match error.code {
                        // Whoever asked goes by a name that nobody has.
                        ErrorCode::NoSuchUser if task.as_ref().is_some_and(accepts) => {
                            ErrorKind::NotTrusted
                        }
                        code => ErrorKind::Relay(code),
                    };
                    return self.end_task(Some(id), Some(kind));
                }
            },
        };
        self.db
            .set_timer(TimerKind::RetryTasks, None, self.now.plus_ms(wait))
    }

    pub(super) fn advance(&mut self, id: TaskId, task: &Task) -> Result<(), Error> {
        let unknown = task.people.iter().find(|(_, account)| account.is_none());
        if let Some((username, _)) = unknown {
            let lookup = Lookup {
                stamp: Stamp::default(),
                username: username.clone(),
            };
            let call = Call::Lookup {
                task: id,
                username: username.clone(),
            };
            self.live.busy_tasks.insert(id);
            self.post_home(call, &lookup);
            return Ok(());
        }
        let handed_over = Task {
            handed_over: true,
            ..task.clone()
        };
        self.db.write_task(id, &handed_over)?;
        match self.begin(id, task) {
            Err(error) if error.is_refusal() => self.end_task(Some(id), Some(error.kind)),
            other => other,
        }
    }

    /// Everybody is known: hands the work to a room.
    fn begin(&mut self, id: TaskId, task: &Task) -> Result<(), Error> {
        let accounts: Vec<AccountKeyHash> = task
            .people
            .iter()
            .filter_map(|(_, account)| *account)
            .collect();
        if task.goal.is_asked_for() && accounts.contains(&self.me.account()) {
            return Err(ErrorKind::BadInput.into());
        }
        match &task.goal {
            Goal::Succeed { room } => {
                self.begin_successor(room, &accounts)?;
                self.end_task(Some(id), None)
            }
            Goal::Upgrade { room } => self.begin_upgrade(room, id),
            Goal::AskIn { room } => {
                self.write_ask_in(room, &accounts)?;
                self.end_task(Some(id), None)
            }
            Goal::LetIn { room, account } => {
                let room = self.db.room(room)?;
                let room = room.filter(|room| room.phase == RoomPhase::Joined);
                if let Some(room) = room.filter(|_| accounts.contains(account))
                    && self.may_let_in(&room, account)?
                {
                    self.want_in(&room, *account)?;
                }
                self.end_task(Some(id), None)
            }
            Goal::LookUpOwn => {
                self.remove_expelled()?;
                self.end_task(Some(id), None)
            }
            Goal::Vouch {
                from,
                invitation,
                seat,
            } => {
                let vouched = Vouched {
                    from,
                    invitation,
                    seat: seat.as_deref(),
                };
                self.end_task(Some(id), None)?;
                self.vouched(&vouched, &accounts)
            }
            Goal::AddContact { words } => {
                let account = accounts.first().ok_or(ErrorKind::BadInput)?;
                self.begin_contact(id, account, words)
            }
            Goal::CreateRoom { room, title } => {
                self.create_room(*room, title, false)?;
                let all = self.with_own(accounts);
                self.want_added(room, all, String::new(), id)
            }
            Goal::AddMembers { room } => self.want_added(room, accounts, String::new(), id),
            Goal::RemoveMembers { room } => {
                let change = Change::Remove { accounts };
                self.want(room, &Intent::Commit(change), Some(id))
            }
            Goal::Accept { room } => self.begin_accepting(room, &accounts),
            Goal::Leave { .. } | Goal::Settings { .. } => Ok(()),
        }
    }

    /// These people, and this account's other clients.
    pub(super) fn with_own(&self, mut accounts: Vec<AccountKeyHash>) -> Vec<AccountKeyHash> {
        if !accounts.is_empty() {
            accounts.push(self.me.account());
        }
        accounts
    }

    pub(super) fn want_added(
        &mut self,
        room: &RoomId,
        accounts: Vec<AccountKeyHash>,
        words: String,
        id: TaskId,
    ) -> Result<(), Error> {
        if accounts.is_empty() {
            return self.end_task(Some(id), None);
        }
        let change = Change::add(accounts, words);
        self.want(room, &Intent::Commit(change), Some(id))
    }
}
