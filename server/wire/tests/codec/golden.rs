//! Bytes that must never change within version 1, computed once by hand from docs/protocol.md.

use restante_wire::{
    Day, Envelope, EnvelopeId, ErrorCode, Kind, LogHash, MailboxAddress, SeatId, SeatOutcome,
    SeatSecret, WireError, codec,
    mailbox::{Fetch, Request, SeatAccess},
    stream::ClientFrame,
};
use sha2::{Digest, Sha256};

fn envelope() -> Envelope {
    Envelope {
        number: 300,
        id: EnvelopeId([0xA1; 16]),
        kind: Kind::Commit,
        after_commit: 7,
        day: Day(20_779),
        author: Some(SeatId([0xB2; 32])),
        seats: SeatOutcome {
            added: vec![SeatId([0xC3; 32])],
            ..SeatOutcome::default()
        },
        welcome: Some(vec![1, 2, 3]),
        body: vec![0xDD; 4],
    }
}

/// The encoding of [`envelope`], field by field.
fn envelope_bytes() -> Vec<u8> {
    [
        &[1][..],      // version
        &[0xAC, 0x02], // number 300
        &[16],         // id
        &[0xA1; 16],
        &[1],                // kind: commit
        &[7],                // after_commit
        &[0xAB, 0xA2, 0x01], // day 20,779
        &[1, 32],            // author: some
        &[0xB2; 32],
        &[1, 32], // one seat added
        &[0xC3; 32],
        &[0, 0, 0],                   // none refreshed, dropped or with a new role
        &[1, 3, 1, 2, 3],             // Welcome: some, three bytes
        &[4, 0xDD, 0xDD, 0xDD, 0xDD], // body
    ]
    .concat()
}

#[test]
fn an_envelope_is_encoded_as_the_page_says() {
    assert_eq!(codec::encode(&envelope()), envelope_bytes());
    assert_eq!(codec::decode::<Envelope>(&envelope_bytes()), Ok(envelope()));
}

#[test]
fn the_log_hash_chains_address_and_encoded_envelopes() {
    let address = MailboxAddress([0x11; 32]);
    let first: [u8; 32] = Sha256::digest([0x11; 32]).into();
    let second: [u8; 32] = Sha256::new()
        .chain_update(first)
        .chain_update(envelope_bytes())
        .finalize()
        .into();
    assert_eq!(LogHash::start(&address).0, first);
    assert_eq!(LogHash::start(&address).next(&envelope()).0, second);
    let hex: String = second.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, LOG_HASH);
}

/// `H_1` of the mailbox and envelope above.
const LOG_HASH: &str = "66a11fcc7530493c53014217d0579b947873b4e794ad45eeab6388b8cbc31a64";

#[test]
fn a_request_frame_is_number_variant_and_fields() {
    let frame = ClientFrame {
        request: 5,
        body: Request::Fetch(Fetch {
            access: SeatAccess {
                mailbox: MailboxAddress([1; 32]),
                seat: SeatId([2; 32]),
                secret: SeatSecret([3; 32]),
            },
            cursor: 128,
            limit: 50,
        }),
    };
    let expected = [
        &[1, 5, 2][..], // version, request 5, third kind of request
        &[32],
        &[1; 32],
        &[32],
        &[2; 32],
        &[32],
        &[3; 32],
        &[0x80, 0x01, 50],
    ]
    .concat();
    assert_eq!(codec::encode(&frame), expected);
}

#[test]
fn a_refusal_travels_by_the_name_of_its_code() {
    let bytes = codec::encode(&WireError::retry(ErrorCode::RateLimited, 1_000));
    assert_eq!(
        bytes,
        [&[1, 12][..], b"rate_limited", &[1, 0xE8, 0x07]].concat()
    );
}

#[test]
fn a_code_of_a_later_relay_is_unknown_and_not_an_error() {
    let bytes = [&[1, 6][..], b"newest", &[0]].concat();
    let error: WireError = codec::decode(&bytes).unwrap();
    assert_eq!(error, WireError::new(ErrorCode::Unknown));
}
