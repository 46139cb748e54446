//! The world of a simulation: people, a relay, the wire between them, and virtual time.

use restante_client::{
    ErrorKind,
    engine::io::{
        Command, Event, Failure, Input, Message, Outcome, Room, RoomId, Stream, TaskId, Time,
    },
};
use restante_crypto::{
    Randomness,
    ciphersuite::{CLASSICAL, SUPPORTED},
};
use restante_power_cut::WatchedDisk;
use restante_wire::{Envelope, MailboxAddress, key_package::Suite};

use crate::{
    Person,
    person::{Crash, RELAY},
    relay::Relay,
};

/// First moment of every simulation, in milliseconds: some day in 2026.
pub(crate) const START_MS: u64 = 1_790_000_000_000;

/// What a lying relay shows somebody in place of a run of envelopes.
pub type Lie = Box<dyn FnMut(usize, Vec<Envelope>) -> Vec<Envelope>>;

/// Everything.
pub struct World {
    /// All people.
    pub people: Vec<Person>,
    /// The relay.
    pub relay: Relay,
    /// Decides every schedule.
    pub random: fastrand::Rng,
    /// Passes over every run of envelopes that is shown to a person.
    pub lie: Option<Lie>,
    /// What happens, in words, if anybody wants to read it.
    pub trace: Option<String>,
    pub(crate) randomness: Randomness,
    pub(crate) now: Time,
}

impl World {
    /// People of these names, registered, running and connected, at rest. In worlds of even seeds
    /// they offer every ciphersuite, in those of odd seeds the classical one only.
    #[must_use]
    pub fn with_people(seed: u64, names: &[&str]) -> Self {
        let suites = match seed % 2 {
            0 => SUPPORTED,
            _ => &[CLASSICAL],
        };
        let people: Vec<_> = names.iter().map(|&name| (name, suites)).collect();
        Self::offering(seed, &people)
    }

    /// The same with the ciphersuites that each person's client offers.
    #[must_use]
    pub fn offering(seed: u64, people: &[(&str, &[Suite])]) -> Self {
        Self::at(Relay::default(), seed, people)
    }

    /// The same at a relay that runs on its own store.
    #[must_use]
    pub fn on_disk(seed: u64, people: &[(&str, &[Suite])]) -> Self {
        Self::at(Relay::on_disk(START_MS), seed, people)
    }

    fn at(relay: Relay, seed: u64, people: &[(&str, &[Suite])]) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut bytes = [0; 32];
        random.fill(&mut bytes);
        let mut world = Self {
            people: Vec::new(),
            relay,
            random,
            lie: None,
            trace: None,
            randomness: Randomness::seeded(bytes),
            now: Time(START_MS),
        };
        world.relay.set_time(START_MS);
        for (name, suites) in people {
            let (mut person, record, vault) = Person::register(name, &world.randomness);
            person.suites = suites.to_vec();
            person.start(&world.randomness, world.now);
            world.relay.directory.register(record, vault);
            world.people.push(person);
        }
        world.rest();
        world
    }

    /// Gives a person's client a command; starts it if its process has ended.
    ///
    /// # Panics
    /// If the client was turned off.
    pub fn command(&mut self, who: usize, command: Command) -> Result<Outcome, ErrorKind> {
        self.start(who);
        let person = &mut self.people[who];
        let now = person.clock(self.now);
        let engine = person.engine.as_mut().expect("the client is on");
        let outcome = engine.command(now, command).map_err(|error| error.kind);
        self.after_transaction(who);
        outcome
    }

    /// Gives a command, waits for rest, and says how its task ended.
    ///
    /// # Panics
    /// If the command starts no task.
    pub fn carry_out(&mut self, who: usize, command: Command) -> Result<(), ErrorKind> {
        let task = self.command(who, command)?.task();
        let task = task.expect("the command starts a task");
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

    /// From its next start on a client offers these ciphersuites: it was updated.
    pub fn offer(&mut self, who: usize, suites: &[Suite]) {
        self.people[who].suites = suites.to_vec();
    }

    /// The process of a client ends; it starts again with the next step.
    pub fn crash(&mut self, who: usize) {
        self.note(|| format!("        {who} crashes"));
        self.people[who].crash();
    }

    /// The process of a client ends right behind the transaction with this number, counted from now.
    pub fn crash_at(&mut self, who: usize, transaction: u64, crash: Crash) {
        self.people[who].crash_at = Some((transaction, crash));
    }

    /// The process of a client ends, and starts again on a disk that may lose power from now on: with
    /// [`Crash::PowerCut`]. The seed decides what is left of what was not flushed.
    ///
    /// # Panics
    /// If the client was turned off.
    pub fn watch_disk(&mut self, who: usize, seed: u64) {
        self.crash(who);
        let person = &mut self.people[who];
        let disk = WatchedDisk::new(person.home.path(), seed);
        person.disk = Some(disk.expect("a folder"));
        self.start(who);
    }

    /// The mailbox of a room in which a person has shown its seat and others have, too: the last one.
    ///
    /// # Panics
    /// If the person has shown none.
    #[must_use]
    pub fn last_mailbox(&self, who: usize) -> MailboxAddress {
        let seat = self.people[who].seats.last().expect("a seat was shown");
        seat.mailbox
    }

    /// The time.
    #[must_use]
    pub const fn now(&self) -> Time {
        self.now
    }

    /// The relay loses power, and starts again from what of its disk was flushed: every connection ends.
    /// Logs in memory stay as they are; [`Self::on_disk`] makes a world whose relay has a disk.
    pub fn restart_relay(&mut self) {
        for who in 0..self.people.len() {
            self.cut(who);
        }
        self.relay.crash(true);
    }

    /// A client is off until it is turned on.
    pub fn turn_off(&mut self, who: usize) {
        self.people[who].crash();
        self.people[who].is_off = true;
    }

    /// Turns a client on again.
    pub fn turn_on(&mut self, who: usize) {
        self.people[who].is_off = false;
        self.start(who);
    }

    /// The connection of a client ends.
    pub fn cut(&mut self, who: usize) {
        self.note(|| format!("        {who} is cut off"));
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
}
