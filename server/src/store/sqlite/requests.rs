//! Requests that change mailboxes and inboxes: each becomes one job of the writer.
//!
//! HTTP and the stream both come through [`Store::submit`]. Read next: [`crate::delivery`], which
//! decides, and [`super::reads`] for requests that only read.

use std::sync::mpsc;

use restante_wire::{
    ErrorCode, MailboxAddress, WireError,
    error::{Done, Outcome},
    inbox::Deliver,
    limits::MAX_POSITIONS,
    mailbox::{
        Ack, Answer, Append, Appended, Create, Ephemeral, Fetch, Fetched, Position, Refusal,
        Rotate, SeatAccess, SetWakeHandle,
    },
};
use rusqlite::Connection;

use super::{
    Store,
    core::{self, Core, Job},
    group::Group,
    inboxes, reads,
};
use crate::{
    delivery::{
        Mailbox,
        append::{Decision, Refused},
    },
    store::StoreError,
};

/// A request that changes something, or goes by what the writer knows.
#[derive(Debug)]
pub enum Change {
    /// See [`Create`]. Its stamp was verified.
    Create(Create),
    /// See [`Append`].
    Append(Append),
    /// See [`Ack`].
    Ack(Ack),
    /// See [`Rotate`].
    Rotate(Rotate),
    /// See [`SetWakeHandle`].
    SetWakeHandle(SetWakeHandle),
    /// See [`Ephemeral`].
    Ephemeral(Ephemeral),
    /// See [`Deliver`]. Its stamp was verified.
    Deliver(Deliver),
}

/// What the rules decided, as far as it can be answered without reading.
enum Decided {
    /// The answer.
    Answer(Answer),
    /// An append whose sender is behind: the answer holds what it missed.
    Behind(Behind),
}

/// A stale append.
struct Behind {
    access: SeatAccess,
    numbers: Vec<u64>,
    after_commit: u64,
    last_commit: u64,
}

impl Store {
    /// Has a request carried out; `answer` is called once, when it is durable or refused, on a
    /// thread of the store: it must not wait.
    pub fn submit(
        &self,
        change: Change,
        answer: impl FnOnce(Result<Answer, WireError>) + Send + 'static,
    ) {
        let readers = self.shared.readers.handle();
        let decide = move |group: &mut Group<'_>| decide(group, change);
        let job = Job::new(decide, move |decided| match (decided, readers) {
            (Ok(Decided::Answer(result)), _) => answer(Ok(result)),
            // Read by a reader: the writer has other things to do.
            (Ok(Decided::Behind(behind)), Some(readers)) => readers.submit(
                move |connection| behind.answer(connection),
                move |result| answer(result.map_err(WireError::from)),
            ),
            (Ok(Decided::Behind(_)), None) => answer(Err(StoreError::Closed.into())),
            (Err(error), _) => answer(Err(error.into())),
        });
        self.shared.writer.submit(job);
    }

    /// Has a request carried out and waits for it.
    ///
    /// # Errors
    /// The refusal.
    pub async fn change(&self, change: Change) -> Result<Answer, WireError> {
        let (answer, answered) = tokio::sync::oneshot::channel();
        self.submit(change, |result| drop(answer.send(result)));
        answered
            .await
            .unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    /// Notes that seats were used, which only the writer can.
    pub(super) async fn touch(&self, seats: Vec<SeatAccess>) -> Result<(), StoreError> {
        self.write_group(move |group| touch(group, &seats)).await
    }
}

impl Core {
    /// Carries requests out in one transaction, on this thread: what the writer's thread does, for
    /// simulators.
    pub fn change(&mut self, changes: Vec<Change>) -> Vec<Result<Answer, WireError>> {
        let (decided, all_decided) = mpsc::channel();
        let mut group = changes.into_iter().map(|change| {
            let decided = decided.clone();
            let decide = move |group: &mut Group<'_>| decide(group, change);
            // The other end outlives the group.
            Job::new(decide, move |result| drop(decided.send(result)))
        });
        self.apply(&mut group.by_ref().collect());
        drop(group);
        drop(decided);
        let answers = all_decided.into_iter().map(|decided| match decided? {
            Decided::Answer(answer) => Ok(answer),
            Decided::Behind(behind) => core::read(self.connection(), |at| behind.answer(at)),
        });
        answers
            .map(|answer| answer.map_err(WireError::from))
            .collect()
    }

    /// Reads a page, and notes that the seat was used.
    ///
    /// # Errors
    /// `no_such_seat`, or a refusal of the store.
    pub fn fetch(&mut self, request: &Fetch) -> Result<Fetched, WireError> {
        let today = self.today();
        let read = core::read(self.connection(), |at| reads::fetch(at, request, today));
        let (fetched, must_touch) = read?;
        if must_touch {
            self.touch(vec![request.access.clone()]);
        }
        Ok(fetched)
    }

    /// For each of many positions, how far its seat may read, and notes that the seats were used.
    ///
    /// # Errors
    /// A refusal of the store.
    pub fn readable(
        &mut self,
        positions: Vec<Position>,
    ) -> Result<Vec<Result<u64, WireError>>, WireError> {
        let today = self.today();
        let mut used = Vec::new();
        let lasts = core::read(self.connection(), |at| {
            let each = positions.into_iter();
            each.map(|position| reads::read_position(at, position, today, &mut used))
                .collect()
        })?;
        self.touch(used);
        Ok(lasts)
    }

    fn touch(&mut self, seats: Vec<SeatAccess>) {
        if !seats.is_empty() {
            let job = Job::new(move |group| touch(group, &seats), drop);
            self.apply(&mut vec![job]);
        }
    }
}

impl Behind {
    fn answer(self, connection: &Connection) -> Result<Answer, StoreError> {
        let missing = reads::missing(connection, &self.access, self.after_commit)?;
        Ok(Answer::Appended(Appended {
            numbers: self.numbers,
            refused: Some(Refusal::Stale {
                last_commit: self.last_commit,
                missing,
            }),
        }))
    }
}

fn decide(group: &mut Group<'_>, change: Change) -> Result<Decided, StoreError> {
    let done = match change {
        Change::Append(request) => return append(group, request),
        Change::Ack(request) => return ack(group, &request).map(Decided::Answer),
        Change::Create(request) => create(group, &request),
        Change::Rotate(request) => rotate(group, &request),
        Change::SetWakeHandle(request) => set_wake_handle(group, request),
        Change::Ephemeral(request) => ephemeral(group, request),
        Change::Deliver(request) => inboxes::deliver(group, request),
    };
    done.map(|()| Decided::Answer(Answer::Done))
}

fn append(group: &mut Group<'_>, request: Append) -> Result<Decided, StoreError> {
    let context = group.context;
    let access = request.access.clone();
    let mailbox = opened(group, &access.mailbox)?;
    let Decision { numbers, refused } = mailbox.append(request, &context)?;
    let refused = match refused {
        None => None,
        Some(Refused::Error(error)) => Some(Refusal::Error(error)),
        Some(Refused::Stale {
            after_commit,
            last_commit,
        }) => {
            return Ok(Decided::Behind(Behind {
                access,
                numbers,
                after_commit,
                last_commit,
            }));
        }
    };
    Ok(Decided::Answer(Answer::Appended(Appended {
        numbers,
        refused,
    })))
}

fn touch(group: &mut Group<'_>, seats: &[SeatAccess]) -> Result<(), StoreError> {
    let context = group.context;
    for access in seats {
        if let Some(mailbox) = group.mailbox(&access.mailbox)? {
            // One that was dropped meanwhile has nothing to note.
            let _ = mailbox.enter(access, &context);
        }
    }
    Ok(())
}

/// The mailbox of a request: an unknown one is answered like an unknown seat.
fn opened<'g>(
    group: &'g mut Group<'_>,
    address: &MailboxAddress,
) -> Result<&'g mut Mailbox, StoreError> {
    let mailbox = group.mailbox(address)?;
    mailbox.ok_or_else(|| ErrorCode::NoSuchSeat.into())
}

fn create(group: &mut Group<'_>, request: &Create) -> Result<(), StoreError> {
    let context = group.context;
    if let Some(mailbox) = group.mailbox(&request.mailbox)? {
        if mailbox.was_made_by(request) {
            return Ok(());
        }
        return Err(ErrorCode::MailboxExists.into());
    }
    if inboxes::exists(group.transaction, &request.mailbox)? {
        return Err(ErrorCode::MailboxExists.into());
    }
    group.add_mailbox(Mailbox::create(request, &context))
}

fn ack(group: &mut Group<'_>, request: &Ack) -> Result<Answer, StoreError> {
    if request.positions.len() > MAX_POSITIONS {
        return Err(ErrorCode::TooLarge.into());
    }
    let mut outcomes = Vec::with_capacity(request.positions.len());
    for position in &request.positions {
        let outcome = match ack_one(group, position) {
            Ok(()) => Outcome::Done(Done {}),
            Err(StoreError::Refused(error)) => Outcome::Refused(error),
            Err(error) => return Err(error),
        };
        outcomes.push(outcome);
    }
    Ok(Answer::Acked(outcomes))
}

fn ack_one(group: &mut Group<'_>, position: &Position) -> Result<(), StoreError> {
    let context = group.context;
    let mailbox = opened(group, &position.access.mailbox)?;
    Ok(mailbox.ack(position, &context)?)
}

fn rotate(group: &mut Group<'_>, request: &Rotate) -> Result<(), StoreError> {
    let context = group.context;
    Ok(opened(group, &request.access.mailbox)?.rotate(request, &context)?)
}

fn set_wake_handle(group: &mut Group<'_>, request: SetWakeHandle) -> Result<(), StoreError> {
    let context = group.context;
    Ok(opened(group, &request.access.mailbox)?.set_wake_handle(request, &context)?)
}

fn ephemeral(group: &mut Group<'_>, request: Ephemeral) -> Result<(), StoreError> {
    let context = group.context;
    let access = &request.access;
    opened(group, &access.mailbox)?.ephemeral(&request, &context)?;
    let (mailbox, author) = (access.mailbox, access.seat);
    group.send_ephemeral(mailbox, author, request.body);
    Ok(())
}
