//! Seats of a raw connection: ids and secrets made up, requests built by hand.

use std::net::SocketAddr;

use restante_wire::{
    EnvelopeId, Kind, MailboxAddress, OwnerSecret, SeatId, SeatSecret,
    mailbox::{
        Ack, Append, AppendItem, Create, Fetch, Position, Request, Rotate, SeatAccess, SeatChanges,
        SeatGrant, Stamp, Wake, Watch,
    },
};

use crate::wire::connect;

/// A seat and its secrets.
#[derive(Debug, Clone)]
pub struct Seat {
    /// Its mailbox.
    pub mailbox: MailboxAddress,
    /// Its id.
    pub id: SeatId,
    /// Its present secret.
    pub secret: SeatSecret,
    /// By which its owner may drop it.
    pub owner: OwnerSecret,
}

impl Seat {
    /// A seat in a mailbox of its own, known to nobody yet.
    #[must_use]
    pub fn in_new_mailbox() -> Self {
        Self::in_mailbox(MailboxAddress(random()))
    }

    /// A further seat of a mailbox, known to nobody yet.
    #[must_use]
    pub fn in_mailbox(mailbox: MailboxAddress) -> Self {
        Self {
            mailbox,
            id: SeatId(random()),
            secret: SeatSecret(random()),
            owner: OwnerSecret(random()),
        }
    }

    /// What every request shows.
    #[must_use]
    pub fn access(&self) -> SeatAccess {
        SeatAccess {
            mailbox: self.mailbox,
            seat: self.id,
            secret: self.secret.clone(),
        }
    }

    /// Makes the mailbox with this seat as its admin.
    #[must_use]
    pub fn create(&self) -> Request {
        Request::Create(Create {
            stamp: Stamp::default(),
            mailbox: self.mailbox,
            seat: self.id,
            secret_hash: self.secret.hash(),
            owner_tag: self.owner.tag(&self.id),
        })
    }

    /// What a commit grants to make this seat.
    #[must_use]
    pub fn grant(&self) -> SeatGrant {
        SeatGrant {
            seat: self.id,
            secret_hash: self.secret.hash(),
        }
    }

    /// Takes a new secret, and the request that tells the relay.
    #[must_use]
    pub fn rotate(&mut self) -> Request {
        let access = self.access();
        self.secret = SeatSecret(random());
        Request::Rotate(Rotate {
            access,
            secret_hash: self.secret.hash(),
            owner_tag: self.owner.tag(&self.id),
        })
    }

    /// Appends.
    #[must_use]
    pub fn append(&self, items: Vec<AppendItem>) -> Request {
        Request::Append(Append {
            access: self.access(),
            items,
        })
    }

    /// Reads a page.
    #[must_use]
    pub fn fetch(&self, cursor: u64, limit: u32) -> Request {
        Request::Fetch(Fetch {
            access: self.access(),
            cursor,
            limit,
        })
    }

    /// Watches.
    #[must_use]
    pub fn watch(&self, cursor: u64) -> Request {
        Request::Watch(Watch {
            positions: vec![Position {
                access: self.access(),
                cursor,
            }],
        })
    }

    /// Acknowledges.
    #[must_use]
    pub fn ack(&self, cursor: u64) -> Request {
        Request::Ack(Ack {
            positions: vec![Position {
                access: self.access(),
                cursor,
            }],
        })
    }
}

/// Number of the commit that seats everybody in [`mailbox_for`].
pub const SEATING: u64 = 1;

/// Makes a mailbox with so many seats, the first of them admin, all rotated.
///
/// # Panics
/// If the relay refuses.
pub async fn mailbox_for(relay: SocketAddr, seats: usize) -> Vec<Seat> {
    let mut connection = connect(relay).await;
    let admin = Seat::in_new_mailbox();
    connection.does(admin.create()).await;
    let mut members: Vec<Seat> = (1..seats)
        .map(|_| Seat::in_mailbox(admin.mailbox))
        .collect();
    let changes = SeatChanges {
        add: members.iter().map(Seat::grant).collect(),
        ..SeatChanges::default()
    };
    connection.appends(&admin, commit(0, changes)).await;
    for member in &mut members {
        connection.does(member.rotate()).await;
    }
    members.insert(0, admin);
    members
}

/// A message of these bytes.
#[must_use]
pub fn message(after_commit: u64, body: Vec<u8>) -> AppendItem {
    item(Kind::Message, after_commit, SeatChanges::default(), body)
}

/// A commit that changes seats.
#[must_use]
pub fn commit(after_commit: u64, changes: SeatChanges) -> AppendItem {
    item(
        Kind::Commit,
        after_commit,
        changes,
        random::<256>().to_vec(),
    )
}

fn item(kind: Kind, after_commit: u64, changes: SeatChanges, body: Vec<u8>) -> AppendItem {
    AppendItem {
        id: EnvelopeId(random()),
        after_commit,
        kind,
        wake: Wake::None,
        changes,
        welcome: None,
        body,
    }
}

/// Random bytes of the system.
///
/// # Panics
/// If the system has none.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system has randomness");
    bytes
}
