//! Event frames built from envelopes that are already encoded.
//!
//! **Shape**: as `restante_wire::codec` encodes `ServerFrame::Event`; a test holds them together.

use bytes::Bytes;
use restante_wire::{
    MailboxAddress, codec,
    codec::VERSION,
    mailbox::Answer,
    stream::{Event, ServerFrame},
};

/// Index of `ServerFrame::Event`.
const EVENT: u8 = 2;
/// Index of `Event::Envelopes`.
const ENVELOPES: u8 = 0;
/// Index of `Event::Letters`.
const LETTERS: u8 = 3;

/// The frame of `Event::Envelopes`. Each piece is one envelope as [`codec::encode`] gives it.
#[must_use]
pub fn envelopes<B: AsRef<[u8]>>(mailbox: &MailboxAddress, encoded: &[B]) -> Bytes {
    let mut head = vec![VERSION, EVENT, ENVELOPES, MailboxAddress::LEN as u8];
    head.extend(mailbox.0);
    sequence(head, encoded)
}

/// The frame of `Event::Letters`. Each piece is one letter as [`codec::encode`] gives it.
#[must_use]
pub fn letters<B: AsRef<[u8]>>(encoded: &[B]) -> Bytes {
    sequence(vec![VERSION, EVENT, LETTERS], encoded)
}

/// The frame of `Event::Ephemeral`.
#[must_use]
pub fn ephemeral(mailbox: MailboxAddress, body: Vec<u8>) -> Bytes {
    codec::encode(&ServerFrame::<Answer>::Event(Event::Ephemeral {
        mailbox,
        body,
    }))
    .into()
}

/// Appends a sequence of encoded values, each without its version byte.
fn sequence<B: AsRef<[u8]>>(mut frame: Vec<u8>, encoded: &[B]) -> Bytes {
    let length: usize = encoded.iter().map(|piece| piece.as_ref().len()).sum();
    frame.reserve_exact(length + 10);
    let mut count = encoded.len();
    while count >= 0x80 {
        frame.push((count & 0x7f) as u8 | 0x80);
        count >>= 7;
    }
    frame.push(count as u8);
    for piece in encoded {
        frame.extend(piece.as_ref().get(1..).unwrap_or_default());
    }
    frame.into()
}

#[cfg(test)]
mod tests {
    use restante_wire::{
        Day, Envelope, EnvelopeId, Kind, SeatOutcome,
        inbox::{InboxAnswer, Lane, Letter},
    };

    use super::*;

    fn envelope(number: u64) -> Envelope {
        Envelope {
            number,
            id: EnvelopeId([3; 16]),
            kind: Kind::Message,
            after_commit: 1,
            day: Day(20_000),
            author: None,
            seats: SeatOutcome::default(),
            welcome: None,
            body: vec![5; 1000],
        }
    }

    #[test]
    fn frames_are_byte_for_byte_those_of_the_wire() {
        let mailbox = MailboxAddress([7; 32]);
        for count in [1, 2, 127, 128, 300] {
            let all: Vec<Envelope> = (1..=count).map(envelope).collect();
            let encoded: Vec<Vec<u8>> = all.iter().map(codec::encode).collect();
            let event = Event::Envelopes {
                mailbox,
                envelopes: all,
            };
            let expected = codec::encode(&ServerFrame::<Answer>::Event(event));
            assert_eq!(envelopes(&mailbox, &encoded), expected);
        }
        let letter = Letter {
            number: 1,
            id: EnvelopeId([3; 16]),
            day: Day(1),
            lane: Lane::Contact,
            body: vec![1; 4096],
        };
        let encoded = codec::encode(&letter);
        let event = ServerFrame::<InboxAnswer>::Event(Event::Letters(vec![letter]));
        assert_eq!(letters(&[encoded]), codec::encode(&event));
    }
}
