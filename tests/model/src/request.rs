//! What clients ask of the relay, small enough to be part of a state, and what it is on the wire.

use restante_wire::{
    Envelope, Kind, MailboxAddress, OwnerSecret, Role,
    mailbox::{Append, AppendItem, Position, Rotate, SeatAccess, SeatChanges, SeatGrant, Wake},
};

use crate::names::{Id, Name, Names, Secret};

pub(crate) const ADDRESS: MailboxAddress = MailboxAddress([7; 32]);

/// A request. Whatever was sent once may arrive again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Request {
    Append {
        seat: Name,
        secret: Secret,
        items: Vec<Item>,
    },
    Rotate {
        seat: Name,
        secret: Secret,
        next: Secret,
    },
    Ack {
        seat: Name,
        secret: Secret,
        cursor: u64,
    },
}

/// One envelope to append.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Item {
    pub(crate) id: Id,
    pub(crate) after_commit: u64,
    pub(crate) body: Body,
    pub(crate) changes: Changes,
}

/// Changes to seats.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Changes {
    pub(crate) add: Vec<Secret>,
    pub(crate) refresh: Vec<Secret>,
    /// All seats that stay, and who of them are admins.
    pub(crate) list: Option<(Names, Names)>,
}

/// What an envelope holds, behind the encryption that the relay cannot open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Body {
    pub(crate) what: What,
    pub(crate) whom: Name,
    /// Who is in the group behind this commit, as a Welcome says it.
    pub(crate) members: Names,
    /// Who of them has made no commit yet.
    pub(crate) unconfirmed: Names,
    pub(crate) admins: Names,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub(crate) enum What {
    Text,
    Leave,
    Update,
    Add,
    Remove,
    /// Makes somebody an admin.
    Promote,
    /// A commit that every honest client skips.
    Garbage,
}

impl What {
    fn of(byte: u8) -> Self {
        let all = [
            Self::Text,
            Self::Leave,
            Self::Update,
            Self::Add,
            Self::Remove,
            Self::Promote,
        ];
        let mut all = all.into_iter();
        all.find(|what| *what as u8 == byte)
            .unwrap_or(Self::Garbage)
    }

    pub(crate) const fn kind(self) -> Kind {
        match self {
            Self::Text | Self::Leave => Kind::Message,
            _ => Kind::Commit,
        }
    }
}

impl Body {
    fn encode(self) -> Vec<u8> {
        vec![
            self.what as u8,
            self.whom.0,
            self.members.0,
            self.unconfirmed.0,
            self.admins.0,
        ]
    }

    pub(crate) fn of(envelope: &Envelope) -> Self {
        let [what, whom, members, unconfirmed, admins] =
            envelope.body[..].try_into().expect("a body");
        Self {
            what: What::of(what),
            whom: Name(whom),
            members: Names(members),
            unconfirmed: Names(unconfirmed),
            admins: Names(admins),
        }
    }
}

impl Item {
    pub(crate) fn wire(&self) -> AppendItem {
        let grant = |secret: &Secret| SeatGrant {
            seat: secret.seat.seat(),
            secret_hash: secret.bytes().hash(),
        };
        let list = |(stay, admins): (Names, Names)| {
            let role = |name| {
                if admins.has(name) {
                    Role::Admin
                } else {
                    Role::Member
                }
            };
            let entries = stay.iter().map(|name| (name.seat(), role(name)));
            entries.collect()
        };
        AppendItem {
            id: self.id.wire(),
            after_commit: self.after_commit,
            kind: self.body.what.kind(),
            wake: Wake::None,
            changes: SeatChanges {
                add: self.changes.add.iter().map(grant).collect(),
                refresh: self.changes.refresh.iter().map(grant).collect(),
                drop_owned: Vec::new(),
                drop_self: self.body.what == What::Leave,
                list: self.changes.list.map(list),
            },
            welcome: (self.body.what == What::Add).then(|| vec![self.body.whom.0]),
            body: self.body.encode(),
        }
    }
}

impl Request {
    pub(crate) const fn seat(&self) -> Name {
        match self {
            Self::Append { seat, .. } | Self::Rotate { seat, .. } | Self::Ack { seat, .. } => *seat,
        }
    }

    pub(crate) const fn secret(&self) -> Secret {
        match self {
            Self::Append { secret, .. }
            | Self::Rotate { secret, .. }
            | Self::Ack { secret, .. } => *secret,
        }
    }

    pub(crate) const fn access(&self) -> SeatAccess {
        access(self.seat(), self.secret())
    }
}

pub(crate) const fn access(seat: Name, secret: Secret) -> SeatAccess {
    SeatAccess {
        mailbox: ADDRESS,
        seat: seat.seat(),
        secret: secret.bytes(),
    }
}

pub(crate) fn append(access: SeatAccess, items: &[Item]) -> Append {
    let items = items.iter().map(Item::wire).collect();
    Append { access, items }
}

pub(crate) fn rotate(access: SeatAccess, next: Secret) -> Rotate {
    let owner = OwnerSecret([next.by.0; 32]);
    Rotate {
        owner_tag: owner.tag(&access.seat),
        access,
        secret_hash: next.bytes().hash(),
    }
}

pub(crate) const fn ack(access: SeatAccess, cursor: u64) -> Position {
    Position { access, cursor }
}
