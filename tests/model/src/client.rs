//! A client: what the protocol makes it do at a mailbox. MLS is left out: who is in the group, and
//! which epoch an envelope belongs to, is told by the log alone.
//!
//! All of it is on the client's disk, and every step is one transaction: a process that ends and
//! starts again goes on from the same state. A letter that comes late is one whose reader does its
//! next step late.

use restante_wire::{Envelope, Kind, SeatId};

use crate::{
    names::{ALICE, Id, Name, Names, Secret},
    request::{Body, Changes, Item, Request, What},
    scenario::Step,
};

/// Messages that are under way at once.
const WINDOW: usize = 2;

/// Where a client stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Standing {
    /// Nobody has invited it.
    Outside,
    /// Invited, and to join by the commit of this number.
    Joining(u64),
    Seated,
    /// Left or was removed, and has read that.
    Out,
    /// What it would read next is gone.
    Lost,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Client {
    pub(crate) name: Name,
    pub(crate) standing: Standing,
    pub(crate) secret: Secret,
    pub(crate) next: Option<Secret>,
    spare: Option<Secret>,
    invitation: Option<(Option<Secret>, u64)>,
    pub(crate) cursor: u64,
    last_commit: u64,
    pub(crate) members: Names,
    pub(crate) unconfirmed: Names,
    pub(crate) admins: Names,
    /// Steps of its script that the log shows.
    pub(crate) done: usize,
    pub(crate) pending: Vec<Item>,
    /// Ids and secrets that it has made.
    made: u8,
    /// The last secret that it made for another's seat.
    pub(crate) granted: Option<Secret>,
}

/// What a client sends to another by way of its inbox.
#[derive(Debug)]
pub(crate) enum Letter {
    Invitation(Option<Secret>, u64),
    Spare(Secret),
}

/// What follows from reading one envelope.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub(crate) letters: Vec<(Name, Letter)>,
    /// The envelope was not of the epoch in force at its place.
    pub(crate) is_of_another_epoch: bool,
}

impl Client {
    /// Alice in her new mailbox, or somebody who is not there yet.
    pub(crate) fn new(name: Name) -> Self {
        let is_creator = name == ALICE;
        Self {
            name,
            standing: match is_creator {
                true => Standing::Seated,
                false => Standing::Outside,
            },
            secret: Secret {
                by: name,
                seat: name,
                nth: 0,
                is_granted: false,
            },
            next: None,
            spare: None,
            invitation: None,
            cursor: 0,
            last_commit: 0,
            members: Names::of(is_creator.then_some(name)),
            unconfirmed: Names::default(),
            admins: Names::of([ALICE]),
            done: 0,
            pending: Vec::new(),
            made: 0,
            granted: None,
        }
    }

    pub(crate) const fn has_done(&self, script: &[Step]) -> bool {
        self.done == script.len() && self.pending.is_empty()
    }

    /// The step that it would do now.
    pub(crate) fn next_step(&self, script: &[Step]) -> Option<Step> {
        let step = *script.get(self.done + self.pending.len())?;
        let is_free = self.pending.is_empty();
        let follows = self.pending.len() < WINDOW
            && self.pending.iter().all(|item| item.body.what == What::Text)
            && step == Step::Say;
        let is_ready = self.standing == Standing::Seated && !self.secret.is_granted;
        (is_ready && (is_free || follows)).then_some(step)
    }

    /// Whether it must choose a secret of its own.
    pub(crate) fn must_rotate(&self) -> bool {
        self.standing == Standing::Seated && self.secret.is_granted && self.next.is_none()
    }

    /// Chooses a secret, and asks the relay to take it.
    pub(crate) fn rotate(&mut self) -> Request {
        self.made += 1;
        let next = Secret {
            by: self.name,
            seat: self.name,
            nth: self.made,
            is_granted: false,
        };
        self.next = Some(next);
        Request::Rotate {
            seat: self.name,
            secret: self.secret,
            next,
        }
    }

    /// All that is under way, with the secret of now.
    pub(crate) fn send(&self) -> Request {
        Request::Append {
            seat: self.name,
            secret: self.secret,
            items: self.pending.clone(),
        }
    }

    /// Its rotation was answered. If the old secret is refused, an earlier request may have gone
    /// through.
    pub(crate) fn rotated(&mut self) {
        if let Some(next) = self.next.take() {
            self.secret = next;
        }
    }

    pub(crate) fn receive(&mut self, letter: &Letter) {
        match *letter {
            Letter::Invitation(secret, commit) => {
                self.invitation = Some((secret, commit));
                if matches!(
                    self.standing,
                    Standing::Outside | Standing::Out | Standing::Lost
                ) {
                    self.follow_invitation();
                }
            }
            // It means nothing to who has no invitation yet.
            Letter::Spare(_) if self.standing == Standing::Outside => {}
            Letter::Spare(secret) => self.spare = Some(secret),
        }
    }

    /// Its seat was refused: the spare secret, or a later invitation, may lead on.
    pub(crate) fn refused(&mut self) {
        if let Some(spare) = self.spare.take() {
            self.secret = spare;
            self.next = None;
        } else {
            self.follow_invitation();
        }
    }

    pub(crate) fn trimmed(&mut self) {
        self.standing = Standing::Lost;
        self.follow_invitation();
    }

    /// Takes the next envelope from the log.
    pub(crate) fn read(&mut self, envelope: &Envelope) -> Read {
        let mut read = Read::default();
        let body = Body::of(envelope);
        if let Standing::Joining(_) = self.standing {
            self.join(envelope.number, body);
            return read;
        }
        read.is_of_another_epoch = envelope.after_commit != self.last_commit;
        self.cursor = envelope.number;
        let id = Id::of(&envelope.id);
        let is_own = self.pending.first().is_some_and(|item| item.id == id);
        if is_own {
            self.done += 1;
            let item = self.pending.remove(0);
            read.letters = letters(&item, envelope);
        }
        if envelope.kind == Kind::Commit {
            // Nothing that was encrypted before it can be accepted any more.
            self.pending.clear();
            self.last_commit = envelope.number;
            read.is_of_another_epoch |= !self.merge(id.by, body);
        }
        let is_out = !self.members.has(self.name) || (is_own && body.what == What::Leave);
        if is_out {
            self.standing = Standing::Out;
        }
        let is_repaired = body.what == What::Add && body.whom == self.name;
        if is_out || is_repaired {
            self.follow_invitation();
        }
        read
    }

    fn join(&mut self, number: u64, body: Body) {
        self.standing = Standing::Seated;
        self.cursor = number;
        self.last_commit = number;
        self.members = body.members;
        self.unconfirmed = body.unconfirmed;
        self.admins = body.admins;
    }

    /// Whether the group behind a commit is the one that its author names.
    fn merge(&mut self, author: Name, body: Body) -> bool {
        if body.what == What::Garbage {
            return true;
        }
        let behind = self.behind(author, body.what, body.whom);
        (self.members, self.unconfirmed, self.admins) = behind;
        behind == (body.members, body.unconfirmed, body.admins)
    }

    /// Members behind a commit, who of them has made none, and who are admins.
    fn behind(&self, author: Name, what: What, whom: Name) -> (Names, Names, Names) {
        let unconfirmed = self.unconfirmed.without(author);
        match what {
            What::Add => (self.members.with(whom), unconfirmed.with(whom), self.admins),
            What::Remove => (
                self.members.without(whom),
                unconfirmed.without(whom),
                self.admins.without(whom),
            ),
            What::Promote => (self.members, unconfirmed, self.admins.with(whom)),
            _ => (self.members, unconfirmed, self.admins),
        }
    }

    pub(crate) fn compose(&mut self, what: What, whom: Name, changes: Changes) -> Request {
        let item = self.item(what, whom, changes);
        self.pending.push(item);
        self.send()
    }

    pub(crate) fn item(&mut self, what: What, whom: Name, changes: Changes) -> Item {
        self.made += 1;
        let (members, unconfirmed, admins) = match what.kind() {
            Kind::Commit => self.behind(self.name, what, whom),
            Kind::Message => Default::default(),
        };
        Item {
            id: Id {
                by: self.name,
                nth: self.made,
            },
            after_commit: self.last_commit,
            body: Body {
                what,
                whom,
                members,
                unconfirmed,
                admins,
            },
            changes,
        }
    }

    pub(crate) fn grant(&mut self, whom: Name) -> Secret {
        self.made += 1;
        let secret = Secret {
            by: self.name,
            seat: whom,
            nth: self.made,
            is_granted: true,
        };
        self.granted = Some(secret);
        secret
    }

    fn follow_invitation(&mut self) {
        let Some((secret, commit)) = self.invitation.take() else {
            return;
        };
        if let Some(secret) = secret {
            self.secret = secret;
            self.next = None;
        }
        self.spare = None;
        self.pending.clear();
        self.cursor = commit - 1;
        self.standing = Standing::Joining(commit);
    }
}

/// Letters that the author of a commit sends when it sees it in the log.
fn letters(item: &Item, envelope: &Envelope) -> Vec<(Name, Letter)> {
    let took = |seats: &[SeatId], secret: &&Secret| seats.contains(&secret.seat.seat());
    let whom = item.body.whom;
    let added = item
        .changes
        .add
        .iter()
        .filter(|secret| took(&envelope.seats.added, secret));
    let refreshed = item.changes.refresh.iter();
    let mut refreshed = refreshed.filter(|secret| took(&envelope.seats.refreshed, secret));
    match item.body.what {
        What::Add => {
            let secret = added.copied().next().or_else(|| refreshed.next().copied());
            vec![(whom, Letter::Invitation(secret, envelope.number))]
        }
        What::Remove => refreshed
            .map(|secret| (secret.seat, Letter::Spare(*secret)))
            .collect(),
        _ => Vec::new(),
    }
}
