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

/// A commit with every seat change, and a message with none.
pub(crate) fn append() -> Append {
    let commit = AppendItem {
        id: EnvelopeId([0x26; 16]),
        after_commit: 127,
        kind: Kind::Commit,
        wake: Wake::Normal,
        changes: SeatChanges {
            add: vec![grant(OTHER)],
            refresh: vec![grant(OTHER)],
            drop_owned: vec![OwnedDrop {
                seat: OTHER,
                owner_secret: OwnerSecret([0x27; 32]),
            }],
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
    Append {
        access: access(),
        items: vec![commit, message],
    }
}

pub(crate) fn vectors() -> Vec<Value> {
    [requests(), answers()].concat()
}

fn requests() -> Vec<Value> {
    let create = Create {
        stamp: Stamp::default(),
        mailbox: MAILBOX,
        seat: SEAT,
        secret_hash: SecretHash([0x25; 32]),
        owner_tag: OwnerTag([0x2c; 32]),
    };
    let fetch = Fetch {
        access: access(),
        cursor: 128,
        limit: 50,
    };
    let rotate = Rotate {
        access: access(),
        secret_hash: SecretHash([0x25; 32]),
        owner_tag: OwnerTag([0x2c; 32]),
    };
    let handle = SetWakeHandle {
        access: access(),
        handle: Some(SealedHandle(vec![0x2d; 3])),
    };
    let ephemeral = Ephemeral {
        access: access(),
        body: vec![0x2e; 3],
    };
    let unwatch = Unwatch {
        mailboxes: vec![MAILBOX],
    };
    vec![
        vector("Create", &create),
        vector("Append", &append()),
        vector("Fetch", &fetch),
        vector(
            "Heads",
            &Heads {
                positions: positions(),
            },
        ),
        vector(
            "Watch",
            &Watch {
                positions: positions(),
            },
        ),
        vector("Unwatch", &unwatch),
        vector(
            "Ack",
            &Ack {
                positions: positions(),
            },
        ),
        vector("Rotate", &rotate),
        vector("SetWakeHandle", &handle),
        vector("Ephemeral", &ephemeral),
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
