//! How a simulation goes on: the wire between people and relay, one thing at a time.

use restante_client::{
    engine::io::{CallId, Failure, Input, Outgoing, Reply, Stream},
    store::UploadRow,
};
use restante_wire::{
    ErrorCode,
    inbox::{InboxAnswer, InboxRequest},
    mailbox::{Answer, Appended, Ephemeral, Refusal, Request},
    stream::{Event as StreamEvent, Greeting},
};

use crate::{
    Person, World,
    person::{Crash, RELAY},
    relay::Fresh,
    trace,
};

/// What is due within this belongs to what is going on; later things are routine.
const HORIZON_MS: u64 = 3_600_000;

/// Steps after which a simulation that should come to rest is stuck.
const MAX_STEPS: usize = 30_000;

impl World {
    /// Lets time pass.
    pub fn pass_ms(&mut self, ms: u64) {
        self.now = self.now.plus_ms(ms);
        self.relay.set_time(self.now.0);
    }

    /// Runs until nothing is on the wire, without letting time pass.
    pub fn quiet(&mut self) {
        self.wake_all();
        while self.step() {
            self.wake_all();
        }
    }

    /// Runs until nothing is on the wire and nobody waits for a time within the next hour.
    ///
    /// # Panics
    /// If that never happens.
    pub fn rest(&mut self) {
        for _ in 0..MAX_STEPS {
            self.wake_all();
            if self.step() {
                continue;
            }
            let horizon = self.now.plus_ms(HORIZON_MS);
            let due = self
                .people
                .iter()
                .filter_map(Person::due)
                .filter(|due| *due < horizon)
                .min();
            match due {
                Some(due) => {
                    self.now = self.now.max(due);
                    self.relay.set_time(self.now.0);
                    self.tick_due();
                }
                None => return,
            }
        }
        let due = |person: &&Person| person.due().is_some_and(|due| due <= self.now);
        let waiting = self.people.iter().filter(due).map(|person| {
            let timers = person.timers();
            let due = timers.iter().filter(|(_, due)| *due <= self.now);
            (&person.name, due.map(|(kind, _)| *kind).collect::<Vec<_>>())
        });
        let waiting: Vec<_> = waiting.collect();
        panic!("the world never comes to rest; timers that are due: {waiting:?}");
    }

    /// Lets everybody look at the clock.
    pub fn tick_all(&mut self) {
        for who in 0..self.people.len() {
            self.feed(who, Input::Tick);
        }
    }

    /// Lets those look at the clock for whom it is time.
    fn tick_due(&mut self) {
        for who in 0..self.people.len() {
            if self.people[who].due().is_some_and(|due| due <= self.now) {
                self.feed(who, Input::Tick);
            }
        }
    }

    /// Some steps in a random order, with faults: each step delivers one thing, or, one time in
    /// `fault_every`, cuts a connection or ends a process.
    pub fn run(&mut self, steps: usize, fault_every: usize) {
        for _ in 0..steps {
            self.wake_all();
            if self.random.usize(..fault_every) == 0 {
                let who = self.random.usize(..self.people.len());
                if self.random.bool() {
                    self.crash(who);
                } else {
                    self.cut(who);
                }
            } else {
                self.step();
                let ms = self.random.u64(..200);
                self.pass_ms(ms);
                if self.random.u8(..8) == 0 {
                    let who = self.random.usize(..self.people.len());
                    self.feed(who, Input::Tick);
                }
            }
        }
    }

    pub(crate) fn wake_all(&mut self) {
        for who in 0..self.people.len() {
            if self.people[who].is_off {
                continue;
            }
            self.start(who);
            if !self.people[who].connected && self.people[who].to_client.is_empty() {
                self.connect(who);
            }
        }
    }

    /// Starts a client from its disk if it is on and does not run.
    pub(crate) fn start(&mut self, who: usize) {
        let person = &mut self.people[who];
        if person.engine.is_none() && !person.is_off {
            person.start(&self.randomness, self.now);
            self.drain(who);
        }
    }

    fn connect(&mut self, who: usize) {
        let greeting = Greeting {
            restore_id: self.relay.restore_id,
            day: self.relay.day(),
        };
        let has_session = self.has_session(who);
        let person = &mut self.people[who];
        person.connected = true;
        for stream in [Stream::Rooms, Stream::Account] {
            if stream == Stream::Account && !has_session {
                continue;
            }
            let (relay, greeting) = (RELAY.to_owned(), greeting.clone());
            person.to_client.push_back(Input::Connected {
                relay,
                stream,
                greeting,
            });
        }
    }

    /// Whether the relay opens a session for a client: it is in its account's record.
    fn has_session(&self, who: usize) -> bool {
        let body = &self.people[who].account.client.certificate().body;
        let directory = &self.relay.directory;
        let session = directory.check_session(&body.account.key_hash, &body.client);
        session.is_ok()
    }

    /// Delivers one thing to somebody. Returns whether there was anything.
    pub(crate) fn step(&mut self) -> bool {
        let mut ready = Vec::new();
        for (who, person) in self.people.iter().enumerate() {
            if person.connected && !person.to_relay.is_empty() {
                ready.push((who, true));
            }
            let reads = person.engine.is_some() && person.frozen_until <= self.now;
            if reads && !person.to_client.is_empty() {
                ready.push((who, false));
            }
        }
        if ready.is_empty() {
            return false;
        }
        let (who, is_to_relay) = ready[self.random.usize(..ready.len())];
        if is_to_relay {
            if let Some(outgoing) = self.people[who].to_relay.pop_front() {
                self.arrive(who, outgoing);
            }
        } else if let Some(input) = self.people[who].to_client.pop_front() {
            self.feed(who, input);
        }
        true
    }

    pub(crate) fn feed(&mut self, who: usize, input: Input) {
        if !matches!(input, Input::Tick) {
            self.note(|| format!("        {who} ← {}", trace::input(&input)));
        }
        let now = self.people[who].clock(self.now);
        let Some(engine) = self.people[who].engine.as_mut() else {
            return;
        };
        engine
            .input(now, input)
            .expect("the disk of a simulation works");
        self.after_transaction(who);
    }

    /// A transaction is on disk: what it asked for leaves, unless the process ends here.
    pub(crate) fn after_transaction(&mut self, who: usize) {
        self.note_standing(who);
        let person = &mut self.people[who];
        let due = match &mut person.crash_at {
            Some((0, crash)) => Some(*crash),
            Some((left, _)) => {
                *left -= 1;
                None
            }
            None => None,
        };
        match due {
            None => self.drain(who),
            Some(crash) => {
                person.crash_at = None;
                if crash != Crash::BeforeSending {
                    self.drain(who);
                    while let Some(outgoing) = self.people[who].to_relay.pop_front() {
                        self.arrive(who, outgoing);
                    }
                }
                if crash == Crash::PowerCut {
                    self.note(|| format!("        {who} loses power"));
                    self.people[who].lose_power();
                }
                self.crash(who);
            }
        }
    }

    /// Takes what the engine wants sent and told. Without a connection requests are lost at once.
    pub(crate) fn drain(&mut self, who: usize) {
        let person = &mut self.people[who];
        let Some(engine) = person.engine.as_mut() else {
            return;
        };
        while let Some(event) = engine.next_event() {
            person.events.push(event);
        }
        let leaving: Vec<Outgoing> = std::iter::from_fn(|| engine.next_outgoing()).collect();
        for outgoing in leaving {
            if let Outgoing::Mailbox { request, .. } = &outgoing {
                self.check_ack(who, request);
            }
            let person = &mut self.people[who];
            if person.connected {
                person.to_relay.push_back(outgoing);
            } else {
                let result = Err(Failure::Lost);
                person.to_client.push_back(Input::Answered {
                    call: call_of(&outgoing),
                    result,
                });
            }
        }
    }

    pub(crate) fn open_calls(&self, who: usize) -> Vec<CallId> {
        self.people[who].to_relay.iter().map(call_of).collect()
    }

    pub(crate) fn arrive(&mut self, who: usize, outgoing: Outgoing) {
        self.note(|| format!("        {who} → {}", trace::outgoing(&outgoing)));
        let call = call_of(&outgoing);
        let result = match outgoing {
            Outgoing::Mailbox { request, .. } => self.mailbox(who, request),
            Outgoing::Inbox { request, .. } => self.inbox(who, &request),
            Outgoing::Http { path, body, .. } => {
                let account = &self.people[who].account;
                let certificate = account.client.certificate().body.clone();
                let answer = self.relay.directory.post(
                    certificate.account.key_hash,
                    certificate.client,
                    path,
                    &body,
                );
                answer.map(Reply::Http).map_err(Failure::Refused)
            }
            Outgoing::Upload { upload, .. } => self.upload(who, &upload),
        };
        self.people[who]
            .to_client
            .push_back(Input::Answered { call, result });
        self.publish_watches(who);
        self.publish_letters();
    }

    /// A file on its way: the network takes some of it, or all.
    fn upload(&mut self, who: usize, upload: &UploadRow) -> Result<Reply, Failure> {
        let is_lost = self.people[who].lost_copies.contains(&upload.copy);
        let received = self.relay.blobs.entry(upload.blob).or_default();
        if *received == upload.sealed_len {
            return Ok(Reply::Uploaded);
        }
        if self.relay.takes_no_blobs {
            return Err(Failure::Lost);
        }
        if is_lost {
            return Ok(Reply::CopyLost);
        }
        if self.random.u8(..4) == 0 {
            *received += (upload.sealed_len - *received) / 2;
            return Err(Failure::Lost);
        }
        *received = upload.sealed_len;
        Ok(Reply::Uploaded)
    }

    fn mailbox(&mut self, who: usize, request: Request) -> Result<Reply, Failure> {
        self.people[who].carry_watches_on(&request);
        match &request {
            Request::Watch(watch) => {
                for position in &watch.positions {
                    let person = &mut self.people[who];
                    person
                        .watches
                        .retain(|old| old.access.mailbox != position.access.mailbox);
                    person.watches.push(position.clone());
                    person.seats.push(position.access.clone());
                }
            }
            Request::Create(_)
            | Request::Append(_)
            | Request::Ack(_)
            | Request::Rotate(_)
            | Request::Ephemeral(_) => {}
            other => panic!("a client asked for {other:?}"),
        }
        let ephemeral = match &request {
            Request::Ephemeral(ephemeral) => Some(ephemeral.clone()),
            _ => None,
        };
        let (answer, fresh) = self.relay.answer(request);
        if let (Some(ephemeral), Ok(_)) = (ephemeral, &answer) {
            self.publish_ephemeral(&ephemeral);
        }
        if let Some(fresh) = fresh {
            self.publish(&fresh);
        }
        let answer = answer.map(|answer| match (answer, self.lie.as_mut()) {
            (
                Answer::Appended(Appended {
                    numbers,
                    refused:
                        Some(Refusal::Stale {
                            last_commit,
                            missing,
                        }),
                }),
                Some(lie),
            ) => Answer::Appended(Appended {
                numbers,
                refused: Some(Refusal::Stale {
                    last_commit,
                    missing: lie(who, missing),
                }),
            }),
            (answer, _) => answer,
        });
        answer.map(Reply::Mailbox).map_err(Failure::Refused)
    }

    fn inbox(&mut self, who: usize, request: &InboxRequest) -> Result<Reply, Failure> {
        let inbox = self.people[who].account.client.certificate().body.inbox;
        let Some(letters) = self.relay.directory.inboxes.get(&inbox) else {
            return Err(Failure::Refused(ErrorCode::Unauthorized.into()));
        };
        let answer = match request {
            InboxRequest::Watch { cursor } => {
                self.people[who].inbox_watch = Some(*cursor);
                let last = letters.len() as u64;
                InboxAnswer::Watching { last }
            }
            _ => InboxAnswer::Done,
        };
        Ok(Reply::Inbox(answer))
    }

    pub(crate) fn publish(&mut self, fresh: &Fresh) {
        for who in 0..self.people.len() {
            if self.people[who]
                .watches
                .iter()
                .any(|watch| watch.access.mailbox == fresh.0)
            {
                self.publish_watches(who);
            }
        }
    }

    /// Hands an ephemeral envelope to every seat connected now but its author's.
    pub fn publish_ephemeral(&mut self, ephemeral: &Ephemeral) {
        let (mailbox, author) = (ephemeral.access.mailbox, ephemeral.access.seat);
        for person in &mut self.people {
            let watches = person
                .watches
                .iter()
                .any(|watch| watch.access.mailbox == mailbox && watch.access.seat != author);
            if watches {
                person.to_client.push_back(Input::Event {
                    relay: RELAY.to_owned(),
                    event: StreamEvent::Ephemeral {
                        mailbox,
                        body: ephemeral.body.clone(),
                    },
                });
            }
        }
    }

    fn publish_watches(&mut self, who: usize) {
        let person = &mut self.people[who];
        let mut watches = std::mem::take(&mut person.watches);
        watches.retain_mut(|watch| {
            let Some(event) = self.relay.read(watch) else {
                return true;
            };
            let goes_on = !matches!(event, StreamEvent::Ended { .. });
            let event = match (event, self.lie.as_mut()) {
                (StreamEvent::Envelopes { mailbox, envelopes }, Some(lie)) => {
                    StreamEvent::Envelopes {
                        mailbox,
                        envelopes: lie(who, envelopes),
                    }
                }
                (event, _) => event,
            };
            person.to_client.push_back(Input::Event {
                relay: RELAY.to_owned(),
                event,
            });
            goes_on
        });
        person.watches = watches;
    }

    pub(crate) fn publish_letters(&mut self) {
        for person in &mut self.people {
            let inbox = person.account.client.certificate().body.inbox;
            if let Some(letters) = self.relay.directory.inboxes.get(&inbox)
                && let Some(cursor) = &mut person.inbox_watch
                && letters.len() as u64 > *cursor
            {
                let fresh = letters[*cursor as usize..].to_vec();
                *cursor = letters.len() as u64;
                let event = StreamEvent::Letters(fresh);
                person.to_client.push_back(Input::Event {
                    relay: RELAY.to_owned(),
                    event,
                });
            }
        }
    }
}

pub(crate) const fn call_of(outgoing: &Outgoing) -> CallId {
    match outgoing {
        Outgoing::Mailbox { call, .. }
        | Outgoing::Inbox { call, .. }
        | Outgoing::Http { call, .. }
        | Outgoing::Upload { call, .. } => *call,
    }
}
