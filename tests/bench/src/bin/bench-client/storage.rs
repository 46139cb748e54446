//! Bytes that the rows of a group cost per message and per commit.

use std::collections::BTreeSet;

use restante_bench::members::{self, group_of, position};
use restante_crypto::{Change, written_bytes};
use restante_wire::{Kind, key_package::Suite};

/// Messages and commits from each side.
pub(crate) const ROUNDS: u32 = 10;

/// Bytes of a measured message.
pub(crate) const PAYLOAD: [u8; 200] = [7; 200];

/// Mean over both sides: those who send or commit, and those who receive.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Written {
    /// Bytes for a message.
    pub(crate) message: f64,
    /// Bytes for a commit; on the side of its author staged, then merged.
    pub(crate) commit: f64,
}

/// Counts in so many groups of `size`.
pub(crate) fn measure(size: usize, suite: Suite, groups: u32) -> Written {
    let groups_made = (0..groups.max(1)).map(|_| measure_one(size, suite));
    let all: Vec<Written> = groups_made.collect();
    let mean =
        |what: fn(&Written) -> f64| all.iter().map(what).sum::<f64>() / f64::from(groups.max(1));
    Written {
        message: mean(|written| written.message),
        commit: mean(|written| written.commit),
    }
}

fn measure_one(size: usize, suite: Suite) -> Written {
    let (mut alices, mut bobs) = group_of(&members::client(0), size, suite).expect("a group");
    let everything = [alices.take_changes(), bobs.take_changes()];
    drop(everything);
    let (mut message, mut commit) = (0, 0);
    for round in 0..2 * ROUNDS {
        let (from, to) = if round % 2 == 0 {
            (&mut alices, &mut bobs)
        } else {
            (&mut bobs, &mut alices)
        };
        let body = from.encrypt(&PAYLOAD, position()).expect("an envelope");
        message += written_bytes(&from.take_changes());
        to.process(Kind::Message, &body, &BTreeSet::new())
            .expect("a message");
        message += written_bytes(&to.take_changes());
        let staged = from
            .stage(Change::Update, position(), &BTreeSet::new())
            .expect("a commit");
        commit += written_bytes(&from.take_changes());
        from.merge_pending().expect("a merge");
        commit += written_bytes(&from.take_changes());
        members::receive(to, &staged.body);
        commit += written_bytes(&to.take_changes());
    }
    Written {
        message: mean(message),
        commit: mean(commit),
    }
}

/// By round and side.
pub(crate) fn mean(sum: usize) -> f64 {
    u32::try_from(sum).map_or(f64::INFINITY, f64::from) / f64::from(2 * ROUNDS) / 2.0
}
