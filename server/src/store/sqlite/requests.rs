//! Requests that change mailboxes and inboxes: each becomes one job of the writer.
//!
//! HTTP and the stream both come through [`Store::submit`]. Read next: [`crate::delivery`], which
//! decides, and [`super::reads`] for requests that only read.

use restante_wire::{
    ErrorCode, MailboxAddress, WireError,
    error::{Done, Outcome},
    inbox::Deliver,
    limits::MAX_POSITIONS,
    mailbox::{
        Ack, Answer, Append, Appended, Create, Ephemeral, Position, Refusal, Rotate, SeatAccess,
        SetWakeHandle,
    },
};

use super::{Store, core::Job, group::Group, inboxes, reads};
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

impl Store {
    /// Has a request carried out; `answer` is called once, when it is durable or refused, on a
    /// thread of the store: it must not wait.
    pub fn submit(
        &self,
        change: Change,
        answer: impl FnOnce(Result<Answer, WireError>) + Send + 'static,
    ) {
        let job = match change {
            Change::Append(request) => return self.submit_append(request, answer),
            Change::Create(request) => job(move |group| create(group, &request), answer),
            Change::Ack(request) => job(move |group| ack(group, &request), answer),
            Change::Rotate(request) => job(move |group| rotate(group, &request), answer),
            Change::SetWakeHandle(request) => {
                job(move |group| set_wake_handle(group, request), answer)
            }
            Change::Ephemeral(request) => job(move |group| ephemeral(group, request), answer),
            Change::Deliver(request) => job(
                move |group| inboxes::deliver(group, request).map(|()| Answer::Done),
                answer,
            ),
        };
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
        self.write_group(move |group| {
            let context = group.context;
            for access in &seats {
                if let Some(mailbox) = group.mailbox(&access.mailbox)? {
                    // One that was dropped meanwhile has nothing to note.
                    let _ = mailbox.enter(access, &context);
                }
            }
            Ok(())
        })
        .await
    }

    /// An append whose sender is behind is answered with what it missed, read by a reader: the
    /// writer has other things to do.
    fn submit_append(
        &self,
        request: Append,
        answer: impl FnOnce(Result<Answer, WireError>) + Send + 'static,
    ) {
        let access = request.access.clone();
        let readers = self.shared.readers.handle();
        let decide = move |group: &mut Group<'_>| {
            let context = group.context;
            let mailbox = opened(group, &request.access.mailbox)?;
            Ok(mailbox.append(request, &context)?)
        };
        let answer_decided = move |decided: Result<Decision, StoreError>| {
            let Decision { numbers, refused } = match decided {
                Ok(decision) => decision,
                Err(error) => return answer(Err(error.into())),
            };
            let appended = |refused| Ok(Answer::Appended(Appended { numbers, refused }));
            match refused {
                None => answer(appended(None)),
                Some(Refused::Error(error)) => answer(appended(Some(Refusal::Error(error)))),
                Some(Refused::Stale {
                    after_commit,
                    last_commit,
                }) => {
                    let Some(readers) = readers else {
                        return answer(Err(StoreError::Closed.into()));
                    };
                    readers.submit(
                        move |connection| reads::missing(connection, &access, after_commit),
                        move |missing| {
                            answer(missing.map_err(WireError::from).and_then(|missing| {
                                appended(Some(Refusal::Stale {
                                    last_commit,
                                    missing,
                                }))
                            }));
                        },
                    );
                }
            }
        };
        self.shared.writer.submit(Job::new(decide, answer_decided));
    }
}

fn job(
    decide: impl FnOnce(&mut Group<'_>) -> Result<Answer, StoreError> + Send + 'static,
    answer: impl FnOnce(Result<Answer, WireError>) + Send + 'static,
) -> Job {
    Job::new(decide, |result| answer(result.map_err(WireError::from)))
}

/// The mailbox of a request: an unknown one is answered like an unknown seat.
fn opened<'g>(
    group: &'g mut Group<'_>,
    address: &MailboxAddress,
) -> Result<&'g mut Mailbox, StoreError> {
    let mailbox = group.mailbox(address)?;
    mailbox.ok_or_else(|| ErrorCode::NoSuchSeat.into())
}

fn create(group: &mut Group<'_>, request: &Create) -> Result<Answer, StoreError> {
    let context = group.context;
    if let Some(mailbox) = group.mailbox(&request.mailbox)? {
        if mailbox.was_made_by(request) {
            return Ok(Answer::Done);
        }
        return Err(ErrorCode::MailboxExists.into());
    }
    if inboxes::exists(group.transaction, &request.mailbox)? {
        return Err(ErrorCode::MailboxExists.into());
    }
    group.add_mailbox(Mailbox::create(request, &context))?;
    Ok(Answer::Done)
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

fn rotate(group: &mut Group<'_>, request: &Rotate) -> Result<Answer, StoreError> {
    let context = group.context;
    opened(group, &request.access.mailbox)?.rotate(request, &context)?;
    Ok(Answer::Done)
}

fn set_wake_handle(group: &mut Group<'_>, request: SetWakeHandle) -> Result<Answer, StoreError> {
    let context = group.context;
    opened(group, &request.access.mailbox)?.set_wake_handle(request, &context)?;
    Ok(Answer::Done)
}

fn ephemeral(group: &mut Group<'_>, request: Ephemeral) -> Result<Answer, StoreError> {
    let context = group.context;
    let access = &request.access;
    opened(group, &access.mailbox)?.ephemeral(&request, &context)?;
    let (mailbox, author) = (access.mailbox, access.seat);
    group.send_ephemeral(mailbox, author, request.body);
    Ok(Answer::Done)
}
