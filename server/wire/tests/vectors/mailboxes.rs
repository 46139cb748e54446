//! Mailbox requests and answers, as the bodies of HTTP requests.

use restante_wire::{
    EnvelopeId, ErrorCode, Kind, MailboxAddress, Outcome, OwnerSecret, OwnerTag, Role, SeatId,
    SeatSecret, SecretHash, WireError,
    mailbox::{
        Ack, Append, AppendItem, Appended, Create, Ephemeral, Fetch, Fetched, Head, Heads,
        OwnedDrop, Position, Refusal, Rotate, SealedHandle, SeatAccess, SeatChanges, SeatGrant,
        SetWakeHandle, Stamp, Unwatch, Wake, Watch,
    },
};
use serde_json::Value;

use crate::{log, vector};

pub(crate) const MAILBOX: MailboxAddress = MailboxAddress([0x21; 32]);
const SEAT: SeatId = SeatId([0x22; 32]);
const OTHER: SeatId = SeatId([0x23; 32]);

pub(crate) fn access() -> SeatAccess {
    SeatAccess {
        mailbox: MAILBOX,
        seat: SEAT,
        secret: SeatSecret([0x24; 32]),
    }
}

pub(crate) fn positions() -> Vec<Position> {
    vec![Position {
        access: access(),
        cursor: 16_384,
    }]
}

fn grant(seat: SeatId) -> SeatGrant {
    SeatGrant {
        seat,
        secret_hash: SecretHash([0x25; 32]),
    }
}

fn owned_drop() -> OwnedDrop {
    OwnedDrop {
        seat: OTHER,
        owner_secret: OwnerSecret([0x27; 32]),
    }
}

/// A commit with every seat change, a message with none, and one that says nothing to anybody.
pub(crate) fn append() -> Append {
    let commit = AppendItem {
        id: EnvelopeId([0x26; 16]),
        after_commit: 127,
        kind: Kind::Commit,
        wake: Wake::Normal,
        changes: SeatChanges {
            add: vec![grant(OTHER)],
            refresh: vec![grant(OTHER)],
            drop_owned: vec![owned_drop()],
            drop_self: true,
            list: Some(vec![(SEAT, Role::Admin), (OTHER, Role::Member)]),
        },
        welcome: Some(vec![0x28; 4]),
        body: vec![0x29; 5],
    };
    let message = AppendItem {
        id: EnvelopeId([0x2a; 16]),
        after_commit: 128,
        kind: Kind::Message,
        wake: Wake::Urgent,
        changes: SeatChanges::default(),
        welcome: None,
        body: vec![0x2b; 5],
    };
    let quiet = AppendItem {
        id: EnvelopeId([0x2f; 16]),
        wake: Wake::None,
        ..message.clone()
    };
    Append {
        access: access(),
        items: vec![commit, message, quiet],
    }
}

pub(crate) fn vectors() -> Vec<Value> {
    [requests(), answers(), parts()].concat()
}

pub(crate) fn create() -> Create {
    Create {
        stamp: Stamp::default(),
        mailbox: MAILBOX,
        seat: SEAT,
        secret_hash: SecretHash([0x25; 32]),
        owner_tag: OwnerTag([0x2c; 32]),
    }
}

pub(crate) fn fetch() -> Fetch {
    Fetch {
        access: access(),
        cursor: 128,
        limit: 50,
    }
}

pub(crate) fn rotate() -> Rotate {
    Rotate {
        access: access(),
        secret_hash: SecretHash([0x25; 32]),
        owner_tag: OwnerTag([0x2c; 32]),
    }
}

pub(crate) fn set_wake_handle() -> SetWakeHandle {
    SetWakeHandle {
        access: access(),
        handle: Some(SealedHandle(vec![0x2d; 3])),
    }
}

pub(crate) fn ephemeral() -> Ephemeral {
    Ephemeral {
        access: access(),
        body: vec![0x2e; 3],
    }
}

fn requests() -> Vec<Value> {
    let heads = Heads {
        positions: positions(),
    };
    let watch = Watch {
        positions: positions(),
    };
    let unwatch = Unwatch {
        mailboxes: vec![MAILBOX],
    };
    let ack = Ack {
        positions: positions(),
    };
    vec![
        vector("Create", &create()),
        vector("Append", &append()),
        vector("Fetch", &fetch()),
        vector("Heads", &heads),
        vector("Watch", &watch),
        vector("Unwatch", &unwatch),
        vector("Ack", &ack),
        vector("Rotate", &rotate()),
        vector("SetWakeHandle", &set_wake_handle()),
        vector("Ephemeral", &ephemeral()),
    ]
}

fn answers() -> Vec<Value> {
    let stale = Appended {
        numbers: vec![128, 129],
        refused: Some(Refusal::Stale {
            last_commit: 130,
            missing: vec![log::envelopes().remove(0)],
        }),
    };
    let refused = Appended {
        numbers: Vec::new(),
        refused: Some(Refusal::Error(WireError::new(ErrorCode::SeatChangeRefused))),
    };
    let page = Fetched::Page {
        envelopes: log::envelopes(),
        last: 3,
    };
    let heads = vec![
        Head {
            index: 0,
            last: Outcome::Done(9),
        },
        Head {
            index: 2,
            last: Outcome::Refused(WireError::new(ErrorCode::NoSuchSeat)),
        },
    ];
    vec![
        vector("Appended", &stale),
        vector("Appended", &refused),
        vector("Fetched", &page),
        vector("Fetched", &Fetched::Trimmed { first: 77 }),
        vector("[Head]", &heads),
    ]
}

/// What requests and answers are made of.
fn parts() -> Vec<Value> {
    let [commit, message, _] = append().items.try_into().unwrap();
    let [adds, _, drops] = log::envelopes().try_into().unwrap();
    let head = Head {
        index: 0,
        last: Outcome::Done(9),
    };
    vec![
        vector("SeatAccess", &access()),
        vector("Position", &positions()[0]),
        vector("SeatGrant", &grant(OTHER)),
        vector("OwnedDrop", &owned_drop()),
        vector("SeatChanges", &commit.changes),
        vector("AppendItem", &message),
        vector("Head", &head),
        vector("SeatOutcome", &drops.seats),
        vector("Envelope", &adds),
    ]
}
