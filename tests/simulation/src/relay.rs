//! The relay's half of a simulation: the real delivery rules over logs in memory.

use std::collections::BTreeMap;

use restante_server::delivery::{
    Context, Limits, Mailbox,
    access::{readable, shown},
    append::Refused,
    rate::Rate,
};
use restante_wire::{
    BlobId, Day, Done, Envelope, ErrorCode, MailboxAddress, Outcome, RestoreId, SecretHash,
    WireError, codec,
    inbox::Lane,
    key_package::Suite,
    mailbox::{Answer, Append, AppendItem, Appended, Position, Refusal, Request, SeatAccess},
    stream::{Ended, Event},
};

use crate::{directory::Directory, stored::Stored};

/// A mailbox and its log, of which nothing goes before a [`Relay::expire`]: what a seat may read is
/// judged by the rules.
#[derive(Clone)]
struct Log {
    mailbox: Mailbox,
    envelopes: Vec<Envelope>,
}

/// The relay. A clone goes its own way.
#[derive(Clone)]
pub struct Relay {
    /// Its store, where it runs on one: then there are no logs in memory.
    stored: Option<Stored>,
    logs: BTreeMap<MailboxAddress, Log>,
    pub(crate) directory: Directory,
    /// So many bytes of each blob.
    pub(crate) blobs: BTreeMap<BlobId, u64>,
    /// Whether uploads end without having moved.
    pub takes_no_blobs: bool,
    limits: Limits,
    now_ms: u64,
    pub(crate) restore_id: RestoreId,
    /// Mailboxes and times of all ephemeral envelopes that passed.
    pub signals: Vec<(MailboxAddress, u64)>,
}

/// What a relay's logs were at some time.
pub struct Backup(BTreeMap<MailboxAddress, Log>);

/// What happened in a mailbox, for those who watch it.
pub struct Fresh(pub(crate) MailboxAddress);

impl Default for Relay {
    fn default() -> Self {
        let plenty = Rate {
            burst: 1_000_000,
            per_minute: 1_000_000,
        };
        let limits = Limits {
            envelopes: plenty,
            member_commits: plenty,
            admin_commits: plenty,
            ..Limits::default()
        };
        Self {
            stored: None,
            logs: BTreeMap::new(),
            directory: Directory::default(),
            blobs: BTreeMap::new(),
            takes_no_blobs: false,
            limits,
            now_ms: 0,
            restore_id: RestoreId([1; 16]),
            signals: Vec::new(),
        }
    }
}

impl Relay {
    /// A relay on its own store, as the shipped program runs on, from this time on.
    #[must_use]
    pub fn on_disk(now_ms: u64) -> Self {
        let relay = Self::default();
        Self {
            stored: Some(Stored::new(relay.limits.clone(), now_ms)),
            ..relay
        }
    }

    /// Its process ends and starts again from its disk, or, with a power cut, from what of that was
    /// flushed. Logs in memory have no disk, and stay.
    pub fn crash(&mut self, is_power_cut: bool) {
        if let Some(stored) = &mut self.stored {
            stored.crash(is_power_cut);
        }
    }

    /// Every mailbox.
    pub fn mailboxes(&self) -> impl Iterator<Item = &MailboxAddress> {
        let stored = self.stored.iter().flat_map(Stored::mailboxes);
        self.logs.keys().chain(stored)
    }

    /// A mailbox's log.
    #[must_use]
    pub fn log(&self, mailbox: &MailboxAddress) -> &[Envelope] {
        if let Some(stored) = &self.stored {
            return stored.log(mailbox);
        }
        self.logs.get(mailbox).map_or(&[], |log| &log.envelopes)
    }

    /// Loses the next letter to this person, though it says that it has it.
    pub fn lose_letters_to(&mut self, name: &str) {
        self.directory.lose_next(name);
    }

    /// Loses no letter any more that it was to lose.
    pub(crate) fn lose_no_letters(&mut self) {
        self.directory.lose_none();
    }

    /// From now on gives the record of `other` to whoever looks up `name`.
    pub fn lie_about(&mut self, name: &str, other: &str) {
        self.directory
            .lies
            .insert(name.to_owned(), other.to_owned());
    }

    /// From now on keeps this person's key packages of a suite to itself.
    pub fn withhold(&mut self, name: &str, suite: Suite) {
        self.directory.withhold(name, suite);
    }

    /// Delivers all letters to this person once more.
    pub fn replay_letters_to(&mut self, name: &str) {
        self.directory.replay(name);
    }

    /// The hash that opens the contacts' lane of this person's inbox.
    #[must_use]
    pub fn contact_token_of(&self, name: &str) -> Option<SecretHash> {
        self.directory.contact_token_of(name)
    }

    /// By which lane the last letter to this person came.
    #[must_use]
    pub fn last_lane_to(&self, name: &str) -> Option<Lane> {
        self.directory.last_lane(name)
    }

    /// The lanes of all letters that this person's clients were ever given, in order.
    #[must_use]
    pub fn lanes_to(&self, name: &str) -> Vec<Lane> {
        self.directory.lanes_to(name)
    }

    /// Delivers a letter to this person.
    pub fn deliver(&mut self, name: &str, body: &[u8]) {
        self.directory.put_letter(name, body);
    }

    /// Whether a seat may still read or append behind this number.
    #[must_use]
    pub fn lets_in(&mut self, access: &SeatAccess, cursor: u64) -> bool {
        let position = Position {
            access: access.clone(),
            cursor,
        };
        self.may_append(access)
            || match &mut self.stored {
                Some(stored) => stored.readable(&position).is_ok(),
                None => self.readable(&position).is_ok(),
            }
    }

    /// Whether a seat may append now.
    #[must_use]
    pub fn may_append(&mut self, access: &SeatAccess) -> bool {
        let append = Append {
            access: access.clone(),
            items: Vec::new(),
        };
        self.answer(Request::Append(append)).0.is_ok()
    }

    /// The logs as they are.
    #[must_use]
    pub fn backup(&self) -> Backup {
        Backup(self.logs.clone())
    }

    /// Goes back to a backup, and says nothing of it.
    pub fn restore(&mut self, backup: Backup) {
        self.logs = backup.0;
    }

    /// The same, and says so in every greeting from now on.
    pub fn restore_announced(&mut self, backup: Backup) {
        self.restore(backup);
        self.restore_id.0[0] += 1;
    }

    /// Loses a mailbox, and says nothing of it.
    pub fn lose_mailbox(&mut self, mailbox: &MailboxAddress) {
        self.logs.remove(mailbox);
    }

    /// What a relay does once a day: deletes what is past its retention, and seats that nobody used.
    pub fn expire(&mut self) {
        let ctx = Context {
            now_ms: self.now_ms,
            day: self.day(),
            limits: &self.limits,
        };
        for log in self.logs.values_mut() {
            let kept_since = ctx.day.0 - ctx.limits.envelope_days;
            let mut kept = log.envelopes.iter();
            let kept_from = kept.find(|found| found.day.0 >= kept_since);
            log.mailbox
                .expire(kept_from.map(|found| found.number), &ctx);
            let first = log.mailbox.first();
            log.envelopes.retain(|found| found.number >= first);
        }
    }

    /// Takes all key packages of this person but the last resorts, or those, too.
    pub fn take_key_packages_of(&mut self, name: &str, last_resorts: bool) {
        self.directory.change_pools(name, |pool| {
            pool.retain(|found| found.last_resort && !last_resorts);
        });
    }

    /// From now on all key packages of this person that wait have expired.
    pub fn expire_key_packages_of(&mut self, name: &str) {
        let yesterday = Day(self.day().0 - 1);
        self.directory.change_pools(name, |pool| {
            for package in pool {
                package.expires = yesterday;
            }
        });
    }

    /// How many key packages this person's clients have at the relay.
    #[must_use]
    pub fn key_packages_of(&self, name: &str) -> usize {
        self.directory.key_packages_of(name)
    }

    pub(crate) fn set_time(&mut self, now_ms: u64) {
        self.now_ms = now_ms;
        if let Some(stored) = &mut self.stored {
            stored.set_time(now_ms);
        }
        self.directory.day = self.day();
    }

    pub(crate) fn day(&self) -> Day {
        Day((self.now_ms / 86_400_000) as u32)
    }

    /// Appends whatever is given, by the rules: for insiders who do not follow the protocol.
    pub(crate) fn append(&mut self, access: SeatAccess, item: AppendItem) -> Appended {
        match self.answer(Request::Append(Append {
            access,
            items: vec![item],
        })) {
            (Ok(Answer::Appended(appended)), _) => appended,
            (other, _) => Appended {
                numbers: Vec::new(),
                refused: Some(Refusal::Error(
                    other.err().unwrap_or(ErrorCode::Internal.into()),
                )),
            },
        }
    }

    /// Answers a request; watches are the caller's.
    pub fn answer(&mut self, request: Request) -> (Result<Answer, WireError>, Option<Fresh>) {
        if let Some(stored) = &mut self.stored {
            if let Request::Ephemeral(ephemeral) = &request {
                self.signals.push((ephemeral.access.mailbox, self.now_ms));
            }
            return stored.answer(request);
        }
        let mut fresh = None;
        let answer = self.decide(request, &mut fresh);
        (answer, fresh)
    }

    fn decide(&mut self, request: Request, fresh: &mut Option<Fresh>) -> Result<Answer, WireError> {
        let limits = self.limits.clone();
        let ctx = Context {
            now_ms: self.now_ms,
            day: self.day(),
            limits: &limits,
        };
        match request {
            Request::Create(create) => {
                if let Some(log) = self.logs.get(&create.mailbox) {
                    let same = log.mailbox.was_made_by(&create);
                    return if same {
                        Ok(Answer::Done)
                    } else {
                        Err(ErrorCode::MailboxExists.into())
                    };
                }
                let mailbox = Mailbox::create(&create, &ctx);
                self.logs.insert(
                    create.mailbox,
                    Log {
                        mailbox,
                        envelopes: Vec::new(),
                    },
                );
                Ok(Answer::Done)
            }
            Request::Append(append) => self.decide_append(append, &ctx, fresh),
            Request::Ack(ack) => {
                let mut outcomes = Vec::new();
                for position in &ack.positions {
                    let log = self.logs.get_mut(&position.access.mailbox);
                    let result = log
                        .ok_or_else(|| ErrorCode::NoSuchSeat.into())
                        .and_then(|log| log.mailbox.ack(position, &ctx))
                        .map(|()| Done {});
                    outcomes.push(Outcome::from(result));
                }
                Ok(Answer::Acked(outcomes))
            }
            Request::Rotate(rotate) => {
                let log = self.logs.get_mut(&rotate.access.mailbox);
                log.ok_or(ErrorCode::NoSuchSeat)?
                    .mailbox
                    .rotate(&rotate, &ctx)?;
                Ok(Answer::Done)
            }
            Request::Ephemeral(ephemeral) => {
                let mailbox = ephemeral.access.mailbox;
                let log = self.logs.get_mut(&mailbox).ok_or(ErrorCode::NoSuchSeat)?;
                log.mailbox.ephemeral(&ephemeral, &ctx)?;
                self.signals.push((mailbox, self.now_ms));
                Ok(Answer::Done)
            }
            Request::Watch(watch) => Ok(self.decide_watch(&watch.positions, &ctx)),
            _ => Err(ErrorCode::BadRequest.into()),
        }
    }

    fn decide_append(
        &mut self,
        append: Append,
        ctx: &Context<'_>,
        fresh: &mut Option<Fresh>,
    ) -> Result<Answer, WireError> {
        let address = append.access.mailbox;
        let log = self.logs.get_mut(&address).ok_or(ErrorCode::NoSuchSeat)?;
        let decision = log.mailbox.append(append, ctx)?;
        for appended in log.mailbox.take_changes().appended {
            log.envelopes.push(codec::decode(&appended.encoded)?);
            *fresh = Some(Fresh(address));
        }
        let refused = decision.refused.map(|refused| match refused {
            Refused::Stale {
                after_commit,
                last_commit,
            } => {
                let missing = log
                    .envelopes
                    .iter()
                    .filter(|found| found.number > after_commit);
                Refusal::Stale {
                    last_commit,
                    missing: missing.cloned().collect(),
                }
            }
            Refused::Error(error) => Refusal::Error(error),
        });
        Ok(Answer::Appended(Appended {
            numbers: decision.numbers,
            refused,
        }))
    }

    fn decide_watch(&mut self, positions: &[Position], ctx: &Context<'_>) -> Answer {
        let mut outcomes = Vec::new();
        for position in positions {
            if let Some(log) = self.logs.get_mut(&position.access.mailbox) {
                // A reader that shows its new secret puts it in force.
                let _ = log.mailbox.enter(&position.access, ctx);
            }
            outcomes.push(Outcome::from(self.readable(position)));
        }
        Answer::Watching(outcomes)
    }

    /// How far a position may read.
    fn readable(&self, position: &Position) -> Result<u64, WireError> {
        let log = self
            .logs
            .get(&position.access.mailbox)
            .ok_or(ErrorCode::NoSuchSeat)?;
        let seat = log
            .mailbox
            .seat(&position.access.seat)
            .ok_or(ErrorCode::NoSuchSeat)?;
        shown(seat, &position.access.secret.hash()).ok_or(ErrorCode::NoSuchSeat)?;
        readable(
            seat,
            log.mailbox.first(),
            log.mailbox.last(),
            position.cursor,
        )
    }

    /// The lowest number that a mailbox still stores, or the next to be given.
    fn first(&self, mailbox: &MailboxAddress) -> u64 {
        self.logs.get(mailbox).map_or(1, |log| log.mailbox.first())
    }

    /// What a watch at this position sees next; moves it.
    pub(crate) fn read(&mut self, position: &mut Position) -> Option<Event> {
        if let Some(stored) = &mut self.stored {
            return stored.read(position);
        }
        let mailbox = position.access.mailbox;
        match self.readable(position) {
            Ok(_) if position.cursor + 1 < self.first(&mailbox) => Some(Event::Ended {
                mailbox,
                reason: Ended::Trimmed {
                    first: self.first(&mailbox),
                },
            }),
            Ok(last) if last > position.cursor => {
                let envelopes = self.log(&mailbox).iter();
                let envelopes: Vec<Envelope> = envelopes
                    .filter(|found| found.number > position.cursor && found.number <= last)
                    .cloned()
                    .collect();
                position.cursor = last;
                Some(Event::Envelopes { mailbox, envelopes })
            }
            Ok(_) => None,
            Err(_) => Some(Event::Ended {
                mailbox,
                reason: Ended::NoSuchSeat,
            }),
        }
    }
}
