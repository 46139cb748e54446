//! Decryption alone: a group's rows change in memory and nothing is stored.

use std::collections::BTreeSet;

use restante_bench::{
    members::{client, group_of, position},
    stopwatch::Stopwatch,
};
use restante_crypto::ciphersuite::HYBRID;
use restante_wire::Kind;

/// Bytes of a message, about as long as what `sending` sends.
const PAYLOAD: [u8; 150] = [7; 150];

/// Messages whose changed rows are taken together, as many as a page holds.
const PAGE: usize = 128;

/// One member opens so many messages of another.
pub(crate) fn measure(members: usize, messages: u32) -> Stopwatch {
    let (mut alices, mut bobs) = group_of(&client(0), members, HYBRID).expect("a group");
    let bodies: Vec<Vec<u8>> = (0..messages)
        .map(|_| alices.encrypt(&PAYLOAD, position()).expect("an envelope"))
        .collect();
    let mut watch = Stopwatch::default();
    for page in bodies.chunks(PAGE) {
        watch.time(|| {
            for body in page {
                bobs.process(Kind::Message, body, &BTreeSet::new())
                    .expect("a message");
            }
            drop(bobs.take_changes());
        });
    }
    watch
}
