//! The handle of a running client.

use std::{future::Future, path::Path, sync::Arc, time::Duration};

use restante_crypto::Randomness;
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use super::{
    blobs,
    connection::Connection,
    links::Links,
    pending::{PendingFile, PendingLogin},
    worker::{Ask, Tasks, Worker},
};
use crate::{
    Error, ErrorKind, Retry,
    engine::{
        Engine,
        io::{Command, Event, Outcome, TaskId},
    },
    platform::{Clock, Instant, Runtime, SystemClock, blocking, run_engine, sleep, timeout},
    store::Store,
};

/// Most commands and questions that wait for the engine.
const MAX_ASKS: usize = 256;

/// Most reports of the network that wait for the engine.
const MAX_REPORTS: usize = 1024;

/// Events kept for a listener that is slow; it is told when it missed some.
const MAX_EVENTS: usize = 4096;

/// How long another process may need to give up the home: commands of a script follow each other
/// closely, and one that ends says goodbye to the relay first.
const LEASE_PATIENCE: Duration = Duration::from_secs(5);

/// How often it is looked whether it did.
const LEASE_EVERY: Duration = Duration::from_millis(50);

/// A running client. Clones are handles of the same one. It is offline until told otherwise, and
/// ends when closed or when the last handle is dropped.
#[derive(Debug, Clone)]
pub struct Client {
    home: Arc<Path>,
    asks: mpsc::Sender<Ask>,
    events: broadcast::Sender<Event>,
    connection: watch::Receiver<Connection>,
}

/// What a listener hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// The next event.
    Event(Box<Event>),
    /// The listener was slow and missed some: read again what matters.
    Missed,
}

/// Events from the moment of asking for them.
#[derive(Debug)]
pub struct Events(broadcast::Receiver<Event>);

impl Events {
    /// The next event; none once the client has ended.
    pub async fn next(&mut self) -> Option<Heard> {
        match self.0.recv().await {
            Ok(event) => Some(Heard::Event(Box::new(event))),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Heard::Missed),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }

    /// The next event that is there already, if one is.
    pub fn next_now(&mut self) -> Option<Heard> {
        match self.0.try_recv() {
            Ok(event) => Some(Heard::Event(Box::new(event))),
            Err(broadcast::error::TryRecvError::Lagged(_)) => Some(Heard::Missed),
            Err(_) => None,
        }
    }
}

impl Client {
    /// Opens a home, offline. Natively it must be called inside a tokio runtime, which then carries the
    /// network.
    ///
    /// # Errors
    /// `home_in_use` if another process keeps it for some seconds; otherwise as [`Store::open`].
    pub async fn open(home: &Path, passphrase: &str) -> Result<Self, Error> {
        // Only waiting ends: an opening that is slow, as on a small machine, is no other process.
        let patient_until = Instant::now() + LEASE_PATIENCE;
        loop {
            match Self::open_now(home, passphrase).await {
                Err(error)
                    if error.kind == ErrorKind::HomeInUse && Instant::now() < patient_until =>
                {
                    sleep(LEASE_EVERY).await;
                }
                opened => return opened,
            }
        }
    }

    async fn open_now(home: &Path, passphrase: &str) -> Result<Self, Error> {
        let home = home.to_owned();
        let passphrase = zeroize::Zeroizing::new(passphrase.to_owned());
        let opening = move || {
            let store = Store::open(&home, &passphrase)?;
            // A sign-in that was cut short behind its last step left it.
            PendingFile::<PendingLogin>::forget(&home, &passphrase)?;
            Ok(store)
        };
        let store = blocking(opening).await?;
        Self::start(store, SystemClock).await
    }

    /// Runs the engine of an open store.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub(super) async fn start<C: Clock>(store: Store, clock: C) -> Result<Self, Error> {
        let home: Arc<Path> = store.home().into();
        let engine = Engine::open(store, clock.now())?;
        blobs::sweep_incoming(&home, clock.now()).await;
        blobs::sweep(&home, &engine.copies_on_their_way()?).await;
        let (asks, asked) = mpsc::channel(MAX_ASKS);
        let (reports, reported) = mpsc::channel(MAX_REPORTS);
        let (events, _) = broadcast::channel(MAX_EVENTS);
        let (connection, told) = watch::channel(Connection::default());
        let links = Links::new(
            engine.whoami().relay,
            reports,
            Runtime::current(),
            Randomness::os(),
            Arc::clone(&home),
        )?;
        let worker = Worker {
            engine,
            clock,
            links,
            asks: asked,
            reports: reported,
            events: events.clone(),
            connection,
            online: false,
            streams_changed: true,
            settling: Vec::new(),
            tasks: Tasks::default(),
        };
        run_engine(move || worker.run())?;
        Ok(Self {
            home,
            asks,
            events,
            connection: told,
        })
    }

    /// Carries out a command. It is durable when this returns.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn command(&self, command: Command) -> Result<Outcome, Error> {
        self.ask(|answer| Ask::Command(command, answer)).await?
    }

    /// Looks at the engine.
    ///
    /// # Errors
    /// `internal_client` if the client has ended.
    pub async fn query<T: Send + 'static>(
        &self,
        look: impl FnOnce(&mut Engine) -> T + Send + 'static,
    ) -> Result<T, Error> {
        self.ask(|answer| {
            Ask::Look(Box::new(move |engine| {
                let _ = answer.send(look(engine));
            }))
        })
        .await
    }

    /// Directory of this client.
    pub(super) fn home(&self) -> &Path {
        &self.home
    }

    /// Tells listeners what the engine does not know of.
    pub(super) fn tell(&self, event: Event) {
        // Nobody listening is no error.
        let _ = self.events.send(event);
    }

    /// Events from now on.
    #[must_use]
    pub fn events(&self) -> Events {
        Events(self.events.subscribe())
    }

    /// How things stand with the home relay, now and whenever that changes.
    #[must_use]
    pub fn connection(&self) -> watch::Receiver<Connection> {
        self.connection.clone()
    }

    /// Connects to the relays and stays connected.
    ///
    /// # Errors
    /// `internal_client` if the client has ended.
    pub async fn go_online(&self) -> Result<(), Error> {
        let asked = self.asks.send(Ask::Online).await;
        asked.map_err(|_| ended())
    }

    /// Says that the network may be back, or another one: connections are tried now, not after their wait.
    ///
    /// # Errors
    /// `internal_client` if the client has ended.
    pub async fn hurry(&self) -> Result<(), Error> {
        let asked = self.asks.send(Ask::Hurry).await;
        asked.map_err(|_| ended())
    }

    /// Connects, and waits until everything was fetched, processed and sent that can be now.
    ///
    /// # Errors
    /// `offline` if no relay can be reached, `unknown_account`, `timed_out`, or why a relay refuses
    /// this client (with the time of the next attempt, if that lies behind the deadline).
    pub async fn sync(&self, deadline: Duration) -> Result<(), Error> {
        self.go_online().await?;
        self.within(deadline, self.ask(|answer| Ask::Settle(deadline, answer)))
            .await?
    }

    /// Waits until a task ends.
    ///
    /// # Errors
    /// The task's own, or `timed_out`: the task goes on.
    pub async fn wait_task(&self, task: TaskId, deadline: Duration) -> Result<(), Error> {
        self.within(deadline, self.ask(|answer| Ask::Task(task, answer)))
            .await?
    }

    /// Says goodbye to the relays and gives up the home: when this returns, another process may open
    /// it.
    pub async fn close(self) {
        // A client that has ended already is closed.
        let _ = self.ask(Ask::Close).await;
    }

    async fn within<T>(
        &self,
        deadline: Duration,
        asking: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        timeout(deadline, asking)
            .await
            .unwrap_or_else(|_| Err(Error::new(ErrorKind::TimedOut).with_retry(Retry::Now)))
    }

    async fn ask<T>(&self, ask: impl FnOnce(oneshot::Sender<T>) -> Ask) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        self.asks.send(ask(answer)).await.map_err(|_| ended())?;
        answered.await.map_err(|_| ended())
    }
}

fn ended() -> Error {
    Error::new(ErrorKind::Internal)
}
