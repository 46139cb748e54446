//! A log of three envelopes and the hash behind each.

use restante_vectors::{hex, readable};
use restante_wire::{Day, Envelope, EnvelopeId, Kind, LogHash, Role, SeatId, SeatOutcome, codec};
use serde_json::{Value, json};

use crate::mailboxes::MAILBOX;

/// A commit that adds, a message, and a commit that drops.
pub(crate) fn envelopes() -> Vec<Envelope> {
    let (a, b) = (SeatId([0xa1; 32]), SeatId([0xb2; 32]));
    let envelope = |number, kind, after_commit| Envelope {
        number,
        id: EnvelopeId([u8::try_from(number).unwrap_or(0); 16]),
        kind,
        after_commit,
        day: Day(20_779),
        author: None,
        seats: SeatOutcome::default(),
        welcome: None,
        body: vec![0xdd; 6],
    };
    let adds = Envelope {
        author: Some(a),
        seats: SeatOutcome {
            added: vec![b],
            ..SeatOutcome::default()
        },
        welcome: Some(vec![1, 2, 3]),
        ..envelope(1, Kind::Commit, 0)
    };
    let drops = Envelope {
        author: Some(b),
        seats: SeatOutcome {
            added: Vec::new(),
            refreshed: vec![b],
            dropped: vec![a],
            roles: vec![(b, Role::Admin)],
        },
        ..envelope(3, Kind::Commit, 1)
    };
    vec![adds, envelope(2, Kind::Message, 1), drops]
}

pub(crate) fn vector() -> Value {
    let start = LogHash::start(&MAILBOX);
    let envelopes: Vec<Value> = envelopes()
        .iter()
        .scan(start, |hash, envelope| {
            *hash = hash.next(envelope);
            let bytes = hex(codec::encode(envelope));
            Some(json!({
                "value": readable(envelope),
                "bytes": bytes,
                "hash": hex(hash.0),
            }))
        })
        .collect();
    json!({
        "mailbox": hex(MAILBOX.0),
        "start": hex(start.0),
        "envelopes": envelopes,
    })
}
