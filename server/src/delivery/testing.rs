//! A mailbox with a few seats for unit tests: everything in it is named by small numbers.

use restante_wire::{
    Day, EnvelopeId, Kind, MailboxAddress, OwnerSecret, Role, SeatId, SeatSecret, WireError,
    mailbox::{
        Append, AppendItem, Create, Position, Rotate, SeatAccess, SeatChanges, SeatGrant, Stamp,
        Wake,
    },
};

use super::{
    Context, Limits, Mailbox,
    append::{Decision, Refused},
};
use crate::clock::DAY_MS;

pub(super) const ADDRESS: MailboxAddress = MailboxAddress([7; 32]);

/// The seat that makes the mailbox.
pub(super) const ADMIN: u8 = 1;

/// A mailbox, its limits and the time.
pub(super) struct Room {
    pub(super) mailbox: Mailbox,
    pub(super) limits: Limits,
    pub(super) now_ms: u64,
    next_id: u32,
}

pub(super) fn seat(n: u8) -> SeatId {
    SeatId([n; 32])
}

/// The secret that a seat chose itself.
pub(super) fn own_secret(n: u8) -> SeatSecret {
    SeatSecret([n; 32])
}

/// The secret that came with the invitation.
pub(super) fn invited_secret(n: u8) -> SeatSecret {
    SeatSecret([n + 100; 32])
}

pub(super) fn owner(n: u8) -> OwnerSecret {
    OwnerSecret([n + 200; 32])
}

pub(super) fn access(n: u8) -> SeatAccess {
    with_secret(n, own_secret(n))
}

pub(super) fn with_secret(n: u8, secret: SeatSecret) -> SeatAccess {
    SeatAccess {
        mailbox: ADDRESS,
        seat: seat(n),
        secret,
    }
}

pub(super) fn grant(n: u8) -> SeatGrant {
    SeatGrant {
        seat: seat(n),
        secret_hash: invited_secret(n).hash(),
    }
}

pub(super) fn adding(n: u8) -> SeatChanges {
    SeatChanges {
        add: vec![grant(n)],
        ..SeatChanges::default()
    }
}

/// The whole list of seats: admins, then members.
pub(super) fn listing(admins: &[u8], members: &[u8]) -> SeatChanges {
    let admins = admins.iter().map(|n| (seat(*n), Role::Admin));
    let members = members.iter().map(|n| (seat(*n), Role::Member));
    SeatChanges {
        list: Some(admins.chain(members).collect()),
        ..SeatChanges::default()
    }
}

impl Room {
    /// A mailbox with the admin's seat.
    pub(super) fn new() -> Self {
        let limits = Limits::default();
        let mut room = Self {
            mailbox: Mailbox::create(&create(), &context(0, &limits)),
            limits,
            now_ms: 20_000 * DAY_MS,
            next_id: 1_000,
        };
        room.mailbox.take_changes();
        room
    }

    /// With these members, whose clients have rotated their secrets.
    pub(super) fn with_members(members: &[u8]) -> Self {
        let mut room = Self::new();
        for n in members {
            room.invite(*n);
            room.rotate(*n).unwrap();
            // The first use puts the new secret into force.
            room.mailbox
                .enter(&access(*n), &context(room.now_ms, &room.limits))
                .unwrap();
        }
        room.mailbox.take_changes();
        room
    }

    /// Adds a seat that has not rotated its secret.
    pub(super) fn invite(&mut self, n: u8) -> u64 {
        self.commit(ADMIN, adding(n)).unwrap()
    }

    pub(super) fn rotate(&mut self, n: u8) -> Result<(), WireError> {
        let request = Rotate {
            access: with_secret(n, invited_secret(n)),
            secret_hash: own_secret(n).hash(),
            owner_tag: owner(n).tag(&seat(n)),
        };
        let ctx = context(self.now_ms, &self.limits);
        self.mailbox.rotate(&request, &ctx)
    }

    pub(super) fn append(&mut self, n: u8, items: Vec<AppendItem>) -> Result<Decision, WireError> {
        let access = access(n);
        let ctx = context(self.now_ms, &self.limits);
        self.mailbox.append(Append { access, items }, &ctx)
    }

    pub(super) fn one(&mut self, n: u8, item: AppendItem) -> Result<u64, Refused> {
        let decision = self.append(n, vec![item])?;
        match decision.refused {
            Some(refused) => Err(refused),
            None => Ok(decision.numbers[0]),
        }
    }

    pub(super) fn message(&mut self, n: u8) -> Result<u64, Refused> {
        let item = self.item(Kind::Message);
        self.one(n, item)
    }

    pub(super) fn commit(&mut self, n: u8, changes: SeatChanges) -> Result<u64, Refused> {
        let mut item = self.item(Kind::Commit);
        item.changes = changes;
        self.one(n, item)
    }

    pub(super) fn ack(&mut self, n: u8, cursor: u64) -> Result<(), WireError> {
        let access = access(n);
        let ctx = context(self.now_ms, &self.limits);
        self.mailbox.ack(&Position { access, cursor }, &ctx)
    }

    /// An item of a fresh id on the last commit.
    pub(super) fn item(&mut self, kind: Kind) -> AppendItem {
        self.next_id += 1;
        let mut id = [0; 16];
        id[..4].copy_from_slice(&self.next_id.to_le_bytes());
        AppendItem {
            id: EnvelopeId(id),
            after_commit: self.mailbox.last_commit(),
            kind,
            wake: Wake::None,
            changes: SeatChanges::default(),
            welcome: None,
            body: vec![1, 2, 3],
        }
    }
}

pub(super) fn create() -> Create {
    Create {
        stamp: Stamp::default(),
        mailbox: ADDRESS,
        seat: seat(ADMIN),
        secret_hash: own_secret(ADMIN).hash(),
        owner_tag: owner(ADMIN).tag(&seat(ADMIN)),
    }
}

pub(super) fn context(now_ms: u64, limits: &Limits) -> Context<'_> {
    let day = Day(u32::try_from(now_ms / DAY_MS).unwrap());
    Context {
        now_ms,
        day,
        limits,
    }
}
