//! The engine's loop: from inputs to transactions to outputs.
//!
//! The engine writes to disk and must not do so on a thread that serves connections, so it has its own,
//! or in a browser all of them share that of a worker, away from the page; links and posts run on the
//! runtime of whoever opened the client. The worker never waits for them:
//! queues towards links refuse when full, queues towards the worker make links wait.

use std::{collections::HashMap, time::Duration};

use restante_wire::{ErrorCode, WireError};
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use super::{connection::Connection, links::Links, report::Report};
use crate::{
    Error, ErrorKind,
    engine::{
        Engine,
        io::{Command, Event, Failure, Input, Outcome, TaskId, Time},
    },
    platform::{Clock, sleep, timeout},
};

/// Most reports that are taken before outputs are carried out.
const BATCH: usize = 256;

/// The engine hears a tick at least this often.
const IDLE: Duration = Duration::from_secs(60);

/// While somebody waits for the client to settle and nothing has happened for this long, what could
/// wait for company is done at once.
const QUIET: Duration = Duration::from_millis(100);

/// The shortest wait: a deadline that stays in the past must not keep a processor busy.
const SHORTEST: Duration = Duration::from_millis(5);

/// How long a client that ends may take to write its vault.
const GOODBYE: Duration = Duration::from_secs(3);

/// How long the network rests after the store failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Ended tasks that are remembered for those who ask late.
const MAX_ENDED: usize = 1024;

/// A closure that looks at the engine.
pub(super) type Look = Box<dyn FnOnce(&mut Engine) + Send>;

/// What the handle asks for.
pub(super) enum Ask {
    /// A command.
    Command(Command, oneshot::Sender<Result<Outcome, Error>>),
    /// A look at the engine.
    Look(Look),
    /// Go online.
    Online,
    /// The network may be back.
    Hurry,
    /// Tell when all is done that can be done now, the vault included; or at once that a relay has it
    /// wait for longer than this.
    Settle(Duration, oneshot::Sender<Result<(), Error>>),
    /// Tell when a task has ended.
    Task(TaskId, oneshot::Sender<Result<(), Error>>),
    /// Say goodbye to the relays and give up the home.
    Close(oneshot::Sender<()>),
}

/// Owns the engine.
pub(super) struct Worker<C> {
    pub(super) engine: Engine,
    pub(super) clock: C,
    pub(super) links: Links,
    pub(super) asks: mpsc::Receiver<Ask>,
    pub(super) reports: mpsc::Receiver<Report>,
    pub(super) events: broadcast::Sender<Event>,
    pub(super) connection: watch::Sender<Connection>,
    pub(super) online: bool,
    /// Whether other streams than before may be wanted.
    pub(super) streams_changed: bool,
    /// Who waits for the client to settle, and until when.
    pub(super) settling: Vec<(Time, oneshot::Sender<Result<(), Error>>)>,
    pub(super) tasks: Tasks,
}

/// Tasks that somebody waits for, and tasks that ended.
#[derive(Default)]
pub(super) struct Tasks {
    waiting: HashMap<TaskId, Vec<oneshot::Sender<Result<(), Error>>>>,
    ended: HashMap<TaskId, Option<ErrorKind>>,
}

impl<C: Clock> Worker<C> {
    /// Runs until told to close, or until every handle is gone.
    pub(super) async fn run(mut self) {
        loop {
            let is_settling = self.online && !self.settling.is_empty();
            let wait = if is_settling { QUIET } else { IDLE }.min(self.until_deadline());
            let done = tokio::select! {
                ask = self.asks.recv() => match ask {
                    None => break,
                    Some(Ask::Close(closed)) => {
                        self.close().await;
                        drop(self);
                        let _ = closed.send(());
                        return;
                    }
                    Some(ask) => self.answer(ask),
                },
                report = self.reports.recv() => match report {
                    None => break,
                    Some(report) => self.take_all(report),
                },
                () = sleep(wait) => match is_settling {
                    true => self.engine.hasten(self.clock.now()),
                    false => self.engine.input(self.clock.now(), Input::Tick),
                },
            };
            let done = done
                .and_then(|()| self.carry_out())
                .and_then(|()| self.tell_settled());
            if let Err(error) = done {
                self.failed(&error).await;
            }
            self.tell_connection();
        }
        self.close().await;
    }

    fn until_deadline(&self) -> Duration {
        let deadline = self.engine.next_deadline();
        deadline.map_or(IDLE, |deadline| {
            let ms = deadline.0.saturating_sub(self.clock.now().0);
            Duration::from_millis(ms).max(SHORTEST)
        })
    }

    fn answer(&mut self, ask: Ask) -> Result<(), Error> {
        match ask {
            Ask::Command(command, answer) => {
                let outcome = self.engine.command(self.clock.now(), command);
                self.streams_changed = true;
                // Whoever asked may be gone; the command stands.
                let _ = answer.send(outcome);
            }
            Ask::Look(look) => look(&mut self.engine),
            Ask::Online => {
                self.online = true;
                self.streams_changed = true;
                self.engine.input(self.clock.now(), Input::Tick)?;
            }
            Ask::Hurry => self.links.hurry(),
            Ask::Settle(patience, answer) => {
                let patience_ms = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
                let until = self.clock.now().plus_ms(patience_ms);
                self.settling.push((until, answer));
            }
            Ask::Task(task, answer) => self.tasks.wait(task, answer),
            Ask::Close(_) => {}
        }
        Ok(())
    }

    /// Takes a report and those behind it.
    fn take_all(&mut self, first: Report) -> Result<(), Error> {
        self.take(first)?;
        for _ in 1..BATCH {
            let Ok(report) = self.reports.try_recv() else {
                break;
            };
            self.take(report)?;
        }
        Ok(())
    }

    fn take(&mut self, report: Report) -> Result<(), Error> {
        let input = match report {
            Report::Link { epoch, key, news } => self.links.take(epoch, &key, news),
            Report::Posted { epoch, input } => self.links.is_current(epoch).then_some(input),
            Report::Progress(transfer) => {
                // Nobody listening is no error.
                let _ = self.events.send(Event::Transfer(transfer));
                None
            }
            Report::Sign { nonce, signed } => {
                let _ = signed.send(self.engine.sign_session(&nonce));
                None
            }
        };
        input.map_or(Ok(()), |input| self.engine.input(self.clock.now(), input))
    }

    /// Events to whoever listens, requests to the network.
    fn carry_out(&mut self) -> Result<(), Error> {
        loop {
            while let Some(event) = self.engine.next_event() {
                self.tasks.hear(&event);
                self.streams_changed |= matches!(event, Event::Room(_) | Event::Ended(_));
                // Nobody listening is no error.
                let _ = self.events.send(event);
            }
            if !self.online {
                return Ok(());
            }
            let mut refused = Vec::new();
            while let Some(outgoing) = self.engine.next_outgoing() {
                refused.extend(self.links.make(outgoing).err());
            }
            if refused.is_empty() {
                if std::mem::take(&mut self.streams_changed) {
                    self.links.want(&self.engine.streams()?);
                }
                return Ok(());
            }
            for input in refused {
                self.engine.input(self.clock.now(), input)?;
            }
        }
    }

    /// After a failed transaction the engine has forgotten what was under way: so does the network.
    async fn failed(&mut self, error: &Error) {
        tracing::error!(code = error.code(), "the store failed; starting anew");
        self.links.reset();
        self.streams_changed = true;
        for (_, answer) in self.settling.drain(..) {
            let _ = answer.send(Err(Error::new(error.kind)));
        }
        sleep(AFTER_FAILURE).await;
    }

    fn tell_settled(&mut self) -> Result<(), Error> {
        if self.settling.is_empty() || !self.online {
            return Ok(());
        }
        if let Some(end) = self.engine.ended()? {
            for (_, answer) in self.settling.drain(..) {
                let _ = answer.send(Err(end.into()));
            }
            self.streams_changed = true;
            return Ok(());
        }
        let result = if self.reports.is_empty() && self.engine.settled(self.clock.now())? {
            Ok(())
        } else if self.engine.looks_at_own_record()? {
            // Whether the relay refuses a client that was removed is about to be known.
            return self.tell_held_up();
        } else if let Some((code, wait_ms)) = self.links.refused_for() {
            self.tell_in_vain(code, wait_ms);
            return Ok(());
        } else if let Some(failure) = self.links.out_of_reach() {
            Err(failure)
        } else {
            return self.tell_held_up();
        };
        for (_, answer) in self.settling.drain(..) {
            let _ = answer.send(result.map_err(unreachable_error));
        }
        Ok(())
    }

    /// Who would wait in vain, because a relay refuses for longer, hears of it at once.
    fn tell_held_up(&mut self) -> Result<(), Error> {
        let Some((code, again)) = self.engine.held_up()? else {
            return Ok(());
        };
        self.tell_in_vain(code, again.0.saturating_sub(self.clock.now().0));
        Ok(())
    }

    /// A relay refuses for so long: whoever waits for less waits on.
    fn tell_in_vain(&mut self, code: ErrorCode, wait_ms: u64) {
        let again = self.clock.now().plus_ms(wait_ms);
        let in_vain = self.settling.extract_if(.., |(until, _)| *until < again);
        for (_, answer) in in_vain {
            let error = Error::from(WireError::retry(code, wait_ms));
            let _ = answer.send(Err(error));
        }
    }

    /// Writes what waits for company into the vault, as far as a relay takes it.
    async fn write_vault(&mut self) -> Result<(), Error> {
        if !self.engine.vault_waits()? {
            return Ok(());
        }
        self.engine.hasten(self.clock.now())?;
        loop {
            self.carry_out()?;
            if !self.engine.vault_waits()? || self.links.out_of_reach().is_some() {
                return Ok(());
            }
            let wait = self.until_deadline();
            tokio::select! {
                report = self.reports.recv() => match report {
                    Some(report) => self.take_all(report)?,
                    None => return Ok(()),
                },
                () = sleep(wait) => {
                    self.engine.input(self.clock.now(), Input::Tick)?;
                }
            }
        }
    }

    fn tell_connection(&self) {
        let now = self.links.connection();
        self.connection.send_if_modified(|told| {
            let is_news = *told != now;
            *told = now;
            is_news
        });
    }

    async fn close(&mut self) {
        if self.online {
            // What is not written now, the next process of this home writes.
            let _ = timeout(GOODBYE, self.write_vault()).await;
        }
        self.reports.close();
        self.links.close().await;
    }
}

/// What a relay out of reach means to the person.
fn unreachable_error(failure: Failure) -> Error {
    match failure {
        Failure::Refused(error) if error.code == ErrorCode::Unauthorized => {
            ErrorKind::UnknownAccount.into()
        }
        other => other.into(),
    }
}

impl Tasks {
    fn wait(&mut self, task: TaskId, answer: oneshot::Sender<Result<(), Error>>) {
        match self.ended.get(&task) {
            Some(end) => {
                let _ = answer.send(result(*end));
            }
            None => self.waiting.entry(task).or_default().push(answer),
        }
    }

    fn hear(&mut self, event: &Event) {
        let Event::TaskEnded { task, error } = event else {
            return;
        };
        for answer in self.waiting.remove(task).unwrap_or_default() {
            let _ = answer.send(result(*error));
        }
        if self.ended.len() >= MAX_ENDED {
            self.ended.clear();
        }
        self.ended.insert(*task, *error);
    }
}

fn result(end: Option<ErrorKind>) -> Result<(), Error> {
    end.map_or(Ok(()), |kind| Err(Error::new(kind)))
}
