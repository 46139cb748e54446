//! All links of a client: brings up what the engine wants, and carries its requests.

use std::{
    collections::{BTreeSet, HashMap},
    path::Path,
    sync::Arc,
    time::Duration,
};

use restante_crypto::Randomness;
use restante_wire::{ErrorCode, WireError, inbox::InboxRequest, mailbox};
use tokio::sync::{mpsc, watch};

use super::{
    blobs::Uploads,
    connection::Connection,
    link::Link,
    posts::{Post, Posts},
    protocol::{Account, Protocol, Rooms},
    report::{LinkKey, LinkNews, Report},
    session::Session,
    side::Side,
};
use crate::{
    Error,
    engine::io::{CallId, Failure, Input, Outgoing, Stream},
    platform::{Instant, Runtime, Task, timeout},
};

/// Most requests that wait for one stream; further ones are refused for now.
const MAX_QUEUED: usize = 1024;

/// After so many failures in a row a relay counts as out of reach.
const OUT_OF_REACH: u32 = 3;

/// How long a link may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// The network side of a client.
pub(super) struct Links {
    epoch: u64,
    links: HashMap<LinkKey, LinkHandle>,
    posts: Posts,
    uploads: Uploads,
    rooms: Side,
    session: Arc<Session>,
    reports: mpsc::Sender<Report>,
    runtime: Runtime,
    hurry: watch::Sender<()>,
    randomness: Randomness,
}

/// One link as the worker sees it.
struct LinkHandle {
    /// None once it was told to end.
    calls: Option<Calls>,
    task: Task,
    up: bool,
    failed: Option<Failed>,
}

/// How attempts to bring a link up went.
struct Failed {
    /// Failures in a row.
    count: u32,
    /// The last one.
    failure: Failure,
    at: Instant,
}

enum Calls {
    Rooms(mpsc::Sender<(CallId, mailbox::Request)>),
    Account(mpsc::Sender<(CallId, InboxRequest)>),
}

impl Links {
    /// A network side without a connection.
    ///
    /// # Errors
    /// `internal_client` if TLS cannot be set up.
    pub(super) fn new(
        relay: String,
        reports: mpsc::Sender<Report>,
        runtime: Runtime,
        randomness: Randomness,
        home: Arc<Path>,
    ) -> Result<Self, Error> {
        let rooms = Side::new()?;
        let session = Arc::new(Session::new(relay, Side::new()?, reports.clone()));
        Ok(Self {
            epoch: 0,
            links: HashMap::new(),
            uploads: Uploads::new(rooms.clone(), home, reports.clone()),
            posts: Posts::new(rooms.clone(), Arc::clone(&session), reports.clone()),
            rooms,
            session,
            reports,
            runtime,
            hurry: watch::Sender::new(()),
            randomness,
        })
    }

    /// Brings up the streams that should be up and tells the others to end.
    pub(super) fn want(&mut self, wanted: &BTreeSet<LinkKey>) {
        for (key, link) in &mut self.links {
            if !wanted.contains(key) {
                link.calls = None;
            }
        }
        for key in wanted {
            self.ensure(key);
        }
    }

    /// The network may be back: links that wait for their next attempt make it now, and those that are up
    /// must show that they are.
    pub(super) fn hurry(&self) {
        self.hurry.send_replace(());
    }

    /// Makes a request. Gives back the answer where it is refused at once.
    pub(super) fn make(&mut self, outgoing: Outgoing) -> Result<(), Input> {
        match outgoing {
            Outgoing::Mailbox {
                call,
                relay,
                request,
            } => {
                let sent = match self.ensure(&(relay, Stream::Rooms)) {
                    Some(Calls::Rooms(calls)) => queue(calls, call, request),
                    _ => Err(Failure::Lost),
                };
                sent.map_err(|failure| failed(call, failure))
            }
            Outgoing::Inbox { call, request } => {
                let home = self.session.relay().to_owned();
                let sent = match self.ensure(&(home, Stream::Account)) {
                    Some(Calls::Account(calls)) => queue(calls, call, request),
                    _ => Err(Failure::Lost),
                };
                sent.map_err(|failure| failed(call, failure))
            }
            Outgoing::Http {
                call,
                relay,
                path,
                access,
                body,
            } => {
                let post = Post {
                    call,
                    relay,
                    path,
                    access,
                    body,
                };
                self.posts.start(&self.runtime, self.epoch, post)
            }
            Outgoing::Upload { call, upload } => {
                self.uploads.start(&self.runtime, self.epoch, call, upload);
                Ok(())
            }
        }
    }

    /// Takes a link's news; gives what the engine must hear, if anything.
    pub(super) fn take(&mut self, epoch: u64, key: &LinkKey, news: LinkNews) -> Option<Input> {
        if epoch != self.epoch {
            return None;
        }
        let link = self.links.get_mut(key)?;
        match news {
            LinkNews::Failed { failures, failure } => {
                link.failed = Some(Failed {
                    count: failures,
                    failure,
                    at: Instant::now(),
                });
                None
            }
            LinkNews::Ended => {
                self.links.remove(key);
                None
            }
            LinkNews::Input(input) => {
                match input {
                    Input::Connected { .. } => {
                        link.up = true;
                        link.failed = None;
                    }
                    Input::Disconnected { .. } => link.up = false,
                    _ => {}
                }
                Some(input)
            }
        }
    }

    /// Whether reports of this epoch still count.
    pub(super) const fn is_current(&self, epoch: u64) -> bool {
        self.epoch == epoch
    }

    /// Why nothing gets through: every link failed several times in a row, or the relay refuses this
    /// client's session, without which no account is of use. A refusal says more than a certificate
    /// that is not trusted, and that more than a lost connection.
    pub(super) fn out_of_reach(&self) -> Option<Failure> {
        if let Some(failed) = self.account_failed()
            && failed.count >= OUT_OF_REACH
            && failed.failure.code().is_some()
        {
            return Some(failed.failure);
        }
        let mut failures = Vec::new();
        for link in self.links.values() {
            let failed = link.failed.as_ref()?;
            if link.up || failed.count < OUT_OF_REACH {
                return None;
            }
            failures.push(failed.failure);
        }
        failures.into_iter().max_by_key(|failure| match failure {
            Failure::Refused(_) => 2,
            Failure::Untrusted => 1,
            Failure::Lost => 0,
        })
    }

    /// Why, and for how long still, the home relay refuses this client's session, where it named a time.
    pub(super) fn refused_for(&self) -> Option<(ErrorCode, u64)> {
        let failed = self.account_failed()?;
        let (code, wait_ms) = (failed.failure.code()?, failed.failure.wait_ms()?);
        let passed_ms = u64::try_from(failed.at.elapsed().as_millis()).unwrap_or(u64::MAX);
        Some((code, wait_ms.saturating_sub(passed_ms)))
    }

    fn account_failed(&self) -> Option<&Failed> {
        let mut links = self.links.iter();
        let account = links.find(|(key, _)| key.1 == Stream::Account);
        account.and_then(|(_, link)| link.failed.as_ref())
    }

    /// How things stand with the home relay.
    pub(super) fn connection(&self) -> Connection {
        let mut links = self.links.iter();
        if links.any(|(key, link)| key.1 == Stream::Account && link.up) {
            Connection::Online
        } else if self.out_of_reach().is_some() {
            Connection::Offline
        } else {
            Connection::Connecting
        }
    }

    /// Cuts every connection and forgets every call: what they still report is void. The engine has
    /// forgotten them, too.
    pub(super) fn reset(&mut self) {
        self.epoch += 1;
        self.posts.abort_all();
        self.uploads.abort_all();
        for (_, link) in self.links.drain() {
            link.task.abort();
        }
    }

    /// Lets every link say goodbye, and waits for those that were up.
    pub(super) async fn close(&mut self) {
        self.posts.abort_all();
        self.uploads.abort_all();
        for (_, mut link) in self.links.drain() {
            link.calls = None;
            if !link.up {
                link.task.abort();
            }
            // The worker has stopped reading reports: a link that wants to make one is not waited for.
            if timeout(GOODBYE, link.task.finished()).await.is_err() {
                link.task.abort();
            }
        }
    }

    /// The queue of a link that is brought up if there is none; none while it is ending.
    fn ensure(&mut self, key: &LinkKey) -> Option<&Calls> {
        if !self.links.contains_key(key) {
            let link = match key.1 {
                Stream::Rooms => self.start::<Rooms>(&key.0, None, Calls::Rooms),
                Stream::Account => {
                    let session = Some(Arc::clone(&self.session));
                    self.start::<Account>(&key.0, session, Calls::Account)
                }
            };
            self.links.insert(key.clone(), link);
        }
        self.links.get(key)?.calls.as_ref()
    }

    fn start<P: Protocol>(
        &self,
        relay: &str,
        session: Option<Arc<Session>>,
        queue: impl FnOnce(mpsc::Sender<(CallId, P::Request)>) -> Calls,
    ) -> LinkHandle {
        let (sender, calls) = mpsc::channel(MAX_QUEUED);
        let side = match &session {
            Some(session) => session.side().clone(),
            None => self.rooms.clone(),
        };
        let link = Link::<P> {
            epoch: self.epoch,
            relay: relay.to_owned(),
            side,
            session,
            calls,
            reports: self.reports.clone(),
            hurry: self.hurry.subscribe(),
            randomness: self.randomness.clone(),
        };
        LinkHandle {
            calls: Some(queue(sender)),
            task: self.runtime.spawn(link.run()),
            up: false,
            failed: None,
        }
    }
}

fn queue<R>(calls: &mpsc::Sender<(CallId, R)>, call: CallId, request: R) -> Result<(), Failure> {
    calls
        .try_send((call, request))
        .map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                Failure::Refused(WireError::retry(ErrorCode::Overloaded, 1000))
            }
            mpsc::error::TrySendError::Closed(_) => Failure::Lost,
        })
}

fn failed(call: CallId, failure: Failure) -> Input {
    Input::Answered {
        call,
        result: Err(failure),
    }
}
