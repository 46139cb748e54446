//! Carries a scenario out in a world.
//!
//! Owns: what each action means there, and what of it the model is told. An action that makes no sense
//! (a client that is off, a room that nobody has) is passed over and counted as such.

mod calm;
mod content;
mod membership;
mod mischief;
mod views;

pub(super) use views::Views;

use std::collections::BTreeSet;

use restante_client::{
    ErrorKind,
    engine::io::{Command, Outcome, Room, RoomPhase, Time},
};
use restante_crypto::ciphersuite::{CLASSICAL, SUPPORTED};

use super::{
    action::{Action, Verb},
    model::{ClientIndex, Model},
    scenario::{NAMES, Scenario},
    tally::Tally,
};
use crate::{Crash, World};

const MINUTE_MS: u64 = 60_000;

/// Longest time that passes without anybody looking at the clock.
const STRIDE_MS: u64 = 12 * 60 * MINUTE_MS;

/// A run under way.
pub(super) struct Play {
    pub(super) world: World,
    pub(super) model: Model,
    pub(super) tally: Tally,
    /// Number of people; clients with higher indices are further ones of theirs.
    people: usize,
    fault_every: u16,
    /// Decides what the action under way leaves open.
    random: fastrand::Rng,
    /// When clients that are off are turned on.
    off_until: Vec<Option<Time>>,
    /// Clients that were expelled.
    pub(super) expelled: BTreeSet<ClientIndex>,
    /// Disks that somebody else has a copy of.
    pub(super) stolen: Vec<mischief::Stolen>,
    started: Time,
}

impl Play {
    /// A world at rest, in which all are contacts of the first.
    pub(super) fn new(scenario: &Scenario, is_traced: bool) -> Self {
        let people = usize::from(scenario.people);
        let suites = match scenario.hybrid {
            true => SUPPORTED,
            false => &[CLASSICAL],
        };
        let named: Vec<_> = NAMES[..people].iter().map(|name| (*name, suites)).collect();
        let mut world = World::on_disk(scenario.seed, &named);
        let started = world.now();
        world.group_of_all("garden");
        world.trace = is_traced.then(String::new);
        let mut play = Self {
            world,
            model: Model::default(),
            tally: Tally::default(),
            people,
            fault_every: scenario.fault_every,
            random: fastrand::Rng::with_seed(scenario.seed),
            off_until: vec![None; people],
            expelled: BTreeSet::new(),
            stolen: Vec::new(),
            started,
        };
        play.observe();
        play
    }

    /// Everything, and what must hold in the end.
    pub(super) fn run(&mut self, scenario: &Scenario) {
        for (number, action) in scenario.actions.iter().enumerate() {
            self.note(|| format!("{number}: {action}"));
            self.act(*action);
        }
        self.calm();
        self.tally.seeds = 1;
        self.tally.virtual_ms = self.world.now().0 - self.started.0;
    }

    fn act(&mut self, action: Action) {
        self.random = fastrand::Rng::with_seed(action.entropy);
        self.world.random = fastrand::Rng::with_seed(action.entropy);
        self.model.tick();
        let clients = self.world.people.len();
        let who = usize::from(action.who) % clients;
        let was_done = self.carry_out(who, action.verb);
        let kind = if was_done {
            kind(&action.verb)
        } else {
            "passed over"
        };
        self.tally.count(kind);
        self.note(|| format!("    by {who}: {kind}"));
        for _ in 0..action.steps {
            self.step();
        }
        self.observe();
    }

    fn carry_out(&mut self, who: ClientIndex, verb: Verb) -> bool {
        match verb {
            Verb::Say
            | Verb::Reply
            | Verb::React
            | Verb::Unreact
            | Verb::Edit
            | Verb::Delete
            | Verb::MarkRead
            | Verb::Typing => self.is_usable(who) && self.content(who, verb).is_some(),
            Verb::Ask(_)
            | Verb::Answer(_)
            | Verb::Create(_)
            | Verb::Add(_)
            | Verb::Remove(_)
            | Verb::Leave
            | Verb::Rename
            | Verb::Role(..)
            | Verb::Govern
            | Verb::LogIn
            | Verb::Expel(_) => self.is_usable(who) && self.membership(who, verb).is_some(),
            Verb::LoseLetter
            | Verb::ReplayLetters
            | Verb::Garbage(..)
            | Verb::Replay
            | Verb::SeatMisuse(_)
            | Verb::Steal => self.mischief(who, verb).is_some(),
            Verb::Calm => {
                self.calm();
                true
            }
            _ => self.weather(who, verb),
        }
    }

    /// What happens to clients, wire and clocks.
    fn weather(&mut self, who: ClientIndex, verb: Verb) -> bool {
        let is_on = !self.world.people[who].is_off;
        match verb {
            Verb::Off(minutes) if is_on => {
                self.world.turn_off(who);
                let until = self.world.now().plus_ms(u64::from(minutes) * MINUTE_MS);
                self.off_until[who] = Some(until);
            }
            Verb::Crash(transactions) if is_on => {
                let crash = match self.random.bool() {
                    true => Crash::BeforeSending,
                    false => Crash::AfterSending,
                };
                self.world.crash_at(who, u64::from(transactions), crash);
            }
            Verb::Cut if is_on => self.world.cut(who),
            Verb::LoseAnswers if is_on => self.world.lose_answers(who),
            Verb::Duplicate if is_on => self.world.duplicate_request(who),
            Verb::Freeze(minutes) => self.world.freeze(who, u64::from(minutes) * MINUTE_MS),
            Verb::Skew(minutes) => {
                let skew = i64::from(minutes) * MINUTE_MS as i64;
                self.world.set_clock(who, skew);
            }
            Verb::Pass(minutes) => self.pass(u64::from(minutes) * MINUTE_MS),
            Verb::RelayCrash => {
                for who in 0..self.world.people.len() {
                    match self.random.bool() {
                        true => self.world.lose_answers(who),
                        false => self.world.cut(who),
                    }
                }
                let is_power_cut = self.random.bool();
                self.world.relay.crash(is_power_cut);
            }
            _ => return false,
        }
        true
    }

    /// Lets time pass; clients whose time has come are turned on.
    fn pass(&mut self, ms: u64) {
        let mut left = ms;
        while left > 0 {
            let stride = left.min(STRIDE_MS);
            left -= stride;
            self.world.pass_ms(stride);
            for who in 0..self.off_until.len() {
                if self.off_until[who].is_some_and(|until| until <= self.world.now()) {
                    self.turn_on(who);
                }
            }
            self.world.tick_all();
            if left > 0 {
                self.world.rest();
            }
        }
    }

    fn turn_on(&mut self, who: ClientIndex) {
        self.off_until[who] = None;
        self.world.turn_on(who);
    }

    /// One thing is delivered, or goes wrong, and a moment passes.
    fn step(&mut self) {
        self.tally.steps += 1;
        self.world.wake_all();
        let every = usize::from(self.fault_every);
        if every > 0 && self.random.usize(..every) == 0 {
            let who = self.random.usize(..self.world.people.len());
            match self.random.u8(..4) {
                0 => self.world.crash(who),
                1 => self.world.cut(who),
                2 => self.world.lose_answers(who),
                _ => self.world.duplicate_request(who),
            }
            self.tally.count("weather");
            return;
        }
        self.world.step();
        let ms = self.random.u64(..200);
        self.world.pass_ms(ms);
        if self.random.u8(..8) == 0 {
            let who = self.random.usize(..self.world.people.len());
            self.world
                .feed(who, restante_client::engine::io::Input::Tick);
        }
    }

    /// Tells the model who is in which room by now, which is later than what was said before.
    fn observe(&mut self) {
        self.model.tick();
        let views = self.views();
        for who in 0..self.world.people.len() {
            let name = self.name(who);
            for room in views.of(who) {
                if room.direct {
                    self.model.is_of_two(room.id);
                }
                // In a room of two a new client makes a successor, and hears only what is said there.
                let is_late = room.direct && who >= self.people;
                let is_in = room.phase == RoomPhase::Joined && room.halted.is_none() && !is_late;
                if is_in && (!room.direct || views.is_accepted(&room.id)) {
                    self.model.is_in(room.id, &name, who);
                }
            }
        }
    }

    /// Whether a person could sit before this client now.
    pub(super) fn is_usable(&self, who: ClientIndex) -> bool {
        self.world.people[who].engine.is_some() && !self.expelled.contains(&who)
    }

    /// All clients of a client's person that were not expelled.
    pub(super) fn clients_of(&self, name: &str) -> Vec<ClientIndex> {
        let people = self.world.people.iter().enumerate();
        people
            .filter(|(who, person)| person.name == name && !self.expelled.contains(who))
            .map(|(who, _)| who)
            .collect()
    }

    fn name(&self, who: ClientIndex) -> String {
        self.world.people[who].name.clone()
    }

    /// One of the names that are in use.
    fn pick_name(&self, pick: u8) -> &'static str {
        NAMES[usize::from(pick) % self.people]
    }

    /// A room that a client is in, and knows of nothing that ended it.
    fn pick_room(&mut self, who: ClientIndex, wanted: impl Fn(&Room) -> bool) -> Option<Room> {
        let rooms = self.world.engine(who).rooms().expect("rooms");
        let mut joined: Vec<Room> = rooms
            .into_iter()
            .filter(|room| room.phase == RoomPhase::Joined && wanted(room))
            .collect();
        if joined.is_empty() {
            return None;
        }
        let place = self.random.usize(..joined.len());
        Some(joined.swap_remove(place))
    }

    /// Gives a command; a refusal is noted, and means that nothing happens.
    fn command(&mut self, who: ClientIndex, command: Command) -> Result<Outcome, ErrorKind> {
        self.note(|| format!("    {who} wants {command:?}"));
        let outcome = self.world.command(who, command);
        if let Err(kind) = &outcome {
            self.note(|| format!("    refused: {kind:?}"));
        }
        outcome
    }

    /// Adds a line to the trace, if there is one.
    pub(super) fn note(&mut self, line: impl FnOnce() -> String) {
        self.world.note(line);
    }
}

/// The name of a kind of action.
const fn kind(verb: &Verb) -> &'static str {
    match verb {
        Verb::Say | Verb::Reply => "messages",
        Verb::React | Verb::Unreact => "reactions",
        Verb::Edit => "edits",
        Verb::Delete => "deletions",
        Verb::MarkRead | Verb::Typing => "receipts and signals",
        Verb::Ask(_) | Verb::Answer(_) => "requests and answers",
        Verb::Create(_) => "rooms made",
        Verb::Add(_) => "people added",
        Verb::Remove(_) => "people removed",
        Verb::Leave => "people left",
        Verb::Rename | Verb::Role(..) | Verb::Govern => "settings",
        Verb::LogIn => "clients signed in",
        Verb::Expel(_) => "clients expelled",
        Verb::Off(_) => "clients turned off",
        Verb::Crash(_) => "crashes of clients",
        Verb::Cut => "connections cut",
        Verb::LoseAnswers => "answers lost",
        Verb::Duplicate => "requests doubled",
        Verb::Freeze(_) => "slow readers",
        Verb::Skew(_) => "wrong clocks",
        Verb::Pass(_) => "time passed",
        Verb::RelayCrash => "crashes of the relay",
        Verb::LoseLetter => "letters lost",
        Verb::ReplayLetters => "letters replayed",
        Verb::Garbage(..) => "garbage",
        Verb::Replay => "envelopes replayed",
        Verb::SeatMisuse(_) => "seats misused",
        Verb::Steal => "disks stolen",
        Verb::Calm => "calms",
    }
}
