//! The world of a simulation: people, a relay, the wire between them, and virtual time.

use std::collections::BTreeSet;

use restante_client::{
    ErrorKind,
    engine::io::{
        CallId, Command, Event, Failure, Input, Message, MessageState, Outcome, Outgoing, Reply,
        Room, RoomId, RoomPhase, Stream, TaskId, Time,
    },
};
use restante_crypto::Randomness;
use restante_wire::{
    EnvelopeId, Kind, RestoreId,
    inbox::{InboxAnswer, InboxRequest},
    mailbox::{AppendItem, Request, SeatChanges, Wake},
    stream::{Event as StreamEvent, Greeting},
};

use crate::{
    Person,
    person::RELAY,
    relay::{Fresh, Relay},
};

/// First moment of every simulation, in milliseconds: some day in 2026.
const START_MS: u64 = 1_790_000_000_000;

/// What is due within this belongs to what is going on; later things are routine.
const HORIZON_MS: u64 = 3_600_000;

/// Steps without progress after which a simulation that should come to rest is stuck.
const MAX_STEPS: usize = 200_000;

/// Everything.
pub struct World {
    /// All people.
    pub people: Vec<Person>,
    /// The relay.
    pub relay: Relay,
    /// Decides every schedule.
    pub random: fastrand::Rng,
    randomness: Randomness,
    now: Time,
}

impl World {
    /// People of these names, registered, running and connected, at rest.
    #[must_use]
    pub fn with_people(seed: u64, names: &[&str]) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut bytes = [0; 32];
        random.fill(&mut bytes);
        let mut world = Self {
            people: Vec::new(),
            relay: Relay::default(),
            random,
            randomness: Randomness::seeded(bytes),
            now: Time(START_MS),
        };
        world.relay.set_time(START_MS);
        for name in names {
            let (mut person, record) = Person::register(name, &world.randomness);
            person.start(&world.randomness, world.now);
            world.relay.directory.register(record);
            world.people.push(person);
        }
        world.rest();
        world
    }

    /// Gives a person's client a command.
    ///
    /// # Panics
    /// If the client is off.
    pub fn command(&mut self, who: usize, command: Command) -> Result<Outcome, ErrorKind> {
        let now = self.now;
        let person = &mut self.people[who];
        let engine = person.engine.as_mut().expect("the client runs");
        let outcome = engine.command(now, command).map_err(|error| error.kind);
        self.drain(who);
        outcome
    }

    /// Gives a command, waits for rest, and says how its task ended.
    ///
    /// # Panics
    /// If the command starts no task.
    pub fn carry_out(&mut self, who: usize, command: Command) -> Result<(), ErrorKind> {
        let task = match self.command(who, command)? {
            Outcome::Task(task) => task,
            other => panic!("no task: {other:?}"),
        };
        self.rest();
        self.task_result(who, task).expect("the task ended")
    }

    /// How a task ended.
    #[must_use]
    pub fn task_result(&self, who: usize, task: TaskId) -> Option<Result<(), ErrorKind>> {
        self.people[who]
            .events
            .iter()
            .find_map(|event| match event {
                Event::TaskEnded { task: ended, error } if *ended == task => {
                    Some(error.map_or(Ok(()), Err))
                }
                _ => None,
            })
    }

    /// Sends a text.
    pub fn say(&mut self, who: usize, room: &RoomId, text: &str) {
        let command = Command::SendText {
            room: *room,
            text: text.to_owned(),
        };
        assert!(matches!(
            self.command(who, command),
            Ok(Outcome::Message(_))
        ));
    }

    /// Makes the first two people contacts of each other, for each pair, and gives a room of all.
    pub fn group_of_all(&mut self, title: &str) -> RoomId {
        for who in 1..self.people.len() {
            self.become_contacts(0, who);
        }
        let members = self
            .people
            .iter()
            .skip(1)
            .map(|person| person.name.clone())
            .collect();
        let create = Command::CreateRoom {
            title: title.to_owned(),
            members,
        };
        assert_eq!(self.carry_out(0, create), Ok(()));
        self.room_named(0, title)
    }

    /// Request and acceptance.
    pub fn become_contacts(&mut self, a: usize, b: usize) -> RoomId {
        let username = self.people[b].name.clone();
        let words = "hello".to_owned();
        assert_eq!(
            self.carry_out(a, Command::AddContact { username, words }),
            Ok(())
        );
        let request = self
            .engine(b)
            .requests()
            .expect("requests")
            .pop()
            .expect("one request");
        assert_eq!(
            self.carry_out(b, Command::Accept { room: request.room }),
            Ok(())
        );
        request.room
    }

    /// The room of this title as somebody sees it.
    #[must_use]
    pub fn room_named(&self, who: usize, title: &str) -> RoomId {
        self.engine(who).find_room(title).expect("the room")
    }

    /// A room as somebody sees it.
    #[must_use]
    pub fn room(&self, who: usize, room: &RoomId) -> Room {
        let rooms = self.engine(who).rooms().expect("rooms");
        rooms
            .into_iter()
            .find(|found| found.id == *room)
            .expect("the room")
    }

    /// All messages of a room as somebody sees them.
    #[must_use]
    pub fn history(&self, who: usize, room: &RoomId) -> Vec<Message> {
        self.engine(who).history(room, u32::MAX).expect("history")
    }

    /// The texts of a room as somebody sees them, in order.
    #[must_use]
    pub fn texts(&self, who: usize, room: &RoomId) -> Vec<String> {
        self.history(who, room)
            .into_iter()
            .map(|message| message.text)
            .collect()
    }

    /// A running client.
    #[must_use]
    pub fn engine(&self, who: usize) -> &restante_client::engine::Engine {
        self.people[who].engine.as_ref().expect("the client runs")
    }

    /// The process of a client ends; it starts again with the next step.
    pub fn crash(&mut self, who: usize) {
        self.people[who].crash();
    }

    /// The connection of a client ends.
    pub fn cut(&mut self, who: usize) {
        let lost = self.open_calls(who);
        let person = &mut self.people[who];
        if !person.connected {
            return;
        }
        person.cut();
        let mut ended: Vec<Input> = lost
            .into_iter()
            .map(|call| Input::Answered {
                call,
                result: Err(Failure::Lost),
            })
            .collect();
        for stream in [Stream::Rooms, Stream::Account] {
            ended.push(Input::Disconnected {
                relay: RELAY.to_owned(),
                stream,
            });
        }
        person.to_client.extend(ended);
    }

    /// Lets an insider append what it likes to a room, by the seat it has shown.
    ///
    /// # Panics
    /// If the insider has not shown a seat there.
    pub fn append_garbage(&mut self, who: usize, kind: Kind) -> u64 {
        let mailbox = self.people[who]
            .seats
            .last()
            .expect("a seat was shown")
            .mailbox;
        self.append_raw(who, mailbox, kind, SeatChanges::default())
    }

    /// The same with seat changes, into one mailbox.
    ///
    /// # Panics
    /// If the insider has not shown a seat there, or the relay refuses.
    pub fn append_raw(
        &mut self,
        who: usize,
        mailbox: restante_wire::MailboxAddress,
        kind: Kind,
        changes: SeatChanges,
    ) -> u64 {
        let seats = &self.people[who].seats;
        let access = seats
            .iter()
            .rev()
            .find(|seat| seat.mailbox == mailbox)
            .cloned();
        let log = self.relay.log(&mailbox);
        let last_commit = log.iter().rev().find(|found| found.kind == Kind::Commit);
        let mut body = vec![0; 300];
        self.random.fill(&mut body);
        let item = AppendItem {
            id: EnvelopeId(std::array::from_fn(|_| self.random.u8(..))),
            after_commit: last_commit.map_or(0, |found| found.number),
            kind,
            wake: Wake::None,
            changes,
            welcome: None,
            body,
        };
        let appended = self.relay.append(access.expect("a seat was shown"), item);
        assert_eq!(appended.refused, None);
        self.publish(&Fresh(mailbox));
        appended.numbers[0]
    }

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
                .filter_map(|person| person.engine.as_ref()?.next_deadline())
                .filter(|due| *due <= horizon)
                .min();
            match due {
                Some(due) => {
                    self.now = self.now.max(due);
                    self.relay.set_time(self.now.0);
                    for who in 0..self.people.len() {
                        self.feed(who, Input::Tick);
                    }
                }
                None => return,
            }
        }
        panic!("the world never comes to rest");
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

    /// Checks that these people see one room alike, all messages sent, exactly once.
    ///
    /// # Panics
    /// Where they do not.
    pub fn assert_agreement(&self, room: &RoomId, members: &[usize]) {
        let first = members[0];
        let reference = self.texts(first, room);
        let unique: BTreeSet<_> = self
            .history(first, room)
            .iter()
            .map(|found| found.id)
            .collect();
        assert_eq!(
            unique.len(),
            reference.len(),
            "C4: a message is there twice"
        );
        for who in members {
            let shown = self.room(*who, room);
            assert_eq!(
                shown.phase,
                RoomPhase::Joined,
                "{} is in",
                self.people[*who].name
            );
            assert!(
                !shown.in_doubt,
                "C3: {} is in doubt",
                self.people[*who].name
            );
            assert_eq!(
                self.texts(*who, room),
                reference,
                "C3: {} differs",
                self.people[*who].name
            );
            let participants = self.room(first, room).participants;
            assert_eq!(shown.participants, participants, "C3: the roster");
            for message in self.history(*who, room) {
                assert!(message.number.is_some(), "C4: a message was never placed");
                assert_ne!(message.state, MessageState::Failed, "C4: a message failed");
                assert_ne!(
                    message.state,
                    MessageState::Queued,
                    "C4: a message still waits"
                );
            }
        }
    }

    fn wake_all(&mut self) {
        for who in 0..self.people.len() {
            if self.people[who].engine.is_none() {
                let (randomness, now) = (self.randomness.clone(), self.now);
                self.people[who].start(&randomness, now);
                self.drain(who);
            }
            if !self.people[who].connected && self.people[who].to_client.is_empty() {
                self.connect(who);
            }
        }
    }

    fn connect(&mut self, who: usize) {
        let greeting = Greeting {
            restore_id: RestoreId([1; 16]),
            day: self.relay.day(),
        };
        let person = &mut self.people[who];
        person.connected = true;
        for stream in [Stream::Rooms, Stream::Account] {
            let (relay, greeting) = (RELAY.to_owned(), greeting.clone());
            person.to_client.push_back(Input::Connected {
                relay,
                stream,
                greeting,
            });
        }
    }

    /// Delivers one thing to somebody. Returns whether there was anything.
    fn step(&mut self) -> bool {
        let mut ready = Vec::new();
        for (who, person) in self.people.iter().enumerate() {
            if person.connected && !person.to_relay.is_empty() {
                ready.push((who, true));
            }
            if person.engine.is_some() && !person.to_client.is_empty() {
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

    fn feed(&mut self, who: usize, input: Input) {
        let now = self.now;
        if let Some(engine) = self.people[who].engine.as_mut() {
            engine
                .input(now, input)
                .expect("the disk of a simulation works");
        }
        self.drain(who);
    }

    /// Takes what the engine wants sent and told. Without a connection requests are lost at once.
    fn drain(&mut self, who: usize) {
        let person = &mut self.people[who];
        let Some(engine) = person.engine.as_mut() else {
            return;
        };
        while let Some(event) = engine.next_event() {
            person.events.push(event);
        }
        while let Some(outgoing) = engine.next_outgoing() {
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

    fn open_calls(&self, who: usize) -> Vec<CallId> {
        self.people[who].to_relay.iter().map(call_of).collect()
    }

    fn arrive(&mut self, who: usize, outgoing: Outgoing) {
        let call = call_of(&outgoing);
        let result = match outgoing {
            Outgoing::Mailbox { request, .. } => self.mailbox(who, request),
            Outgoing::Inbox { request, .. } => Ok(self.inbox(who, &request)),
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
        };
        self.people[who]
            .to_client
            .push_back(Input::Answered { call, result });
        self.publish_watches(who);
        self.publish_letters();
    }

    fn mailbox(&mut self, who: usize, request: Request) -> Result<Reply, Failure> {
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
            Request::Create(_) | Request::Append(_) | Request::Ack(_) | Request::Rotate(_) => {}
            other => panic!("a client asked for {other:?}"),
        }
        let (answer, fresh) = self.relay.answer(request);
        if let Some(fresh) = fresh {
            self.publish(&fresh);
        }
        answer.map(Reply::Mailbox).map_err(Failure::Refused)
    }

    fn inbox(&mut self, who: usize, request: &InboxRequest) -> Reply {
        let inbox = self.people[who].account.client.certificate().body.inbox;
        match request {
            InboxRequest::Watch { cursor } => {
                self.people[who].inbox_watch = Some(*cursor);
                let last = self.relay.directory.inboxes[&inbox].len() as u64;
                Reply::Inbox(InboxAnswer::Watching { last })
            }
            _ => Reply::Inbox(InboxAnswer::Done),
        }
    }

    fn publish(&mut self, fresh: &Fresh) {
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

    fn publish_watches(&mut self, who: usize) {
        let person = &mut self.people[who];
        let mut watches = std::mem::take(&mut person.watches);
        watches.retain_mut(|watch| {
            let Some(event) = self.relay.read(watch) else {
                return true;
            };
            let goes_on = !matches!(event, StreamEvent::Ended { .. });
            person.to_client.push_back(Input::Event {
                relay: RELAY.to_owned(),
                event,
            });
            goes_on
        });
        person.watches = watches;
    }

    fn publish_letters(&mut self) {
        for person in &mut self.people {
            let inbox = person.account.client.certificate().body.inbox;
            let letters = &self.relay.directory.inboxes[&inbox];
            if let Some(cursor) = &mut person.inbox_watch
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

const fn call_of(outgoing: &Outgoing) -> CallId {
    match outgoing {
        Outgoing::Mailbox { call, .. }
        | Outgoing::Inbox { call, .. }
        | Outgoing::Http { call, .. } => *call,
    }
}
