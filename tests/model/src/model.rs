//! The states of the mailbox and everybody at it, and every step from each of them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use restante_server::delivery::{Limits, Mailbox};
use restante_wire::{Day, Envelope, ErrorCode, SecretHash, codec};
use stateright::{Model, Property};

use crate::{
    client::{Client, Standing},
    history::{Breach, History},
    names::{ALICE, BOB, CAROL, Name, Secret},
    properties,
    relay::{self, Answer, Disk, ENVELOPE_DAYS, Page},
    request::{self, Request},
    scenario::{Scenario, Step},
    sights::{Sight, Sights},
};

/// First day of every history.
const START: u32 = 100;

/// Requests that share a transaction.
const GROUP: usize = 2;

/// More ids and secrets than anybody makes.
const MOST_MADE: u8 = 32;

/// The mailbox, its relay, its clients, and what is under way between them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    pub(crate) disk: Disk,
    /// Requests that were decided in one transaction, which is not committed.
    pub(crate) group: Vec<Request>,
    /// Everything that was ever sent: it may arrive at any time, and again.
    sent: BTreeSet<Request>,
    pub(crate) clients: BTreeMap<Name, Client>,
    pub(crate) history: History,
    day: u32,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A client does the next step of its script.
    Act(Name),
    /// A client chooses a secret in place of the one that it was given.
    Rotate(Name),
    /// A client sends again what is under way, with the secret of now.
    Send(Name),
    /// A client reads the next envelope.
    Read(Name),
    /// A request arrives, is decided and written; the answer arrives or is lost.
    Serve {
        /// What arrives.
        request: Arriving,
        /// Whether the client hears the answer.
        is_heard: bool,
    },
    /// A request arrives and is decided beside others; nothing is written yet.
    Decide(Arriving),
    /// The relay writes what it decided; the answers arrive or are lost.
    Commit {
        /// Whether the clients hear the answers.
        is_heard: bool,
    },
    /// The relay's process ends before it has written what it decided.
    Crash,
    /// The relay deletes what everybody has acknowledged.
    Trim,
    /// A day passes, and what is past its time goes.
    Night,
}

/// A request on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arriving(Request);

/// The model of one scenario.
pub struct Mailboxes {
    pub(crate) scenario: Scenario,
    limits: Limits,
    /// Hashes of all secrets that the outsider may know.
    pub(crate) known_outside: HashSet<SecretHash>,
    /// How often the exploration came by what it is meant to come by.
    pub sights: Sights,
}

impl Mailboxes {
    /// Everything that may happen in a scenario.
    #[must_use]
    pub fn new(scenario: Scenario) -> Self {
        Self {
            limits: relay::limits(scenario.seat_days),
            known_outside: known_to(scenario.outsider),
            sights: Sights::default(),
            scenario,
        }
    }

    pub(crate) fn script(&self, name: Name) -> &'static [Step] {
        let mut scripts = self.scenario.scripts.iter();
        scripts
            .find(|(of, _)| *of == name)
            .map_or(&[], |(_, script)| script)
    }

    fn requests(&self, state: &State) -> Vec<Request> {
        let acks = state.clients.values().filter(|client| {
            let acknowledged = state.history.live.get(&client.name);
            let is_seated = client.standing == Standing::Seated && !client.secret.is_granted;
            is_seated && acknowledged.is_some_and(|acknowledged| client.cursor > *acknowledged)
        });
        let acks = acks.map(|client| Request::Ack {
            seat: client.name,
            secret: client.secret,
            cursor: client.cursor,
        });
        state.sent.iter().cloned().chain(acks).collect()
    }

    /// Decides requests in one transaction, and writes it.
    fn commit(&self, state: &mut State, requests: &[Request], is_heard: bool) {
        let ctx = relay::context(state.day, &self.limits);
        let mut mailbox = state.disk.load();
        let answers: Vec<Answer> = requests
            .iter()
            .map(|request| relay::serve(&mut mailbox, request, &ctx))
            .collect();
        self.write(state, &mut mailbox);
        for (request, answer) in requests.iter().zip(&answers) {
            self.answer(state, request, answer);
            if is_heard && let Request::Rotate { seat, secret, next } = request {
                let client = state.clients.get_mut(seat);
                if let Some(client) = client
                    && (client.secret, client.next) == (*secret, Some(*next))
                {
                    client.rotated();
                }
            }
        }
    }

    /// Notes an answer of what is now on the disk.
    fn answer(&self, state: &mut State, request: &Request, answer: &Answer) {
        self.sights.see(Sight::Stale, answer.is_stale());
        let is_unrotated = answer.is_code(ErrorCode::SeatNotRotated);
        self.sights.see(Sight::Unrotated, is_unrotated);
        if answer.let_in() {
            state.history.enters(request, state.day);
        }
        let Request::Append { seat, items, .. } = request else {
            return;
        };
        for (item, number) in items.iter().zip(answer.numbers()) {
            let is_known = *number <= state.history.last();
            self.sights.see(Sight::Retried, is_known);
            let is_trimmed = *number < state.disk.first();
            self.sights.see(Sight::RetriedBehindTrimming, is_trimmed);
            let stored = state.disk.envelope(*number).cloned();
            state
                .history
                .answered(*seat, item, *number, stored.as_ref());
        }
    }

    fn write(&self, state: &mut State, mailbox: &mut Mailbox) {
        let first = state.disk.first();
        let changes = state.disk.write(mailbox);
        self.sights
            .see(Sight::Forgotten, changes.forget_below.is_some());
        self.sights
            .see(Sight::Trimmed, changes.trim_below.is_some());
        let kept_since = state.day - ENVELOPE_DAYS;
        let to = state.disk.first();
        state.history.trims(first, to, kept_since);
    }

    fn night(&self, state: &mut State) {
        state.day += 1;
        let ctx = relay::context(state.day, &self.limits);
        let mut mailbox = state.disk.load();
        let kept_from = state.disk.first_since(state.day - ENVELOPE_DAYS);
        mailbox.expire(kept_from, &ctx);
        self.write(state, &mut mailbox);
        let unseen_since = state.day - self.limits.seat_days;
        let before = state.history.live.len();
        state.history.forgets_seats(unseen_since);
        let is_gone = state.history.live.len() < before;
        self.sights.see(Sight::SeatExpired, is_gone);
    }

    /// A client asks for what comes behind its cursor. Nothing of a group under way is shown.
    fn read(&self, state: &mut State, name: Name) -> Option<()> {
        let client = state.clients.get_mut(&name)?;
        let (cursor, secret) = (client.cursor, client.secret);
        let (page, is_use) = state.disk.read(name, secret, cursor, Day(state.day));
        if is_use {
            if !state.group.is_empty() {
                return None;
            }
            let ctx = relay::context(state.day, &self.limits);
            let mut mailbox = state.disk.load();
            mailbox.enter(&request::access(name, secret), &ctx).ok()?;
            state.disk.write(&mut mailbox);
            state.history.uses(name, state.day);
        }
        match page {
            Page::Next(number, encoded) => {
                let is_dropped = !state.history.live.contains_key(&name);
                self.sights.see(Sight::DroppedSeatRead, is_dropped);
                state.history.reads(name, number, &encoded);
                let envelope: Envelope = codec::decode(&encoded).expect("what was stored");
                let read = client.read(&envelope);
                state.history.note(Breach::Epoch, read.is_of_another_epoch);
                for (to, letter) in read.letters {
                    self.sights.see(Sight::Letter, true);
                    state.clients.get_mut(&to)?.receive(&letter);
                }
            }
            Page::Trimmed => {
                self.sights.see(Sight::Lost, true);
                let waits = state.history.live.contains_key(&name);
                let retention_may_end = self.scenario.nights > 0;
                state
                    .history
                    .note(Breach::Trimmed, waits && !retention_may_end);
                client.trimmed();
            }
            Page::Refused => {
                self.sights.see(Sight::Refused, true);
                client.refused();
            }
            Page::Nothing => {}
        }
        Some(())
    }
}

impl Model for Mailboxes {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let ctx = relay::context(START, &self.limits);
        let clients: BTreeMap<Name, Client> = [ALICE, BOB, CAROL]
            .map(|name| (name, Client::new(name)))
            .into();
        let secret = clients.get(&ALICE).expect("alice").secret;
        vec![State {
            disk: Disk::new(secret, &ctx),
            group: Vec::new(),
            sent: BTreeSet::new(),
            history: History::new(START),
            day: START,
            clients,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for (name, client) in &state.clients {
            if client.next_step(self.script(*name)).is_some() {
                actions.push(Action::Act(*name));
            }
            if client.must_rotate() {
                actions.push(Action::Rotate(*name));
            }
            if !client.pending.is_empty() && !state.sent.contains(&client.send()) {
                actions.push(Action::Send(*name));
            }
            if matches!(client.standing, Standing::Seated | Standing::Joining(_)) {
                actions.push(Action::Read(*name));
            }
        }
        let is_room = self.scenario.has_groups && state.group.len() < GROUP;
        for request in self.requests(state) {
            let hears: &[bool] = match request {
                Request::Rotate { .. } => &[false, true],
                _ => &[false],
            };
            if is_room {
                actions.push(Action::Decide(Arriving(request.clone())));
            }
            if state.group.is_empty() {
                actions.extend(hears.iter().map(|is_heard| Action::Serve {
                    request: Arriving(request.clone()),
                    is_heard: *is_heard,
                }));
            }
        }
        if state.group.is_empty() {
            actions.push(Action::Trim);
            if state.day < START + self.scenario.nights {
                actions.push(Action::Night);
            }
        } else {
            actions.push(Action::Crash);
            actions.extend([false, true].map(|is_heard| Action::Commit { is_heard }));
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Act(name) => {
                let client = state.clients.get_mut(&name)?;
                let step = client.next_step(self.script(name))?;
                state.sent.extend(client.act(step));
            }
            Action::Rotate(name) => {
                let request = state.clients.get_mut(&name)?.rotate();
                state.sent.insert(request);
            }
            Action::Send(name) => {
                let request = state.clients.get(&name)?.send();
                state.sent.insert(request);
            }
            Action::Read(name) => self.read(&mut state, name)?,
            Action::Serve { request, is_heard } => {
                self.commit(&mut state, &[request.0], is_heard);
            }
            Action::Decide(request) => state.group.push(request.0),
            Action::Commit { is_heard } => {
                let group = std::mem::take(&mut state.group);
                self.commit(&mut state, &group, is_heard);
            }
            Action::Crash => {
                self.sights.see(Sight::Crashed, true);
                state.group.clear();
            }
            Action::Trim => {
                let mut mailbox = state.disk.load();
                mailbox.trim(1);
                self.write(&mut state, &mut mailbox);
            }
            Action::Night => self.night(&mut state),
        }
        (state != *last).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}

fn known_to(name: Option<Name>) -> HashSet<SecretHash> {
    let mut known = HashSet::new();
    for (by, seat) in [ALICE, BOB, CAROL]
        .into_iter()
        .flat_map(|by| [ALICE, BOB, CAROL].map(|seat| (by, seat)))
    {
        for nth in 0..MOST_MADE {
            for is_granted in [false, true] {
                let secret = Secret {
                    by,
                    seat,
                    nth,
                    is_granted,
                };
                if name.is_some_and(|name| secret.is_known_by(name)) {
                    known.insert(secret.bytes().hash());
                }
            }
        }
    }
    known
}
