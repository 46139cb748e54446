//! The relay's mailboxes in the relay's own store: the heart of the shipped program, driven on this
//! thread, on a disk that may lose what was not flushed.
//!
//! Owns: the database, its clock, and a memory of every envelope that was ever appended, for those who
//! are shown more than they may see. Never does: decide anything; `restante_server::store` and
//! `restante_server::delivery` do. Read next: [`super::relay`], which asks this or logs in memory.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
    sync::Arc,
};

use restante_power_cut::WatchedDisk;
use restante_server::{
    clock::{Clock, ManualClock, SeededEntropy},
    delivery::Limits,
    store::{Change, Environment, Options, sqlite::core::Core},
};
use restante_wire::{
    Envelope, ErrorCode, MailboxAddress, Outcome, SeatId, WireError,
    limits::MAX_PAGE,
    mailbox::{Answer, Append, Fetch, Fetched, Position, Request},
    stream::{Ended, Event},
};
use tempfile::TempDir;

use crate::{person::temporary_home, relay::Fresh};

/// Name of the database.
const FILE: &str = "relay.sqlite";

/// A relay's store.
pub(crate) struct Stored {
    /// None only while it is opened anew.
    core: Option<Core>,
    disk: WatchedDisk,
    folder: TempDir,
    clock: Arc<ManualClock>,
    options: Options,
    /// How often it was opened.
    opened: u64,
    logs: BTreeMap<MailboxAddress, Vec<Envelope>>,
    /// Watches that have seen everything, until something happens to their mailbox.
    quiet: BTreeMap<MailboxAddress, BTreeSet<(SeatId, u64)>>,
}

impl Stored {
    /// An empty one.
    pub(crate) fn new(limits: Limits, now_ms: u64) -> Self {
        let clock = Arc::new(ManualClock::at_ms(now_ms));
        let mut options = Options::default();
        // Often, so that a crash falls into the copying of the log, too.
        options.checkpoint_pages = 64;
        options.environment = Environment {
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            entropy: Arc::new(SeededEntropy::new(now_ms)),
            limits: Arc::new(limits),
        };
        let folder = temporary_home();
        let disk = WatchedDisk::new(folder.path(), 0).expect("a folder");
        let core = open(&folder, &options);
        Self {
            core: Some(core),
            disk,
            folder,
            clock,
            options,
            opened: 1,
            logs: BTreeMap::new(),
            quiet: BTreeMap::new(),
        }
    }

    fn core(&mut self) -> &mut Core {
        self.core.as_mut().expect("it is open")
    }

    /// The time goes on; on a new day, what is past its retention is deleted.
    pub(crate) fn set_time(&mut self, now_ms: u64) {
        let before = self.clock.day();
        self.clock
            .advance_ms(now_ms.saturating_sub(self.clock.now_ms()));
        if self.clock.day() > before {
            self.core().expire().expect("the relay's disk works");
            self.core().tidy();
            self.quiet.clear();
        }
    }

    /// Every envelope that was ever appended.
    pub(crate) fn log(&self, mailbox: &MailboxAddress) -> &[Envelope] {
        self.logs.get(mailbox).map_or(&[], Vec::as_slice)
    }

    /// Every mailbox that was ever made.
    pub(crate) fn mailboxes(&self) -> impl Iterator<Item = &MailboxAddress> {
        self.logs.keys()
    }

    /// The process ends, or the whole machine: then what was not flushed may be gone. It starts again
    /// from what the disk has.
    pub(crate) fn crash(&mut self, is_power_cut: bool) {
        let next = temporary_home();
        match is_power_cut {
            true => self.disk.cut(next.path()).expect("a disk"),
            false => self.copy_to(&next),
        }
        self.opened += 1;
        self.disk = WatchedDisk::new(next.path(), self.opened).expect("a folder");
        // What the old process does at its end happens to files that nobody reads any more.
        self.core = None;
        self.folder = next;
        self.core = Some(open(&self.folder, &self.options));
        self.quiet.clear();
    }

    /// Its files as the process has written them.
    fn copy_to(&self, next: &TempDir) {
        for name in [FILE.into(), format!("{FILE}-wal")] {
            let from = self.folder.path().join(&name);
            if from.exists() {
                fs::copy(from, next.path().join(name)).expect("a disk");
            }
        }
    }

    /// Answers a request of a client; says which mailbox something happened in.
    pub(crate) fn answer(
        &mut self,
        request: Request,
    ) -> (Result<Answer, WireError>, Option<Fresh>) {
        let (mailbox, change) = match request {
            Request::Watch(watch) => return (self.watching(watch.positions), None),
            Request::Append(append) => return self.append(append),
            Request::Ack(ack) => (None, Change::Ack(ack)),
            Request::Create(create) => {
                self.logs.entry(create.mailbox).or_default();
                (Some(create.mailbox), Change::Create(create))
            }
            Request::Rotate(rotate) => (Some(rotate.access.mailbox), Change::Rotate(rotate)),
            Request::Ephemeral(ephemeral) => (None, Change::Ephemeral(ephemeral)),
            _ => return (Err(ErrorCode::BadRequest.into()), None),
        };
        if let Some(mailbox) = mailbox {
            self.quiet.remove(&mailbox);
        } else {
            // Acknowledging may trim what a slow reader still needs.
            self.quiet.clear();
        }
        (self.change(change), None)
    }

    fn change(&mut self, change: Change) -> Result<Answer, WireError> {
        let mut answers = self.core().change(vec![change]);
        answers.pop().expect("one answer")
    }

    fn append(&mut self, append: Append) -> (Result<Answer, WireError>, Option<Fresh>) {
        let access = append.access.clone();
        let mailbox = access.mailbox;
        self.quiet.remove(&mailbox);
        let answer = self.change(Change::Append(append));
        let Ok(Answer::Appended(appended)) = &answer else {
            return (answer, None);
        };
        let known = self.log(&mailbox).len() as u64;
        if appended.numbers.iter().all(|number| *number <= known) {
            return (answer, None);
        }
        let fetch = Fetch {
            access,
            cursor: known,
            limit: MAX_PAGE,
        };
        let Ok(Fetched::Page { envelopes, .. }) = self.core().fetch(&fetch) else {
            panic!("R1: an author reads what it has appended");
        };
        let log = self.logs.entry(mailbox).or_default();
        for envelope in envelopes {
            assert_eq!(envelope.number, log.len() as u64 + 1, "R2: no gap");
            let is_known = log.iter().any(|known| known.id == envelope.id);
            assert!(!is_known, "R3: an envelope id is appended once");
            log.push(envelope);
        }
        (answer, Some(Fresh(mailbox)))
    }

    fn watching(&mut self, positions: Vec<Position>) -> Result<Answer, WireError> {
        for position in &positions {
            self.quiet.remove(&position.access.mailbox);
        }
        let lasts = self.core().readable(positions)?;
        Ok(Answer::Watching(
            lasts.into_iter().map(Outcome::from).collect(),
        ))
    }

    /// How far a position may read.
    pub(crate) fn readable(&mut self, position: &Position) -> Result<u64, WireError> {
        let mut lasts = self.core().readable(vec![position.clone()])?;
        lasts.pop().expect("one outcome")
    }

    /// What a watch at this position sees next; moves it.
    pub(crate) fn read(&mut self, position: &mut Position) -> Option<Event> {
        let mailbox = position.access.mailbox;
        let place = (position.access.seat, position.cursor);
        let is_quiet = |quiet: &BTreeSet<_>| quiet.contains(&place);
        if self.quiet.get(&mailbox).is_some_and(is_quiet) {
            return None;
        }
        let fetch = Fetch {
            access: position.access.clone(),
            cursor: position.cursor,
            limit: MAX_PAGE,
        };
        let reason = match self.core().fetch(&fetch) {
            Ok(Fetched::Page { envelopes, .. }) => {
                let Some(last) = envelopes.last() else {
                    self.quiet.entry(mailbox).or_default().insert(place);
                    return None;
                };
                position.cursor = last.number;
                self.check(&mailbox, &envelopes);
                return Some(Event::Envelopes { mailbox, envelopes });
            }
            Ok(Fetched::Trimmed { first }) => Ended::Trimmed { first },
            Err(_) => Ended::NoSuchSeat,
        };
        Some(Event::Ended { mailbox, reason })
    }

    /// Every reader sees the same envelope at the same number (R2).
    fn check(&self, mailbox: &MailboxAddress, envelopes: &[Envelope]) {
        let log = self.log(mailbox);
        for envelope in envelopes {
            let place = envelope.number as usize - 1;
            assert_eq!(log.get(place), Some(envelope), "R2: the same at one number");
        }
    }
}

/// A clone starts from a copy of the files.
impl Clone for Stored {
    fn clone(&self) -> Self {
        let folder = temporary_home();
        self.copy_to(&folder);
        Self {
            core: Some(open(&folder, &self.options)),
            disk: WatchedDisk::new(folder.path(), self.opened).expect("a folder"),
            folder,
            clock: Arc::clone(&self.clock),
            options: self.options.clone(),
            opened: self.opened,
            logs: self.logs.clone(),
            quiet: BTreeMap::new(),
        }
    }
}

fn open(folder: &TempDir, options: &Options) -> Core {
    let path: PathBuf = folder.path().join(FILE);
    Core::open(&path, options, Arc::default()).expect("R1: the relay starts again")
}
