//! Insiders: members who append what they like, and twins, who carry their keys elsewhere.

use restante_client::{
    engine::{
        Engine,
        io::{Command, Failure, Input, Outgoing, Reply, RoomId, Stream},
        letters::{Invitation, Letter},
    },
    store::Store,
};
use restante_crypto::{SymmetricKey, inbox};
use restante_wire::{
    EnvelopeId, Kind, LogHash, MailboxAddress, codec,
    inbox::InboxAnswer,
    mailbox::{AppendItem, Request, SeatChanges, Wake},
    stream::Greeting,
};

use crate::{
    World,
    person::{PASSPHRASE, RELAY, temporary_home},
    relay::Fresh,
};

impl World {
    /// Lets an insider append what it likes to a room, by the seat it has shown.
    ///
    /// # Panics
    /// If the insider has not shown a seat there.
    pub fn append_garbage(&mut self, who: usize, kind: Kind) -> u64 {
        let mailbox = self.last_mailbox(who);
        self.append_raw(who, mailbox, kind, SeatChanges::default())
    }

    /// The same with seat changes, into one mailbox.
    ///
    /// # Panics
    /// If the insider has not shown a seat there, or the relay refuses.
    pub fn append_raw(
        &mut self,
        who: usize,
        mailbox: MailboxAddress,
        kind: Kind,
        changes: SeatChanges,
    ) -> u64 {
        let mut body = vec![0; 300];
        self.random.fill(&mut body);
        self.append_body(who, mailbox, kind, changes, body)
    }

    /// The same with a body.
    ///
    /// # Panics
    /// If the insider has not shown a seat there, or the relay refuses.
    pub fn append_body(
        &mut self,
        who: usize,
        mailbox: MailboxAddress,
        kind: Kind,
        changes: SeatChanges,
        body: Vec<u8>,
    ) -> u64 {
        let appended = self.try_append(who, mailbox, kind, changes, body);
        appended.expect("the relay takes it")
    }

    /// The same; nothing where the relay refuses.
    ///
    /// # Panics
    /// If the insider has not shown a seat there.
    pub fn try_append(
        &mut self,
        who: usize,
        mailbox: MailboxAddress,
        kind: Kind,
        changes: SeatChanges,
        body: Vec<u8>,
    ) -> Option<u64> {
        let seats = &self.people[who].seats;
        let access = seats
            .iter()
            .rev()
            .find(|seat| seat.mailbox == mailbox)
            .cloned();
        let log = self.relay.log(&mailbox);
        let last_commit = log.iter().rev().find(|found| found.kind == Kind::Commit);
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
        self.publish(&Fresh(mailbox));
        appended.numbers.first().copied()
    }

    /// An invitation to a room that does not exist, such as one person would write to another.
    ///
    /// # Panics
    /// If the inviter has shown no seat.
    #[must_use]
    pub fn invitation_like(&self, from: usize) -> Invitation {
        let access = self.people[from].seats.last().expect("a seat was shown");
        Invitation {
            relay: RELAY.to_owned(),
            mailbox: MailboxAddress([7; 32]),
            room: RoomId([7; 32]),
            direct: false,
            title: "a room".into(),
            seat: access.seat,
            seat_secret: Some(access.secret.clone()),
            line: 0,
            commit: 1,
            log_hash: LogHash([7; 32]),
            welcome_key: SymmetricKey::from_bytes([7; 32]),
            words: String::new(),
        }
    }

    /// A letter from one client to another's inbox, past everything that clients keep to.
    ///
    /// # Panics
    /// If it is too long.
    pub fn write_letter(&mut self, from: usize, to: usize, letter: &Letter) {
        let to = self.people[to].account().client.certificate().body.clone();
        let client = &self.people[from].account().client;
        let mut signed = to.inbox.0.to_vec();
        signed.extend(codec::encode(letter));
        let signature = client.keys().sign("restante letter v1", &signed);
        let content = codec::encode(&(client.certificate(), letter, signature));
        let body = inbox::seal_letter(&to.inbox_key, &to.inbox, &content).expect("it fits");
        self.relay.deliver(&to.username, &body);
        self.publish_letters();
    }

    /// What a client would append for a command, made by a twin on a copy of its disk; nothing of it
    /// is appended, and the client itself goes on as if nothing had been.
    ///
    /// # Panics
    /// If the twin appends nothing of this kind.
    pub fn forge(&mut self, who: usize, command: Command, kind: Kind) -> AppendItem {
        let copy = temporary_home();
        for file in ["restante.db", "restante.db-wal"] {
            let from = self.people[who].home().join(file);
            std::fs::copy(from, copy.path().join(file)).expect("a copy of the disk");
        }
        let store = Store::open(copy.path(), PASSPHRASE).expect("the copy opens");
        let mut twin =
            Engine::with_randomness(store, self.randomness.clone(), self.now).expect("the twin");
        let greeting = Greeting {
            restore_id: self.relay.restore_id,
            day: self.relay.day(),
        };
        let connected = Input::Connected {
            relay: RELAY.to_owned(),
            stream: Stream::Rooms,
            greeting,
        };
        twin.input(self.now, connected).expect("the twin's disk");
        twin.command(self.now, command).expect("a command");
        while let Some(outgoing) = twin.next_outgoing() {
            let (call, result) = match outgoing {
                Outgoing::Mailbox {
                    request: Request::Append(append),
                    ..
                } if append.items.iter().any(|item| item.kind == kind) => {
                    let mut items = append.items.into_iter();
                    return items.find(|item| item.kind == kind).expect("there is one");
                }
                Outgoing::Mailbox { call, request, .. } => {
                    let (answer, _) = self.relay.answer(request);
                    (call, answer.map(Reply::Mailbox).map_err(Failure::Refused))
                }
                Outgoing::Inbox { call, .. } => (call, Ok(Reply::Inbox(InboxAnswer::Done))),
                Outgoing::Http { call, .. } | Outgoing::Upload { call, .. } => {
                    (call, Err(Failure::Lost))
                }
            };
            let answered = Input::Answered { call, result };
            twin.input(self.now, answered).expect("the twin's disk");
        }
        panic!("the twin appends nothing");
    }
}
