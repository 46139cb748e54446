//! Members that do what they should not: they append noise, give seats away, carry disks elsewhere.

use std::collections::BTreeSet;

use restante_client::{
    engine::{
        Engine,
        io::{Input, Outgoing, Reply, RoomPhase, Stream},
    },
    store::Store,
};
use restante_wire::{
    Kind, MailboxAddress, Role, SeatId, SeatSecret,
    mailbox::{Answer, Request, SeatAccess, SeatChanges, SeatGrant},
    stream::{Event as StreamEvent, Greeting},
};
use tempfile::TempDir;

use super::Play;
use crate::{
    person::{PASSPHRASE, RELAY, temporary_home},
    random::{action::Verb, model::ClientIndex, proof},
};

/// A copy of a client's disk in somebody else's hands.
pub(in crate::random) struct Stolen {
    pub(in crate::random) from: ClientIndex,
    home: TempDir,
}

impl Play {
    /// Something that should not happen, if it can.
    pub(super) fn mischief(&mut self, who: ClientIndex, verb: Verb) -> Option<()> {
        let name = self.name(who);
        match verb {
            Verb::LoseLetter => {
                self.world.relay.lose_letters_to(&name);
                for client in self.clients_of(&name) {
                    self.model.letter_lost(client);
                }
            }
            Verb::ReplayLetters => self.world.relay.replay_letters_to(&name),
            Verb::Garbage(is_commit, count) => {
                let mailbox = self.seat_of(who)?.mailbox;
                let kind = if is_commit {
                    Kind::Commit
                } else {
                    Kind::Message
                };
                for _ in 0..count {
                    let body = self.noise();
                    self.world
                        .try_append(who, mailbox, kind, SeatChanges::default(), body);
                }
            }
            Verb::Replay => {
                let mailbox = self.seat_of(who)?.mailbox;
                let log = self.world.relay.log(&mailbox);
                let old = log.get(self.random.usize(..log.len().max(1)))?;
                let (kind, body) = (old.kind, old.body.clone());
                self.world
                    .try_append(who, mailbox, kind, SeatChanges::default(), body);
            }
            Verb::SeatMisuse(pick) => {
                let mailbox = self.seat_of(who)?.mailbox;
                let changes = self.odd_changes(&mailbox, pick)?;
                let (left, body) = (changes.list.clone(), self.noise());
                self.world
                    .try_append(who, mailbox, Kind::Commit, changes, body)?;
                self.note_dropped(&mailbox, &left.unwrap_or_default());
            }
            _ => self.steal(who)?,
        }
        Some(())
    }

    /// A seat that a client has shown, and that lets it append.
    fn seat_of(&mut self, who: ClientIndex) -> Option<SeatAccess> {
        let person = &self.world.people[who];
        if self.expelled.contains(&who) {
            return None;
        }
        let seats: Vec<SeatAccess> = person.seats.clone();
        let place = self.random.usize(..seats.len().max(1));
        let mailbox = seats.get(place)?.mailbox;
        let seat = seats
            .into_iter()
            .rev()
            .find(|seat| seat.mailbox == mailbox)?;
        self.world.relay.may_append(&seat).then_some(seat)
    }

    fn noise(&mut self) -> Vec<u8> {
        let mut body = vec![0; 300];
        self.random.fill(&mut body);
        body
    }

    /// Seats that were shown for a mailbox and still append.
    fn live_seats(&mut self, mailbox: &MailboxAddress) -> BTreeSet<SeatId> {
        let shown = self.world.people.iter().flat_map(|person| &person.seats);
        let shown: Vec<SeatAccess> = shown
            .filter(|seat| seat.mailbox == *mailbox)
            .cloned()
            .collect();
        let live = shown
            .into_iter()
            .filter(|seat| self.world.relay.may_append(seat));
        live.map(|seat| seat.seat).collect()
    }

    /// Changes of seats that fit nothing in the tree.
    fn odd_changes(&mut self, mailbox: &MailboxAddress, pick: u8) -> Option<SeatChanges> {
        let seats = self.live_seats(mailbox);
        let mut changes = SeatChanges::default();
        let secret = SeatSecret(std::array::from_fn(|_| self.random.u8(..)));
        match pick % 3 {
            // A seat for nobody.
            0 => changes.add.push(SeatGrant {
                seat: SeatId(std::array::from_fn(|_| self.random.u8(..))),
                secret_hash: secret.hash(),
            }),
            // Roles that are nobody's.
            1 => {
                let list = seats.iter().map(|seat| (*seat, Role::Admin));
                changes.list = Some(list.collect());
            }
            // Somebody loses a seat that it needs.
            _ => {
                let mut list: Vec<_> = seats.iter().map(|seat| (*seat, Role::Admin)).collect();
                let place = self.random.usize(..list.len().max(1));
                if list.len() < 3 {
                    return None;
                }
                list.swap_remove(place);
                changes.list = Some(list);
            }
        }
        Some(changes)
    }

    /// Tells the model whose seats are not among these that were left.
    fn note_dropped(&mut self, mailbox: &MailboxAddress, left: &[(SeatId, Role)]) {
        if left.is_empty() {
            return;
        }
        for (who, person) in self.world.people.iter().enumerate() {
            let mut shown = person.seats.iter().rev();
            let seat = shown.find(|seat| seat.mailbox == *mailbox);
            let is_left = seat.is_some_and(|seat| left.iter().any(|(id, _)| *id == seat.seat));
            if is_left {
                continue;
            }
            if let Some(room) = proof::room_of(person, mailbox) {
                self.model.seat_dropped(&room, who);
            }
        }
    }

    fn steal(&mut self, who: ClientIndex) -> Option<()> {
        if self.expelled.contains(&who) || self.stolen.len() >= 3 {
            return None;
        }
        let home = temporary_home();
        for file in ["restante.db", "restante.db-wal"] {
            let from = self.world.people[who].home().join(file);
            if from.exists() {
                std::fs::copy(from, home.path().join(file)).expect("a copy of the disk");
            }
        }
        self.stolen.push(Stolen { from: who, home });
        Some(())
    }

    /// All words that whoever has a stolen disk can read, if the relay shows it every log whole.
    pub(in crate::random) fn read_by_thief(&self, stolen: &Stolen) -> Vec<String> {
        let store = Store::open(stolen.home.path(), PASSPHRASE).expect("the copy opens");
        let now = self.world.now();
        let mut twin = Engine::with_randomness(store, self.world.randomness.clone(), now)
            .expect("the twin starts");
        let greeting = Greeting {
            restore_id: self.world.relay.restore_id,
            day: self.world.relay.day(),
        };
        let connected = Input::Connected {
            relay: RELAY.to_owned(),
            stream: Stream::Rooms,
            greeting,
        };
        twin.input(now, connected).expect("the twin's disk");
        // It watches each room once; every log is shown from there on, whatever its seats allow.
        let mut rounds = 0;
        while let Some(outgoing) = twin.next_outgoing() {
            rounds += 1;
            if rounds > 200 {
                break;
            }
            let Outgoing::Mailbox {
                call,
                request: Request::Watch(watch),
                ..
            } = outgoing
            else {
                continue;
            };
            let logs = watch.positions.iter().map(|position| {
                let log = self.world.relay.log(&position.access.mailbox);
                (position, log)
            });
            let logs: Vec<_> = logs.collect();
            let lasts = logs.iter().map(|(_, log)| Ok(log.len() as u64).into());
            let answer = Answer::Watching(lasts.collect());
            let result = Ok(Reply::Mailbox(answer));
            let answered = Input::Answered { call, result };
            twin.input(now, answered).expect("the twin's disk");
            for (position, log) in logs {
                let behind = log.iter().filter(|found| found.number > position.cursor);
                let event = StreamEvent::Envelopes {
                    mailbox: position.access.mailbox,
                    envelopes: behind.cloned().collect(),
                };
                let relay = RELAY.to_owned();
                twin.input(now, Input::Event { relay, event })
                    .expect("the twin's disk");
            }
        }
        let mut words = Vec::new();
        for room in twin.rooms().expect("rooms") {
            if room.phase != RoomPhase::Requested {
                let history = twin.history(&room.id, u32::MAX).expect("history");
                words.extend(history.into_iter().map(|message| message.text));
            }
        }
        words
    }
}
