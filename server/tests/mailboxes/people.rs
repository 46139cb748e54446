//! Seats and the requests that their clients build.

use restante_server::random;
use restante_wire::{
    EnvelopeId, Kind, MailboxAddress, OwnerSecret, Role, SeatId, SeatSecret,
    mailbox::{
        Ack, Append, AppendItem, Appended, Create, Ephemeral, Fetch, Position, Refusal, Rotate,
        SeatAccess, SeatChanges, SeatGrant, Stamp, Wake,
    },
};

#[derive(Clone)]
pub(crate) struct Seat {
    pub(crate) mailbox: MailboxAddress,
    pub(crate) id: SeatId,
    pub(crate) secret: SeatSecret,
    pub(crate) owner: OwnerSecret,
}

impl Seat {
    /// In a mailbox that nobody has made.
    pub(crate) fn new() -> Self {
        Self::in_mailbox(MailboxAddress(random::bytes()))
    }

    fn in_mailbox(mailbox: MailboxAddress) -> Self {
        Self {
            mailbox,
            id: SeatId(random::bytes()),
            secret: SeatSecret(random::bytes()),
            owner: OwnerSecret(random::bytes()),
        }
    }

    pub(crate) fn access(&self) -> SeatAccess {
        SeatAccess {
            mailbox: self.mailbox,
            seat: self.id,
            secret: self.secret.clone(),
        }
    }

    pub(crate) fn at(&self, cursor: u64) -> Position {
        Position {
            access: self.access(),
            cursor,
        }
    }

    pub(crate) fn create(&self) -> Create {
        Create {
            stamp: Stamp::default(),
            mailbox: self.mailbox,
            seat: self.id,
            secret_hash: self.secret.hash(),
            owner_tag: self.owner.tag(&self.id),
        }
    }

    /// A seat for somebody else, and the change that makes it.
    pub(crate) fn invite(&self) -> (Self, SeatChanges) {
        let invited = Self::in_mailbox(self.mailbox);
        let grant = SeatGrant {
            seat: invited.id,
            secret_hash: invited.secret.hash(),
        };
        let changes = SeatChanges {
            add: vec![grant],
            ..SeatChanges::default()
        };
        (invited, changes)
    }

    /// Replaces the secret: the request shows the old one, everything after it the new one.
    pub(crate) fn rotate(&mut self) -> Rotate {
        let access = self.access();
        self.secret = SeatSecret(random::bytes());
        Rotate {
            access,
            secret_hash: self.secret.hash(),
            owner_tag: self.owner.tag(&self.id),
        }
    }

    pub(crate) fn messages(&self, after_commit: u64, bodies: &[&[u8]]) -> Append {
        let items = bodies
            .iter()
            .map(|body| item(Kind::Message, after_commit, body));
        Append {
            access: self.access(),
            items: items.collect(),
        }
    }

    pub(crate) fn message(&self, after_commit: u64, body: &[u8]) -> Append {
        self.messages(after_commit, &[body])
    }

    pub(crate) fn commit(&self, after_commit: u64) -> Append {
        self.commit_with(after_commit, SeatChanges::default())
    }

    pub(crate) fn commit_with(&self, after_commit: u64, changes: SeatChanges) -> Append {
        let mut item = item(Kind::Commit, after_commit, b"commit");
        item.changes = changes;
        Append {
            access: self.access(),
            items: vec![item],
        }
    }

    /// A commit that keeps these seats and drops all others. The first is the admin.
    pub(crate) fn keep_only(&self, after_commit: u64, members: &[&Self]) -> Append {
        let members = members.iter().map(|seat| (seat.id, Role::Member));
        let list = std::iter::once((self.id, Role::Admin)).chain(members);
        let changes = SeatChanges {
            list: Some(list.collect()),
            ..SeatChanges::default()
        };
        self.commit_with(after_commit, changes)
    }

    pub(crate) fn ack(&self, cursor: u64) -> Ack {
        Ack {
            positions: vec![self.at(cursor)],
        }
    }

    pub(crate) fn fetch(&self, cursor: u64) -> Fetch {
        Fetch {
            access: self.access(),
            cursor,
            limit: u32::MAX,
        }
    }

    pub(crate) fn ephemeral(&self, body: &[u8]) -> Ephemeral {
        Ephemeral {
            access: self.access(),
            body: body.to_vec(),
        }
    }

    /// Asks for the number of the last commit by an append that is surely stale.
    pub(crate) async fn last_commit<F>(&self, append: impl FnOnce(Append) -> F) -> u64
    where
        F: Future<Output = Appended>,
    {
        match append(self.message(u64::MAX, b"never stored"))
            .await
            .refused
        {
            Some(Refusal::Stale { last_commit, .. }) => last_commit,
            other => panic!("an append from the future is not answered by {other:?}"),
        }
    }
}

pub(crate) fn item(kind: Kind, after_commit: u64, body: &[u8]) -> AppendItem {
    AppendItem {
        id: EnvelopeId(random::bytes()),
        after_commit,
        kind,
        wake: Wake::None,
        changes: SeatChanges::default(),
        welcome: None,
        body: body.to_vec(),
    }
}
